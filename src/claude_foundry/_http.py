"""The HTTP clients this package makes: when they open, where they may be used, and what their failures mean.

A synchronous pool belongs to one process, an asynchronous one to one event loop of one process.
Under asyncio the requests go through aiohttp, which costs a fraction of httpx's own asyncio backend for streams.
"""

import asyncio
import functools
import os
import ssl
import threading
import weakref
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from urllib.request import getproxies

import httpx

from claude_foundry._config import CREDENTIAL_HEADERS, Timeouts
from claude_foundry._wire import WireRequest
from claude_foundry.errors import APIConnectionError, APITimeoutError, ConfigurationError

LIMITS = httpx.Limits(max_connections=1000, max_keepalive_connections=100)


class Pool:
    """Gives the client of this process; opened at the first request, closed with its owner."""

    def __init__(self, given: httpx.Client | None) -> None:
        if given is not None and not isinstance(given, httpx.Client):
            raise ConfigurationError(f"http_client is {type(given).__name__}: FoundryClient takes an httpx.Client.")
        self._given = given
        self._own: httpx.Client | None = None
        self._process = 0
        self._lock = threading.Lock()

    def client(self) -> httpx.Client:
        if self._given is not None:
            return self._given
        with self._lock:
            if self._own is None or self._process != os.getpid():
                self._own, self._process = _sync_client(), os.getpid()
                weakref.finalize(self, self._own.close)
            return self._own

    def close(self) -> None:
        with self._lock:
            own, self._own = self._own, None
        if own is not None:
            own.close()


class AsyncPool:
    """Gives the client of the running event loop; opened at the first request, closed with its loop or its owner."""

    def __init__(self, given: httpx.AsyncClient | None) -> None:
        if given is not None and not isinstance(given, httpx.AsyncClient):
            raise ConfigurationError(
                f"http_client is {type(given).__name__}: AsyncFoundryClient takes an httpx.AsyncClient."
            )
        self._given = given
        self._own: dict[object, tuple[httpx.AsyncClient, AsyncGenerator[None]]] = {}
        self._process = os.getpid()
        self._lock = threading.Lock()

    def client(self) -> httpx.AsyncClient:
        if self._given is not None:
            return self._given
        loop = _running_loop()
        with self._lock:
            if self._process != os.getpid():
                self._own, self._process = {}, os.getpid()
            if loop not in self._own or self._own[loop][0].is_closed:
                # A client knows its loop: what is left of loops that have ended would keep them alive.
                self._own = {other: own for other, own in self._own.items() if not own[0].is_closed}
                client = _async_client(loop)
                self._own[loop] = client, _closed_with_loop(client)
            return self._own[loop][0]

    async def aclose(self) -> None:
        own = self._own.pop(_running_loop(), None)
        if own is not None:
            await own[1].aclose()


def _running_loop() -> object:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        # No asyncio loop runs, and yet this is asynchronous code: httpx knows one other library.
        import trio

        return trio.lowlevel.current_trio_token()


@functools.cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _sync_client() -> httpx.Client:
    return httpx.Client(verify=_tls(), limits=LIMITS)


def _async_client(loop: object) -> httpx.AsyncClient:
    # The aiohttp transport does not read the proxy variables as httpx does.
    if not isinstance(loop, asyncio.AbstractEventLoop) or getproxies():
        return httpx.AsyncClient(verify=_tls(), limits=LIMITS)
    from claude_foundry._asyncio_transport import AsyncioTransport

    return httpx.AsyncClient(transport=AsyncioTransport(verify=_tls(), limits=LIMITS))


def _closed_with_loop(client: httpx.AsyncClient) -> AsyncGenerator[None]:
    """Ties a client to the running loop: asyncio finishes the asynchronous generators of a loop before it closes it."""
    keeper = _keeper(client)
    with suppress(StopIteration):
        keeper.__anext__().__await__().__next__()
    return keeper


async def _keeper(client: httpx.AsyncClient) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        await client.aclose()


def unsigned(request: httpx.Request) -> httpx.Request:
    """Gives a request as it may be kept: without credentials, and without its body."""
    headers = [(name, value) for name, value in request.headers.multi_items() if name not in CREDENTIAL_HEADERS]
    return httpx.Request(request.method, request.url, headers=headers)


def timeout(limits: Timeouts) -> httpx.Timeout:
    """Gives the limits in httpx's form."""
    return httpx.Timeout(**asdict(limits))


@contextmanager
def _unsigned_errors() -> Iterator[None]:
    try:
        yield
    except httpx.RequestError as error:
        # httpx keeps the request on its errors, which stay as the cause of this package's.
        with suppress(RuntimeError):
            error.request = unsigned(error.request)
        raise


@contextmanager
def failures(request: WireRequest) -> Iterator[None]:
    """Turns the transport's failures into this package's errors; they name the host, never headers or bodies."""
    host = httpx.URL(request.url).netloc.decode()
    try:
        with _unsigned_errors():
            yield
    except httpx.TimeoutException as error:
        # A whole answer whose request was sent may be under way and billed: only its caller may ask again.
        sent_whole = isinstance(error, httpx.ReadTimeout) and not request.repeatable
        raise APITimeoutError(_sentence(error, host), retryable=not sent_whole) from error
    except (httpx.TransportError, httpx.DecodingError, httpx.StreamError) as error:
        raise APIConnectionError(_sentence(error, host)) from error
    except httpx.InvalidURL as error:
        raise ConfigurationError(f"The endpoint {host} is not a valid URL.") from error


_KINDS: list[tuple[type[httpx.HTTPError], str]] = [
    (httpx.PoolTimeout, "All connections of the pool are in use; none became free in time for {host}."),
    (httpx.ConnectTimeout, "No connection to {host} in time."),
    (httpx.ReadTimeout, "{host} sent nothing within the time limit."),
    (httpx.TimeoutException, "A time limit passed while talking to {host}."),
    (httpx.ConnectError, "No connection to {host}: {reason}. Check the resource name and the network."),
    (httpx.ProxyError, "The proxy before {host} failed: {reason}."),
    (httpx.TransportError, "The connection to {host} broke: {reason}."),
    (httpx.HTTPError, "The answer of {host} could not be read: {reason}."),
]


def _sentence(error: Exception, host: str) -> str:
    said = next((text for kind, text in _KINDS if isinstance(error, kind)), "The connection to {host} broke: {reason}.")
    return said.format(host=host, reason=str(error).rstrip(".") or type(error).__name__)
