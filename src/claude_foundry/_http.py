"""The HTTP clients this package makes: when they open, and where they may be used.

A synchronous pool belongs to one process, an asynchronous one to one event loop of one process.
Both send over sockets of ours, which cost a fraction of what httpx's own do, and honour every limit of a call; with
proxy variables set, and in event loops other than asyncio's, httpx's own serve.
"""

import asyncio
import functools
import os
import weakref
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import suppress
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, TypeAlias, TypeVar
from urllib.request import getproxies

import httpx

from claude_foundry._config import FoundryConfig
from claude_foundry._direct import AsyncDirectClient, DirectClient
from claude_foundry._forks import lock_of
from claude_foundry._loops import running_loop
from claude_foundry._timeout import Timeout
from claude_foundry._transport import ASYNC_LIMITS, KEEP_ALIVE, LIMITS, tls
from claude_foundry._trust import keeps_connections, trusted
from claude_foundry.errors import ConfigurationError

C = TypeVar("C", httpx.Client, httpx.AsyncClient)

Client: TypeAlias = httpx.Client | DirectClient
AsyncClient: TypeAlias = httpx.AsyncClient | AsyncDirectClient
# In clear a request goes to this machine only: a proxy on the way would read the key.
_DIRECT: dict[str, None] = {"http://": None}


class Pool:
    """Gives the client of this process; opened at the first request, closed with its owner."""

    def __init__(self, given: httpx.Client | None, config: FoundryConfig) -> None:
        if given is not None and not isinstance(given, httpx.Client):
            raise ConfigurationError(f"http_client is {type(given).__name__}: FoundryClient takes an httpx.Client.")
        self._given = given if given is None else trusted(given, config)
        self._own: Client | None = None
        # Of the first use; the other's connections are not this one's.
        self._process = 0
        self._lock = lock_of(self)

    def client(self) -> Client:
        if self._given is not None:
            self._process = _only_in(self._process, self._given)
            return _open(self._given)
        with self._lock:
            if self._own is None or self._process != os.getpid():
                self._own, self._process = _sync_client(), os.getpid()
                # Not at the interpreter's end: a daemon thread that still reads would cry out over its connection.
                weakref.finalize(self, self._own.close).atexit = False
            return self._own

    def close(self) -> None:
        with self._lock:
            own, self._own = self._own, None
        if own is not None:
            own.close()


class AsyncPool:
    """Gives the client of the running event loop; opened at the first request, closed with its loop or its owner."""

    def __init__(self, given: httpx.AsyncClient | None, config: FoundryConfig) -> None:
        if given is not None and not isinstance(given, httpx.AsyncClient):
            raise ConfigurationError(
                f"http_client is {type(given).__name__}: AsyncFoundryClient takes an httpx.AsyncClient."
            )
        self._given = given if given is None else trusted(given, config)
        self._own: dict[object, tuple[AsyncClient, AsyncGenerator[None]]] = {}
        self._process = 0
        self._lock = lock_of(self)

    def client(self) -> AsyncClient:
        if self._given is not None:
            self._process = _only_in(self._process, self._given)
            return _open(self._given)
        loop = running_loop()
        with self._lock:
            if self._process != os.getpid():
                self._own, self._process = {}, os.getpid()
            if loop not in self._own or self._own[loop][0].is_closed:
                # A client knows its loop: what is left of loops that have ended would keep them alive.
                _close_of_ended({other: own[0] for other, own in self._own.items()})
                self._own = {other: own for other, own in self._own.items() if not own[0].is_closed}
                client = _async_client(loop)
                self._own[loop] = client, _closed_with_loop(client)
            return self._own[loop][0]

    async def aclose(self) -> None:
        own = self._own.pop(running_loop(), None)
        if own is not None:
            await own[1].aclose()


def _sync_client() -> Client:
    # A client with a transport given does not read the proxy variables.
    if _has_proxy():
        return _through_proxies(httpx.Client, LIMITS, _traced)
    from claude_foundry._sync_transport import SyncTransport

    return DirectClient(SyncTransport())


def _async_client(loop: object) -> AsyncClient:
    if _has_proxy():
        return _through_proxies(httpx.AsyncClient, ASYNC_LIMITS, _async_traced)
    if not isinstance(loop, asyncio.AbstractEventLoop):
        own = httpx.AsyncHTTPTransport(verify=tls(), limits=ASYNC_LIMITS, socket_options=KEEP_ALIVE)
        return AsyncDirectClient(own)
    from claude_foundry._asyncio_transport import AsyncioTransport

    return AsyncDirectClient(AsyncioTransport())


