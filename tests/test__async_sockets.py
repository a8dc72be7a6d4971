"""A connection of an asyncio loop, without its socket."""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, cast

import httpx
import pytest

from claude_foundry import _http1
from claude_foundry._async_sockets import AsyncConnection

REQUEST = httpx.Request("GET", "http://127.0.0.1/")
HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n"


class Transport:
    """A transport that knows what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def pause_reading(self) -> None:
        self.asked.append("pause")

    def resume_reading(self) -> None:
        self.asked.append("resume")

    def get_extra_info(self, name: str) -> Any:
        return None


@pytest.fixture
def transport() -> Transport:
    return Transport()


@pytest.fixture
def connection(transport: Transport) -> AsyncConnection:
    made = AsyncConnection(("http", "127.0.0.1", 80))
    made.connection_made(cast(Any, transport))
    return made


async def test_reading_waits_for_the_reader(connection: AsyncConnection, transport: Transport) -> None:
    """More than a mebibyte that nobody has taken stops the reading, and taking it lets the reading go on."""
    body = b"x" * 1024 * 1024
    answer = _http1.Answer("POST")

    connection.data_received(HEAD % len(body))
    before = list(transport.asked)
    connection.data_received(body)
    held = list(transport.asked)
    taken = await connection.receive(answer, REQUEST, None)

    assert (before, held, transport.asked) == ([], ["pause"], ["pause", "resume"])
    assert taken == body


def test_fresh_connections_are_not_stale(connection: AsyncConnection) -> None:
    """A connection on which nothing came can serve."""
    assert not connection.is_stale()


@pytest.mark.parametrize("event", ["end", "loss", "data"])
def test_stale_connections(event: str, connection: AsyncConnection) -> None:
    """A connection that its service has ended, that broke or that brought what nobody asked for cannot serve."""
    match event:
        case "end":
            connection.eof_received()
        case "loss":
            connection.connection_lost(None)
        case _:
            connection.data_received(b"HTTP/1.1 408 Request Timeout\r\n\r\n")

    assert connection.is_stale()


class Loop(asyncio.SelectorEventLoop):
    """A loop whose time passes when it is told, and that knows the timers that were set, and in which contexts."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[asyncio.TimerHandle] = []
        self.contexts: list[dict[ContextVar[Any], Any]] = []
        super().__init__()

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[..., object], *args: Any, context: Any = None) -> Any:
        self.timers.append(super().call_at(when, callback, *args, context=context))
        self.contexts.append(dict(context or {}))
        return self.timers[-1]

    async def pass_to(self, now: float) -> None:
        self.now = now
        for _ in range(5):
            await asyncio.sleep(0)


@pytest.mark.parametrize("before", [3, 10, 300, None])
def test_each_wait_has_its_own_limit(connection: AsyncConnection, before: float | None) -> None:
    """A wait for bytes ends by its own limit, whatever limits those before it had, and not sooner."""
    answer = _http1.Answer("POST")

    async def ask(loop: Loop) -> tuple[bool, bool, bytes | None]:
        first = asyncio.ensure_future(connection.receive(answer, REQUEST, before))
        await loop.pass_to(1.0)
        connection.data_received(HEAD % 5)
        await first
        second = asyncio.ensure_future(connection.receive(answer, REQUEST, 10))
        await loop.pass_to(1.0)
        await loop.pass_to(10.9)
        early = second.done()
        await loop.pass_to(11.1)
        late = second.done()
        with pytest.raises(httpx.ReadTimeout):
            await second
        third = asyncio.ensure_future(connection.receive(answer, REQUEST, 10))
        await loop.pass_to(12.0)
        connection.data_received(b"hello")
        return early, late, await third

    with asyncio.Runner(loop_factory=Loop) as runner:
        assert runner.run(ask(cast(Loop, runner.get_loop()))) == (False, True, b"hello")


def test_waits_share_a_timer(connection: AsyncConnection) -> None:
    """The waits of a connection set one timer, which keeps no call's context, and is gone with the connection."""
    answer, request_of = _http1.Answer("POST"), ContextVar[str]("request_of")

    async def ask(loop: Loop) -> bytes:
        request_of.set("alice")
        connection.data_received(HEAD % 50)
        came = await connection.receive(answer, REQUEST, 300)
        for second in range(10):
            waiting = asyncio.ensure_future(connection.receive(answer, REQUEST, 300))
            await loop.pass_to(second)
            connection.data_received(b"hello")
            came += await waiting
        connection.connection_lost(None)
        return came

    with asyncio.Runner(loop_factory=Loop) as runner:
        loop = cast(Loop, runner.get_loop())
        came = runner.run(ask(loop))

    assert came == b"hello" * 10
    assert ([timer.cancelled() for timer in loop.timers], loop.contexts) == ([True], [{}])
