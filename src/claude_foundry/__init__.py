"""Claude in Microsoft Foundry, for plain Python, LangChain and LlamaIndex."""

from typing import TYPE_CHECKING, Any

from claude_foundry._lazy import attribute

if TYPE_CHECKING:
    from claude_foundry._async_client import AsyncFoundryClient
    from claude_foundry._client import FoundryClient
    from claude_foundry._features import Capabilities
    from claude_foundry._functions import FunctionTool, ToolError, tool
    from claude_foundry._history import Conversation
    from claude_foundry._hooks import RequestInfo, ResponseInfo
    from claude_foundry._response import RawResponse
    from claude_foundry._timeout import Timeout
    from claude_foundry._version import __version__
    from claude_foundry.errors import (
        APIConnectionError,
        APIError,
        APINotSupportedError,
        APIStatusError,
        APITimeoutError,
        AuthenticationError,
        BadRequestError,
        ConfigurationError,
        ConflictError,
        DeploymentNotFoundError,
        EndpointNotFoundError,
        FeatureNotSupportedError,
        FoundryError,
        InternalServerError,
        MissingExtraError,
        NotFoundError,
        OutputNotParsedError,
        OverloadedError,
        PermissionDeniedError,
        RateLimitError,
        RequestTooLargeError,
        ResponseFormatError,
        SignInError,
        StreamInterruptedError,
        ToolRunStoppedError,
        UnsupportedOnFoundryError,
    )
    from claude_foundry.types import Message, MessageTokensCount, ParsedMessage, ToolRun, ToolStep, Usage

__all__ = [
    "APIConnectionError",
    "APIError",
    "APINotSupportedError",
    "APIStatusError",
    "APITimeoutError",
    "AsyncFoundryClient",
    "AuthenticationError",
    "BadRequestError",
    "Capabilities",
    "ConfigurationError",
    "ConflictError",
    "Conversation",
    "DeploymentNotFoundError",
    "EndpointNotFoundError",
    "FeatureNotSupportedError",
    "FoundryClient",
    "FoundryError",
    "FunctionTool",
    "InternalServerError",
    "Message",
    "MessageTokensCount",
    "MissingExtraError",
    "NotFoundError",
    "OutputNotParsedError",
    "OverloadedError",
    "ParsedMessage",
    "PermissionDeniedError",
    "RateLimitError",
    "RawResponse",
    "RequestInfo",
    "RequestTooLargeError",
    "ResponseFormatError",
    "ResponseInfo",
    "SignInError",
    "StreamInterruptedError",
    "Timeout",
    "ToolError",
    "ToolRun",
    "ToolRunStoppedError",
    "ToolStep",
    "UnsupportedOnFoundryError",
    "Usage",
    "__version__",
    "tool",
]

_HOMES = (
    "_version",
    "errors",
    "_client",
    "_async_client",
    "_features",
    "_functions",
    "_history",
    "_hooks",
    "_response",
    "_timeout",
    "types",
)


def __getattr__(name: str) -> Any:
    # What is not used is not imported: the whole costs as much time as everything else that a call needs.
    return globals().setdefault(name, attribute(__name__, name, names=__all__, homes=_HOMES))


def __dir__() -> list[str]:
    return __all__
