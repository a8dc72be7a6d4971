"""A SOCKS proxy that the environment names is asked for every connection, and reads nothing of it (X10)."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from claude_foundry import RequestTooLargeError
from claude_foundry._transport import tls
from tests.faults import wire
from tests.faults.faces import FACES, OWN, Asked, asked
from tests.faults.rows_connection import SETTLE
from tests.faults.server import Authority, Exchange, FaultServer, scripted
from tests.faults.test_leaks import leaks

pytest.importorskip("socksio")

HOST = "my-resource.services.ai.azure.com"
KEY = "canary-key-4f1c9a72e0"
WORD = "canary-token-b83d05e6f1"
GRANTED = b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00"
both = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


class Socks:
    """A proxy of SOCKS 5 (RFC 1928, 1929) that leads wherever it is asked to a port of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.asked: list[tuple[str, str]] = []
        """Who asked, and for which host."""
        self.sent = b""
        """What clients sent through it."""

    @property
    def url(self) -> str:
        return f"socks5://user:{WORD}@127.0.0.1:{self._listener.getsockname()[1]}"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=self._lead, args=(self._listener.accept()[0],), daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _lead(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            self.asked.append(_greeted(client))
            client.sendall(GRANTED)
            self._pass_on(client)

    def _pass_on(self, client: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", self._port)) as service:
            threading.Thread(target=_passed_back, args=(service, client), daemon=True).start()
            while piece := client.recv(65536):
                self.sent += piece
                service.sendall(piece)
            service.shutdown(socket.SHUT_RDWR)


class Tunnel(Socks):
    """A proxy of HTTP that leads likewise wherever it is asked to by CONNECT."""

    @property
    def url(self) -> str:
        return super().url.replace("socks5:", "http:")

    def _lead(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += client.recv(1)
            self.asked.append(("", head.decode().split()[1]))
            client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            self._pass_on(client)


def _greeted(client: socket.socket) -> tuple[str, str]:
    assert client.recv(1) == b"\x05"
    client.recv(client.recv(1)[0])
    client.sendall(b"\x05\x02")
    assert client.recv(1) == b"\x01"
    name, word = (client.recv(client.recv(1)[0]).decode() for _ in range(2))
    client.sendall(b"\x01\x00")
    assert client.recv(4) == b"\x05\x01\x00\x03"
    host = client.recv(client.recv(1)[0]).decode()
    client.recv(2)
    return f"{name}:{word}", host


def _passed_back(service: socket.socket, client: socket.socket) -> None:
    """Passes on all that a service sends, and its end."""
    with suppress(OSError):
        while piece := service.recv(65536):
            client.sendall(piece)
    with suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)


@contextmanager
def leading_to(port: int, *, kind: type[Socks] = Socks) -> Iterator[Socks]:
    proxy = kind(port)
    thread = threading.Thread(target=proxy.serve)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join()


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Authority]:
    """An authority that SSL_CERT_FILE names, as it is read once in each process."""
    made = Authority()
    monkeypatch.setenv("SSL_CERT_FILE", str(made.write(tmp_path / "authority.pem")))
    tls.cache_clear()
    yield made
    tls.cache_clear()


@both
@pytest.mark.parametrize("face", OWN)
def test_honoured(face: str, stream: bool, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers come through the proxy, which is told its password and the name of the host, and sees TLS alone."""
    answer = wire.stream() if stream else wire.document(wire.message())

    with FaultServer(context=authority.server_context(HOST)) as server, leading_to(server.port) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        url = server.url(scripted(Exchange((answer,))), host=HOST)
        seen = asked(FACES[face], Asked(url, stream, {"timeout": 5.0, "max_retries": 0, "api_key": KEY}))

    assert (seen.error, seen.texts) == (None, [wire.TEXT])
    assert proxy.asked == [(f"user:{WORD}", HOST)]
    assert HOST.encode() in proxy.sent
    assert leaks({"sent": proxy.sent}) == []


@pytest.mark.parametrize("face", ["core", "async-core"])
@pytest.mark.parametrize("kind", [Socks, Tunnel])
def test_a_kept_connection_that_ends(
    face: str, kind: type[Socks], authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request that meets the end of a kept connection through the proxy is sent once more, at no retry's cost."""
    answer = Exchange((wire.document(wire.message()),))

    with FaultServer(context=authority.server_context(HOST)) as server, leading_to(server.port, kind=kind) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        script = scripted(answer, Exchange(end="rst"), answer)
        asking = Asked(server.url(script, host=HOST), False, {"timeout": 5.0, "max_retries": 0}, calls=2)
        seen = asked(FACES[face], asking)

    assert (seen.error, seen.texts, seen.retries) == (None, [wire.TEXT] * 2, [0, 0])
    assert (len(script.requests), len(proxy.asked)) == (3, 2)


@pytest.mark.parametrize("face", ["core", "async-core"])
@pytest.mark.parametrize("kind", [Socks, Tunnel])
def test_a_refusal_of_a_large_request(
    face: str, kind: type[Socks], authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refusal that comes through the proxy while a large request goes up, and is followed by the end, is told."""
    refusal = Exchange((wire.refusal(413, "request_too_large"), SETTLE), "rst")

    with FaultServer(context=authority.server_context(HOST)) as server, leading_to(server.port, kind=kind) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        url = server.url(scripted(refusal, reads_body=False), host=HOST)
        seen = asked(FACES[face], Asked(url, False, {"timeout": 5.0, "max_retries": 0}, prompt="x" * 20_000_000))

    assert isinstance(seen.error, RequestTooLargeError), seen.error
