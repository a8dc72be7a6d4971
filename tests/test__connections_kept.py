"""Which connections are kept for the next request, and which are closed."""

import httpx
import pytest

from claude_foundry import _http1
from claude_foundry._connections import Body, Connections, Idle

ORIGIN = ("http", "127.0.0.1", 80)


class Connection:
    """A connection that knows whether it was closed."""

    def __init__(self, *, sent_whole: bool = True) -> None:
        self.origin = ORIGIN
        self.idle_since = 0.0
        self.sent_whole = sent_whole
        self.is_closed = False
        self.has_ended = False

    def is_stale(self) -> bool:
        return self.has_ended

    def close(self) -> None:
        self.is_closed = True


def test_no_more_are_kept_than_allowed() -> None:
    """Of the connections that are done, as many are kept as the limits say, and the others are closed."""
    limits, (first, second) = httpx.Limits(max_keepalive_connections=1), (Connection(), Connection())
    connections: Connections[Connection] = Connections(limits, release=lambda: None)
    connections.use(first)
    connections.use(second)

    connections.done(first, True)
    connections.done(second, True)

    assert (first.is_closed, second.is_closed) == (False, True)
    assert connections.taken(ORIGIN) is first


def test_none_is_kept_once_closed() -> None:
    """A connection that is given back after the closing is closed."""
    idle: Idle[Connection] = Idle(most=None, expiry=None)
    late = Connection()

    idle.close()
    idle.put(late)

    assert (late.is_closed, idle.taken(ORIGIN)) == (True, None)


def test_stale_ones_are_closed() -> None:
    """A connection that its service has ended is closed, and one that serves is given in its place."""
    idle: Idle[Connection] = Idle(most=None, expiry=None)
    good, ended = Connection(), Connection()
    idle.put(good)
    idle.put(ended)
    ended.has_ended = True

    assert idle.taken(ORIGIN) is good
    assert ended.is_closed


@pytest.mark.parametrize("sent_whole", [True, False])
def test_an_early_answer_ends_its_connection(sent_whole: bool) -> None:
    """A connection whose request was answered before it was sent whole cannot carry another."""
    connections: Connections[Connection] = Connections(httpx.Limits(), release=lambda: None)
    connection, answer = Connection(sent_whole=sent_whole), _http1.Answer("POST")
    connections.use(connection)
    answer.take(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n")
    request = httpx.Request("POST", "http://127.0.0.1/")
    body = Body(connection, request, answer=answer, first=b"", limits={}, connections=connections)

    body._give_back()

    assert connection.is_closed is not sent_whole
