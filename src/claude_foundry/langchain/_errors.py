"""Each error of the core as the matching error of langchain-core too, so that either ``except`` catches it.

Source: https://reference.langchain.com/python/langchain_core/exceptions
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

from langchain_core.exceptions import (
    ContextOverflowError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelError,
    ModelInvalidRequestError,
    ModelNotFoundError,
    ModelPermissionDeniedError,
    ModelRateLimitError,
    ModelTimeoutError,
)
from pydantic_core import to_json

from claude_foundry import errors


@dataclass(frozen=True, kw_only=True)
class ErrorResponse:
    """An error answer as LangChain's tracers read it: what they take of an HTTP response."""

    status_code: int
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = field(default=None, repr=False)

    def json(self) -> Any:
        """Gives the body as it was parsed."""
        return self.body

    @property
    def text(self) -> str:
        """The body as a text."""
        return self.body if isinstance(self.body, str) else to_json(self.body).decode()


class _FinalError(ValueError):
    """An error that another try would meet again: LangGraph's retry policy leaves ValueErrors alone, and no others."""


class _Sent(errors.APIError):
    """An error of a request that was sent, or tried."""

    Final: ClassVar[type[errors.APIError]]
    """Its class where another try would meet it again."""

    def __init_subclass__(cls) -> None:
        if not issubclass(cls, _FinalError):
            # Pickle finds a class by this name.
            place = {"__module__": cls.__module__, "__qualname__": f"{cls.__qualname__}.Final", "__doc__": cls.__doc__}
            cls.Final = type(cls.__name__, (cls, _FinalError), place)


class _Answered(_Sent, errors.APIStatusError):
    """An error that the service answered with."""

    @property
    def response(self) -> ErrorResponse:
        """The answer, its body read."""
        return _response(self)


class _Interrupted(_Sent, errors.StreamInterruptedError):
    """An error that ended a stream. Where the service told it, its answer is there as for any other request."""

    @property
    def response(self) -> ErrorResponse:
        """What the service told, as the answer that it would have been before the stream began."""
        return _response(self._told)

    @property
    def _told(self) -> errors.APIStatusError:
        if isinstance(self.__cause__, errors.APIStatusError):
            return self.__cause__
        raise AttributeError("The service told no error: the connection or the answer itself broke.")


class ChatConfigurationError(errors.ConfigurationError, ModelInvalidRequestError):
    """A call that cannot be sent; nothing was."""


class ChatSignInError(errors.SignInError, ModelAuthenticationError):
    """A provider or credential failed; the request was not sent."""


class ChatUnsupportedError(errors.UnsupportedOnFoundryError, ModelInvalidRequestError, _FinalError):
    """A part of the API that Foundry does not have; nothing was sent."""


class ChatBadRequestError(_Answered, errors.BadRequestError, ModelInvalidRequestError):
    """400, 422."""


class ChatFeatureNotSupportedError(_Answered, errors.FeatureNotSupportedError, ModelInvalidRequestError):
    """400: the deployment lacks a feature."""


class ChatContextOverflowError(_Answered, errors.BadRequestError, ModelInvalidRequestError, ContextOverflowError):
    """400: the prompt is longer than the model's window."""


class ChatAuthenticationError(_Answered, errors.AuthenticationError, ModelAuthenticationError):
    """401."""


class ChatPermissionDeniedError(_Answered, errors.PermissionDeniedError, ModelPermissionDeniedError):
    """403."""


class ChatNotFoundError(_Answered, errors.NotFoundError, ModelInvalidRequestError):
    """404."""


class ChatDeploymentNotFoundError(_Answered, errors.DeploymentNotFoundError, ModelNotFoundError):
    """404: the deployment."""


class ChatEndpointNotFoundError(_Answered, errors.EndpointNotFoundError, ModelInvalidRequestError):
    """404: the path, or its API."""


class ChatAPINotSupportedError(_Answered, errors.APINotSupportedError, ModelInvalidRequestError):
    """404: the API."""


class ChatConflictError(_Answered, errors.ConflictError, ModelAPIError):
    """409."""


class ChatRequestTooLargeError(_Answered, errors.RequestTooLargeError, ModelInvalidRequestError):
    """413."""


class ChatRateLimitError(_Answered, errors.RateLimitError, ModelRateLimitError):
    """429."""


class ChatOverloadedError(_Answered, errors.OverloadedError, ModelAPIError):
    """529."""


class ChatInternalServerError(_Answered, errors.InternalServerError, ModelAPIError):
    """5xx."""


class ChatRequestTimeoutError(_Answered, ModelTimeoutError):
    """408."""


class ChatStatusError(_Answered, ModelInvalidRequestError):
    """Any other status."""


class ChatTimeoutError(_Sent, errors.APITimeoutError, ModelTimeoutError):
    """A time limit passed."""


class ChatConnectionError(_Sent, errors.APIConnectionError, ModelConnectionError):
    """The service could not be reached."""


class ChatStreamInterruptedError(_Interrupted, ModelConnectionError):
    """A stream ended before the answer was whole: its connection broke."""


