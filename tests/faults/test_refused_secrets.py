"""A key or a token that cannot be sent is refused, and not shown."""

from typing import Any

import pytest

from claude_foundry import FoundryClient
from tests.faults.test_leaks import KEY, REQUEST, TOKEN, failing, leaks, of_error, pickled


@pytest.mark.parametrize("bad", [f"{KEY}\x00", f"{KEY}ä", f"{KEY} x", f"{KEY}\r\nx: y"])
def test_refused_keys(bad: str) -> None:
    """A key that no header can carry is refused at construction, and not shown."""
    error = failing(lambda: FoundryClient("a", api_key=bad))

    assert error is not None
    assert leaks({"message": str(error), "repr": repr(error), "pickle": pickled(error)}) == []


@pytest.mark.parametrize("given", [TOKEN.encode(), f"{TOKEN}\n{TOKEN}", f"{TOKEN}ä", [TOKEN]])
def test_refused_tokens(given: Any) -> None:
    """What a token provider gives in place of a token is refused, and not shown."""
    with FoundryClient("a", azure_ad_token_provider=lambda: given) as client:
        error = failing(lambda: client.messages.create(**REQUEST))

    assert error is not None
    shown = of_error(error)
    assert leaks({name: shown[name] for name in ("message", "repr", "fields", "pickle of the error")}) == []
