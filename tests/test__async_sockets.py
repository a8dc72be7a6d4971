"""A connection of an asyncio loop, without its socket."""

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
