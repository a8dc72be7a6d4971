"""The key and the token are where they are sent, and nowhere else."""

import asyncio
import logging
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from claude_foundry import AsyncFoundryClient, FoundryClient, FoundryError
from tests.shells import REQUEST

SECRET = "canary-7f3a9c"


def asked(**settings: Any) -> FoundryError:
    with FoundryClient(**settings) as client, pytest.raises(FoundryError) as caught:
        client.messages.create(**REQUEST)
    return caught.value


def streamed(**settings: Any) -> FoundryError:
    with FoundryClient(**settings) as client, pytest.raises(FoundryError) as caught, client.messages.stream(**REQUEST):
        pass
    return caught.value


def asked_in_a_loop(**settings: Any) -> FoundryError:
    async def ask() -> FoundryError:
        async with AsyncFoundryClient(**settings) as client:
            with pytest.raises(FoundryError) as caught:
                await client.messages.create(**REQUEST)
        return caught.value

    return asyncio.run(ask())


@pytest.mark.parametrize("ask", [asked, streamed, asked_in_a_loop])
@pytest.mark.parametrize(
    "sign_in", [{"api_key": SECRET}, {"api_key": "k", "default_headers": {"x-team": SECRET}}], ids=["key", "header"]
)
def test_refused_request(
    ask: Callable[..., FoundryError],
    sign_in: dict[str, Any],
    emulator_settings: dict[str, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A refused request tells its secret in no message, log line at any level, representation or pickle."""
    with caplog.at_level(logging.DEBUG):
        error = ask(base_url=emulator_settings["base_url"], max_retries=0, **sign_in)

    chain = [error, error.__cause__, error.__context__]
    seen = [caplog.text, *map(repr, chain), *map(str, chain), str(vars(error))]
    assert not any(SECRET in text for text in seen)
    assert SECRET.encode() not in pickle.dumps(error)


@pytest.mark.parametrize("kind", [FoundryClient, AsyncFoundryClient])
def test_clients_do_not_pickle(kind: type) -> None:
    """A client holds a secret and connections: it is not pickled, and says so."""
    with pytest.raises(TypeError):
        pickle.dumps(kind("a", api_key=SECRET))


def test_raw_answers_hold_no_secret(emulator_settings: dict[str, str]) -> None:
    """The answer as it came over HTTP keeps no credential of its request."""
    with FoundryClient(**emulator_settings) as client:
        raw = client.request("POST", "v1/messages", json={**REQUEST})

    key = emulator_settings["api_key"]
    assert key.encode() not in pickle.dumps(raw)
    assert key not in str(raw.http_response.request.headers.multi_items())
