"""What can go wrong, as one tree.

::

    FoundryError                      .retries_taken .attempts .request_id .apim_request_id .status_code .type .code
    ├── ConfigurationError            before any request
    │   └── MissingExtraError · SignInError   an extra that is not installed; a credential that failed
    ├── APIError                      .retryable .retry_after
    │   ├── APIConnectionError        └── APITimeoutError
    │   ├── APIStatusError            .body .hint
    │   │   ├── BadRequestError 400   └── FeatureNotSupportedError   .features .deployment
    │   │   ├── AuthenticationError 401 · PermissionDeniedError 403
    │   │   ├── NotFoundError 404     └── DeploymentNotFoundError · EndpointNotFoundError └── APINotSupportedError
    │   │   ├── ConflictError 409 · RequestTooLargeError 413 · RateLimitError 429
    │   │   └── InternalServerError 5xx   └── OverloadedError 529
    │   └── StreamInterruptedError    .partial (what had arrived) .events (how many)
    ├── ResponseFormatError           a 2xx that is not what the API promises
    ├── OutputNotParsedError          .message .stop_reason: an answer that holds no output of the type asked for
    ├── ToolRunStoppedError           .run .reason: a run of tools that ended before its final answer
    └── UnsupportedOnFoundryError     models, batches, admin: named before any request is sent

Sources: https://platform.claude.com/docs/en/api/errors and
https://platform.claude.com/docs/en/build-with-claude/claude-in-microsoft-foundry (troubleshooting)
"""

from __future__ import annotations

import copyreg
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from claude_foundry._advice import Missing, advice_on, lacking
from claude_foundry._refusal import Refusal, ids_suffix, sentence, status_of

if TYPE_CHECKING:
    from claude_foundry._hooks import ResponseInfo
    from claude_foundry.types import Message, ToolRun


_IDS, _TOLD = ("request_id", "apim_request_id"), ("status_code", "type", "code")


class FoundryError(Exception):
    """The root of every error this package raises. Errors pickle, and carry no key, token or prompt."""

    run: ToolRun | None = None
    """The steps until then, if a run of tools ended by this error. It is not pickled."""
    _stays: ClassVar[tuple[str, ...]] = ("run",)
    retries_taken: int = 0
    """Attempts that failed before the one that this error comes from."""
    attempts: tuple[ResponseInfo, ...] = ()
    """The attempts of the call, in order: one more than ``retries_taken``, or none where it comes from no attempt. Each
    is what ``on_response`` is told of one that fails, without headers."""
    request_id: str | None = None
    apim_request_id: str | None = None
    status_code: int | None = None
    """HTTP status of the service's error, where it told one; inside a stream, the status that its type stands for."""
    type: str | None = None
    """Anthropic's error type, such as ``rate_limit_error``."""
    code: str | None = None
    """A finer code, where the answer has one: Azure's, such as ``DeploymentNotFound``, or Anthropic's."""

    def __reduce__(self) -> tuple[Any, ...]:
        # What others raise may not pickle, and may hold what is not to travel.
        cause = {"__cause__": self.__cause__} if isinstance(self.__cause__, FoundryError) else {}
        state = {name: value for name, value in self.__dict__.items() if name not in self._stays}
        return copyreg.__newobj__, (type(self), *self.args), state | cause  # type: ignore[attr-defined]


class ConfigurationError(FoundryError, ValueError):
    """An argument or a setting is missing, wrong or contradicts another. Nothing was sent."""


class SignInError(ConfigurationError):
    """The provider or credential that was to give a token failed; ``attempts`` tells of those that were sent before."""


class MissingExtraError(ConfigurationError, ImportError):
    """A part of this package was asked for, and what it stands on is not installed: the text names the extra."""


class UnsupportedOnFoundryError(FoundryError, NotImplementedError):
    """A part of the Claude API that Microsoft Foundry does not have. Nothing was sent."""


class ResponseFormatError(FoundryError):
    """An answer with a success status that is not what the API promises."""

    def __init__(self, message: str, *, request_id: str | None = None, apim_request_id: str | None = None) -> None:
        super().__init__(message + ids_suffix(request_id, apim_request_id))
        self.request_id, self.apim_request_id = request_id, apim_request_id


class OutputNotParsedError(FoundryError):
    """A whole answer that holds no output of the type asked for: refused, cut, or not valid.

    The text never quotes the answer; ``message`` holds it.
    """

    def __init__(self, reason: str, *, message: Message) -> None:
        super().__init__(reason + ids_suffix(message.request_id, message.apim_request_id))
        self.message = message
        self.stop_reason = message.stop_reason


class ToolRunStoppedError(FoundryError):
    """A run of tools ended before its final answer: at ``max_turns``, at a call whose arguments were cut, or left.

    ``run`` holds every step. The calls of the last answer were not run, and that answer is not in ``run.messages``, so
    that another run may go on from there.
    """

    run: ToolRun
    _stays = ()

    def __init__(self, text: str, *, run: ToolRun, reason: Literal["max_turns", "cut_call", "left"]) -> None:
        last = run.final if run.steps else None
        super().__init__(text + (ids_suffix(last.request_id, last.apim_request_id) if last else ""))
        self.run, self.reason = run, reason


class APIError(FoundryError):
    """A request was sent, or tried, and did not succeed."""

    retryable: bool = False
    """Whether sending the same request again may succeed."""
    retry_after: float | None = None
    """Seconds the service asked to wait before the next try."""


class APIConnectionError(APIError):
    """The service could not be reached, or the connection broke before a whole answer or the head of a stream came."""

    def __init__(self, message: str, *, retryable: bool = True) -> None:
        super().__init__(message)
        self.retryable = retryable


