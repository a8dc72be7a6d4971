"""What an HTTP client of the caller's would give away on the way to the service.

Sources: https://www.python-httpx.org/advanced/ssl/, https://www.python-httpx.org/advanced/proxies/
"""

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


def trusted(given: C, config: FoundryConfig) -> C:
    """Gives the client back, with a warning where whoever stands in between can read what it sends.

    Raises:
        ConfigurationError: that would be the key, which never expires; or it goes in clear to a proxy elsewhere.
    """
    pool = _pool_for(given, config.base_url)
    if config.base_url.startswith("http://"):
        _refuse_proxy(pool)
    elif _takes_anyone(pool):
        _tell_unverified(config)
    return given


def keeps_connections(given: httpx.Client | httpx.AsyncClient) -> bool:
    """Tells whether a client has connections of httpx's, which a forked process must not use."""
    return hasattr(getattr(given, "_transport", None), "_pool")


def proxy_of(http: object, url: str) -> str:
    """Gives the host of the proxy that a client asks for a URL; empty where it asks none."""
    return _proxy(_pool_for(http, url))


@contextmanager
def limit_told(http: object, url: str) -> Iterator[None]:
    """Names the limit of an HTTP client whose connections are all in use, where httpx's pool tells it."""
    try:
        yield
    except httpx.PoolTimeout as error:
        most = getattr(_pool_for(http, url), "_max_connections", None)
        if str(error) or most is None:
            raise
        raise httpx.PoolTimeout(f"{most} of the HTTP client's") from error


def _pool_for(given: object, url: str) -> Any:
    # httpx tells nobody how it was asked to verify; where it keeps that elsewhere one day, nothing is found.
    serving = getattr(given, "_transport_for_url", None)
    return getattr(serving(httpx.URL(url)), "_pool", None) if serving is not None else None


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


def _refuse_proxy(pool: Any) -> None:
    proxy = _proxy(pool)
    if proxy and not is_loopback(proxy):
        raise ConfigurationError(
            f"http_client sends to base_url, which is http://, through the proxy {proxy}, which would read the key: "
            "give it mounts={'http://': None}, or set NO_PROXY."
        )


def _proxy(pool: Any) -> str:
    host: bytes = getattr(getattr(pool, "_proxy_url", None), "host", b"")
    return host.decode("ascii", "replace")
