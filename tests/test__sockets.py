"""Connections with and without an event loop: uploads answered before they are whole, ends without a goodbye."""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from claude_foundry import _http1
from claude_foundry._asyncio_transport import AsyncioTransport
from claude_foundry._sockets import Connection
from claude_foundry._sync_transport import SyncTransport
from tests.faults import wire
from tests.faults.server import Authority, Exchange, FaultServer, full_port, refusing_port, scripted
from tests.wire import Wire, raw

LARGE = b"x" * 8_000_000
SETTLE = 0.03
REFUSAL = wire.refusal(413, "request_too_large")
AUTHORITY = Authority()
ENDS = {
    "unread": Exchange((REFUSAL, 3.0)),
    "closed": Exchange((REFUSAL, SETTLE), "fin"),
    "reset": Exchange((REFUSAL, SETTLE), "rst"),
}

Ask = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(params=["http", "https"])
def server(request: pytest.FixtureRequest) -> Iterator[FaultServer]:
    context = AUTHORITY.server_context("127.0.0.1") if request.param == "https" else None
    with FaultServer(context=context) as server:
        yield server


def ask(request: httpx.Request) -> httpx.Response:
    with SyncTransport(verify=AUTHORITY.client_context()) as transport:
        response = transport.handle_request(request)
        response.read()
        response.close()
        return response


def ask_in_a_loop(request: httpx.Request) -> httpx.Response:
    async def asked() -> httpx.Response:
        async with AsyncioTransport(verify=AUTHORITY.client_context()) as transport:
            response = await transport.handle_async_request(request)
            await response.aread()
            await response.aclose()
            return response

    return asyncio.run(asked())


both = pytest.mark.parametrize("asked", [ask, ask_in_a_loop], ids=["sync", "async"])


def post(url: str, content: Any = b"hello", **timeout: float) -> httpx.Request:
    limits = {"connect": 5.0, "read": 5.0, "write": 1.0, "pool": 5.0, **timeout}
    return httpx.Request("POST", url, content=content, extensions={"timeout": limits})


@both
@pytest.mark.parametrize("end", ENDS)
def test_an_early_refusal_is_heard(server: FaultServer, end: str, asked: Ask) -> None:
    """A service that refuses an upload at once is heard, whether it then reads no more, closes or resets."""
    url = server.url(scripted(ENDS[end], reads_body=False))

    response = asked(post(url, LARGE))

    assert response.status_code == 413


@both
def test_a_reset_during_an_upload(server: FaultServer, asked: Ask, caplog: pytest.LogCaptureFixture) -> None:
    """An upload that is reset without an answer ends with an error, and what is left of it is not written in vain."""
    url = server.url(scripted(Exchange(end="rst"), reads_body=False))

    with caplog.at_level(logging.WARNING), pytest.raises((httpx.NetworkError, httpx.RemoteProtocolError)):
        asked(post(url, LARGE))

    assert caplog.messages == []


@both
def test_heads_of_the_hundreds_during_an_upload(asked: Ask) -> None:
    """A service that says "continue", and gives hints, is sent the rest of the upload."""
    arrived: list[int] = []

    def serve(wire_: Wire) -> None:
        wire_.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n")
        arrived.append(len(wire_.asked().partition(b"\r\n\r\n")[2]))
        wire_.send(wire.sized(b"ok"))

    with raw(serve, receives=4096) as url:
        response = asked(post(url, LARGE))

    assert (response.content, arrived) == (b"ok", [len(LARGE)])


@both
def test_a_hint_without_end_during_an_upload(asked: Ask) -> None:
    """A service that takes no more of an upload is waited for no longer because it says, bit by bit, a hint."""

    def serve(wire_: Wire) -> None:
        wire_.send(b"HTTP/1.1 103 Early Hints\r\nlink: ")
        for _ in range(300):
            wire_.send(b"x")
            wire_.left.wait(0.01)

    with raw(serve, receives=4096) as url, pytest.raises(httpx.WriteTimeout):
        asked(post(url, LARGE, write=0.1))


