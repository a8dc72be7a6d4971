"""What the transport's failures mean, as errors of this package that hold no secret and say what to do."""

import functools
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol, TypeGuard, TypeVar

import httpx

from claude_foundry._deadline import SilentError
from claude_foundry._echoes import unsaid
from claude_foundry._http1 import CutError, MalformedError
from claude_foundry._refusal import ids, ids_suffix
from claude_foundry._wire import WireRequest
from claude_foundry.errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    ResponseFormatError,
)

E = TypeVar("E", bound=BaseException)

_HERE = re.compile(r"(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?")
# What OpenSSL's reasons end with, where TLS would fail again. Others, as the alert of an internal error, may pass.
_TLS = [
    (
        ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG"),
        "{host} does not speak TLS on this port ({reason}): check base_url, its port and any proxy.",
    ),
    (
        ("ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL"),
        "{host} speaks no version of TLS that this machine does ({reason}): one of them, or a proxy, is too old.",
    ),
    (
        ("ALERT_CERTIFICATE_REQUIRED",),
        "{host} asks for a certificate of the client ({reason}): pass an http_client whose TLS settings hold one.",
    ),
    (
        ("ALERT_HANDSHAKE_FAILURE", "ALERT_INSUFFICIENT_SECURITY"),
        "{host} refused the TLS of this machine ({reason}): it takes none of the ciphers offered, or asks for a "
        "certificate of the client, which an http_client may hold in its TLS settings.",
    ),
    (
        ("ALERT_BAD_CERTIFICATE", "ALERT_UNSUPPORTED_CERTIFICATE", "ALERT_CERTIFICATE_REVOKED", "ALERT_UNKNOWN_CA",
         "ALERT_CERTIFICATE_EXPIRED", "ALERT_CERTIFICATE_UNKNOWN", "ALERT_ACCESS_DENIED"),
        "{host} does not take the certificate of the client ({reason}): check that of http_client, and any proxy.",
    ),
    (
        ("TLSV1_UNRECOGNIZED_NAME", "ALERT_UNRECOGNIZED_NAME"),
        "{host} does not answer to this name ({reason}): check base_url and any proxy.",
    ),
]  # fmt: skip
_POOL = (
    "All connections are in use ({reason}), and none became free in time for {host}. Let calls wait longer with "
    "timeout=Timeout(pool=...), or pass an http_client with larger httpx.Limits(max_connections=...)."
)
# Both libraries quote what they could not read, which may be an answer's.
_QUOTED = re.compile(r"(?:[:,]\s*)?(?:bytearray\()?\bb['\"].*|(?<=location header):.*", re.DOTALL)
_NO_HEAD = (
    "{host} began no answer within the time limit (timeout: headers, or read where that is shorter). A gateway that "
    "collects a stream before it hands it on needs a longer one: timeout=Timeout(headers=...)."
)
_NOTHING_MORE = "{host} sent nothing more within the time limit (timeout: idle, or read where that is shorter)."
_OTHER_LOOP = (
    "The connection to {host} that http_client kept belongs to an event loop that has ended: give each loop a client "
    "of its own, or leave http_client out."
)
_HOOK = "A hook of http_client raised an error of a status that is not the answer of {host}: see its cause."
_LEFT = "The stream was closed before its answer had begun."
_MUTE = (
    "{host} took the connection, and said nothing to the greeting of TLS in time (timeout: connect): its port does not "
    "speak the TLS that https asks for. Check base_url, its port and any proxy; the emulator is asked with http://."
)
_SILENT = "the network lets nothing through, or the port does not speak the TLS that https asks for"
_KINDS: list[tuple[type[Exception], str]] = [
    (httpx.PoolTimeout, _POOL),
    (httpx.ConnectTimeout, "No connection to {host} in time (timeout: connect): {silent}."),
    (httpx.WriteTimeout, "{host} did not take the request within the time limit (timeout: write)."),
    (httpx.ReadTimeout, "{host} sent nothing within the time limit (timeout: read)."),
    (httpx.TimeoutException, "A time limit passed while talking to {host}."),
    (httpx.ConnectError, "No connection to {host}: {reason}. {advice}"),
    (httpx.ProxyError, "The proxy before {host} failed: {reason}."),
    (httpx.LocalProtocolError, "The request to {host} was not sent whole: {reason}."),
    # httpx reads where an answer points to, though nobody goes there.
    (httpx.InvalidURL, "The answer of {host} points to what is no URL."),
    (httpx.TransportError, "The connection to {host} broke: {reason}."),
    (httpx.HTTPError, "The answer of {host} could not be read: {reason}."),
]


