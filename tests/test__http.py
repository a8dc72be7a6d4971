"""The HTTP clients this package makes: one a process, one an event loop, opened late and closed in time."""

import asyncio
import gc
import os
import socket
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from claude_foundry import APIConnectionError, AsyncFoundryClient, ConfigurationError, FoundryClient
from claude_foundry._config import Settings, resolve
from claude_foundry._direct import AsyncDirectClient, DirectClient
from claude_foundry._http import AsyncPool, Pool
from claude_foundry._transport import KEEP_ALIVE
from tests.answers import whole
from tests.shells import REQUEST, FakeTime, Script
from tests.test__trust import Around
from tests.wire import Wire, raw

MOCK = httpx.MockTransport(Script(whole()))
CONFIG = resolve(Settings(resource="a", api_key="k"), environ={}, entra_installed=False)


def test_nothing_is_opened_at_construction() -> None:
    """Making a client opens nothing; there is one client below it, opened at first use."""
    pool = Pool(None, CONFIG)
    assert pool._own is None

    assert pool.client() is pool.client()
    pool.close()


def test_closed_clients_open_again() -> None:
    """After closing, a later request opens new connections."""
    pool = Pool(None, CONFIG)
    first = pool.client()

    pool.close()
    second = pool.client()

    assert (first.is_closed, second.is_closed) == (True, False)
    pool.close()


