"""Waits over httpx's own transport that are ended from another thread."""

import socket
import threading
from collections.abc import Iterator

import httpx
import pytest

from claude_foundry import FoundryClient, StreamInterruptedError
from claude_foundry._waited import Waited, waited
from tests.answers import message, pieces_of
from tests.shells import REQUEST
from tests.wire import Wire, raw


class Received(httpx.SyncByteStream):
    """A body that ends where its connection does; it knows in which thread it was closed."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.waits = threading.Event()
        self.closed_in: list[int] = []

    def __iter__(self) -> Iterator[bytes]:
        yield b"first"
        self.waits.set()
        while piece := self._connection.recv(10):
            yield piece

    def close(self) -> None:
        self.closed_in.append(threading.get_ident())


def test_closed_while_a_thread_waits() -> None:
    """A body that is closed wakes the thread that waits for it, which closes it, and does not take it for whole."""
    here, there = socket.socketpair()
    body, failures = Received(here), []

    def read(stream: Waited) -> None:
        try:
            list(stream)
        except httpx.ReadError as error:
            failures.append(error)

    with here, there:
        stream = Waited(body, here, {"read": 10.0})
        reader = threading.Thread(target=read, args=(stream,), daemon=True)
        reader.start()
        assert body.waits.wait(10)
        stream.close()
        reader.join(10)

    assert [str(each) for each in failures] == ["it was closed on this side"]
    assert body.closed_in == [reader.ident]


def test_closed_before_it_is_read() -> None:
    """A body that was closed is closed at once, and gives nothing that looks whole."""
    here, there = socket.socketpair()
    body = Received(here)

    with here, there:
        stream = Waited(body, here, {"read": 10.0})
        stream.close()
        with pytest.raises(httpx.ReadError):
            list(stream)

    assert body.closed_in[0] == threading.get_ident()


def test_a_connection_that_serves_again_is_not_cut() -> None:
    """A connection whose answer has ended meanwhile, so that it may carry another, is left alone."""
    here, there = socket.socketpair()

    with here, there:
        stream = Waited(Received(here), here, {"read": 10.0})
        stream.close()
        stream.cut()
        here.sendall(b"x")
        received = there.recv(1)

    assert received == b"x"


def test_a_body_in_memory() -> None:
    """A body that comes over no connection is left as it is."""
    response = httpx.Response(200, content=b"whole")

    assert waited(response).stream is response.stream
    assert not isinstance(response.stream, Waited)


def test_a_stream_over_a_given_client() -> None:
    """Closing a stream from another thread ends its reading, and the service sees the connection end."""
    seen: list[bool] = []
    body = b"".join(pieces_of(message())[:4])

    def serve(wire: Wire) -> None:
        wire.asked()
        wire.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n" + body)
        seen.append(wire.until_closed())

    with (
        raw(serve) as url,
        httpx.Client() as http,
        _client(url, http) as client,
        client.messages.stream(**REQUEST) as it,
    ):
        closing = threading.Timer(0.1, it.close)
        closing.start()
        with pytest.raises(StreamInterruptedError):
            it.get_final_message()
        closing.join(10)

    assert seen == [True]


def _client(url: str, http: httpx.Client) -> FoundryClient:
    return FoundryClient(base_url=url, api_key="k", http_client=http)
