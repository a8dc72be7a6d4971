"""Connections without an event loop: blocking sockets that carry one request at a time."""

import ipaddress
import math
import os
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any

import httpx

from claude_foundry import _http1
from claude_foundry._connections import Origin, may_be_plain
from claude_foundry._deadline import SilentError, are_over, at_most, in_time, waiting
from claude_foundry._sealed import SealedBytes

_RECEIVE_BYTES = 64 * 1024
_CLOSED = (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
_NOT_YET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Connection:
    """A socket with its origin."""

    def __init__(self, plain: socket.socket, origin: Origin) -> None:
        self.socket = plain
        self.origin = origin
        self.idle_since = 0.0
        self.sent_whole = False
        self._process = os.getpid()
        self._has_left = False
        # It may be closed by an answer that is collected, in the midst of whatever its thread does here.
        self._lock = threading.RLock()
        self._is_used = False
        self._is_closed = False

    def __enter__(self) -> None:
        """Keeps the socket's number while a thread sends or waits: once it is free, it is that of another connection.

        Raises:
            ConnectionAbortedError: it is closed, or of another process.
        """
        kept_to(self._process)
        with self._lock:
            if self._is_closed:
                raise closed_here()
            self._is_used = True

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Gives the number back if the connection was closed meanwhile, which is then told in place of what followed.

        Raises:
            ConnectionAbortedError: it was closed.
        """
        with self._lock:
            self._is_used = False
            if not self._is_closed:
                return
            self.socket.close()
        if error is None or isinstance(error, OSError | ValueError):
            raise closed_here() from error

    def send(self, request: httpx.Request, head: bytes, answer: _http1.Answer, limit: float | None) -> bytes:
        """Sends a request until it is whole or answered, and gives what of the answer's body has come with its head."""
        self.sent_whole, first = False, b""
        is_chunked = "transfer-encoding" in request.headers
        unsent = head
        with named(httpx.WriteTimeout, httpx.WriteError, request), self:
            for piece in _pieces(request):
                framed = b"%x\r\n%b\r\n" % (len(piece), piece) if is_chunked else piece
                first = self._send(unsent + framed, answer, request, limit)
                if self._is_over(answer):
                    return first
                unsent = b""
            first = self._send(unsent + (b"0\r\n\r\n" if is_chunked else b""), answer, request, limit)
            self.sent_whole = not self._is_over(answer)
        return first

    def _send(self, data: bytes, answer: _http1.Answer, request: httpx.Request, limit: float | None) -> bytes:
        first, view = b"", memoryview(data)
        # The head has the key in it: a traceback with locals would show it.
        del data
        try:
            if view:
                self.socket.settimeout(0)
                view = view[self._taken(view) :]
            while view and not self._is_over(answer):
                with waiting(limit):
                    first += self._until_writable(answer, request)
                view = view[self._taken(view) :]
        except _CLOSED:
            # A server may answer, and close, before it has read everything: its answer is then still to be read.
            self._has_left = True
        return first

    def _until_writable(self, answer: _http1.Answer, request: httpx.Request) -> bytes:
        """Waits until more can be sent, or an answer has come; what else is heard does not prolong the wait."""
        first = b""
        while not self._is_over(answer):
            can_read, can_write = ready(self.socket, to_write=True, limit=at_most(None))
            if can_read:
                first += self._heard(answer, request)
            elif can_write:
                break
            if are_over():
                raise TimeoutError("timed out")
        return first

    def _is_over(self, answer: _http1.Answer) -> bool:
        # Heads of the hundreds are no answer: the service waits for the rest of the request.
        return self._has_left or answer.head is not None

    def _taken(self, view: memoryview) -> int:
        try:
            return self.socket.send(view)
        except _NOT_YET:
            return 0

    def _heard(self, answer: _http1.Answer, request: httpx.Request) -> bytes:
        try:
            data = self.socket.recv(_RECEIVE_BYTES)
        except _NOT_YET:
            return b""
        if not data:
            raise BrokenPipeError("the server closed the connection")
        return understood(answer, data, request)

    def receive(self, answer: _http1.Answer, request: httpx.Request, limit: float | None) -> bytes:
        """Waits for bytes and gives what of them belongs to the body of the answer."""
        with named(httpx.ReadTimeout, httpx.ReadError, request), self:
            self.socket.settimeout(at_most(limit))
            data = self.socket.recv(_RECEIVE_BYTES)
        return understood(answer, data, request)

    def is_stale(self) -> bool:
        """Tells whether the server has closed the idle connection, or sent what nobody asked for."""
        return ready(self.socket, to_write=False, limit=0)[0]

    def close(self) -> None:
        """Ends the connection at once; in a forked process it stays open for the one that made it."""
        if self._process != os.getpid():
            self.socket.close()
            return
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            # Closing alone would not wake a thread that waits for bytes. That of a sealed socket takes the seal off
            # first, and whoever sends meanwhile would do so in clear.
            with suppress(OSError):
                socket.socket.shutdown(self.socket, socket.SHUT_RDWR)
            if not self._is_used:
                self.socket.close()


def greeted(sealed: ssl.SSLSocket, port: int) -> None:
    """Greets the other side in TLS, and waits until both have agreed.

    Raises:
        SilentError: it says nothing, and its port may be one that speaks no TLS.
    """
    sealed.settimeout(0)
    with suppress(*_NOT_YET):
        sealed.do_handshake()
        # The other side was so fast that nothing more will come.
        return
    if not ready(sealed, to_write=False, limit=at_most(None))[0] and may_be_plain(port):
        raise SilentError("nothing came after the greeting of TLS")
    sealed.settimeout(at_most(None))
    sealed.do_handshake()


def closed_here() -> ConnectionAbortedError:
    """Gives the error of an answer whose connection was closed on this side: it must not look whole."""
    return ConnectionAbortedError("it was closed on this side")


def kept_to(process: int) -> None:
    """Keeps a connection to the process that made it: what a forked one took of the answer, the other would miss.

    Raises:
        ConnectionAbortedError: this is another one.
    """
    if process != os.getpid():
        raise ConnectionAbortedError("it belongs to the process that this one was forked from")


def looked_up(host: str, port: int) -> list[Any]:
    """Gives the addresses of a host; where the waits together are limited, within their time."""
    # No system lets a name be looked up for a while only.
    return known(host, port) or in_time(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))


