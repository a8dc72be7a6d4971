"""Many tasks that find no token: one asks for all, whatever becomes of that one, and of its loop."""

import asyncio
import threading
from typing import Any

import pytest

from claude_foundry import APITimeoutError
from claude_foundry._kept_tokens import KeptTokens
from claude_foundry._token_sources import CredentialSource
from tests.entra import (
    HOUR,
    SHORT,
    AsyncEntra,
    Entra,
    Service,
    async_client_of,
    clock_of,
    ended,
    started,
    until_all_wait,
    until_asked,
    until_kept,
)
from tests.shells import REQUEST, FakeTime

either = pytest.mark.parametrize("kind", [Entra, AsyncEntra])


def first_left(kind: type[Entra], left: threading.Event) -> Entra:
    """Gives a credential that gives nothing when first asked: awaited, for ever; in a thread, until that is left."""

    def act(number: int) -> Any:
        if kind is AsyncEntra:
            return asyncio.Event().wait() if number == 1 else until_all_wait()
        return left.wait(30) if number == 1 else None

    return kind(act=act)


@either
def test_one_asks(kind: type[Entra]) -> None:
    """Of 2,000 tasks that need a token one asks, and all have what it gets."""
    begun = threading.Event()

    def act(_: int) -> Any:
        return until_all_wait() if kind is AsyncEntra else begun.wait(30)

    service, credential = Service(), kind(act=act)
    client = async_client_of(service, credential)

    async def at_once() -> None:
        tasks = [asyncio.create_task(client.messages.create(**REQUEST)) for _ in range(2000)]
        await until_all_wait()
        begun.set()
        await asyncio.gather(*tasks)

    asyncio.run(at_once())
    asyncio.run(at_once())

    assert (credential.asked, service.tokens) == (1, ["token-1"] * 4000)


def test_failure() -> None:
    """A credential that fails fails all tasks that wait for it, each with an error of its own; the next one asks."""

    async def act(number: int) -> None:
        await until_all_wait()
        if number == 1:
            raise OSError("no network")

    service, credential = Service(), AsyncEntra(act=act)
    client = async_client_of(service, credential)

    async def at_once() -> list[Any]:
        calls = (client.messages.create(**REQUEST) for _ in range(20))
        found = await asyncio.gather(*calls, return_exceptions=True)
        await client.messages.create(**REQUEST)
        return found

    errors = asyncio.run(at_once())

    assert (credential.asked, service.tokens) == (2, ["token-2"])
    assert len({id(error) for error in errors if isinstance(error.__cause__, OSError)}) == 20


@either
def test_cancelled(kind: type[Entra]) -> None:
    """When the task that asks is cancelled, another one asks for all that wait."""
    left = threading.Event()
    service, credential = Service(), first_left(kind, left)
    client = async_client_of(service, credential)

    async def at_once() -> None:
        first = asyncio.create_task(client.messages.create(**REQUEST))
        await until_asked(credential)
        others = [asyncio.create_task(client.messages.create(**REQUEST)) for _ in range(50)]
        await until_all_wait()
        first.cancel()
        await asyncio.gather(*others)
        left.set()
        with pytest.raises(asyncio.CancelledError):
            await first

    asyncio.run(at_once())

    assert (credential.asked, service.tokens) == (2, ["token-2"] * 50)


def test_token_that_nobody_waits_for() -> None:
    """A token that comes when every call has given up is kept for the next one, which asks for no other."""
    left, service = threading.Event(), Service()
    credential = Entra(act=lambda _: left.wait(30))
    client = async_client_of(service, credential)

    async def given_up() -> None:
        call = asyncio.create_task(client.messages.create(**REQUEST))
        await until_asked(credential)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        left.set()
        await asyncio.to_thread(until_kept, client._sender._auth._tokens)
        await client.messages.create(**REQUEST)

    asyncio.run(given_up())

    assert (credential.asked, service.tokens) == (1, ["token-1"])


@pytest.mark.parametrize("first", ["hasty", "patient"])
def test_deadlines(first: str) -> None:
    """A task that may not wait as long as the credential takes is told so, be it who asks; the other goes on."""
    service, told, hasty_ended = Service(), list[APITimeoutError](), asyncio.Event()

    async def act(number: int) -> None:
        if number == 1:
            await hasty_ended.wait()

    credential = AsyncEntra(act=act)
    client = async_client_of(service, credential)

    async def hasty() -> None:
        try:
            await client.with_options(timeout=SHORT).messages.create(**REQUEST)
        except APITimeoutError as error:
            told.append(error)
        hasty_ended.set()

    async def patient() -> None:
        await client.messages.create(**REQUEST)

    async def both() -> None:
        await asyncio.gather(*((hasty(), patient()) if first == "hasty" else (patient(), hasty())))

    asyncio.run(both())

    assert len(told) == 1
    assert service.tokens == ["token-2" if first == "hasty" else "token-1"]