BREAKING = (APIConnectionError, ResponseFormatError)
"""What breaks off a stream of events, apart from what the service tells in it."""
ALL = (APIError, ResponseFormatError)
"""Whatever an answer ends with in place of its end."""


@contextmanager
def failures(request: WireRequest, *, response: httpx.Response | None = None) -> Iterator[None]:
    """Turns the transport's failures into this package's errors; they name the host, never headers or bodies.

    Those of an answer that has begun carry its ids.
    """
    host = _host(request.url)
    try:
        yield
    except httpx.TimeoutException as error:
        # A whole answer whose request was sent may be under way and billed: only its caller may ask again.
        waited = isinstance(error, httpx.ReadTimeout)
        sent_whole = waited and not request.repeatable
        in_stream = _NO_HEAD if response is None else _NOTHING_MORE
        mute = _tls_sentence(error, host)
        said = in_stream.format(host=host) if waited and request.stream else mute or _sentence(error, host)
        raise named(APITimeoutError(said, retryable=not (sent_whole or mute)), response) from sealed(error)
    except (httpx.TransportError, httpx.DecodingError, httpx.StreamError, httpx.InvalidURL, ssl.SSLError) as error:
        # In an event loop httpx lets errors of TLS through as they are.
        reason, retryable = _tls_sentence(error, host), not _is_malformed(error)
        broken = APIConnectionError(reason or _sentence(error, host), retryable=retryable and not reason)
        raise named(broken, response) from sealed(error)
    except httpx.HTTPStatusError as error:
        raise APIConnectionError(_HOOK.format(host=host), retryable=False) from sealed(error)
    except (APIConnectionError, ResponseFormatError) as error:
        if error.__cause__ is not None:
            sealed(error.__cause__)
        named(error, response)
        raise
    except RuntimeError as error:
        # Neither library has a type for it.
        if "closed" not in str(error):
            raise
        if "loop is closed" in str(error):
            raise APIConnectionError(_OTHER_LOOP.format(host=host)) from sealed(error)
        left = APIConnectionError(f"The client was closed during a call to {host}.", retryable=False)
        raise named(left, response) from sealed(error)


@contextmanager
def unless(is_left: Callable[[], bool]) -> Iterator[None]:
    """Surrounds what is done for the answer of a stream: once that was left, it is the end, and no reason to retry."""
    _refuse_left(is_left)
    try:
        yield
    except APIError as error:
        _refuse_left(is_left, error)
        raise
    _refuse_left(is_left)


def _refuse_left(is_left: Callable[[], bool], cause: APIError | None = None) -> None:
    if is_left():
        if cause is not None:
            # What would have signed its request once more is for nobody now.
            vars(cause).pop("_renewed", None)
        raise APIConnectionError(_LEFT, retryable=False) from cause


class Closable(Protocol):
    """A client, as far as it tells whether it is closed."""

    @property
    def is_closed(self) -> bool:
        """Whether it is."""


class Break:
    """What broke off an attempt's answer. Whoever is told of that, as hooks are, may raise what looks the same."""

    def __init__(self) -> None:
        self._error: Exception | None = None

    @contextmanager
    def noted(self, http: Closable, *kinds: type[Exception]) -> Iterator[None]:
        """Remembers an error of one of these kinds, unless the client was closed, which ends an answer too."""
        self._error = None
        try:
            yield
        except kinds as error:
            self._error = None if http.is_closed else error
            raise

    def is_by(self, error: BaseException) -> TypeGuard[Exception]:
        """Tells whether it is this error that was remembered; no other will be asked for."""
        broken_by, self._error = self._error, None
        return broken_by is not None and broken_by is error


