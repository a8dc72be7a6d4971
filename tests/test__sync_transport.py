"""The synchronous transport on real sockets of the loopback interface."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress

import httpx
import pytest

from claude_foundry._sync_transport import SyncTransport

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LIMITS = httpx.Limits(max_connections=2, max_keepalive_connections=2, keepalive_expiry=60)
TIMEOUT = {"connect": 5.0, "read": 5.0, "write": 5.0, "pool": 5.0}

Handle = Callable[[socket.socket], None]


class Server:
    """Hands each connection to a function, in a thread of its own."""

    def __init__(self, handle: Handle) -> None:
        self.accepted = 0
        self._handle = handle
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = httpx.URL(f"http://127.0.0.1:{self._listening.getsockname()[1]}/path")
        self._serving = threading.Thread(target=self._serve, daemon=True)
        self._serving.start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self.accepted += 1
                threading.Thread(target=self._handled, args=(connection,), daemon=True).start()

    def _handled(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(10)
            self._handle(connection)

    def close(self) -> None:
        # Closing alone leaves a thread that accepts, on whatever listens under the same number next.
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._serving.join(10)


def received(connection: socket.socket) -> bytes:
    """Reads one request with a Content-Length, or to the end of its chunks."""
    data = b""
    while True:
        head, found, body = data.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
        if found and (len(body) >= int(length) if length else body.endswith(b"0\r\n\r\n")):
            return data
        more = connection.recv(65536)
        if not more:
            return b""
        data += more


def answering(answer: bytes) -> Handle:
    """Gives a handler that answers every request the same."""

    def handle(connection: socket.socket) -> None:
        while received(connection):
            connection.sendall(answer)

    return handle


def made() -> SyncTransport:
    return SyncTransport(verify=httpx.create_ssl_context(), limits=LIMITS)


@pytest.fixture
def transport() -> Iterator[SyncTransport]:
    with made() as transport:
        yield transport


def post(url: httpx.URL, content: bytes | Iterator[bytes] = b"hello", **timeout: float) -> httpx.Request:
    return httpx.Request("POST", url, content=content, extensions={"timeout": {**TIMEOUT, **timeout}})


def body(response: httpx.Response) -> bytes:
    try:
        return response.read()
    finally:
        response.close()


def test_one_connection_carries_many_requests(transport: SyncTransport) -> None:
    """An answer that was read to its end leaves its connection for the next request."""
    with closing(Server(answering(OK))) as server:
        bodies = [body(transport.handle_request(post(server.url))) for _ in range(5)]

    assert bodies == [b"ok"] * 5
    assert server.accepted == 1


def test_a_forked_process_leaves_the_connections_of_the_other_open(transport: SyncTransport) -> None:
    """A process that closes what it inherited does not end the connections of the process that made them."""
    with closing(Server(answering(OK))) as server:
        body(transport.handle_request(post(server.url)))
        child = os.fork()
        if child == 0:
            transport.close()
            os._exit(0)
        os.waitpid(child, 0)
        body(transport.handle_request(post(server.url)))

    assert server.accepted == 1


def test_connections_ask_their_peer_for_signs_of_life(transport: SyncTransport) -> None:
    """TCP keep-alive is on, so that a peer that is gone is noticed."""
    with closing(Server(answering(OK))) as server:
        body(transport.handle_request(post(server.url)))
        kept = transport._connections.taken(("http", server.url.host, server.url.port or 80))
        assert kept is not None
        with closing(kept.socket) as peer:
            assert peer.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


def test_closing_the_transport_closes_what_is_in_use(transport: SyncTransport) -> None:
    """An answer whose transport was closed ends with an error that says so, and at once."""
    with closing(Server(answering(OK.replace(b": 2", b": 9")))) as server:
        response = transport.handle_request(post(server.url))
        transport.close()
        with pytest.raises(RuntimeError, match="transport was closed"):
            body(response)


class Standing(httpx.Response):
    """The answer of whatever stands in the place of httpx's transport."""


def test_what_stands_in_the_place_of_httpx_is_used(transport: SyncTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recorders and mocks that replace httpx's own transport see the requests."""
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lambda _, request: Standing(200))

    response = transport.handle_request(post(httpx.URL("http://127.0.0.1:9/")))

    assert isinstance(response, Standing)


