"""The asyncio transport: aiohttp below httpx's interface, with its failures named as httpx names them.

httpx-aiohttp reports refused connections, failed look-ups and resets as ``ConnectTimeout`` and lets aiohttp's own
protocol errors through; the cause of the exception tells what happened.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import cast

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

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


class AsyncioTransport(AiohttpTransport):
    """Sends through aiohttp; raises what httpx's own transport would."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        with _named_as_httpx():
            response = await super().handle_async_request(request)
        response.stream = _Stream(cast(httpx.AsyncByteStream, response.stream))
        return response


class _Stream(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _named_as_httpx():
            async for chunk in self._stream:
                yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


@contextmanager
def _named_as_httpx() -> Iterator[None]:
    try:
        yield
    except (httpx.TransportError, aiohttp.ClientError, OSError) as error:
        cause = error.__cause__ if isinstance(error, httpx.TransportError) else error
        kind = next((meant for seen, meant in _MEANINGS if isinstance(cause, seen)), None)
        if kind is None:
            raise
        raise kind(str(cause)) from cause
