"""The transport in an asyncio event loop: connections of our own below httpx, kept alive.

It is ``_sync_transport`` with ``await``, but for the waits: here each ends with the task that waits.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Any

import httpx

from claude_foundry import _http1
from claude_foundry._async_sockets import AsyncConnection
from claude_foundry._connections import MANY, Body, Connections, exhausted, had_ended, may_be_plain, origin_of, response
from claude_foundry._deadline import SilentError
from claude_foundry._sockets import known, named, understood, written_head
from claude_foundry._transport import ASYNC_LIMITS, KEEP_ALIVE, is_replaced, tls_of


class AsyncioTransport(httpx.AsyncBaseTransport):
    """Sends requests over its own connections, in one event loop.

    Where something stands in the place of httpx's own transport, as recorders and mocks of tests do, it is used.

    Args:
        verify: the TLS settings; the system's if not given.
        limits: of connections, and how long an idle one is kept.
    """

    def __init__(self, *, verify: ssl.SSLContext | None = None, limits: httpx.Limits = ASYNC_LIMITS) -> None:
        self._tls = tls_of(verify)
        self._limits = limits
        self._slots = asyncio.Semaphore(MANY if limits.max_connections is None else limits.max_connections)
        self._waiting = 0
        self._connections: Connections[AsyncConnection] = Connections(limits, release=self._slots.release)
        self._httpx: httpx.AsyncHTTPTransport | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends a request and gives the answer, its body still to be read."""
        if is_replaced(httpx.AsyncHTTPTransport, pool="AsyncConnectionPool", method="handle_async_request"):
            return await self._through_httpx(request)
        limits, head = request.extensions.get("timeout", {}), written_head(request)
        return await self._exchanged(request, head, limits)

    async def aclose(self) -> None:
        """Closes all connections; whoever waits on one is told so."""
        self._connections.close()
        if self._httpx is not None:
            await self._httpx.aclose()

    async def _through_httpx(self, request: httpx.Request) -> httpx.Response:
        if self._httpx is None:
            self._httpx = httpx.AsyncHTTPTransport(verify=self._tls, limits=self._limits, socket_options=KEEP_ALIVE)
        return await self._httpx.handle_async_request(request)

    async def _exchanged(
        self, request: httpx.Request, head: bytes, limits: Mapping[str, float | None], *, anew: bool = False
    ) -> httpx.Response:
        """Gives the answer over a kept connection or, where there is none or it had ended, over a new one."""
        await self._slot(request, limits.get("pool"))
        connection, answer = None, _http1.Answer(request.method)
        try:
            kept = None if anew else self._connections.taken(origin_of(request))
            connection = kept or await self._connected(request, limits)
            self._connections.use(connection)
        except BaseException:
            self._connections.give_up(connection)
            raise
        try:
            return await self._answered(connection, answer, request, head, limits)
        except BaseException as error:
            self._connections.failed(connection, error)
            if not had_ended(connection, answer, request, error):
                raise
        return await self._exchanged(request, head, limits, anew=True)

    async def _slot(self, request: httpx.Request, limit: float | None) -> None:
        if not self._slots.locked():
            await self._slots.acquire()
            return
        self._waiting += 1
        try:
            async with asyncio.timeout(limit):
                await self._slots.acquire()
        except TimeoutError:
            said = exhausted(self._limits.max_connections, waiting=self._waiting)
            raise httpx.PoolTimeout(said, request=request) from None
        finally:
            self._waiting -= 1

    async def _connected(self, request: httpx.Request, limits: Mapping[str, float | None]) -> AsyncConnection:
        scheme, host, port = origin = origin_of(request)
        loop, is_tls = asyncio.get_running_loop(), scheme == "https"
        with named(httpx.ConnectTimeout, httpx.ConnectError, request), _Ear(loop) as ear:
            async with asyncio.timeout(limits.get("connect")) as timer:
                addresses = known(host, port) or await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                plain = await _reached(addresses, timer.when())
                if is_tls and may_be_plain(port):
                    ear.listen(plain)
                _, connection = await loop.create_connection(
                    lambda: AsyncConnection(origin),
                    sock=plain,
                    ssl=self._tls if is_tls else None,
                    server_hostname=host if is_tls else None,
                )
        return connection

    async def _answered(
        self,
        connection: AsyncConnection,
        answer: _http1.Answer,
        request: httpx.Request,
        head: bytes,
        limits: Mapping[str, float | None],
    ) -> httpx.Response:
        limit = limits.get("read")
        first = await connection.send(request, head, answer, limits.get("write"))
        if answer.head is None:
            first = await connection.receive(answer, request, limit)
        # For the rest of a head there is one wait: piece by piece it could come for ever.
        if answer.head is None:
            async with waiting(limit):
                while answer.head is None:
                    first = await connection.receive(answer, request, limit)
        carried: dict[str, Any] = {"answer": answer, "first": first, "limits": limits}
        return response(answer.head, _Body(connection, request, connections=self._connections, **carried))


