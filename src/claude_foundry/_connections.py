"""The connections of a transport, with an event loop or without: those that wait for a request, and those in use."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

import httpx

from claude_foundry import _http1
from claude_foundry._forks import lock_of

Origin: TypeAlias = tuple[str, str, int]
MANY = 1 << 30
"""Connections at once where no number is set."""
_PORTS = {"http": 80, "https": 443}


class Slots:
    """So many connections at once, and a wait for a free one."""

    def __init__(self, most: int | None) -> None:
        self._free = MANY if most is None else most
        self._waiting = 0
        # Not a Semaphore, whose lock its own thread cannot take twice, as when it collects an answer that was dropped.
        self._lock = lock_of(self, threading.Condition)

    def acquire(self, limit: float | None) -> int:
        """Takes a slot; where none becomes free within so many seconds, gives how many calls wait, this one too."""
        with self._lock:
            self._waiting += 1
            try:
                if not self._lock.wait_for(lambda: self._free > 0, limit):
                    return self._waiting
                self._free -= 1
            finally:
                self._waiting -= 1
        return 0

    def release(self) -> None:
        """Gives a slot back."""
        with self._lock:
            self._free += 1
            self._lock.notify()


def exhausted(most: int | None, *, waiting: int) -> str:
    """Gives the words for so many connections that are all in use while so many calls wait for one."""
    return f"{most} of the client's own, and {waiting} {'calls wait' if waiting > 1 else 'call waits'}"


class Kept(Protocol):
    """A connection that may wait for its next request."""

    origin: Origin
    idle_since: float
    sent_whole: bool
    """Whether the service has taken all of the last request."""

    def is_stale(self) -> bool:
        """Tells whether it cannot serve any more."""

    def close(self) -> None:
        """Ends it at once."""


K = TypeVar("K", bound=Kept)


class Idle(Generic[K]):
    """The connections that wait for a request, the latest used first."""

    def __init__(self, *, most: int | None, expiry: float | None) -> None:
        self._most = most
        self._expiry = expiry
        self._waiting: list[K] = []
        # A connection may be given back by a collected answer, in the midst of whatever its thread does here.
        self._lock = lock_of(self, threading.RLock)
        self._is_closed = False

    def taken(self, origin: Origin) -> K | None:
        """Gives a connection to an origin that is still good, if there is one."""
        while True:
            connection = self._next(origin)
            if connection is None or not (self._is_old(connection, time.monotonic()) or connection.is_stale()):
                return connection
            connection.close()

    def put(self, connection: K) -> None:
        """Keeps a connection, and closes those that are too many or too old."""
        now = connection.idle_since = time.monotonic()
        surplus: list[K] = []
        with self._lock:
            # Those that have waited longest stand first.
            while self._waiting and self._is_old(self._waiting[0], now):
                surplus.append(self._waiting.pop(0))
            if self._is_closed or (self._most is not None and len(self._waiting) >= self._most):
                surplus.append(connection)
            else:
                self._waiting.append(connection)
        for old in surplus:
            old.close()

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            waiting, self._waiting = self._waiting, []
        for connection in waiting:
            connection.close()

    def _next(self, origin: Origin) -> K | None:
        with self._lock:
            for place in range(len(self._waiting) - 1, -1, -1):
                if self._waiting[place].origin == origin:
                    return self._waiting.pop(place)
        return None

    def _is_old(self, connection: K, now: float) -> bool:
        return self._expiry is not None and now - connection.idle_since > self._expiry


class Connections(Generic[K]):
    """All connections of a transport.

    Args:
        limits: how many are kept while idle, and how long.
        release: called for each connection that is in use no more.
    """

    def __init__(self, limits: httpx.Limits, *, release: Callable[[], None]) -> None:
        self._idle: Idle[K] = Idle(most=limits.max_keepalive_connections, expiry=limits.keepalive_expiry)
        self._release = release
        # A dropped answer closes its connection, which therefore must not be collected before it.
        self._in_use: set[K] = set()
        self.is_closed = False

    def taken(self, origin: Origin) -> K | None:
        """Gives a connection to an origin that is still good, if there is one."""
        return self._idle.taken(origin)

    def use(self, connection: K) -> None:
        """Holds a connection until it is done."""
        self._in_use.add(connection)
        if self.is_closed:
            connection.close()

    def give_up(self, connection: K | None) -> None:
        """Closes a connection that came to no use, if there is one at all, and gives its place back."""
        if connection is not None and connection in self._in_use:
            self.done(connection, False)
            return
        self._release()
        if connection is not None:
            connection.close()

    def done(self, connection: K, keeps_alive: bool) -> None:
        """Lets a connection wait for its next request, or closes it; once it is done, nothing more."""
        try:
            self._in_use.remove(connection)
        except KeyError:
            return
        self._release()
        if keeps_alive:
            self._idle.put(connection)
        else:
            connection.close()

    def failed(self, connection: K, error: BaseException) -> None:
        """Closes a connection whose request, or answer, failed.

        Raises:
            RuntimeError: it failed because the transport was closed, which is no reason to ask again.
        """
        self.done(connection, False)
        if self.is_closed and isinstance(error, httpx.TransportError):
            raise RuntimeError("The transport was closed.") from error

    def close_idle(self) -> None:
        """Closes the connections that wait for a request, and keeps no other."""
        self._idle.close()

    def close(self) -> None:
        """Closes all connections; whoever waits on one is told so."""
        self.is_closed = True
        self._idle.close()
        for connection in self._in_use.copy():
            connection.close()


class Body(Generic[K]):
    """The answer of one connection, which it gives back when it was read to its end and closes when it was left.

    Args:
        connection: that carries the answer.
        request: that is answered.
        answer: whose head has come.
        first: what of the body came with it.
        limits: seconds for each kind of wait; asked at each, as they may change when the head has come.
        connections: of the transport, which take it back.
    """

    _is_open = False

    def __init__(
        self,
        connection: K,
        request: httpx.Request,
        *,
        answer: _http1.Answer,
        first: bytes,
        limits: Mapping[str, float | None],
        connections: Connections[K],
    ) -> None:
        self._connection = connection
        self._request = request
        self._answer = answer
        self._first = first
        self._limits = limits
        self._connections = connections
        self._is_open = True

    def _give_back(self) -> None:
        if self._is_open:
            keeps_alive = self._answer.keeps_alive and self._connection.sent_whole
            self._is_open = False
            self._connections.done(self._connection, keeps_alive)


def had_ended(connection: Kept, answer: _http1.Answer, request: httpx.Request, error: BaseException) -> bool:
    """Tells whether a request failed because the service was just ending its idle connection, and may be sent anew.

    Source: https://www.rfc-editor.org/rfc/rfc9112#section-9.3.1
    """
    return connection.idle_since > 0 and not answer.has_begun and may_go_anew(request, error)


def may_go_anew(request: httpx.Request, error: BaseException) -> bool:
    """Tells whether a request that a kept connection failed, before any answer, may be sent over another."""
    is_end = isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError)
    return is_end and request.extensions.get("resendable", False) and isinstance(request.stream, httpx.ByteStream)


def response(head: _http1.Head, body: Any) -> httpx.Response:
    """Gives an answer whose body is still to be read."""
    extensions = {"http_version": b"HTTP/1.0" if head.is_old else b"HTTP/1.1"}
    return httpx.Response(head.status, headers=head.headers, stream=body, extensions=extensions)


def may_be_plain(port: int) -> bool:
    """Tells whether a port that says nothing to the greeting of TLS may speak none; on TLS's own the network is ill."""
    return port != _PORTS["https"]


def origin_of(request: httpx.Request) -> Origin:
    """Gives what a connection for a request must lead to."""
    url = request.url
    return url.scheme, url.raw_host.decode("ascii"), url.port or _PORTS[url.scheme]
