"""Requests over httpx's own transport, whose waits are kept to their limits together.

Each read there has the whole limit for itself: a head that comes by the byte could come for ever.

Source: https://www.encode.io/httpcore/extensions/ (trace)
"""

import math
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, TypeAlias

import httpx

from claude_foundry._deadline import at_most, waiting
from claude_foundry._direct import AsyncDirectClient, DirectClient, Signing

if TYPE_CHECKING:
    from anyio import CancelScope

Limits: TypeAlias = Mapping[str, float | None]
_CONNECTED = (".connect_tcp.complete", ".start_tls.complete")
_HEAD = ".receive_response_headers."
_TOO_SLOW = "the head of the answer did not come to its end"


def sent(http: httpx.Client | DirectClient, request: httpx.Request, *, auth: Signing) -> httpx.Response:
    """Sends a request and gives its answer, the body still to be read."""
    if not isinstance(http, httpx.Client):
        return http.send(request, auth=auth)
    with ExitStack() as head:
        request.extensions["trace"] = _Pace(head, limits_of(request).get("read"))
        return http.send(request, auth=auth, stream=True, follow_redirects=False)


async def async_sent(
    http: httpx.AsyncClient | AsyncDirectClient, request: httpx.Request, *, auth: Signing
) -> httpx.Response:
    """Sends a request likewise."""
    if isinstance(http, AsyncDirectClient) and not isinstance(http.transport, httpx.AsyncHTTPTransport):
        return await http.send(request, auth=auth)
    from anyio import CancelScope

    with CancelScope() as scope:
        request.extensions["trace"] = _AsyncPace(scope, limits_of(request).get("read"))
        return await http.send(request, auth=auth, stream=True, follow_redirects=False)
    raise httpx.ReadTimeout(_TOO_SLOW)


def limits_of(request: httpx.Request) -> Limits:
    """Gives the seconds that each wait may take, as they are at any moment."""
    limits: Limits = request.extensions.get("timeout", {})
    return limits


class _Pace:
    def __init__(self, head: ExitStack, limit: float | None) -> None:
        self._head = head
        self._limit = limit

    def __call__(self, event: str, told: Mapping[str, Any]) -> None:
        if event.endswith(_CONNECTED):
            _bound(told["return_value"])
        elif event.endswith(f"{_HEAD}started"):
            self._head.enter_context(waiting(self._limit))
        elif _HEAD in event:
            self._head.close()


def _bound(stream: Any) -> None:
    """Lets the reads of a connection end when the waits together are over."""
    read = stream.read
    # A library's next version may allow no attribute here: reads then end by their own limit, as before.
    with suppress(AttributeError):
        # The way through a SOCKS proxy names this argument.
        stream.read = lambda max_bytes, timeout=None: read(max_bytes, at_most(timeout))


class _AsyncPace:
    def __init__(self, scope: "CancelScope", limit: float | None) -> None:
        self._scope = scope
        self._limit = limit

    async def __call__(self, event: str, told: Mapping[str, Any]) -> None:
        import anyio

        if event.endswith(f"{_HEAD}started") and self._limit is not None:
            self._scope.deadline = anyio.current_time() + self._limit
        elif _HEAD in event:
            self._scope.deadline = math.inf
