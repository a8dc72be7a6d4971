"""Connections of an asyncio event loop: one request at a time on each, and no bytes kept that nobody waits for.

Source: https://docs.python.org/3/library/asyncio-protocol.html
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import httpx

from claude_foundry import _http1
from claude_foundry._connections import Origin
from claude_foundry._sockets import named

_PIECE_BYTES = 64 * 1024
_MOST_HELD = 1024 * 1024


class AsyncConnection(asyncio.Protocol):
    """A connection with its origin. It ends with its service's goodbye, an error, or ``close``."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.idle_since = 0.0
        self.sent_whole = False
        self._transport: asyncio.Transport | None = None
        self._arrived: list[bytes] = []
        self._held = 0
        self._is_full = False
        self._has_ended = False
        self._failure: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment] # a stream's transport reads and writes

    def data_received(self, data: bytes) -> None:
        self._arrived.append(data)
        self._held += len(data)
        if self._held > _MOST_HELD and self._transport is not None:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._has_ended = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is None and not self._has_ended and self.origin[0] == "https":
            # An end without TLS's own goodbye may be an attacker's cut: it must be an error.
            exc = ConnectionResetError("the connection ended without the goodbye of TLS")
        self._has_ended, self._failure = True, exc
        self._wake()

    def pause_writing(self) -> None:
        self._is_full = True

    def resume_writing(self) -> None:
        self._is_full = False
        self._wake()

    async def send(self, request: httpx.Request, head: bytes, limit: float | None) -> None:
        """Sends a whole request, or as much of it as the service takes before it answers."""
        self.sent_whole = False
        is_chunked = "transfer-encoding" in request.headers
        waiting = head
        with named(httpx.WriteTimeout, httpx.WriteError, request):
            async for piece in _pieces(request):
                framed = b"%x\r\n%b\r\n" % (len(piece), piece) if is_chunked else piece
                if not await self._send(waiting, framed, limit):
                    return
                waiting = b""
            self.sent_whole = await self._send(waiting, b"0\r\n\r\n" if is_chunked else b"", limit)

    async def receive(self, answer: _http1.Answer, request: httpx.Request, limit: float | None) -> bytes:
        """Waits for bytes and gives what of them belongs to the body of the answer."""
        with named(httpx.ReadTimeout, httpx.ReadError, request):
            while not self._arrived and not self._has_ended:
                await self._wait(limit)
            if not self._arrived and self._failure is not None:
                raise self._failure
        try:
            return answer.take(self._taken())
        except _http1.MalformedError as error:
            raise httpx.RemoteProtocolError(str(error), request=request) from None

    def is_stale(self) -> bool:
        """Tells whether the service has closed the idle connection, or sent what nobody asked for."""
        return self._has_ended or bool(self._arrived)

    def close(self) -> None:
        """Ends the connection at once: what was not sent or read is given up."""
        self._has_ended = True
        if self._transport is not None:
            # The transport lets go of its socket at the loop's next turn only, if the loop has one.
            # Other loops than asyncio's own may not offer it.
            with suppress(OSError, TypeError, AttributeError, NotImplementedError):
                self._transport.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
            with suppress(RuntimeError):
                self._transport.abort()
        self._wake()

    async def _send(self, waiting: bytes, piece: bytes, limit: float | None) -> bool:
        for part in _cut(waiting + piece):
            if self._transport is None or self._has_ended:
                return False
            self._transport.write(part)
            while self._is_full and not self._has_ended and not self._arrived:
                await self._wait(limit)
            if self._is_full:
                return False
        return True

    def _taken(self) -> bytes:
        data = self._arrived[0] if len(self._arrived) == 1 else b"".join(self._arrived)
        self._arrived.clear()
        if self._held > _MOST_HELD and not self._has_ended and self._transport is not None:
            self._transport.resume_reading()
        self._held = 0
        return data

    async def _wait(self, limit: float | None) -> None:
        loop = asyncio.get_running_loop()
        self._waiter = waiter = loop.create_future()
        timer = None if limit is None else loop.call_later(limit, _expire, waiter)
        try:
            await waiter
        finally:
            self._waiter = None
            if timer is not None:
                timer.cancel()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _expire(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError())


def _cut(data: bytes) -> Iterator[bytes | memoryview]:
    if len(data) <= _PIECE_BYTES:
        return iter((data,) if data else ())
    view = memoryview(data)
    return (view[start : start + _PIECE_BYTES] for start in range(0, len(view), _PIECE_BYTES))


async def _pieces(request: httpx.Request) -> AsyncIterator[bytes]:
    stream = request.stream
    if not isinstance(stream, httpx.AsyncByteStream):
        raise TypeError("The body of a request that is sent in an event loop must be readable in one.")
    async for piece in stream:
        if piece:
            yield piece
