"""Connections without an event loop: blocking sockets that carry one request at a time."""

import os
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx

from claude_foundry import _http1
from claude_foundry._connections import Origin
from claude_foundry._deadline import are_limited, at_most, in_time

_RECEIVE_BYTES = 64 * 1024


class Connection:
    """A socket with its origin."""

    def __init__(self, plain: socket.socket, origin: Origin) -> None:
        self.socket = plain
        self.origin = origin
        self.idle_since = 0.0
        self.sent_whole = False
        self._process = os.getpid()

    def send(self, request: httpx.Request, head: bytes, limit: float | None) -> None:
        """Sends a whole request, the first piece of its body with the head."""
        self.sent_whole = False
        is_chunked = "transfer-encoding" in request.headers
        waiting = head
        # A server may answer, and close, before it has read everything: its answer is then still to be read.
        with named(httpx.WriteTimeout, httpx.WriteError, request), suppress(BrokenPipeError, ConnectionResetError):
            for piece in _pieces(request):
                self._send(waiting + (b"%x\r\n%b\r\n" % (len(piece), piece) if is_chunked else piece), limit)
                waiting = b""
            self._send(waiting + (b"0\r\n\r\n" if is_chunked else b""), limit)
            self.sent_whole = True

    def _send(self, data: bytes, limit: float | None) -> None:
        # Each wait has the whole limit: sendall would share it among all of a large body.
        view = memoryview(data)
        # The head has the key in it: a traceback with locals would show it.
        del data
        while view:
            self.socket.settimeout(at_most(limit))
            view = view[self.socket.send(view) :]

    def receive(self, answer: _http1.Answer, request: httpx.Request, limit: float | None) -> bytes:
        """Waits for bytes and gives what of them belongs to the body of the answer."""
        with named(httpx.ReadTimeout, httpx.ReadError, request):
            self.socket.settimeout(at_most(limit))
            data = self.socket.recv(_RECEIVE_BYTES)
        try:
            return answer.take(data)
        except _http1.MalformedError as error:
            raise httpx.RemoteProtocolError(str(error), request=request) from None

    def is_stale(self) -> bool:
        """Tells whether the server has closed the idle connection, or sent what nobody asked for."""
        if hasattr(select, "poll"):
            poll = select.poll()
            poll.register(self.socket, select.POLLIN)
            return bool(poll.poll(0))
        return bool(select.select([self.socket], [], [], 0)[0])

    def close(self) -> None:
        """Ends the connection at once; in a forked process it stays open for the one that made it."""
        if self._process == os.getpid():
            # Closing alone would not wake a thread that waits for bytes.
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def dialled(host: str, port: int, limit: float | None) -> socket.socket:
    """Gives a connection to the first address of a host that takes one."""
    if not are_limited():
        return socket.create_connection((host, port), timeout=limit)
    # No system lets a name be looked up for a while only.
    found = in_time(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    failure = OSError("the name of the host has no address")
    for address in dict.fromkeys(str(each[4][0]) for each in found):
        try:
            return socket.create_connection((address, port), timeout=at_most(limit))
        except OSError as error:
            failure = error
    raise failure


def written_head(request: httpx.Request) -> bytes:
    """Gives the bytes of a request before its body, with the key in them."""
    try:
        return _Unshown(_http1.request_head(request.method, request.url.raw_path, request.headers.raw))
    except (_http1.MalformedError, UnicodeEncodeError) as error:
        raise httpx.LocalProtocolError(str(error), request=request) from None


class _Unshown(bytes):
    """Bytes which a traceback with locals must not show."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "b'[sealed]'"


def _pieces(request: httpx.Request) -> Iterator[bytes]:
    stream = request.stream
    if not isinstance(stream, httpx.SyncByteStream):
        raise TypeError("The body of a request that is sent without an event loop must be readable without one.")
    return (piece for piece in stream if piece)


@contextmanager
def named(
    timeout: type[httpx.TimeoutException], failure: type[httpx.NetworkError], request: httpx.Request
) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise timeout(str(error), request=request) from error
    # Names that cannot be encoded, and TLS that another thread has closed, are told by a ValueError.
    except (OSError, ValueError) as error:
        raise failure(str(error), request=request) from error