@both
@pytest.mark.parametrize("nobody", [refusing_port, full_port], ids=["refuses", "silent"])
def test_the_next_address_is_tried(
    asked: Ask, nobody: Callable[[], AbstractContextManager[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host is reached at the first of its addresses that takes a connection in its share of the time."""
    with FaultServer() as server, nobody() as port:
        url = httpx.URL(server.url(scripted(Exchange((wire.sized(b"ok"),)))))
        addresses = (("127.0.0.1", port), ("127.0.0.1", url.port))
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in addresses]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

        response = asked(post(str(url.copy_with(host="two.test")), connect=1.0))

    assert response.content == b"ok"


@both
@pytest.mark.parametrize("says_goodbye", [True, False])
def test_an_answer_ended_by_its_connection_over_tls(says_goodbye: bool, asked: Ask) -> None:
    """An answer that its connection's end ends is whole after the goodbye of TLS, and cut without it."""
    context = AUTHORITY.server_context("127.0.0.1")

    def serve(plain: Wire) -> None:
        with context.wrap_socket(plain.peer, server_side=True) as sealed:
            sealed.recv(65536)
            sealed.sendall(b"HTTP/1.1 200 OK\r\n\r\nsaid")
            sealed.unwrap() if says_goodbye else socket.socket(fileno=sealed.detach()).close()

    with raw(serve) as url:
        request = post(url.replace("http", "https"))
        if says_goodbye:
            assert asked(request).content == b"said"
        else:
            with pytest.raises(httpx.ReadError):
                asked(request)


class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in pieces, as it is when it is sent."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


@both
@pytest.mark.parametrize(
    ("pieces", "says"),
    [((b"hello", b"GET /other HTTP/1.1\r\n\r\n"), "longer"), ((b"hell",), "shorter")],
    ids=["longer", "shorter"],
)
def test_a_body_that_is_not_of_its_length(asked: Ask, pieces: tuple[bytes, ...], says: str) -> None:
    """Of a body that is longer than was declared nothing more is sent; a shorter one is told instead of waited for."""
    arrived: list[bytes] = []

    def serve(wire_: Wire) -> None:
        wire_.peer.settimeout(5)
        while came := wire_.peer.recv(65536):
            arrived.append(came)

    with raw(serve) as url:
        request = httpx.Request("POST", url, headers={"content-length": "5"}, stream=Pieces(*pieces))
        with pytest.raises(httpx.LocalProtocolError, match=says):
            asked(request)

    assert b"other" not in b"".join(arrived)


def test_closing_leaves_the_seal_on() -> None:
    """A sealed connection that is closed is never a plain one, on which another thread would send in clear."""
    seals: list[str | None] = []

    class Watched(ssl.SSLSocket):
        def close(self) -> None:
            seals.append(self.version())
            super().close()

    context = AUTHORITY.client_context()
    context.sslsocket_class = Watched
    with FaultServer(context=AUTHORITY.server_context("127.0.0.1")) as server:
        url = server.url(scripted(Exchange((wire.sized(b"ok"),))))
        with SyncTransport(verify=context) as transport:
            transport.handle_request(post(url)).read()

    assert seals == ["TLSv1.3"]


class ClosedMeanwhile(socket.socket):
    """A socket whose connection another thread closes while this one is in it."""

    connection: Connection
    number: int
    fault: Exception | None = None

    def send(self, *given: Any) -> int:
        self._close()
        return super().send(*given)

    def recv(self, *given: Any) -> bytes:
        self._close()
        return super().recv(*given)

    def _close(self) -> None:
        self.connection.close()
        self.number = self.fileno()
        if self.fault is not None:
            raise self.fault


@pytest.mark.parametrize("fault", [None, TimeoutError(), ssl.SSLError("bad record"), ValueError("no socket")])
@pytest.mark.parametrize(
    "use",
    [
        lambda connection, request, answer: connection.send(request, b"GET / HTTP/1.1\r\n\r\n", answer, 5.0),
        lambda connection, request, answer: connection.receive(answer, request, 5.0),
    ],
    ids=["sending", "receiving"],
)
def test_closed_while_a_thread_is_in_it(use: Callable[..., bytes], fault: Exception | None) -> None:
    """The number of a socket is given back by the thread that uses it, else it would go on with another's connection.

    Whatever becomes of its use, it is told that the connection was closed on this side.
    """
    near, far = socket.socketpair()
    used = ClosedMeanwhile(fileno=near.detach())
    connection = used.connection = Connection(used, ("http", "127.0.0.1", 80))
    used.fault = fault

    with far, pytest.raises(httpx.NetworkError, match="closed on this side"):
        use(connection, httpx.Request("GET", "http://127.0.0.1/"), _http1.Answer("GET"))

    assert used.number >= 0
    assert used.fileno() == -1


def _closed(url: str) -> bytes:
    taken = b""
    with SyncTransport() as transport:
        for piece in transport.handle_request(post(url)).iter_raw():
            taken += piece
            transport.close()
    return taken


def _closed_in_a_loop(url: str) -> bytes:
    async def closed() -> bytes:
        taken = b""
        async with AsyncioTransport() as transport:
            response = await transport.handle_async_request(post(url))
            reading = asyncio.ensure_future(response.aread())
            await asyncio.sleep(0)
            await transport.aclose()
            taken += await reading
        return taken

    return asyncio.run(closed())


@pytest.mark.parametrize("close", [_closed, _closed_in_a_loop], ids=["sync", "async"])
def test_an_answer_without_a_length_whose_transport_is_closed(close: Callable[[str], bytes]) -> None:
    """An answer that only its connection's end would end is not whole because this side has ended it."""

    def serve(wire_: Wire) -> None:
        wire_.asked()
        wire_.send(b"HTTP/1.1 200 OK\r\n\r\nthe first half")
        wire_.wait()

    with raw(serve) as url, pytest.raises(RuntimeError, match="transport was closed"):
        close(url)
