"""Connections of an asyncio event loop: one request at a time on each, and no bytes kept that nobody waits for.

Source: https://docs.python.org/3/library/asyncio-protocol.html
"""

import asyncio
import math
import os
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from contextvars import Context
from typing import Any

import httpx

from claude_foundry import _http1
from claude_foundry._connections import Origin
from claude_foundry._sockets import Declared, closed_here, kept_to, named, ready, renamed, understood

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
        self._process = os.getpid()
        self._waits = _Waits(self._process)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment] # a stream's transport reads and writes

    def data_received(self, data: bytes) -> None:
        self._arrived.append(data)
        self._held += len(data)
        if self._held > _MOST_HELD and self._transport is not None:
            self._transport.pause_reading()
        self._waits.wake()

    def eof_received(self) -> None:
        self._end(None if self._is_said_goodbye() else _cut_short())

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is None and not self._has_ended and self.origin[0] == "https":
            exc = _cut_short()
        self._end(exc)

    def pause_writing(self) -> None:
        self._is_full = True

    def resume_writing(self) -> None:
        self._is_full = False
        self._waits.wake()

    async def send(self, request: httpx.Request, head: bytes, answer: _http1.Answer, limit: float | None) -> bytes:
        """Sends a request until it is whole or answered, and gives what of the answer's body has come with its head."""
        self.sent_whole = False
        is_chunked = "transfer-encoding" in request.headers
        unsent = head
        with named(httpx.WriteTimeout, httpx.WriteError, request):
            async for piece in _pieces(request):
                framed = b"%x\r\n%b\r\n" % (len(piece), piece) if is_chunked else piece
                first = await self._send(unsent + framed, answer, request, limit)
                if self._is_over(answer):
                    return first
                unsent = b""
            first = await self._send(unsent + (b"0\r\n\r\n" if is_chunked else b""), answer, request, limit)
            self.sent_whole = not self._is_over(answer)
        return first

    async def receive(self, answer: _http1.Answer, request: httpx.Request, limit: float | None) -> bytes:
        """Waits for bytes and gives what of them belongs to the body of the answer."""
        # Without ``named``, whose context every piece would pay for.
        try:
            while not self._arrived and not self._has_ended:
                await self._waits.woken(limit)
            if not self._arrived and self._failure is not None:
                raise self._failure
        except (OSError, ValueError) as error:
            raise renamed(error, httpx.ReadTimeout, httpx.ReadError, request) from error
        return understood(answer, self._taken(), request)

    def is_stale(self) -> bool:
        """Tells whether the service has closed the idle connection, or sent what nobody asked for."""
        return self._has_ended or bool(self._arrived) or self._is_readable()

    def close(self) -> None:
        """Ends the connection at once, and gives up what was not sent or read; in a forked process it stays open."""
        self._has_ended, self._failure = True, self._failure or closed_here()
        # The selector of the loop, too, is still that of the other process.
        if self._transport is not None and self._process == os.getpid():
            # The transport lets go of its socket at the loop's next turn only, if the loop has one.
            # Other loops than asyncio's own may not offer it.
            with suppress(OSError, TypeError, AttributeError, NotImplementedError):
                self._transport.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
            with suppress(RuntimeError):
                self._transport.abort()
        self._waits.end()

    async def _send(self, data: bytes, answer: _http1.Answer, request: httpx.Request, limit: float | None) -> bytes:
        first, parts = b"", _cut(memoryview(data))
        # The head has the key in it: a traceback with locals would show it.
        del data
        for number, part in enumerate(parts):
            if number:
                # What fails to be written closes the connection, with an answer that nobody has read from it yet. What
                # has come is handed on in the turn of the loop after the next.
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                first += self._heard(answer, request)
            if self._transport is None or self._is_over(answer):
                break
            self._transport.write(part)
            if self._is_full:
                # What is heard meanwhile does not prolong the wait.
                async with asyncio.timeout(limit):
                    while self._is_full and not self._is_over(answer):
                        await self._waits.woken(None)
                        first += self._heard(answer, request)
        return first

    def _is_over(self, answer: _http1.Answer) -> bool:
        # Heads of the hundreds are no answer: the service waits for the rest of the request.
        is_closing = self._transport is None or self._transport.is_closing()
        return self._has_ended or is_closing or answer.head is not None

    def _is_readable(self) -> bool:
        # What has come since the last turn of the loop, an end above all, is not told yet.
        # Other loops than asyncio's own may not offer their sockets.
        with suppress(OSError, TypeError, AttributeError, ValueError):
            return ready(self._transport.get_extra_info("socket"), to_write=False, limit=0)[0]  # type: ignore[union-attr]
        return False

    def _heard(self, answer: _http1.Answer, request: httpx.Request) -> bytes:
        return understood(answer, self._taken(), request) if self._arrived else b""

    def _end(self, failure: Exception | None) -> None:
        self._has_ended, self._failure = True, self._failure or failure
        self._waits.end()

    def _is_said_goodbye(self) -> bool:
        # asyncio tells of the end of TCP in the same way as of that of TLS.
        tls: Any = None if self._transport is None else self._transport.get_extra_info("ssl_object")
        if tls is None:
            return True
        try:
            return not tls.read(1)
        except ssl.SSLError as error:
            return isinstance(error, ssl.SSLZeroReturnError)

    def _taken(self) -> bytes:
        data = self._arrived[0] if len(self._arrived) == 1 else b"".join(self._arrived)
        self._arrived.clear()
        if self._held > _MOST_HELD and not self._has_ended and self._transport is not None:
            self._transport.resume_reading()
        self._held = 0
        return data