def test_renewal_holds_nobody_up() -> None:
    """While one task renews a token that still serves, the others go on with it, those of other loops too."""

    async def act(number: int) -> None:
        if number == 2:
            await asyncio.gather(*(client.messages.create(**REQUEST) for _ in range(20)))
            ended(started(lambda: asyncio.run(ask())))

    async def ask() -> None:
        await client.messages.create(**REQUEST)

    service, credential = Service(), AsyncEntra(act=act)
    client = async_client_of(service, credential)
    asyncio.run(ask())
    credential.time.now += HOUR - 300

    asyncio.run(ask())

    assert credential.asked == 2
    assert service.tokens == ["token-1"] * 22 + ["token-2"]


def test_all_refused_at_once() -> None:
    """A token that is refused to many tasks at once is followed by one other."""

    async def act(_: int) -> None:
        await until_all_wait()

    service, credential = Service({"token-1"}), AsyncEntra(act=act)
    client = async_client_of(service, credential)

    async def at_once() -> None:
        await asyncio.gather(*(client.messages.create(**REQUEST) for _ in range(200)))

    asyncio.run(at_once())

    assert (credential.asked, service.tokens) == (2, ["token-1"] * 200 + ["token-2"] * 200)


def test_thrown_away() -> None:
    """A call that the garbage collector throws away while its thread holds the lock is waited for by nobody."""
    credential = AsyncEntra(act=lambda number: asyncio.Event().wait() if number == 1 else None)
    tokens = KeptTokens(CredentialSource(credential, scope="s"), clock=clock_of(credential))

    async def ask() -> str:
        call = tokens.async_token()
        call.send(None)
        with tokens._lock:
            call.close()
        return await tokens.async_token()

    assert asyncio.run(ask()) == "token-2"


@either
def test_loop_after_loop(kind: type[Entra]) -> None:
    """A loop that ends while a task of it asks leaves nothing to wait for in the next one, which keeps what it gets."""
    left = threading.Event()
    service, credential = Service(), first_left(kind, left)
    client = async_client_of(service, credential)

    async def leave() -> None:
        task = asyncio.create_task(client.messages.create(**REQUEST))
        await until_asked(credential)
        assert not task.done()

    async def ask() -> None:
        await client.messages.create(**REQUEST)

    asyncio.run(leave())
    asyncio.run(ask())
    asyncio.run(ask())
    left.set()

    assert (credential.asked, service.tokens) == (2, ["token-2"] * 2)


def test_loops_in_threads() -> None:
    """Loops in several threads ask once each at most, and none waits for what belongs to another."""
    all_ask = threading.Barrier(4)

    async def act(_: int) -> None:
        all_ask.wait(30)
        await until_all_wait()

    service, credential = Service(), AsyncEntra(act=act)
    client = async_client_of(service, credential)

    async def ask() -> None:
        await asyncio.gather(*(client.messages.create(**REQUEST) for _ in range(20)))

    ended(started(lambda: asyncio.run(ask()), times=4))

    assert (credential.asked, len(service.tokens)) == (4, 80)


def test_trio() -> None:
    """Under trio one task asks for all likewise."""
    trio = pytest.importorskip("trio")
    service, credential = Service(), Entra()
    client = async_client_of(service, credential)

    async def ask() -> None:
        await client.messages.create(**REQUEST)

    async def at_once() -> None:
        async with trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(ask)

    trio.run(at_once)

    assert (credential.asked, service.tokens) == (1, ["token-1"] * 20)


def test_lost() -> None:
    """An asking that hangs holds up the tasks that wait for it for a while, and later ones not at all."""
    time = FakeTime()
    credential = AsyncEntra(time, act=lambda number: asyncio.Event().wait() if number == 1 else None)
    tokens = KeptTokens(CredentialSource(credential, scope="s"), clock=time.clock())

    async def ask() -> str:
        hung = asyncio.create_task(tokens.async_token())
        await until_asked(credential)
        time.passed += 361
        asked = await asyncio.wait_for(tokens.async_token(), 30)
        hung.cancel()
        return asked

    assert (asyncio.run(ask()), credential.asked) == ("token-2", 2)