def test_threads_share_a_client() -> None:
    """All threads get the same client."""
    pool, found = Pool(None, CONFIG), []
    threads = [threading.Thread(target=lambda: found.append(pool.client())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(map(id, found))) == 1
    pool.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_gets_its_own() -> None:
    """A forked process makes its own client, so that no answer goes to the wrong process."""
    pool = Pool(None, CONFIG)
    before = id(pool.client())

    child = os.fork()
    if child == 0:
        os._exit(0 if id(pool.client()) != before else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    pool.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize(("pool", "client"), [(Pool, httpx.Client), (AsyncPool, httpx.AsyncClient)])
def test_a_given_client_in_a_fork(pool: type, client: type) -> None:
    """A given client whose connections may be another process's is refused; one that was not used, or has none, not."""
    wrapped = client(transport=Around(client()._transport))
    used, behind, fresh, mocked = (pool(one, CONFIG) for one in (client(), wrapped, client(), client(transport=MOCK)))
    for one in (used, behind, mocked):
        one.client()

    child = os.fork()
    if child == 0:
        served = fresh.client() is not None and mocked.client() is not None
        os._exit(10 * served + _is_refused(used) + _is_refused(behind))

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 12


def _is_refused(used: Any) -> bool:
    try:
        used.client()
    except ConfigurationError as error:
        return "forked" in str(error)
    return False


def _retries_in_loops(settings: dict[str, str]) -> list[int]:
    foundry = AsyncFoundryClient(**settings, http_client=httpx.AsyncClient(), _clock=FakeTime().clock())

    async def ask() -> int:
        return (await foundry.messages.create(**REQUEST)).retries_taken

    return [asyncio.run(ask()) for _ in range(3)]


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_given_client_in_another_loop(emulator_settings: dict[str, str]) -> None:
    """A given client's connection that belongs to a loop that has ended costs an attempt, and not the call."""
    assert _retries_in_loops(emulator_settings) == [0, 1, 1]
    # httpx leaves the connections of ended loops to the garbage collector, which must not blame another test.
    gc.collect()


def test_each_loop_gets_its_own(emulator_settings: dict[str, str]) -> None:
    """One client serves event loops one after the other; each closes what was opened in it."""
    foundry, below = AsyncFoundryClient(**emulator_settings, max_retries=0), []

    async def ask() -> str:
        below.append(foundry._sender.pool.client())
        return (await foundry.messages.create(**REQUEST)).text

    assert all(asyncio.run(ask()) for _ in range(3))
    gc.collect()

    assert len(foundry._sender.pool._own) == 1
    assert len(set(map(id, below))) == 3
    assert all(client.is_closed for client in below)


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_loops_that_are_only_closed(emulator_settings: dict[str, str]) -> None:
    """What was opened in a loop that was closed without finishing its generators is closed at the next loop's call."""
    foundry, below = AsyncFoundryClient(**emulator_settings, max_retries=0), []

    async def ask() -> str:
        below.append(foundry._sender.pool.client())
        return (await foundry.messages.create(**REQUEST)).text

    for _ in range(2):
        loop = asyncio.new_event_loop()
        loop.run_until_complete(ask())
        loop.close()
    asyncio.run(ask())
    gc.collect()

    assert len(foundry._sender.pool._own) == 1
    assert [client.is_closed for client in below] == [True, True, True]


def test_loops_in_threads(emulator_settings: dict[str, str]) -> None:
    """One client serves several loops at once, in threads."""
    foundry, answers = AsyncFoundryClient(**emulator_settings, max_retries=0), []

    async def ask() -> None:
        done = await asyncio.gather(*(foundry.messages.create(**REQUEST) for _ in range(5)))
        answers.extend(answer.id for answer in done)

    threads = [threading.Thread(target=lambda: asyncio.run(ask())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(answers)) == 20


def test_trio(emulator_settings: dict[str, str]) -> None:
    """Under trio the requests go through httpx's own transport."""
    trio = pytest.importorskip("trio")

    foundry = AsyncFoundryClient(**emulator_settings, max_retries=0)

    async def ask() -> str:
        async with foundry:
            return (await foundry.messages.create(**REQUEST)).text

    assert all(trio.run(ask) for _ in range(2))


def test_given_clients_are_never_closed() -> None:
    """A client of the user's is used and never closed."""
    given = httpx.Client(transport=httpx.MockTransport(Script(whole())))

    with FoundryClient("a", api_key="k", http_client=given) as foundry:
        foundry.messages.create(**REQUEST)

    assert not given.is_closed


@pytest.mark.parametrize(
    ("pool", "given"), [(Pool, httpx.AsyncClient()), (AsyncPool, httpx.Client()), (Pool, object())]
)
def test_wrong_kind_of_client(pool: type, given: Any) -> None:
    """A client of the wrong kind is refused, naming the argument."""
    with pytest.raises(ConfigurationError, match="http_client"):
        pool(given, CONFIG)


async def test_proxies_take_httpx(monkeypatch: pytest.MonkeyPatch) -> None:
    """With proxy variables set, httpx's own transport serves, which honours them."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    pool = AsyncPool(None, CONFIG)

    client = pool.client()

    assert isinstance(client._transport, httpx.AsyncHTTPTransport)
    await pool.aclose()


@pytest.mark.parametrize("variable", ["NO_PROXY", "HTTP_PROXY"])
async def test_no_proxy_for_us(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the variables name no proxy that a request goes through, our own transports serve."""
    monkeypatch.setenv(variable, "http://127.0.0.1:9")
    pool, async_pool = Pool(None, CONFIG), AsyncPool(None, CONFIG)

    assert isinstance(pool.client(), DirectClient)
    assert isinstance(async_pool.client(), AsyncDirectClient)
    pool.close()
    await async_pool.aclose()


def _ask() -> None:
    with FoundryClient("a", api_key="k", max_retries=0) as client:
        client.messages.create(**REQUEST)


def _ask_in_a_loop() -> None:
    async def ask() -> None:
        async with AsyncFoundryClient("a", api_key="k", max_retries=0) as client:
            await client.messages.create(**REQUEST)

    asyncio.run(ask())


@pytest.mark.parametrize("ask", [_ask, _ask_in_a_loop])
def test_a_proxy_that_is_not_there(ask: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that takes no connection is told as what failed, and not the service behind it."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")

    with pytest.raises(APIConnectionError, match=r"The proxy before a\.services.* failed: no connection to 127.0.0.1"):
        ask()


@pytest.mark.parametrize("ask", [_ask, _ask_in_a_loop])
def test_connections_to_proxies_are_kept_alive(ask: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """The system keeps connections to a proxy alive too, through the silence of a model that thinks."""
    options: list[tuple[object, ...]] = []
    monkeypatch.setattr(socket.socket, "setsockopt", lambda _, *option: options.append(option), raising=False)

    def refuse(wire: Wire) -> None:
        wire.asked()
        wire.send(b"HTTP/1.1 407 Sign in first\r\ncontent-length: 0\r\n\r\n")

    with raw(refuse) as url:
        monkeypatch.setenv("HTTPS_PROXY", url)
        with pytest.raises(APIConnectionError, match="proxy"):
            ask()

    assert set(KEEP_ALIVE) <= set(options)
