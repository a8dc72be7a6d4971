"""A server on raw sockets that can fail at any byte: what an HTTP library would never send, this one does.

A client is pointed at ``url(script)``; the first segment of the path names the script, so that one server serves all
cases of a run, one after the other or at once.
"""

import contextlib
import itertools
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import trustme

End = Literal["keep", "fin", "rst", "stall"]
STALLED = 10.0
"""Seconds after which a stalled connection is given up, should the client never leave."""


@dataclass(frozen=True)
class Request:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Exchange:
    """What follows one request: bytes are sent, numbers are seconds of silence; then the end."""

    steps: tuple[bytes | float, ...] = ()
    end: End = "keep"


Chooser = Callable[[Request, int], Exchange]


@dataclass
class Script:
    """What one case is answered, request by request, and what it asked."""

    choose: Chooser
    early: bytes = b""
    """Sent as soon as the headers of a request have come."""
    reads_body: bool = True
    keeps: bool = True
    """Whether requests are written down."""
    count: int = 0
    requests: list[Request] = field(default_factory=list)
    left: list[float] = field(default_factory=list)
    """When clients left stalled connections, by ``time.monotonic``."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, request: Request) -> Exchange:
        with self._lock:
            if self.keeps:
                self.requests.append(request)
            self.count += 1
            return self.choose(request, self.count - 1)


def scripted(*exchanges: Exchange, early: bytes = b"", reads_body: bool = True) -> Script:
    """Gives the exchanges in order; the last one again and again."""
    return Script(lambda _, count: exchanges[min(count, len(exchanges) - 1)], early=early, reads_body=reads_body)


class FaultServer:
    """Listens on the loopback address while entered; with a ``context``, through TLS."""

    def __init__(self, *, context: ssl.SSLContext | None = None) -> None:
        self._context = context
        self._scripts: dict[str, Script] = {}
        self._names = itertools.count(1)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def url(self, script: Script, *, scheme: str | None = None, host: str = "127.0.0.1") -> str:
        """Gives a base URL whose requests the script answers."""
        name = f"case{next(self._names)}"
        self._scripts[name] = script
        return f"{scheme or ('https' if self._context else 'http')}://{host}:{self.port}/{name}/anthropic"

    @property
    def connections(self) -> int:
        """How many connections are open now."""
        with self._lock:
            return len(self._open)

    def __enter__(self) -> "FaultServer":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        # close() alone would leave a thread that waits in accept().
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            still_open = list(self._open)
        for connection in still_open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with self._lock:
            self._open.add(plain)
        connection = plain
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = self._context.wrap_socket(plain, server_side=True) if self._context else plain
            while self._answer(connection):
                pass
        except (OSError, ssl.SSLError, ValueError):
            pass
        finally:
            # In one: whoever looks at the open ones meets none that is closed.
            with self._lock:
                connection.close()
                self._open.discard(plain)

    def _answer(self, connection: socket.socket) -> bool:
        head, rest = _read_head(connection)
        if not head:
            return False
        request = _parsed(head)
        script = self._scripts[request.path.split("/")[1]]
        connection.sendall(script.early)
        size = int(request.headers.get("content-length", "0")) if script.reads_body else 0
        exchange = script.next(_with_body(connection, request, rest, size))
        for step in exchange.steps:
            time.sleep(step) if isinstance(step, float) else connection.sendall(step)
        return self._ended(connection, exchange.end, script)

    def _ended(self, connection: socket.socket, end: End, script: Script) -> bool:
        match end:
            case "keep":
                return True
            case "stall":
                _wait_for_leaving(connection)
                script.left.append(time.monotonic())
            case "rst":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False


def _read_head(connection: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return b"", b""
        data += piece
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


def _parsed(head: bytes) -> Request:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ")
    pairs = (line.partition(":") for line in lines)
    return Request(method, path, {name.lower(): value.strip() for name, _, value in pairs}, b"")


def _with_body(connection: socket.socket, request: Request, rest: bytes, size: int) -> Request:
    pieces, missing = [rest], size - len(rest)
    while missing > 0:
        piece = connection.recv(min(missing, 1 << 20))
        if not piece:
            break
        pieces.append(piece)
        missing -= len(piece)
    return Request(request.method, request.path, request.headers, b"".join(pieces))


def _wait_for_leaving(connection: socket.socket) -> None:
    connection.settimeout(STALLED)
    with contextlib.suppress(OSError):
        while connection.recv(65536):
            pass


class Authority:
    """A certificate authority made for the run, whom nobody trusts but who is told to."""

    def __init__(self) -> None:
        self._authority = trustme.CA()

    def server_context(self, *names: str) -> ssl.SSLContext:
        """Gives the context of a server whose certificate holds these names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(*names).configure_cert(context)
        return context

    def write(self, path: Path) -> Path:
        """Writes its certificate where a client may be told to look for it."""
        self._authority.cert_pem.write_to_path(str(path))
        return path

    def client_context(self) -> ssl.SSLContext:
        """Gives the context of a client that trusts it."""
        context = ssl.create_default_context()
        self._authority.configure_trust(context)
        return context


@contextmanager
def refusing_port() -> Iterator[int]:
    """Gives a port that is taken, where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@contextmanager
def full_port() -> Iterator[int]:
    """Gives a port whose queue is full: who connects hears nothing."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@contextmanager
def closing_port(end: End, greeting: Iterable[bytes] = ()) -> Iterator[int]:
    """Gives a port that ends each connection before a request can be read."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)

    def close_each() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                for piece in greeting:
                    connection.sendall(piece)
                if end == "rst":
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()

    threading.Thread(target=close_each, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@contextmanager
def answering_port(answer: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Gives a port that answers each connection with these bytes, and the heads it was sent."""
    listener, heads = socket.create_server(("127.0.0.1", 0), backlog=128), list[bytes]()

    def answer_each() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    heads.append(_read_head(connection)[0])
                    connection.sendall(answer)

    threading.Thread(target=answer_each, daemon=True).start()
    try:
        yield listener.getsockname()[1], heads
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