class _Ear:
    """Hears whether anything comes over a socket that asyncio reads, and tells a silence from other time-outs."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._listening: socket.socket | None = None

    def listen(self, plain: socket.socket) -> None:
        copy = None
        try:
            copy = plain.dup()
            self._loop.add_reader(copy, self._stop)
        except (OSError, NotImplementedError):
            # There are too many open already, or it is the loop of Windows: what comes is not heard.
            if copy is not None:
                copy.close()
        else:
            self._listening = copy

    def _stop(self) -> None:
        copy, self._listening = self._listening, None
        if copy is not None:
            self._loop.remove_reader(copy)
            copy.close()

    def __enter__(self) -> "_Ear":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Ends.

        Raises:
            SilentError: the time is over, and nothing came.
        """
        is_silent = self._listening is not None
        self._stop()
        if is_silent and isinstance(error, TimeoutError):
            raise SilentError(str(error)) from error


async def _reached(addresses: Sequence[tuple[Any, ...]], ends: float | None) -> socket.socket:
    """Gives a connection to the first address that takes one, with a share of the time for each."""
    # The race for the fastest leaves sockets open when it is cancelled.
    for number, (family, kind, protocol, _, address) in enumerate(addresses, 1):
        left = None if ends is None else ends - asyncio.get_running_loop().time()
        # The last one has all that is left, to which the caller keeps it.
        share = None if left is None or number == len(addresses) else left / (len(addresses) - number + 1)
        try:
            async with asyncio.timeout(share):
                return await _connected_to(address, socket.socket(family, kind, protocol))
        except OSError:
            if number == len(addresses):
                raise
    raise OSError("the name of the host has no address")


async def _connected_to(address: Any, plain: socket.socket) -> socket.socket:
    try:
        plain.setblocking(False)
        await asyncio.get_running_loop().sock_connect(plain, address)
        for option in KEEP_ALIVE:
            plain.setsockopt(*option)
    except BaseException:
        plain.close()
        raise
    return plain


@asynccontextmanager
async def waiting(seconds: float | None) -> AsyncIterator[None]:
    """Limits all waits inside together."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise httpx.ReadTimeout("the head of the answer did not come to its end") from error


class _Body(Body[AsyncConnection], httpx.AsyncByteStream):
    def __init__(self, connection: AsyncConnection, request: httpx.Request, **carried: Any) -> None:
        super().__init__(connection, request, **carried)
        self._loop = asyncio.get_running_loop()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        first, self._first = self._first, b""
        if first:
            return first
        if self._answer.is_whole:
            raise StopAsyncIteration
        try:
            if self._answer.is_broken:
                return understood(self._answer, b"", self._request)
            # Nothing where what came is no content: whoever waits for some must see how long.
            return await self._connection.receive(self._answer, self._request, self._limits.get("read"))
        except httpx.TransportError as error:
            self._connections.failed(self._connection, error)
            raise

    async def aclose(self) -> None:
        """Gives the connection back, or closes it."""
        self._give_back()

    def __del__(self) -> None:
        if self._is_open:
            # It may be collected in another thread, or after its loop.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._connections.done, self._connection, False)
