"""An answer as it came over HTTP, and what it means when asked."""

from codecs import BOM_UTF8
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Generic, TypeVar, cast

import httpx
from pydantic_core import from_json

from claude_foundry import _hooks
from claude_foundry._echoes import unsaid
from claude_foundry._refusal import entitled, ids
from claude_foundry.errors import APIError, ResponseFormatError

T = TypeVar("T")

_WITHOUT_BODY = (204, 205)


def content(response: httpx.Response) -> bytes:
    """Gives the body that a sender took: httpx's own way to it is five times as long, for small answers too long."""
    if response.is_stream_consumed:
        # Its stream may be gone, as that of a copy.
        return response.content
    return b"".join(cast("httpx.ByteStream", response.stream))


def json(response: httpx.Response) -> Any:
    """Gives the JSON of an answer's body; None for an answer that has none (204, 205, and to HEAD).

    Raises:
        ResponseFormatError: it is something else.
    """
    if response.status_code in _WITHOUT_BODY or response.request.method == "HEAD":
        return None
    return read_json(content(response), response.headers)


def read_json(body: bytes, headers: Mapping[str, str]) -> Any:
    """Gives the JSON of a body.

    Raises:
        ResponseFormatError: it is something else, or nothing.
    """
    try:
        return document(body)
    except ValueError as error:
        kind = headers.get("content-type", "of no content type") if body else "empty"
        told = entitled(kind, body, fault=str(error))
        raise ResponseFormatError(f"The answer is not JSON but {told}.", **ids(headers)) from None


def document(body: bytes) -> Any:
    """Gives the JSON of a body, before which a byte order mark may stand.

    Raises:
        ValueError: it is none.
    """
    return from_json(body.removeprefix(BOM_UTF8))


def retries_taken(response: httpx.Response) -> int:
    """Gives the attempts that failed before the one that an answer comes from."""
    return int(response.extensions.get("retries_taken", 0))


def decoder(decode: Callable[..., T]) -> Callable[[httpx.Response], T]:
    """Gives what decodes an answer, from what decodes a body with its ``headers`` and ``retries_taken``."""
    return partial(_decoded, decode)


def _decoded(decode: Callable[..., T], response: httpx.Response) -> T:
    return decode(content(response), headers=response.headers, retries_taken=retries_taken(response))


def read(response: httpx.Response, decode: Callable[[httpx.Response], T]) -> T:
    """Gives what an answer means.

    Raises:
        ResponseFormatError: it is not what was asked for; its attempts are those of the call, this one the last.
    """
    try:
        return decode(response)
    except ResponseFormatError as error:
        log(unsaid(error, response.extensions.get("secrets")), response)
        raise


def log(error: APIError | ResponseFormatError, response: httpx.Response, *, now: float | None = None) -> None:
    """Puts the attempts of its call on an error that was found after the attempt had succeeded.

    Args:
        error: what was found.
        response: of that attempt.
        now: seconds of the client's clock. Default: when the answer was there.
    """
    attempt = response.extensions.get("attempt")
    if attempt is None:
        return
    elapsed = response.extensions["elapsed"] if now is None else now - attempt.began
    left = response.extensions["retry_budget"]
    _hooks.logged(error, attempt, elapsed=elapsed, status_code=response.status_code, retry_budget=left)


class RawResponse(Generic[T]):
    """A whole answer: status, headers and bytes as they came; ``parse`` gives what they mean."""

    def __init__(self, response: httpx.Response, *, decode: Callable[[httpx.Response], T]) -> None:
        response.read()
        self.http_response = response
        """httpx's own response, read to its end."""
        self._decode = decode

    @property
    def status_code(self) -> int:
        """HTTP status, a success: another one is raised as an ``APIStatusError``."""
        return self.http_response.status_code

    @property
    def headers(self) -> httpx.Headers:
        """Headers of the answer, looked up without regard to case."""
        return self.http_response.headers

    @property
    def request_id(self) -> str | None:
        """Anthropic's id of the request."""
        return ids(self.headers)["request_id"]

    @property
    def apim_request_id(self) -> str | None:
        """Azure's id of the request."""
        return ids(self.headers)["apim_request_id"]

    @property
    def retries_taken(self) -> int:
        """Attempts that failed before the one that this answer comes from."""
        return retries_taken(self.http_response)

    @property
    def content(self) -> bytes:
        """The body."""
        return self.http_response.content

    @property
    def text(self) -> str:
        """The body as text."""
        return self.http_response.text

    def parse(self) -> T:
        """Gives the typed answer.

        Raises:
            ResponseFormatError: the body is not what the endpoint promises.
        """
        return read(self.http_response, self._decode)

    def __reduce__(self) -> Any:
        return _restored, (self.http_response, self._decode, self.retries_taken)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(status_code={self.status_code}, request_id={self.request_id!r})"


def _restored(response: httpx.Response, decode: Callable[[httpx.Response], T], retries: int) -> RawResponse[T]:
    # httpx copies no extensions.
    response.extensions["retries_taken"] = retries
    return RawResponse(response, decode=decode)
