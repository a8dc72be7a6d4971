"""Under uvloop the asynchronous client does what it does in asyncio's own loop."""

import asyncio
import gc
import ssl
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import httpx
import pytest

from claude_foundry import APIConnectionError, AsyncFoundryClient
from claude_foundry._asyncio_transport import AsyncioTransport
from tests.faults import (
    rows_bodies,
    rows_connecting,
    rows_connection,
    rows_framing,
    rows_silence,
    rows_stream,
    wire,
)
from tests.faults.faces import HANGS, async_core_on_uvloop
from tests.faults.judge import differences_of
from tests.faults.matrix import Expected, Fault, Servers
from tests.faults.server import Authority, Exchange, FaultServer, scripted
from tests.faults.test_leaving import PIECES, REQUEST, Pieces, is_left, settings
from tests.wire import Wire, raw

uvloop = pytest.importorskip("uvloop")
T = TypeVar("T")
ROWS = [
    *rows_connecting.ROWS,
    *rows_connection.ROWS,
    *rows_framing.ROWS,
    *rows_silence.ROWS,
    *rows_bodies.ROWS,
    *rows_stream.ROWS,
]
"""What depends on how a loop connects, sends and receives."""
CASES = [
    pytest.param(row, mode, expected, id=f"{row.id}-{mode}")
    for row in ROWS
    if "async-core" in row.faces
    for mode, expected in row.modes()
]


def run(call: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(asyncio.wait_for(call, HANGS))


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def servers(authority: Authority) -> Iterator[Servers]:
    with FaultServer() as plain, FaultServer(context=authority.server_context("127.0.0.1")) as tls:
        yield Servers(plain=plain, tls=tls)


@pytest.mark.parametrize(("fault", "mode", "expected"), CASES)
def test_fault(fault: Fault, mode: str, expected: Expected, servers: Servers) -> None:
    """The faults of connections, of framing and of streams are told as the rows say (L12)."""
    seen = differences_of(async_core_on_uvloop, fault, mode, expected, servers=servers)

    assert not seen, "; ".join(seen)


class Counting:
    """Answers whole and streamed by turns, on as many connections as there are, and counts them."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self._context = context
        self.accepted = 0

    def __call__(self, peer: Wire) -> None:
        self.accepted += 1
        connection = self._context.wrap_socket(peer.peer, server_side=True) if self._context else peer.peer
        with connection:
            served = Wire(connection, peer.left)
            while True:
                for answer in (wire.document(wire.message()), wire.stream()):
                    served.asked()
                    served.send(answer)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_answers(scheme: str, authority: Authority) -> None:
    """Whole and streamed answers come one after the other over one connection, in clear and through TLS."""
    serve = Counting(authority.server_context("127.0.0.1") if scheme == "https" else None)

    async def ask(url: str) -> list[str]:
        transport, texts = AsyncioTransport(verify=authority.client_context()), list[str]()
        async with (
            httpx.AsyncClient(transport=transport) as http,
            AsyncFoundryClient(base_url=url, api_key="k", http_client=http, max_retries=0) as client,
        ):
            for _ in range(3):
                texts.append((await client.messages.create(**REQUEST)).text)
                async with client.messages.stream(**REQUEST) as stream:
                    texts.append((await stream.get_final_message()).text)
        return texts

    with raw(serve) as url:
        texts = run(ask(url.replace("http:", f"{scheme}:")))

    assert texts == [wire.TEXT] * 6
    assert serve.accepted == 1


def _ending(context: ssl.SSLContext, *, says_goodbye: bool) -> Callable[[Wire], None]:
    def serve(peer: Wire) -> None:
        with context.wrap_socket(peer.peer, server_side=True) as connection:
            served = Wire(connection, peer.left)
            served.asked()
            served.send(wire.document(wire.message()).replace(b"content-length", b"x-length"))
            if says_goodbye:
                connection.unwrap()

    return serve


@pytest.mark.parametrize("says_goodbye", [True, False])
def test_ends_of_tls(says_goodbye: bool, authority: Authority) -> None:
    """An answer that the end of the connection ends is whole with the goodbye of TLS, and an error without."""
    serve = _ending(authority.server_context("127.0.0.1"), says_goodbye=says_goodbye)

    async def ask(url: str) -> str:
        async with httpx.AsyncClient(transport=AsyncioTransport(verify=authority.client_context())) as http:
            client = AsyncFoundryClient(base_url=url, api_key="k", http_client=http, max_retries=0)
            try:
                return (await client.messages.create(**REQUEST)).text
            except APIConnectionError:
                return "cut"

    with raw(serve) as url:
        assert run(ask(url.replace("http:", "https:"))) == (wire.TEXT if says_goodbye else "cut")


@PIECES
def test_cancelled(pieces: Pieces, servers: Servers) -> None:
    """A task that is cancelled in mid-stream closes its connection, while the loop goes on (L5)."""

    async def read(begun: asyncio.Event) -> None:
        async for _ in pieces(servers.plain):
            begun.set()

    async def ask() -> bool:
        begun = asyncio.Event()
        task = asyncio.create_task(read(begun))
        await begun.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return task.cancelled() and await asyncio.to_thread(is_left, servers.plain)

    assert run(ask())


def test_closed(servers: Servers) -> None:
    """A client that is closed closes the connection that it kept, while the loop goes on."""
    url = servers.plain.url(scripted(Exchange((wire.document(wire.message()),))))

    async def ask() -> tuple[int, bool]:
        async with AsyncFoundryClient(base_url=url, api_key="k") as client:
            await client.messages.create(**REQUEST)
            kept = servers.plain.connections
        return kept, await asyncio.to_thread(is_left, servers.plain)

    assert run(ask()) == (1, True)


def test_loop_ended(servers: Servers, caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder) -> None:
    """A stream and a client that nobody closed are closed with the loop, without a word (L4)."""
    kept: list[Any] = []

    async def begin() -> None:
        kept.append(await AsyncFoundryClient(**settings(servers.plain)).messages.stream(**REQUEST).__aenter__())
        await anext(kept[0])

    run(begin())

    assert is_left(servers.plain)
    kept.clear()
    gc.collect()
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []
    assert [str(item.message) for item in recwarn] == []


def test_loops_one_after_another(servers: Servers) -> None:
    """One client serves in several loops, one after the other (L1)."""
    url = servers.plain.url(scripted(Exchange((wire.document(wire.message()),))))
    client = AsyncFoundryClient(base_url=url, api_key="k", max_retries=0)

    async def ask() -> str:
        return (await client.messages.create(**REQUEST)).text

    assert [run(ask()) for _ in range(3)] == [wire.TEXT] * 3
