"""What an HTTP client of the caller's would give away on the way to the service.

Sources: https://www.python-httpx.org/advanced/ssl/, https://www.python-httpx.org/advanced/proxies/
"""

import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx

from claude_foundry._address import is_loopback
from claude_foundry._config import FoundryConfig, KeySignIn
from claude_foundry._warnings import warn
from claude_foundry.errors import ConfigurationError

C = TypeVar("C", httpx.Client, httpx.AsyncClient)

_UNVERIFIED = (
    "http_client does not verify certificates, or not whose they are: whoever is on the way to the service can read "
    "{sign_in} and every message. For a certificate authority of your own give "
    "verify=ssl.create_default_context(cafile=...)."
)
_WAY_OUT = " To send the key all the same, pass dangerously_allow_unverified_tls=True."
_DEEPEST = 5
"""How many transports may stand one in the other and still be looked through."""
# Below httpx, HTTP/2 has its headers written by a package whose DEBUG records show them, plain and as they are encoded.
_WRITERS_OF_HEADERS = ("hpack.hpack", "hpack.table")


def trusted(given: C, config: FoundryConfig) -> C:
    """Gives the client back, with a warning where whoever stands in between can read what it sends.

    Raises:
        ConfigurationError: that would be the key, which never expires; or it goes in clear to a proxy elsewhere.
    """
    pools = _pools_for(given, config.base_url)
    if config.base_url.startswith("http://"):
        _refuse_proxy(pools)
    elif any(map(_takes_anyone, pools)):
        _tell_unverified(config)
    if any(getattr(pool, "_http2", False) for pool in pools):
        _hush_headers()
    return given


def keeps_connections(given: httpx.Client | httpx.AsyncClient) -> bool:
    """Tells whether a client has connections of httpx's, which a forked process must not use."""
    return next(_pools(getattr(given, "_transport", None)), None) is not None


def proxy_of(http: object, url: str) -> str:
    """Gives the host of the proxy that a client asks for a URL; empty where it asks none."""
    return next(_proxies(_pools_for(http, url)), "")


@contextmanager
def limit_told(http: object, url: str) -> Iterator[None]:
    """Names the limit of an HTTP client whose connections are all in use, where httpx's pool tells it."""
    try:
        yield
    except httpx.PoolTimeout as error:
        pools = _pools_for(http, url)
        most = getattr(pools[0], "_max_connections", None) if len(pools) == 1 else None
        if str(error) or most is None:
            raise
        raise httpx.PoolTimeout(f"{most} of the HTTP client's") from error


def _pools_for(given: object, url: str) -> list[Any]:
    # httpx tells nobody how it was asked to verify; where it keeps that elsewhere one day, nothing is found.
    serving = getattr(given, "_transport_for_url", None)
    return list(_pools(serving(httpx.URL(url)))) if serving is not None else []


def _pools(transport: object, *, deepest: int = _DEEPEST) -> Iterator[Any]:
    """Gives the connection pools of a transport and of those it stands around, as retries and caches do."""
    held = vars(transport) if hasattr(transport, "__dict__") else {}
    if "_pool" in held:
        yield held["_pool"]
    for inner in list(held.values()):
        if deepest and isinstance(inner, httpx.BaseTransport | httpx.AsyncBaseTransport):
            yield from _pools(inner, deepest=deepest - 1)


def _takes_anyone(pool: Any) -> bool:
    context = getattr(pool, "_ssl_context", None)
    return isinstance(context, ssl.SSLContext) and not (context.verify_mode and context.check_hostname)


def _tell_unverified(config: FoundryConfig) -> None:
    if not isinstance(config.sign_in, KeySignIn):
        warn(_UNVERIFIED.format(sign_in="each token"), category=RuntimeWarning)
    elif config.dangerously_allow_unverified_tls:
        warn(_UNVERIFIED.format(sign_in="the key"), category=RuntimeWarning)
    else:
        raise ConfigurationError(_UNVERIFIED.format(sign_in="the key") + _WAY_OUT)


def _refuse_proxy(pools: list[Any]) -> None:
    for proxy in _proxies(pools):
        if not is_loopback(proxy):
            raise ConfigurationError(
                f"http_client sends to base_url, which is http://, through the proxy {proxy}, which would read the "
                "key: give it mounts={'http://': None}, or set NO_PROXY."
            )


def _proxies(pools: list[Any]) -> Iterator[str]:
    for pool in pools:
        if host := getattr(getattr(pool, "_proxy_url", None), "host", b""):
            yield host.decode("ascii", "replace")


def _hush_headers() -> None:
    for name in _WRITERS_OF_HEADERS:
        logging.getLogger(name).addFilter(_numbers_alone)


def _numbers_alone(record: logging.LogRecord) -> bool:
    return bool(record.args) and all(isinstance(told, int) for told in record.args or ())
