"""How connections of ours are made: TLS, TCP keep-alive, and how many.

Sources: https://docs.python.org/3/library/ssl.html#ssl.create_default_context,
https://learn.microsoft.com/azure/load-balancer/load-balancer-tcp-idle-timeout
"""

import functools
import os
import socket
import ssl
import sys
from types import FunctionType
from typing import Any

import httpx

from claude_foundry.errors import ConfigurationError

LIMITS = httpx.Limits(max_connections=1000, max_keepalive_connections=100)
ASYNC_LIMITS = httpx.Limits(max_connections=10_000, max_keepalive_connections=100)
# A peer that is gone is noticed within two minutes, and no gateway takes a thinking model's silence for an idle line.
_KEEP_ALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPALIVE": 60, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 6}
KEEP_ALIVE = [
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), seconds)
        for name, seconds in _KEEP_ALIVE.items()
        if hasattr(socket, name)
    ),
]


@functools.cache
def tls() -> ssl.SSLContext:
    """Gives the settings of TLS: certificates are always checked, against the system's trust store.

    ``SSL_CERT_FILE`` or ``SSL_CERT_DIR`` stands in its place where set. A system without a store gets certifi's.

    Raises:
        ConfigurationError: that file cannot be read, or that of ``SSLKEYLOGFILE`` not be written.
    """
    file, directory = os.environ.get("SSL_CERT_FILE") or None, os.environ.get("SSL_CERT_DIR") or None
    try:
        context = ssl.create_default_context(cafile=file, capath=None if file else directory)
    except OSError as error:
        raise _unusable(error) from error
    if not (file or directory or context.cert_store_stats()["x509_ca"] or _has_directory()):
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def tls_of(given: ssl.SSLContext | None) -> ssl.SSLContext:
    """Gives the settings of TLS, the system's where none are given, for connections that speak HTTP/1.1 alone."""
    context = given or tls()
    context.set_alpn_protocols(["http/1.1"])
    # Some builds of Python take an end without TLS's goodbye, which anybody can bring about, for a proper one.
    context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
    return context


def _unusable(error: OSError) -> ConfigurationError:
    # The file of certificates goes to OpenSSL, which names no file in its errors.
    if error.filename is not None:
        return ConfigurationError(f"SSLKEYLOGFILE={error.filename!r} is not a file that can be written.")
    path = os.environ.get("SSL_CERT_FILE")
    return ConfigurationError(f"SSL_CERT_FILE={path!r} is not a file of certificates that can be read.")


def _has_directory() -> bool:
    # Certificates of a directory are read when they are needed, and are not counted before.
    path = ssl.get_default_verify_paths().capath
    return path is not None and any(os.scandir(path))


def is_replaced(transport: Any, *, pool: str, method: str) -> bool:
    """Tells whether httpx's own transport, or the pool below it, is not what its library has made it."""
    below = getattr(sys.modules.get("httpcore"), pool, None)
    return _is_foreign(transport, method) or (below is not None and _is_foreign(below, method))


def _is_foreign(transport: Any, method: str) -> bool:
    # What OpenTelemetry puts there says of itself, to isinstance too, that it is the function it wraps.
    handle = getattr(transport, method)
    return type(handle) is not FunctionType or handle.__code__.co_filename != transport.__init__.__code__.co_filename
