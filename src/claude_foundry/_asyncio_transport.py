"""The asyncio transport: aiohttp below httpx's interface, with its failures named as httpx names them.

httpx-aiohttp reports refused connections, failed look-ups and resets as ``ConnectTimeout`` and lets aiohttp's own
protocol errors through; the cause of the exception tells what happened. aiohttp has no time limit for writing.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from claude_foundry._transport import ASYNC_LIMITS, keeping_alive, tls

_MEANINGS: list[tuple[type[Exception], type[httpx.TransportError]]] = [
    (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout),
    (aiohttp.ServerTimeoutError, httpx.ReadTimeout),
    (asyncio.TimeoutError, httpx.PoolTimeout),
    (aiohttp.ClientProxyConnectionError, httpx.ProxyError),
    (aiohttp.ClientHttpProxyError, httpx.ProxyError),
    (aiohttp.ClientConnectorError, httpx.ConnectError),
    (aiohttp.ServerDisconnectedError, httpx.RemoteProtocolError),
    (aiohttp.ClientPayloadError, httpx.RemoteProtocolError),
    (aiohttp.ClientConnectionError, httpx.ReadError),
    (aiohttp.ClientError, httpx.RemoteProtocolError),
    (OSError, httpx.ReadError),
]
_PIECE = 64 * 1024


class _Use:
    """The use of one connection by one request."""

    def __init__(self) -> None:
        self._transport: asyncio.BaseTransport | None = None
        self._lost: asyncio.Future[None] | None = None
        self._response: aiohttp.ClientResponse | None = None

    def begin(self, connection: Any) -> None:
        self._transport = connection.transport

    def watch(self, connection: Any, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self._lost = connection.protocol.closed
        if self._lost is not None:
            self._lost.add_done_callback(self._tell)

    def end(self) -> None:
        if self._lost is not None:
            self._lost.remove_done_callback(self._tell)
        self._lost = self._response = None

    def abort(self) -> None:
        # A connection that is closed first tries to send what it holds, for ever if nobody reads.
        if isinstance(self._transport, asyncio.WriteTransport):
            self._transport.abort()

    def _tell(self, lost: object) -> None:
        # After a body that is no HTTP, aiohttp closes the connection and lets whoever reads wait for ever.
        content = self._response.content if self._response is not None else None
        if content is not None and not content.is_eof() and content.exception() is None:
            content.set_exception(aiohttp.ClientPayloadError("the body of the answer is no HTTP, or was cut"))


_use: ContextVar[_Use | None] = ContextVar("claude_foundry_use", default=None)


class _Request(aiohttp.ClientRequest):
    """A request that tells which connection it uses."""

    async def send(self, conn: Any) -> aiohttp.ClientResponse:
        use = _use.get()
        if use is not None:
            use.begin(conn)
        response = await super().send(conn)
        if use is not None:
            use.watch(conn, response)
        return response


class AsyncioTransport(AiohttpTransport):
    """Sends through aiohttp; raises what httpx's own transport would."""

    def __init__(self) -> None:
        super().__init__(verify=tls(), limits=ASYNC_LIMITS)
        self._open = 0

    def get_client(self) -> aiohttp.ClientSession:
        """Gives the session: it keeps no cookies, and its connections alive."""
        connector = aiohttp.TCPConnector(
            limit=self.limits.max_connections or 0,
            keepalive_timeout=self.limits.keepalive_expiry,
            ssl=tls(),
            socket_factory=keeping_alive,
        )
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), request_class=_Request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._open += 1
        use = _Use()
        token = _use.set(use)
        try:
            with _named_as_httpx(self._is_full):
                response = await _within_write_limit(super().handle_async_request, request)
        except BaseException:
            use.abort()
            self._closed(use)
            raise
        finally:
            _use.reset(token)
        response.stream = _Stream(cast(httpx.AsyncByteStream, response.stream), lambda: self._closed(use))
        return response

    def _is_full(self) -> bool:
        return self._open > (self.limits.max_connections or self._open)

    def _closed(self, use: _Use) -> None:
        use.end()
        self._open -= 1


class _Stream(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, closed: Callable[[], None]) -> None:
        self._stream = stream
        self._closed: Callable[[], None] | None = closed

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _named_as_httpx():
            async for chunk in self._stream:
                yield chunk

    async def aclose(self) -> None:
        if self._closed is not None:
            self._closed()
            self._closed = None
        await self._stream.aclose()


Send = Callable[[httpx.Request], Awaitable[httpx.Response]]


async def _within_write_limit(send: Send, request: httpx.Request) -> httpx.Response:
    seconds = request.extensions.get("timeout", {}).get("write")
    body = _body(request)
    if seconds is None or body is None:
        return await send(request)
    try:
        async with asyncio.timeout(None) as limit:
            # aiohttp takes the next piece when the service has taken enough of those before.
            pieces = _limited(body, limit, seconds)
            return await send(
                httpx.Request(
                    request.method, request.url, headers=request.headers, content=pieces, extensions=request.extensions
                )
            )
    except TimeoutError:
        # With it as the cause it would be taken for one of aiohttp's own.
        raise httpx.WriteTimeout("The service takes no more of the request.") from None


def _body(request: httpx.Request) -> AsyncIterator[bytes] | None:
    """Gives the pieces of a body; None for one that the buffers on the way take whole."""
    try:
        content = request.content
    except httpx.RequestNotRead:
        return aiter(cast(httpx.AsyncByteStream, request.stream))
    return _cut(content) if len(content) > _PIECE else None


async def _cut(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), _PIECE):
        yield content[start : start + _PIECE]


async def _limited(body: AsyncIterator[bytes], limit: asyncio.Timeout, seconds: float) -> AsyncIterator[bytes]:
    clock = asyncio.get_running_loop().time
    async for piece in body:
        _set(limit, clock() + seconds)
        yield piece
        _set(limit, None)


def _set(limit: asyncio.Timeout, when: float | None) -> None:
    try:
        limit.reschedule(when)
    except RuntimeError:
        # The answer has come before the end of the request, and nobody waits any more.
        return


@contextmanager
def _named_as_httpx(is_full: Callable[[], bool] = lambda: False) -> Iterator[None]:
    try:
        yield
    except (httpx.TransportError, aiohttp.ClientError, OSError) as error:
        cause = error.__cause__ if isinstance(error, httpx.TransportError) else error
        kind = next((meant for seen, meant in _MEANINGS if isinstance(cause, seen)), None)
        if kind is None:
            raise
        # aiohttp tells the wait for a free connection from the making of one no more than by this.
        if kind is httpx.ConnectTimeout and is_full():
            kind = httpx.PoolTimeout
        # An error about the answer holds the headers of its request.
        raise kind(str(cause)) from (cause.__cause__ if isinstance(cause, aiohttp.ClientResponseError) else cause)
