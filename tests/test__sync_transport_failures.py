"""What the transport without an event loop tells of connections that fail, and of those behind TLS."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, suppress

import httpx
import pytest

from claude_foundry._sync_transport import SyncTransport
from tests.test__sync_transport import LIMITS, OK, Handle, Server, answering, body, made, post, received


@pytest.fixture
def transport() -> Iterator[SyncTransport]:
    with made() as transport:
        yield transport


@pytest.mark.parametrize(
    ("handle", "error"),
    [
        (lambda connection: received(connection) and None, httpx.RemoteProtocolError),
        (lambda connection: received(connection) and threading.Event().wait(5), httpx.ReadTimeout),
        (lambda connection: received(connection) and connection.sendall(b"garbage\r\n\r\n"), httpx.RemoteProtocolError),
        (lambda connection: received(connection) and connection.sendall(OK[:-1]), httpx.RemoteProtocolError),
    ],
    ids=["closes", "stalls", "garbage", "cut"],
)
def test_failures_have_the_names_of_httpx(transport: SyncTransport, handle: Handle, error: type[Exception]) -> None:
    """What goes wrong on the wire is told in httpx's own exceptions."""
    with closing(Server(handle)) as server, pytest.raises(error):
        body(transport.handle_request(post(server.url, read=0.1)))


def test_a_refused_connection(transport: SyncTransport) -> None:
    """Nobody listening is a ConnectError."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        url = httpx.URL(f"http://127.0.0.1:{listening.getsockname()[1]}/")

    with pytest.raises(httpx.ConnectError):
        transport.handle_request(post(url))


def test_many_addresses_share_one_limit(transport: SyncTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host of many addresses has the limit of a connection once, not for each of them, and each has its share."""
    waits: list[float | None] = []

    class Silent(socket.socket):
        def connect(self, _: object) -> None:
            waits.append(self.gettimeout())
            raise TimeoutError("timed out")

    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 9))] * 4
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(socket, "socket", Silent)

    with pytest.raises(httpx.ConnectTimeout):
        transport.handle_request(post(httpx.URL("http://silent.test/"), connect=8.0))

    assert all(wait is not None and wait <= limit for wait, limit in zip(waits, (2.0, 8 / 3, 4.0, 8.0), strict=True))


def test_a_server_that_does_not_read(transport: SyncTransport) -> None:
    """A body that the server does not take ends with WriteTimeout."""
    stalling = Server(lambda connection: threading.Event().wait(5) and None)

    with closing(stalling) as server, pytest.raises(httpx.WriteTimeout):
        transport.handle_request(post(server.url, b"x" * 20_000_000, write=0.1))


def test_a_header_cannot_begin_another(transport: SyncTransport) -> None:
    """A line break in a header is refused before anything is sent."""
    request = httpx.Request("POST", "http://127.0.0.1:9/", headers=[(b"name", b"a\r\nx-evil: b")])

    with pytest.raises(httpx.LocalProtocolError):
        transport.handle_request(request)


def test_a_certificate_that_nobody_trusts(transport: SyncTransport) -> None:
    """TLS is verified: a server with a certificate of its own making is a ConnectError."""
    trustme = pytest.importorskip("trustme")
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(served)

    def handle(connection: socket.socket) -> None:
        with suppress(ssl.SSLError), served.wrap_socket(connection, server_side=True) as sealed:
            answering(OK)(sealed)

    with closing(Server(handle)) as server, pytest.raises(httpx.ConnectError, match="certificate"):
        transport.handle_request(post(server.url.copy_with(scheme="https")))


def test_tls_with_a_trusted_certificate() -> None:
    """A trusted server is read over TLS, on one connection for many requests; a cut without goodbye is an error."""
    trustme = pytest.importorskip("trustme")
    authority = trustme.CA()
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(served)
    trusted = httpx.create_ssl_context()
    authority.configure_trust(trusted)

    def handle(connection: socket.socket) -> None:
        with served.wrap_socket(connection, server_side=True) as sealed:
            for _ in range(2):
                received(sealed)
                sealed.sendall(OK)
            received(sealed)
            sealed.sendall(b"HTTP/1.1 200 OK\r\n\r\ncut")
            socket.socket(fileno=sealed.detach()).close()

    with closing(Server(handle)) as server, SyncTransport(verify=trusted, limits=LIMITS) as transport:
        url = server.url.copy_with(scheme="https")
        bodies = [body(transport.handle_request(post(url))) for _ in range(2)]
        cut = transport.handle_request(post(url))
        with pytest.raises(httpx.ReadError):
            body(cut)

    assert (bodies, server.accepted) == ([b"ok", b"ok"], 1)