class APITimeoutError(APIConnectionError):
    """A time limit passed: while connecting, sending, or waiting for bytes."""


class StreamInterruptedError(APIError):
    """A stream whose head had come ended before the answer was whole. ``partial`` holds the message as far as it came.

    That is None before it began. A stream is not retried once part of the answer has been handed on; where none was,
    before its first content or in ``create``, this is the last attempt's error. ``__cause__`` says why it ended.
    """

    events: int
    """Events that had arrived, pings among them; the last has the index ``events - 1`` among those of the stream."""

    def __init__(
        self, message: str, *, partial: Message | None, cause: Exception | None = None, events: int = 0
    ) -> None:
        told = cause if getattr(cause, "request_id", None) or getattr(cause, "apim_request_id", None) else partial
        self.request_id, self.apim_request_id = (getattr(told, name, None) for name in _IDS)
        super().__init__(message + (ids_suffix(self.request_id, self.apim_request_id) if told is partial else ""))
        self.partial, self.events = partial, events
        self.status_code, self.type, self.code = (getattr(cause, name, None) for name in _TOLD)
        self.retryable, self.retry_after = getattr(cause, "retryable", not cause), getattr(cause, "retry_after", None)
        self.retries_taken = getattr(cause, "retries_taken", 0) or (partial.retries_taken if partial else 0)
        self.attempts = getattr(cause, "attempts", ())


class APIStatusError(APIError):
    """The service answered with an error."""

    status_code: int
    type: str
    body: Any
    """The answer's body: parsed JSON, or the first characters of its text."""
    hint: str | None
    """What to do about it, from the provider's troubleshooting."""
    _renewed: Any = None
    """What may sign the request once more; taken away before anyone is told of the error."""
    _stays = ("run", "_renewed")

    def __init__(self, refusal: Refusal, *, hint: str | None, retry_after: float | None) -> None:
        self.status_code, self.type = refusal.status_code, refusal.type
        self.code, self.body = refusal.code, refusal.body
        self.request_id, self.apim_request_id = refusal.request_id, refusal.apim_request_id
        self.hint = hint
        self.retryable, self.retry_after = refusal.retryable, retry_after
        super().__init__(sentence(refusal, hint))


class BadRequestError(APIStatusError):
    """400, 422: the request is not valid for this model or deployment."""


class FeatureNotSupportedError(BadRequestError):
    """400: the deployment lacks a feature, because of where it is hosted or because its version lags behind."""

    features: tuple[str, ...]
    """Names of the features, in the service's words, such as ``structured_outputs``."""
    deployment: str | None
    """The deployment that was asked, where known."""


class AuthenticationError(APIStatusError):
    """401: the key or token is not accepted, or a role is missing."""


class PermissionDeniedError(APIStatusError):
    """403: the caller may not use this resource."""


class NotFoundError(APIStatusError):
    """404: what was asked for, such as a file, is not there."""


class DeploymentNotFoundError(NotFoundError):
    """404: the resource has no such deployment, or none yet."""


class EndpointNotFoundError(NotFoundError):
    """404: the path is wrong, or its API is not served there."""


class APINotSupportedError(EndpointNotFoundError):
    """404: the endpoint serves no such API, as where base_url has the path of another one."""


class ConflictError(APIStatusError):
    """409: the request conflicts with another one."""


class RequestTooLargeError(APIStatusError):
    """413: the request has more than 32 MB."""


class RateLimitError(APIStatusError):
    """429: a rate limit of the subscription is reached."""


class InternalServerError(APIStatusError):
    """5xx: the service or a gateway before it failed."""


class OverloadedError(InternalServerError):
    """529: the service is overloaded."""


_CLASSES: dict[int | str, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    "feature": FeatureNotSupportedError,
    "deployment": DeploymentNotFoundError,
    "endpoint": EndpointNotFoundError,
    "api": APINotSupportedError,
    409: ConflictError,
    413: RequestTooLargeError,
    422: BadRequestError,
    429: RateLimitError,
    529: OverloadedError,
}


def from_response(
    status_code: int,
    *,
    headers: Mapping[str, str],
    body: bytes,
    retry_after: float | None = None,
    deployment: str | None = None,
    sent: int | None = None,
) -> APIStatusError:
    """Gives the typed error of an answer whose status is not a success, of a ``deployment`` that was ``sent`` bytes.

    ``headers`` must be looked up without regard to case, or be given in lower case.
    """
    refusal = Refusal.read(status_code, headers=headers, body=body, sent=sent)
    hint, missing = advice_on(refusal)
    error = _class_of(refusal, missing)(refusal, hint=hint, retry_after=retry_after)
    if isinstance(error, FeatureNotSupportedError):
        error.features, error.deployment = lacking(refusal), deployment
    return error


def from_event(
    event: Mapping[str, Any], *, headers: Mapping[str, str], body: bytes, retry_after: float | None = None
) -> APIStatusError:
    """Gives the typed error of an ``error`` event; its type or code stands for the status it would have had.

    One that tells of none is taken for a failure, but not for one that passes. ``body`` is the event as it may be told.
    """
    status = status_of(event)
    error = from_response(status or 500, headers=headers, body=body, retry_after=retry_after)
    error.retryable = error.retryable and status is not None
    return error


def _class_of(refusal: Refusal, missing: Missing | None) -> type[APIStatusError]:
    if refusal.type == "overloaded_error":
        return OverloadedError
    default = InternalServerError if refusal.status_code >= 500 else APIStatusError
    return _CLASSES.get(missing or refusal.status_code, default)