def known(host: str, port: int) -> list[Any]:
    """Gives the address that a host is, or nothing for a name, which has to be looked up."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return []
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


def ready(plain: Any, *, to_write: bool, limit: float | None) -> tuple[bool, bool]:
    """Waits until a socket can be read, or written where asked, and tells which; neither once the time is over."""
    if not hasattr(select, "poll"):
        readable, writable, _ = select.select([plain], [plain] if to_write else [], [], limit)
        return bool(readable), bool(writable)
    poll = select.poll()
    poll.register(plain, select.POLLIN | select.POLLOUT if to_write else select.POLLIN)
    events = sum(event for _, event in poll.poll(None if limit is None else math.ceil(limit * 1000)))
    return bool(events & ~select.POLLOUT), bool(events & select.POLLOUT)


def understood(answer: _http1.Answer, data: bytes, request: httpx.Request) -> bytes:
    """Hands to an answer what arrived, and gives what of it belongs to the body."""
    try:
        return answer.take(data)
    except _http1.MalformedError as error:
        raise httpx.RemoteProtocolError(str(error), request=request) from None


class Declared:
    """The length that a request's head declares, to which its body is kept: a file may change while it is sent."""

    def __init__(self, request: httpx.Request) -> None:
        length = request.headers.get("content-length")
        self._request = request
        self._missing = None if length is None else int(length)

    def taken(self, piece: bytes) -> bytes:
        """Gives a piece that is to be sent.

        Raises:
            LocalProtocolError: it goes beyond the length, where the service would look for another request.
        """
        if self._missing is not None:
            self._missing -= len(piece)
            if self._missing < 0:
                raise httpx.LocalProtocolError("what is sent has become longer meanwhile", request=self._request)
        return piece

    def end(self) -> None:
        """Takes the end of the body.

        Raises:
            LocalProtocolError: the service would wait for more.
        """
        if self._missing:
            raise httpx.LocalProtocolError("what is sent has become shorter meanwhile", request=self._request)


def written_head(request: httpx.Request) -> bytes:
    """Gives the bytes of a request before its body, with the key in them."""
    try:
        return SealedBytes(_http1.request_head(request.method, request.url.raw_path, request.headers.raw))
    except (_http1.MalformedError, UnicodeEncodeError) as error:
        raise httpx.LocalProtocolError(str(error), request=request) from None


def _pieces(request: httpx.Request) -> Iterator[bytes]:
    stream = request.stream
    if not isinstance(stream, httpx.SyncByteStream):
        raise TypeError("The body of a request that is sent without an event loop must be readable without one.")
    if isinstance(stream, httpx.ByteStream):
        return (piece for piece in stream if piece)
    return _kept_to_length(stream, Declared(request))


def _kept_to_length(stream: httpx.SyncByteStream, declared: Declared) -> Iterator[bytes]:
    for piece in stream:
        if piece:
            yield declared.taken(piece)
    declared.end()


@contextmanager
def named(
    timeout: type[httpx.TimeoutException], failure: type[httpx.NetworkError], request: httpx.Request
) -> Iterator[None]:
    try:
        yield
    # Names that cannot be encoded, and TLS that another thread has closed, are told by a ValueError.
    except (OSError, ValueError) as error:
        raise renamed(error, timeout, failure, request) from error


def renamed(
    error: OSError | ValueError,
    timeout: type[httpx.TimeoutException],
    failure: type[httpx.NetworkError],
    request: httpx.Request,
) -> httpx.TransportError:
    """Gives httpx's name of what failed."""
    kind = timeout if isinstance(error, TimeoutError) else failure
    return kind(str(error), request=request)
