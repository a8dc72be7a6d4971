"""The transport without an event loop: blocking sockets below httpx, kept alive, one request on each at a time.

httpx's own costs three times as much CPU for a small call, and more with every open connection.
"""

import socket
import ssl
import weakref
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx

from claude_foundry import _http1
from claude_foundry._connections import Body, Connections, Slots, exhausted, had_ended, origin_of, response
from claude_foundry._deadline import at_most, waiting
from claude_foundry._sockets import Connection, greeted, looked_up, named, understood, written_head
from claude_foundry._transport import KEEP_ALIVE, LIMITS, is_replaced, tls_of

_OPTIONS = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), *KEEP_ALIVE)


class SyncTransport(httpx.BaseTransport):
    """Sends requests over its own connections. Threads may share it; a forked process must not.

    Where something stands in the place of httpx's own transport, as recorders and mocks of tests do, it is used.

    Args:
        verify: the TLS settings; the system's if not given.
        limits: of connections, and how long an idle one is kept.
    """

    def __init__(self, *, verify: ssl.SSLContext | None = None, limits: httpx.Limits = LIMITS) -> None:
        self._tls = tls_of(verify)
        self._limits = limits
        self._slots = Slots(limits.max_connections)
        self._connections: Connections[Connection] = Connections(limits, release=self._slots.release)
        self._httpx: httpx.HTTPTransport | None = None
        # Also when the interpreter ends; what a thread still reads then is left to it.
        weakref.finalize(self, self._connections.close_idle)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Sends a request and gives the answer, its body still to be read."""
        if is_replaced(httpx.HTTPTransport, pool="ConnectionPool", method="handle_request"):
            return self._through_httpx(request)
        limits, head = request.extensions.get("timeout", {}), written_head(request)
        return self._exchanged(request, head, limits)

    def close(self) -> None:
        """Closes all connections; whoever waits on one is told so."""
        self._connections.close()
        if self._httpx is not None:
            self._httpx.close()

    def _through_httpx(self, request: httpx.Request) -> httpx.Response:
        if self._httpx is None:
            self._httpx = httpx.HTTPTransport(verify=self._tls, limits=self._limits, socket_options=KEEP_ALIVE)
        return self._httpx.handle_request(request)

    def _exchanged(
        self, request: httpx.Request, head: bytes, limits: Mapping[str, float | None], *, anew: bool = False
    ) -> httpx.Response:
        """Gives the answer over a kept connection or, where there is none or it had ended, over a new one."""
        if calls := self._slots.acquire(at_most(limits.get("pool"))):
            raise httpx.PoolTimeout(exhausted(self._limits.max_connections, waiting=calls), request=request)
        connection, answer = None, _http1.Answer(request.method)
        try:
            kept = None if anew else self._connections.taken(origin_of(request))
            connection = kept or self._connected(request, limits)
            self._connections.use(connection)
        except BaseException:
            self._connections.give_up(connection)
            raise
        try:
            return self._answered(connection, answer, request, head, limits)
        except BaseException as error:
            self._connections.failed(connection, error)
            if not had_ended(connection, answer, request, error):
                raise
        return self._exchanged(request, head, limits, anew=True)

    def _connected(self, request: httpx.Request, limits: Mapping[str, float | None]) -> Connection:
        scheme, host, port = origin = origin_of(request)
        with named(httpx.ConnectTimeout, httpx.ConnectError, request), waiting(limits.get("connect")):
            connection = Connection(_reached(looked_up(host, port)), origin)
            try:
                if scheme == "https":
                    connection.socket = self._greeting(connection.socket, host)
                    greeted(connection.socket, port)
            except BaseException:
                connection.close()
                raise
        return connection

    def _greeting(self, plain: socket.socket, host: str) -> ssl.SSLSocket:
        # An end without TLS's own goodbye may be an attacker's cut: it must be an error.
        return self._tls.wrap_socket(
            plain, server_hostname=host, do_handshake_on_connect=False, suppress_ragged_eofs=False
        )

    def _answered(
        self,
        connection: Connection,
        answer: _http1.Answer,
        request: httpx.Request,
        head: bytes,
        limits: Mapping[str, float | None],
    ) -> httpx.Response:
        limit = limits.get("read")
        first = connection.send(request, head, answer, limits.get("write"))
        if answer.head is None:
            first = connection.receive(answer, request, limit)
        # For the rest of a head there is one wait: piece by piece it could come for ever.
        if answer.head is None:
            with waiting(limit):
                while answer.head is None:
                    first = connection.receive(answer, request, limit)
        carried: dict[str, Any] = {"answer": answer, "first": first, "limits": limits}
        return response(answer.head, _Body(connection, request, connections=self._connections, **carried))


def _reached(addresses: Sequence[tuple[Any, ...]]) -> socket.socket:
    """Gives a connection to the first address that takes one, with a share of the time for each."""
    for number, (family, kind, protocol, _, address) in enumerate(addresses, 1):
        left = at_most(None)
        share = None if left is None else left / (len(addresses) - number + 1)
        try:
            return _connected_to(address, socket.socket(family, kind, protocol), share)
        except OSError:
            if number == len(addresses):
                raise
    raise OSError("the name of the host has no address")


def _connected_to(address: Any, plain: socket.socket, limit: float | None) -> socket.socket:
    try:
        plain.settimeout(limit)
        plain.connect(address)
        for option in _OPTIONS:
            plain.setsockopt(*option)
    except BaseException:
        plain.close()
        raise
    return plain


class _Body(Body[Connection], httpx.SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        first, self._first = self._first, b""
        if first:
            return first
        if self._answer.is_whole:
            raise StopIteration
        try:
            if self._answer.is_broken:
                return understood(self._answer, b"", self._request)
            # Nothing where what came is no content: whoever waits for some must see how long.
            return self._connection.receive(self._answer, self._request, self._limits.get("read"))
        except httpx.TransportError as error:
            self._connections.failed(self._connection, error)
            raise

    def close(self) -> None:
        """Gives the connection back, or closes it."""
        self._give_back()

    def __del__(self) -> None:
        self.close()
