"""Each error of the core as the matching error of langchain-core too, so that either ``except`` catches it.

Source: https://reference.langchain.com/python/langchain_core/exceptions
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

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

from claude_foundry import errors


class ChatBadRequestError(errors.BadRequestError, ModelInvalidRequestError):
    """400, 422."""


class ChatFeatureNotSupportedError(errors.FeatureNotSupportedError, ModelInvalidRequestError):
    """400: the deployment lacks a feature."""


class ChatContextOverflowError(errors.BadRequestError, ModelInvalidRequestError, ContextOverflowError):
    """400: the prompt is longer than the model's window."""


class ChatAuthenticationError(errors.AuthenticationError, ModelAuthenticationError):
    """401."""


class ChatPermissionDeniedError(errors.PermissionDeniedError, ModelPermissionDeniedError):
    """403."""


class ChatNotFoundError(errors.NotFoundError, ModelNotFoundError):
    """404."""


class ChatConflictError(errors.ConflictError, ModelAPIError):
    """409."""


class ChatRequestTooLargeError(errors.RequestTooLargeError, ModelInvalidRequestError):
    """413."""


class ChatRateLimitError(errors.RateLimitError, ModelRateLimitError):
    """429."""


class ChatOverloadedError(errors.OverloadedError, ModelAPIError):
    """529."""


class ChatInternalServerError(errors.InternalServerError, ModelAPIError):
    """5xx."""


class ChatStatusError(errors.APIStatusError, ModelInvalidRequestError):
    """Any other status."""


class ChatTimeoutError(errors.APITimeoutError, ModelTimeoutError):
    """A time limit passed."""


class ChatConnectionError(errors.APIConnectionError, ModelConnectionError):
    """The service could not be reached."""


class ChatStreamInterruptedError(errors.StreamInterruptedError, ModelConnectionError):
    """A stream ended before the answer was whole."""


class ChatResponseFormatError(errors.ResponseFormatError, ModelAPIError):
    """An answer is not what the API promises."""


_OVERFLOW = re.compile(r"prompt is too long|exceed context limit", re.IGNORECASE)
# The first class that fits stands for the error, so that a subclass comes before its parent.
_COUNTERPARTS: list[tuple[type[errors.FoundryError], type[errors.FoundryError]]] = [
    (errors.FeatureNotSupportedError, ChatFeatureNotSupportedError),
    (errors.BadRequestError, ChatBadRequestError),
    (errors.AuthenticationError, ChatAuthenticationError),
    (errors.PermissionDeniedError, ChatPermissionDeniedError),
    (errors.NotFoundError, ChatNotFoundError),
    (errors.ConflictError, ChatConflictError),
    (errors.RequestTooLargeError, ChatRequestTooLargeError),
    (errors.RateLimitError, ChatRateLimitError),
    (errors.OverloadedError, ChatOverloadedError),
    (errors.InternalServerError, ChatInternalServerError),
    (errors.APIStatusError, ChatStatusError),
    (errors.APITimeoutError, ChatTimeoutError),
    (errors.APIConnectionError, ChatConnectionError),
    (errors.StreamInterruptedError, ChatStreamInterruptedError),
    (errors.ResponseFormatError, ChatResponseFormatError),
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
    if isinstance(error, ModelError):
        return None
    if isinstance(error, errors.BadRequestError) and _OVERFLOW.search(str(error)):
        return ChatContextOverflowError
    return next((counterpart for kind, counterpart in _COUNTERPARTS if isinstance(error, kind)), None)


def _renamed(error: errors.FoundryError, kind: type[errors.FoundryError]) -> errors.FoundryError:
    renamed = kind.__new__(kind, *error.args)
    renamed.args = error.args
    renamed.__dict__.update(error.__dict__)
    if isinstance(error, errors.APIError):
        renamed.__dict__["is_retryable"] = error.retryable
    return renamed