def _has_proxy() -> bool:
    # NO_PROXY is listed among the proxies, and so is HTTP_PROXY, through which no request of ours goes.
    return any(getproxies().get(name) for name in ("https", "all"))


def _through_proxies(kind: type[C], limits: httpx.Limits, traced: Callable[[httpx.Request], Any]) -> C:
    verify, hooks = tls(), {"request": [traced]}
    try:
        return kind(verify=verify, limits=limits, cookies=_no_cookies(), mounts=_DIRECT, event_hooks=hooks)
    except ImportError:
        wrong = "names a SOCKS proxy, for which httpx needs another package: pip install 'httpx[socks]'"
    except (ValueError, httpx.InvalidURL):
        wrong = "is not the URL of a proxy, such as http://proxy.example:8080"
    # Raised out here: the other error's frames hold the proxy's password.
    raise ConfigurationError(f"One of the variables HTTPS_PROXY, HTTP_PROXY and ALL_PROXY {wrong}.")


# httpx hands the options of sockets on to no proxy's connection, but lets a request hear of each that is made for it.
def _traced(request: httpx.Request) -> None:
    request.extensions["trace"] = functools.partial(_kept_alive, request.extensions["trace"])


async def _async_traced(request: httpx.Request) -> None:
    request.extensions["trace"] = functools.partial(_async_kept_alive, request.extensions["trace"])


def _kept_alive(also: Callable[..., None], event: str, told: Mapping[str, Any]) -> None:
    _keep_alive(event, told)
    also(event, told)


async def _async_kept_alive(also: Callable[..., Awaitable[None]], event: str, told: Mapping[str, Any]) -> None:
    _keep_alive(event, told)
    await also(event, told)


def _keep_alive(event: str, told: Mapping[str, Any]) -> None:
    if event.endswith(".connect_tcp.complete"):
        for option in KEEP_ALIVE:
            with suppress(OSError):
                told["return_value"].get_extra_info("socket").setsockopt(*option)


def _no_cookies() -> CookieJar:
    return CookieJar(policy=DefaultCookiePolicy(allowed_domains=()))


def _close_of_ended(clients: dict[object, AsyncClient]) -> None:
    """Closes the clients of loops that were closed without finishing their asynchronous generators."""
    for loop, client in clients.items():
        if isinstance(loop, asyncio.AbstractEventLoop) and loop.is_closed() and not client.is_closed:
            # Nothing can be awaited any more: it is closed as far as its first wait.
            with suppress(StopIteration, RuntimeError):
                client.aclose().__await__().__next__()


def _closed_with_loop(client: AsyncClient) -> AsyncGenerator[None]:
    """Ties a client to the running loop: asyncio finishes the asynchronous generators of a loop before it closes it."""
    keeper = _keeper(client)
    with suppress(StopIteration):
        keeper.__anext__().__await__().__next__()
    return keeper


async def _keeper(client: AsyncClient) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        await client.aclose()


@functools.lru_cache(maxsize=1024)
def unsigned(method: str, url: str) -> httpx.Request:
    """Gives a request as it may be kept: without headers, among which the credentials are, and without its body."""
    return httpx.Request(method, url)


def timeout(limits: Timeout, *, of_stream: bool) -> httpx.Timeout:
    """Gives the limits of each wait until the head of an answer, in httpx's form."""
    read = limits.before_stream if of_stream else limits.read
    return httpx.Timeout(connect=limits.connect, read=read, write=limits.write, pool=limits.pool)


def begun(request: httpx.Request, limits: Timeout, *, of_stream: bool) -> None:
    """Limits the waits after the head of an answer: all transports ask the request for them then."""
    request.extensions.get("timeout", {})["read"] = limits.in_stream if of_stream else limits.read


def _only_in(process: int, given: httpx.Client | httpx.AsyncClient) -> int:
    """Gives the process that a given client is used in: a forked one would read the answers of the other."""
    here = os.getpid()
    if process not in (0, here) and keeps_connections(given):
        raise ConfigurationError(
            "http_client was used before this process was forked, and its connections belong to the other one: make a "
            "client in each process, or leave http_client out."
        )
    return here


def _open(given: C) -> C:
    if given.is_closed:
        raise ConfigurationError("http_client is closed: keep it open for as long as it is used, or pass another.")
    return given
