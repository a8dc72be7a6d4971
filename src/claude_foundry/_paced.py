"""Requests over httpx's own transport, whose waits are kept to their limits together.

Each read there has the whole limit for itself: a head that comes by the byte could come for ever. And a request that
meets the end of a kept connection is sent once more, as over our own transports.

Source: https://www.encode.io/httpcore/extensions/ (trace)
"""

import math
from collections.abc import Mapping, MutableMapping
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, TypeAlias

import httpx

from claude_foundry._deadline import are_over, at_most, waiting
from claude_foundry._direct import AsyncDirectClient, DirectClient, Signing
from claude_foundry._early import Early
from claude_foundry._reused import Serving, current

if TYPE_CHECKING:
    from anyio import CancelScope

Limits: TypeAlias = MutableMapping[str, float | None]
_CONNECTED = (".connect_tcp.complete", ".start_tls.complete")
_HEAD = ".receive_response_headers."
_TOO_SLOW = "the head of the answer did not come to its end"


def sent(http: httpx.Client | DirectClient, request: httpx.Request, *, auth: Signing) -> httpx.Response:
    """Sends a request and gives its answer, the body still to be read."""
    if not isinstance(http, httpx.Client):
        return http.send(request, auth=auth)
    serving = Serving()
    try:
        return _sent(http, request, auth=auth, serving=serving)
    except httpx.TransportError as error:
        if are_over() or not serving.had_ended(request, error):
            raise
    _shorten(limits_of(request))
    return _sent(http, request, auth=auth, serving=Serving())


def _sent(http: httpx.Client, request: httpx.Request, *, auth: Signing, serving: Serving) -> httpx.Response:
    with serving.begun(), ExitStack() as head:
        request.extensions["trace"] = _Pace(head, limits_of(request).get("read"), serving)
        return http.send(request, auth=auth, stream=True, follow_redirects=False)


def _shorten(limits: Limits) -> None:
    """Limits each wait to come to what is left of the waits together, of which httpx knows nothing."""
    limits.update({name: at_most(limit) for name, limit in limits.items()})


async def async_sent(
    http: httpx.AsyncClient | AsyncDirectClient, request: httpx.Request, *, auth: Signing
) -> httpx.Response:
    """Sends a request likewise."""
    if isinstance(http, AsyncDirectClient) and not isinstance(http.transport, httpx.AsyncHTTPTransport):
        return await http.send(request, auth=auth)
    serving = Serving()
    try:
        return await _async_sent(http, request, auth=auth, serving=serving)
    except httpx.TransportError as error:
        if not serving.had_ended(request, error):
            raise
    return await _async_sent(http, request, auth=auth, serving=Serving())


async def _async_sent(
    http: httpx.AsyncClient | AsyncDirectClient, request: httpx.Request, *, auth: Signing, serving: Serving
) -> httpx.Response:
    from anyio import CancelScope

    with serving.begun(), CancelScope() as scope:
        request.extensions["trace"] = _AsyncPace(scope, limits_of(request).get("read"), serving)
        return await http.send(request, auth=auth, stream=True, follow_redirects=False)
    raise httpx.ReadTimeout(_TOO_SLOW)


def limits_of(request: httpx.Request) -> Limits:
    """Gives the seconds that each wait may take, as they are at any moment."""
    limits: Limits = request.extensions.get("timeout", {})
    return limits


class _Pace:
    def __init__(self, head: ExitStack, limit: float | None, serving: Serving) -> None:
        self._head = head
        self._limit = limit
        self._serving = serving

    def __call__(self, event: str, told: Mapping[str, Any]) -> None:
        self._serving.told(event)
        if event.endswith(_CONNECTED):
            _bound(told["return_value"])
        elif event.endswith(f"{_HEAD}started"):
            self._head.enter_context(waiting(self._limit))
        elif _HEAD in event:
            self._head.close()


def _bound(stream: Any) -> None:
    """Lets the reads of a connection end when the waits together are over, and tell what they bring."""
    read = stream.read

    # The way through a SOCKS proxy names this argument.
    def told(max_bytes: int, timeout: float | None = None) -> bytes:
        serving = current()
        serving.heard(b"")
        piece: bytes = read(max_bytes, at_most(timeout))
        serving.heard(piece)
        return piece

    # A library's next version may allow no attribute here: reads then end by their own limit, as before.
    with suppress(AttributeError):
        stream.read = told


class _AsyncPace:
    def __init__(self, scope: "CancelScope", limit: float | None, serving: Serving) -> None:
        self._scope = scope
        self._limit = limit
        self._serving = serving

    async def __call__(self, event: str, told: Mapping[str, Any]) -> None:
        import anyio

        self._serving.told(event)
        if event.endswith(_CONNECTED):
            _async_bound(told["return_value"])
        elif event.endswith(f"{_HEAD}started") and self._limit is not None:
            self._scope.deadline = anyio.current_time() + self._limit
        elif _HEAD in event:
            self._scope.deadline = math.inf


def _async_bound(stream: Any) -> None:
    """Lets the reads of a connection tell what they bring, and its writes hear an answer that comes before they end."""
    from httpcore import WriteError, WriteTimeout

    read, write, early = stream.read, stream.write, Early(stream)

    async def told(max_bytes: int, timeout: float | None = None) -> bytes:
        serving = current()
        serving.heard(b"")
        piece: bytes = early.taken(max_bytes) or await read(max_bytes, timeout)
        serving.heard(piece)
        return piece

    async def heard(buffer: bytes, timeout: float | None = None) -> None:
        if current().takes_turns:
            early.sending(len(buffer))
        try:
            await write(buffer, timeout)
        except WriteError:
            # After this one httpcore looks for an answer itself.
            await early.came()
            raise
        except WriteTimeout as error:
            if not await early.came():
                raise
            raise WriteError("an answer came first") from error

    with suppress(AttributeError):
        stream.read, stream.write = told, heard
