"""The transport without an event loop: httpx's own, each of whose waits ends when the call's time is over."""

import ssl
from typing import Any

import httpcore
import httpx

from claude_foundry._deadline import at_most
from claude_foundry._transport import KEEP_ALIVE, LIMITS, tls


class Transport(httpx.HTTPTransport):
    """httpx's own transport, each of whose waits ends when the call's time is over."""

    def __init__(self) -> None:
        super().__init__(verify=tls(), limits=LIMITS, socket_options=KEEP_ALIVE)
        # httpx passes no network backend on; httpcore's pool takes one.
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls(),
            max_connections=LIMITS.max_connections,
            max_keepalive_connections=LIMITS.max_keepalive_connections,
            keepalive_expiry=LIMITS.keepalive_expiry,
            socket_options=KEEP_ALIVE,
            network_backend=_Backend(),
        )


class _Backend(httpcore.SyncBackend):
    def connect_tcp(  # type: ignore[override] # httpcore passes the rest by name
        self, host: str, port: int, timeout: float | None = None, **how: Any
    ) -> httpcore.NetworkStream:
        return _NetworkStream(super().connect_tcp(host, port, timeout=at_most(timeout), **how))


class _NetworkStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, timeout=at_most(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout=at_most(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _NetworkStream(
            self._stream.start_tls(ssl_context, server_hostname=server_hostname, timeout=at_most(timeout))
        )

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
