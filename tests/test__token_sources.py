"""Credentials asked, in their own ways, and what challenges ask of them."""

import asyncio
import base64
from operator import attrgetter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry import ConfigurationError
from claude_foundry._token_sources import CredentialSource, ProvidedTokens, async_given_by, claims_of, given_by
from tests.entra import AsyncEntra, Entra


@given(st.text(max_size=80))
def test_any_challenge(text: str) -> None:
    """Whatever stands in the challenge, its claims are a string or none."""
    for challenge in (text, f'Bearer claims="{text}"'):
        found = claims_of([challenge])
        assert found is None or isinstance(found, str)


@given(st.text(max_size=80))
def test_claims(text: str) -> None:
    """Claims are found in whichever challenge has them, in either alphabet, padded or not."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        encoded = encode(f"{{{text}}}".encode()).decode()
        for form in (encoded, encoded.rstrip("=")):
            assert claims_of(["Basic", f'Bearer realm="", claims="{form}"']) == f"{{{text}}}"


class Asked:
    """A credential that writes down how it was asked."""

    def __init__(self) -> None:
        self.how: list[Any] = []

    def get_token(self, *scopes: str, **more: Any) -> str:
        self.how.append(("get_token", scopes, more))
        return "token"


class Informing(Asked):
    def get_token_info(self, *scopes: str, **more: Any) -> str:
        self.how.append(("get_token_info", scopes, more))
        return "token"


class Bare(Asked):
    def get_token(self, scope: str) -> str:  # type: ignore[override]
        return super().get_token(scope)


class HandingOn:
    """A credential that has whatever it is asked for."""

    def __init__(self) -> None:
        self.how: list[Any] = []

    def get_token(self, *scopes: str, **more: Any) -> str:
        self.how.append(("get_token", scopes, more))
        return "token"

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: self


@pytest.mark.parametrize(
    ("credential", "plain", "claiming"),
    [
        (Asked(), ("get_token", {}), ("get_token", {"claims": "c"})),
        (HandingOn(), ("get_token", {}), ("get_token", {"claims": "c"})),
        (Bare(), ("get_token", {}), ("get_token", {})),
        (Informing(), ("get_token_info", {"options": {}}), ("get_token_info", {"options": {"claims": "c"}})),
    ],
    ids=lambda each: type(each).__name__,
)
def test_ways_of_asking(credential: Any, plain: tuple[str, Any], claiming: tuple[str, Any]) -> None:
    """A credential is asked for token information if it gives such, and for claims if it takes them."""
    source = CredentialSource(credential, scope="scope")

    given_by(source.ask(), take=str)
    given_by(source.ask("c"), take=str)

    assert credential.how == [(name, ("scope",), more) for name, more in (plain, claiming)]


def test_awaited_or_not() -> None:
    """Both kinds of credentials are asked in an event loop."""
    sources = [CredentialSource(kind(), scope="scope") for kind in (Entra, AsyncEntra)]

    async def ask() -> list[Any]:
        return [await async_given_by(source.ask(), take=attrgetter("token")) for source in sources]

    assert asyncio.run(ask()) == ["token-1", "token-1"]


def test_failure() -> None:
    """What a credential raises is told by its kind alone, and is the cause."""

    def fail() -> None:
        raise OSError("with a secret")

    with pytest.raises(ConfigurationError, match="failed with OSError") as caught:
        given_by(fail, take=str)

    assert "secret" not in str(caught.value)
    assert isinstance(caught.value.__cause__, OSError)


def test_iterators_end() -> None:
    """A provider whose iterator has ended fails as any other, also in a thread."""
    tokens = ProvidedTokens(iter(["token"]).__next__)

    async def ask() -> str:
        return await tokens.async_token()

    first = asyncio.run(ask())
    with pytest.raises(ConfigurationError, match="failed with StopIteration"):
        asyncio.run(ask())
    with pytest.raises(ConfigurationError, match="failed with StopIteration"):
        tokens.token()

    assert first == "token"