class _Waits:
    """The waits of a connection, one after the other, with one timer of the loop for all of them.

    A timer for each piece would cost more than reading it. This one goes off when an earlier wait would have ended, and
    is then set to the end of the present one.
    """

    def __init__(self, process: int) -> None:
        self._process = process
        self._waiter: asyncio.Future[None] | None = None
        self._ends = math.inf
        self._timer: asyncio.TimerHandle | None = None
        self._goes_off = math.inf

    async def woken(self, limit: float | None) -> None:
        """Waits to be woken.

        Raises:
            TimeoutError: nobody did in time.
            ConnectionAbortedError: this is another process.
        """
        kept_to(self._process)
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        if limit is not None:
            self._ends = loop.time() + limit
            if self._ends < self._goes_off:
                self._set(loop)
        try:
            await self._waiter
        finally:
            self._waiter, self._ends = None, math.inf

    def wake(self) -> None:
        """Ends the present wait."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def end(self) -> None:
        """Ends the present wait, after which there is no other."""
        self.wake()
        self._unset()

    def _set(self, loop: asyncio.AbstractEventLoop) -> None:
        self._unset()
        self._goes_off = self._ends
        # Of no call's context: the timer may outlast it.
        self._timer = loop.call_at(self._ends, self._go_off, loop, context=Context())

    def _unset(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._goes_off = None, math.inf

    def _go_off(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer, self._goes_off = None, math.inf
        if self._waiter is None or self._waiter.done():
            return
        if self._ends <= loop.time():
            self._waiter.set_exception(TimeoutError())
        elif self._ends < math.inf:
            self._set(loop)


def _cut_short() -> ConnectionResetError:
    # An end without TLS's own goodbye may be an attacker's cut: it must be an error.
    return ConnectionResetError("the connection ended without the goodbye of TLS")


def _cut(view: memoryview) -> Iterator[memoryview]:
    return (view[start : start + _PIECE_BYTES] for start in range(0, len(view), _PIECE_BYTES))


async def _pieces(request: httpx.Request) -> AsyncIterator[bytes]:
    stream = request.stream
    if not isinstance(stream, httpx.AsyncByteStream):
        raise TypeError("The body of a request that is sent in an event loop must be readable in one.")
    if isinstance(stream, httpx.ByteStream):
        # It is in memory, and can be read without waiting.
        for piece in stream:
            if piece:
                yield piece
        return
    declared = Declared(request)
    async for piece in stream:
        if piece:
            yield declared.taken(piece)
    declared.end()
