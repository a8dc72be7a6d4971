"""What a caller writes: the fields of a request, and how to send it.

Fields that are not named here are sent as given, so that a new field of the API needs no release of this package;
to a type checker they go in ``extra_body``. Nothing that a request holds is ``Any``: of a call with an ``Any`` in it,
mypy would not tell what it gives.

Sources: https://platform.claude.com/docs/en/api/messages,
https://platform.claude.com/docs/en/build-with-claude/token-counting
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, Required, TypedDict

from claude_foundry.types._config_params import (
    CacheControlEphemeralParam,
    CompactionConfigParam,
    ContainerParam,
    ContextManagementParam,
    FallbackCreditTokenParam,
    FallbackParam,
    MCPServerParam,
    MetadataParam,
    OutputConfigParam,
    ThinkingConfigParam,
    ToolChoiceParam,
)
from claude_foundry.types._content_params import TextBlockParam
from claude_foundry.types._message_params import MessageParam
from claude_foundry.types._tool_params import ToolUnionParam

if TYPE_CHECKING:
    import httpx

    from claude_foundry._timeout import Timeout


class CallOptions(TypedDict, total=False):
    """How one call is sent."""

    betas: Sequence[str]
    """Names for the ``anthropic-beta`` header."""
    extra_headers: Mapping[str, str] | None
    """Headers for this call."""
    extra_body: Mapping[str, object] | None
    """Fields that replace or add to those of the request."""
    timeout: "float | Timeout | httpx.Timeout | None"
    """Seconds for each wait on the connection, or a ``claude_foundry.Timeout``, or an ``httpx.Timeout``."""
    on_thinking_mismatch: Literal["raise", "strip"] | None
    """What follows when thinking in the messages belongs to another conversation; ``"strip"`` asks again without."""


class _Prompt(CallOptions, total=False):
    """What a model reads, but for its tools."""

    model: Required[str]
    """Deployment name."""
    messages: Required[Iterable[MessageParam]]
    """The conversation: ``role`` and ``content`` of each message."""
    system: str | Iterable[TextBlockParam]
    tool_choice: ToolChoiceParam
    thinking: ThinkingConfigParam
    output_config: OutputConfigParam
    cache_control: CacheControlEphemeralParam | None
    context_management: ContextManagementParam | None
    compaction: CompactionConfigParam | None
    mcp_servers: Iterable[MCPServerParam]


class CountTokensRequest(_Prompt, total=False):
    """A request whose input tokens are counted."""

    tools: Iterable[ToolUnionParam]


class ToolRunRequest(_Prompt, total=False):
    """A request of a run of tools, but for the tools."""

    max_tokens: Required[int]
    """Most tokens to write, thinking among them."""
    stop_sequences: Sequence[str]
    container: str | ContainerParam | None
    metadata: MetadataParam
    service_tier: Literal["auto", "standard_only"]
    fallback_credit_token: str | FallbackCreditTokenParam | None
    fallbacks: Literal["default"] | Iterable[FallbackParam] | None
    """Refused by Microsoft Foundry so far, as is every request with it."""
    temperature: float
    """Refused by the models from Claude Opus 4.7 on, as are ``top_p`` and ``top_k``."""
    top_p: float
    top_k: int


class MessageRequest(ToolRunRequest, total=False):
    """A request for an answer."""

    tools: Iterable[ToolUnionParam]


class MCPFields(TypedDict):
    """The fields of a request that connect a remote MCP server; ``server_tools.mcp`` gives them."""

    mcp_servers: list[MCPServerParam]
    tools: list[ToolUnionParam]