class ChatStreamTimeoutError(_Interrupted, ModelTimeoutError):
    """A stream ended before the answer was whole: nothing came for longer than the time limit."""


class ChatStreamRateLimitError(_Interrupted, ModelRateLimitError):
    """A stream ended before the answer was whole: a rate limit was reached."""


class ChatStreamAPIError(_Interrupted, ModelAPIError):
    """A stream ended before the answer was whole: the service failed."""


class ChatStreamInvalidRequestError(_Interrupted, ModelInvalidRequestError):
    """A stream ended before the answer was whole: the service refused to go on."""


class ChatStreamOverflowError(_Interrupted, ModelInvalidRequestError, ContextOverflowError):
    """A stream ended before the answer was whole: the prompt is longer than the model's window."""


class ChatResponseFormatError(errors.ResponseFormatError, ModelAPIError, _FinalError):
    """An answer is not what the API promises."""

    is_retryable = False


def _response(error: errors.APIStatusError) -> ErrorResponse:
    after = None if error.retry_after is None else f"{error.retry_after:g}"
    named = {"request-id": error.request_id, "apim-request-id": error.apim_request_id, "retry-after": after}
    headers = {name: value for name, value in named.items() if value is not None}
    return ErrorResponse(status_code=error.status_code, headers=headers, body=error.body)


_Table = list[tuple[type[Exception], type[errors.FoundryError]]]
_OVERFLOW = re.compile(r"prompt is too long|exceed context limit", re.IGNORECASE)
_REQUEST_TIMEOUT = 408
# The first class that fits stands for the error, so that a subclass comes before its parent.
_COUNTERPARTS: _Table = [
    (errors.SignInError, ChatSignInError),
    (errors.ConfigurationError, ChatConfigurationError),
    (errors.UnsupportedOnFoundryError, ChatUnsupportedError),
    (errors.FeatureNotSupportedError, ChatFeatureNotSupportedError),
    (errors.BadRequestError, ChatBadRequestError),
    (errors.AuthenticationError, ChatAuthenticationError),
    (errors.PermissionDeniedError, ChatPermissionDeniedError),
    (errors.DeploymentNotFoundError, ChatDeploymentNotFoundError),
    (errors.APINotSupportedError, ChatAPINotSupportedError),
    (errors.EndpointNotFoundError, ChatEndpointNotFoundError),
    (errors.NotFoundError, ChatNotFoundError),
    (errors.ConflictError, ChatConflictError),
    (errors.RequestTooLargeError, ChatRequestTooLargeError),
    (errors.RateLimitError, ChatRateLimitError),
    (errors.OverloadedError, ChatOverloadedError),
    (errors.InternalServerError, ChatInternalServerError),
    (errors.APIStatusError, ChatStatusError),
    (errors.APITimeoutError, ChatTimeoutError),
    (errors.APIConnectionError, ChatConnectionError),
    (errors.ResponseFormatError, ChatResponseFormatError),
]
_INTERRUPTED_BY: _Table = [
    (errors.APITimeoutError, ChatStreamTimeoutError),
    (errors.RateLimitError, ChatStreamRateLimitError),
    (errors.InternalServerError, ChatStreamAPIError),
    (errors.ConflictError, ChatStreamAPIError),
    (errors.ResponseFormatError, ChatStreamAPIError),
    (errors.APIStatusError, ChatStreamInvalidRequestError),
    (Exception, ChatStreamInterruptedError),
]


@contextmanager
def named_as_langchain() -> Iterator[None]:
    """Raises each error of the core as its counterpart, with the same message, fields and cause."""
    try:
        yield
    except errors.FoundryError as error:
        counterpart = _counterpart(error)
        if counterpart is None:
            raise
        raise _renamed(error, counterpart).with_traceback(error.__traceback__) from error.__cause__


def _counterpart(error: errors.FoundryError) -> type[errors.FoundryError] | None:
    match error:
        case ModelError():
            return None
        case errors.BadRequestError() if _OVERFLOW.search(str(error)):
            return ChatContextOverflowError
        case errors.APIStatusError(status_code=status) if status == _REQUEST_TIMEOUT:
            return ChatRequestTimeoutError
        case errors.StreamInterruptedError(__cause__=errors.BadRequestError()) if _OVERFLOW.search(str(error)):
            return ChatStreamOverflowError
        case errors.StreamInterruptedError():
            return _fitting(_INTERRUPTED_BY, error.__cause__ or error)
    return _fitting(_COUNTERPARTS, error)


def _fitting(table: _Table, error: BaseException) -> type[errors.FoundryError] | None:
    return next((counterpart for kind, counterpart in table if isinstance(error, kind)), None)


def _renamed(error: errors.FoundryError, kind: type[errors.FoundryError]) -> errors.FoundryError:
    if isinstance(error, errors.APIError) and issubclass(kind, _Sent) and not error.retryable:
        kind = kind.Final
    renamed = kind.__new__(kind, *error.args)
    renamed.args = error.args
    renamed.__dict__.update(error.__dict__)
    if isinstance(error, errors.APIError):
        renamed.__dict__["is_retryable"] = error.retryable
    return renamed