def named(error: E, response: httpx.Response | None) -> E:
    """Gives the error of an answer without its request's secrets, and with the answer's ids if it has none yet."""
    if response is None or not isinstance(error, APIConnectionError | ResponseFormatError):
        return error
    if error.request_id is None and error.apim_request_id is None:
        told = ids(response.headers)
        error.request_id, error.apim_request_id = told["request_id"], told["apim_request_id"]
        error.args = (f"{error}{ids_suffix(error.request_id, error.apim_request_id)}",)
    return unsaid(error, response.extensions.get("secrets"))


@functools.lru_cache(maxsize=1024)
def _host(url: str) -> str:
    return httpx.URL(url).netloc.decode()


def sealed(error: BaseException) -> BaseException:
    """Gives an error of the HTTP library without what its frames, its request and its text hold: headers and bodies."""
    link: BaseException | None = error
    seen: set[int] = set()
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        link.__traceback__ = None
        link.args = tuple(_QUOTED.sub("...", said) if isinstance(said, str) else said for said in link.args)
        if link.__cause__ is not None:
            link.__context__ = None
        if isinstance(link, httpx.HTTPStatusError):
            link.response = httpx.Response(link.response.status_code)
        if isinstance(link, httpx.HTTPError):
            with suppress(RuntimeError):
                link.request = httpx.Request(link.request.method, link.request.url)
        link = link.__cause__ or link.__context__
    return error


def unknown_host(failure: BaseException) -> bool:
    """Tells whether the name of the service's host could not be found."""
    links = [*_chain(failure)]
    # A proxy's name is the environment's, and tells nothing of the service's.
    return any(isinstance(link, socket.gaierror) for link in links) and not any(
        isinstance(link, httpx.ProxyError) for link in links
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _sentence(error: Exception, host: str) -> str:
    said = next((text for kind, text in _KINDS if isinstance(error, kind)), "The connection to {host} broke: {reason}.")
    reason = _QUOTED.sub("...", str(error)).strip(". \n")[:200] or type(error).__name__
    return said.format(host=host, reason=reason, advice=_advice(host), silent=_SILENT)


def _advice(host: str) -> str:
    if _HERE.fullmatch(host):
        return "Is the emulator running (`claude-foundry emulate`)?"
    return "Check the resource name and the network."


def _tls_sentence(error: BaseException, host: str) -> str | None:
    for link in _chain(error):
        match link:
            case SilentError():
                return _MUTE.format(host=host)
            case ssl.SSLCertVerificationError():
                reason = getattr(link, "verify_message", "") or "certificate verify failed"
                return (
                    f"The certificate of {host} is not trusted: {reason}. Behind a proxy that inspects "
                    "TLS, add its certificate to the system's trust store, or name it in SSL_CERT_FILE."
                )
            case ssl.SSLError(reason=str(reason)):
                said = next((said for ends, said in _TLS if reason.endswith(ends)), None)
                return said and said.format(host=host, reason=reason)
    return None


def _is_of_h11(link: BaseException) -> bool:
    # Of httpx's own transports; a body that ends too soon has no other type there.
    return hasattr(link, "error_status_hint") and not str(link).startswith("peer closed connection")


def _is_malformed(error: BaseException) -> bool:
    """Tells whether what came is no HTTP, has too large a head or points to no URL: it will not be better next time."""
    return isinstance(error, httpx.LocalProtocolError | httpx.UnsupportedProtocol) or any(
        _is_of_h11(link)
        # httpx reads where an answer points to, though nobody goes there.
        or isinstance(link, httpx.InvalidURL)
        or (isinstance(link, MalformedError) and not isinstance(link, CutError))
        for link in _chain(error)
    )
