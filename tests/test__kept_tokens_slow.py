"""A credential that is slow to give the next token while the one before serves."""

import asyncio
import logging
import threading
from typing import Any

import pytest

from claude_foundry import APITimeoutError
from claude_foundry._deadline import waiting
from claude_foundry._kept_tokens import KeptTokens
from claude_foundry._token_sources import CredentialSource
from tests.entra import HOUR, AsyncEntra, Entra, clock_of, until_asked, until_kept


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
    asking.brought(within=30)

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


@pytest.mark.parametrize("in_loop", [False, True], ids=["sync", "async"])
def test_hung(in_loop: bool) -> None:
    """A credential that gives nothing fails the call after a while, and says what hung; what comes late is kept."""
    left = threading.Event()
    credential = Entra(act=lambda _: left.wait(30))
    tokens = KeptTokens(CredentialSource(credential, scope="s"), clock=clock_of(credential), longest=0.02)

    with pytest.raises(APITimeoutError, match=r"credential gave nothing within 0\.02 s") as caught:
        asyncio.run(tokens.async_token()) if in_loop else tokens.token()
    left.set()
    until_kept(tokens)

    assert (caught.value.retryable, tokens.token(), credential.asked) == (False, "token-1", 1)


def test_hung_for_all() -> None:
    """A credential that gives nothing fails all that wait for it together, each with an error of its own."""
    credential = AsyncEntra(act=lambda _: asyncio.Event().wait())
    tokens = KeptTokens(CredentialSource(credential, scope="s"), clock=clock_of(credential), longest=0.02)

    async def ask() -> list[Any]:
        return await asyncio.gather(*(tokens.async_token() for _ in range(20)), return_exceptions=True)

    errors = asyncio.run(ask())

    assert ([type(error) for error in errors], credential.asked) == ([APITimeoutError] * 20, 1)
    assert len({id(error) for error in errors}) == 20


def test_lost_by_who_asked() -> None:
    """An asking that hangs, and whose call has given up, is waited for no longer than a while; then another is made."""
    left = threading.Event()
    credential = Entra(act=lambda number: left.wait(30) if number == 1 else None)
    tokens = KeptTokens(CredentialSource(credential, scope="s"), clock=clock_of(credential), lost=0.05)

    with pytest.raises(TimeoutError), waiting(0.02):
        tokens.token()
    taken = tokens.token()
    left.set()

    assert (taken, credential.asked) == ("token-2", 2)


def test_lost_in_a_loop() -> None:
    """A task that waits for an asking that hangs asks itself after a while."""
    credential = AsyncEntra(act=lambda number: asyncio.Event().wait() if number == 1 else None)
    tokens = KeptTokens(CredentialSource(credential, scope="s"), clock=clock_of(credential), lost=0.05)

    async def ask() -> str:
        hung = asyncio.create_task(tokens.async_token())
        await until_asked(credential)
        taken = await asyncio.wait_for(tokens.async_token(), 30)
        hung.cancel()
        return taken

    assert (asyncio.run(ask()), credential.asked) == ("token-2", 2)