def test_an_answer_that_was_left_closes_its_connection(transport: SyncTransport) -> None:
    """What was not read cannot end up in the next answer."""
    answer = OK.replace(b": 2", b": 9")
    with closing(Server(answering(answer))) as server:
        response = transport.handle_request(post(server.url))
        response.close()
        second = transport.handle_request(post(server.url))
        second.close()

    assert server.accepted == 2


def test_a_connection_that_the_server_closed_is_replaced(transport: SyncTransport) -> None:
    """A kept connection that has died in the meantime is not used again."""
    closed = threading.Event()

    def once(connection: socket.socket) -> None:
        received(connection)
        connection.sendall(OK)
        connection.shutdown(socket.SHUT_RDWR)
        closed.set()

    with closing(Server(once)) as server:
        first = body(transport.handle_request(post(server.url)))
        assert closed.wait(5)
        second = body(transport.handle_request(post(server.url)))

    assert (first, second, server.accepted) == (b"ok", b"ok", 2)


def test_a_connection_that_was_idle_too_long_is_replaced() -> None:
    """A connection that the network may have forgotten is not used again."""
    limits = httpx.Limits(max_connections=2, max_keepalive_connections=2, keepalive_expiry=0.0)
    with closing(Server(answering(OK))) as server, SyncTransport(limits=limits) as transport:
        for _ in range(2):
            body(transport.handle_request(post(server.url)))

    assert server.accepted == 2


def test_a_free_connection_is_waited_for_only_so_long(transport: SyncTransport) -> None:
    """When all connections are in use, the wait for one ends with PoolTimeout; a returned one is used again."""
    with closing(Server(answering(OK))) as server:
        open_ones = [transport.handle_request(post(server.url)) for _ in range(2)]
        with pytest.raises(httpx.PoolTimeout, match="2 of the client's own"):
            transport.handle_request(post(server.url, pool=0.01))
        for response in open_ones:
            body(response)
        again = body(transport.handle_request(post(server.url, pool=0.01)))

    assert again == b"ok"


def test_a_failed_request_gives_its_place_back(transport: SyncTransport) -> None:
    """Failures do not use up the connections."""
    with closing(Server(lambda connection: received(connection) and None)) as server:
        for _ in range(5):
            with pytest.raises(httpx.RemoteProtocolError):
                transport.handle_request(post(server.url, pool=0.01))


def test_a_dropped_answer_gives_its_place_back(transport: SyncTransport) -> None:
    """An answer that nobody keeps does not keep its connection."""
    with closing(Server(answering(OK))) as server:
        for _ in range(5):
            transport.handle_request(post(server.url, pool=0.01))


def test_an_answer_before_the_whole_request_is_read(transport: SyncTransport) -> None:
    """A server that refuses a large request at once, and closes, is heard; the connection is not used again."""
    refusal = b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"

    def refuse(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(refusal)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1 << 20):
            pass

    with closing(Server(refuse)) as server:
        response = transport.handle_request(post(server.url, b"x" * 5_000_000))

    assert (response.status_code, body(response)) == (413, b"no")


def test_a_body_of_unknown_length_is_sent_in_chunks(transport: SyncTransport) -> None:
    """An iterator's pieces arrive, each once and in order."""
    arrived: list[bytes] = []

    def handle(connection: socket.socket) -> None:
        arrived.append(received(connection))
        connection.sendall(OK)

    with closing(Server(handle)) as server:
        body(transport.handle_request(post(server.url, iter([b"one", b"", b"two"]))))

    assert arrived[0].endswith(b"\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")


def test_closing_wakes_a_thread_that_waits(transport: SyncTransport) -> None:
    """An answer that is closed elsewhere ends at once for the thread that reads it."""
    sent = threading.Event()
    raised: list[Exception] = []

    def handle(connection: socket.socket) -> None:
        received(connection)
        connection.sendall(OK[:-1])
        sent.set()
        threading.Event().wait(5)

    with closing(Server(handle)) as server:
        response = transport.handle_request(post(server.url))

        def read() -> None:
            try:
                response.read()
            except httpx.HTTPError as error:
                raised.append(error)

        thread = threading.Thread(target=read)
        thread.start()
        assert sent.wait(5)
        response.stream.close()
        thread.join(5)

    assert not thread.is_alive()
    assert len(raised) == 1
