"""A credential that is slow to give the next token while the one before serves."""

import asyncio
import logging
import threading
from typing import Any

import pytest

from claude_foundry._deadline import waiting
from claude_foundry._kept_tokens import KeptTokens
from claude_foundry._token_sources import CredentialSource
from tests.entra import HOUR, AsyncEntra, Entra, clock_of, until_kept


def test_slow_renewal(caplog: pytest.LogCaptureFixture) -> None:
    """A token that serves is taken when the next one is long in coming, and that one is kept when it comes."""
    left = threading.Event()
    credential = Entra(act=lambda number: number == 1 or left.wait(30))
    tokens = KeptTokens(CredentialSource(credential, scope="s"), clock=clock_of(credential), patience=0.02)
    tokens.token()
    credential.time.now += HOUR - 300

    with caplog.at_level(logging.WARNING, logger="claude_foundry"):
        taken = [tokens.token() for _ in range(3)]
    [asking] = tokens._flights.values()
    left.set()
    asking.brought()

    assert taken == ["token-1"] * 3
    assert (tokens.token(), credential.asked) == ("token-2", 2)
    assert ["slow" in record.getMessage() for record in caplog.records] == [True]


def test_slow_renewal_beyond_the_call() -> None:
    """A call that may not even wait so long for the next token is told so."""
    left = threading.Event()
    credential = Entra(act=lambda number: number == 1 or left.wait(30))
    tokens = KeptTokens(CredentialSource(credential, scope="s"), clock=clock_of(credential))
    tokens.token()
    credential.time.now += HOUR - 300

    with pytest.raises(TimeoutError), waiting(0.02):
        tokens.token()
    left.set()


@pytest.mark.parametrize("kind", [Entra, AsyncEntra])
def test_slow_renewal_in_a_loop(kind: type[Entra], caplog: pytest.LogCaptureFixture) -> None:
    """A token that serves is taken when the next one is long in coming; one that comes late all the same is kept."""
    left = threading.Event()

    def act(number: int) -> Any:
        if number == 1:
            return None
        return asyncio.Event().wait() if kind is AsyncEntra else left.wait(30)

    credential = kind(act=act)
    tokens = KeptTokens(CredentialSource(credential, scope="s"), clock=clock_of(credential), patience=0.02)

    async def ask() -> None:
        await tokens.async_token()
        credential.time.now += HOUR - 300
        assert [await tokens.async_token() for _ in range(3)] == ["token-1"] * 3
        left.set()
        if kind is Entra:
            await asyncio.to_thread(until_kept, tokens, "token-2")

    with caplog.at_level(logging.WARNING, logger="claude_foundry"):
        asyncio.run(ask())

    assert ["slow" in record.getMessage() for record in caplog.records] == [True]
    assert credential.asked == 2


@pytest.mark.parametrize("in_loop", [False, True], ids=["sync", "async"])
def test_expired_while_the_next_is_slow(in_loop: bool) -> None:
    """When the token before expires while the next one is long in coming, that one is waited for."""
    left = threading.Event()

    def act(number: int) -> None:
        if number == 2:
            credential.time.now += HOUR
            threading.Timer(0.1, left.set).start()
            left.wait(30)

    credential = Entra(act=act)
    tokens = KeptTokens(CredentialSource(credential, scope="s"), clock=clock_of(credential), patience=0.02)

    async def ask() -> str:
        return await tokens.async_token()

    tokens.token()
    credential.time.now += HOUR - 300
    taken = asyncio.run(ask()) if in_loop else tokens.token()

    assert taken != "token-1"
