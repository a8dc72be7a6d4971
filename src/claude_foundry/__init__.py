"""Claude in Microsoft Foundry, for plain Python, LangChain and LlamaIndex."""

from claude_foundry._async_client import AsyncFoundryClient
from claude_foundry._client import FoundryClient
from claude_foundry._version import __version__
from claude_foundry.errors import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    ConflictError,
    FoundryError,
    InternalServerError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    RateLimitError,
    RequestTooLargeError,
    ResponseFormatError,
    StreamInterruptedError,
    UnsupportedOnFoundryError,
)
from claude_foundry.types import Message, MessageTokensCount, Usage

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIStatusError",
    "APITimeoutError",
    "AsyncFoundryClient",
    "AuthenticationError",
    "BadRequestError",
    "ConfigurationError",
    "ConflictError",
    "FoundryClient",
    "FoundryError",
    "InternalServerError",
    "Message",
    "MessageTokensCount",
    "NotFoundError",
    "OverloadedError",
    "PermissionDeniedError",
    "RateLimitError",
    "RequestTooLargeError",
    "ResponseFormatError",
    "StreamInterruptedError",
    "UnsupportedOnFoundryError",
    "Usage",
    "__version__",
]
