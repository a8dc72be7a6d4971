"""Waits for a body over httpx's own transport, which another thread can end.

Closing alone does not wake a thread that waits for bytes, and frees a number that another connection may get meanwhile.
"""

import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx

from claude_foundry._deadline import async_waiting, waiting
from claude_foundry._paced import Limits, limits_of


class Waited(httpx.SyncByteStream):
    """A body that is closed by the thread that waits for it, if one does; any other ends that wait.

    Args:
        stream: the body.
        connection: the socket that it comes over.
        limits: seconds that each wait may take, as the request's.
    """

    def __init__(self, stream: Any, connection: Any, limits: Limits) -> None:
        self._stream = stream
        self._limits = limits
        self._connection = connection
        self._lock = threading.Lock()
        self._is_waiting = False
        self._is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        pieces = iter(self._stream)
        while (piece := self._next(pieces)) is not None:
            yield piece

    def _next(self, pieces: Iterator[bytes]) -> bytes | None:
        with self._lock:
            self._is_waiting = True
        try:
            # Several reads may bring nothing of the body.
            with waiting(self._limits.get("read")):
                return None if self._is_closed else next(pieces, None)
        finally:
            self._woken()

    def _woken(self) -> None:
        """Ends a wait; what came of one that was ended from outside must not look like the end of a body."""
        with self._lock:
            self._is_waiting, was_closed = False, self._is_closed
        if was_closed:
            self._stream.close()
            raise httpx.ReadError("it was closed on this side")

    def cut(self) -> None:
        """Ends the waits on the connection, unless it may carry another answer already."""
        with self._lock:
            if not self._is_closed:
                self._shut()

    def close(self) -> None:
        """Closes the body, or has it closed."""
        with self._lock:
            self._is_closed = True
            if self._is_waiting:
                self._shut()
                return
        self._stream.close()

    def _shut(self) -> None:
        # A transport of a user's may offer no socket. A sealed one's own takes the seal off first.
        with suppress(OSError, TypeError):
            socket.socket.shutdown(self._connection, socket.SHUT_RDWR)


def waited(response: httpx.Response) -> httpx.Response:
    """Gives a response whose waits can be ended, where it comes over a connection of its own."""
    stream = response.extensions.get("network_stream")
    # A connection of HTTP/2 serves others too, and goes on without this answer.
    if stream is not None and response.http_version != "HTTP/2":
        connection = stream.get_extra_info("socket")
        body = Waited(response.stream, connection, limits_of(response.request))
        response.stream = response.extensions["waited"] = body
    return response


class AsyncWaited(httpx.AsyncByteStream):
    """A body each of whose pieces comes within the limit of a wait.

    Args:
        stream: the body.
        limits: seconds that each wait may take, as the request's.
    """

    def __init__(self, stream: Any, limits: Limits) -> None:
        self._stream = stream
        self._limits = limits

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = aiter(self._stream)
        while (piece := await self._next(pieces)) is not None:
            yield piece

    async def _next(self, pieces: AsyncIterator[bytes]) -> bytes | None:
        limit = self._limits.get("read")
        if limit is None:
            return await anext(pieces, None)
        try:
            return await async_waiting(limit, anext(pieces, None))
        except TimeoutError as error:
            raise httpx.ReadTimeout("nothing more of the body came") from error

    async def aclose(self) -> None:
        """Closes the body."""
        await self._stream.aclose()


def async_waited(response: httpx.Response) -> httpx.Response:
    """Gives a response whose pieces come in time, where it comes over a connection of httpx's."""
    if "network_stream" in response.extensions:
        response.stream = AsyncWaited(response.stream, limits_of(response.request))
    return response


@contextmanager
def cut_after(seconds: float, response: httpx.Response) -> Iterator[None]:
    """Ends the waits of httpx's own transport, which keeps to no limit but that which each wait began with."""
    body = response.extensions.get("waited")
    if body is None:
        yield
        return
    timer = threading.Timer(seconds, body.cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
