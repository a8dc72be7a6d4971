"""What a caller writes as a conversation: messages, and changes of the tools in mid-conversation.

Source: https://platform.claude.com/docs/en/api/messages
"""

from collections.abc import Iterable
from typing import Literal, Required, TypeAlias, TypedDict

from claude_foundry.types._blocks import ContentBlock
from claude_foundry.types._config_params import EffortLevel
from claude_foundry.types._content_params import (
    CacheableParam,
    CompactionBlockParam,
    ContainerUploadBlockParam,
    DocumentBlockParam,
    FallbackBlockParam,
    ImageBlockParam,
    MCPToolListingBlockParam,
    MCPToolResultBlockParam,
    MCPToolUseBlockParam,
    RedactedThinkingBlockParam,
    SearchResultBlockParam,
    ServerToolUseBlockParam,
    TextBlockParam,
    ThinkingBlockParam,
    ToolResultBlockParam,
    ToolUseBlockParam,
)
from claude_foundry.types._result_params import ServerToolResultBlockParam
from claude_foundry.types._tool_params import ToolUnionParam

ContentBlockParam: TypeAlias = (
    TextBlockParam
    | ImageBlockParam
    | DocumentBlockParam
    | SearchResultBlockParam
    | ThinkingBlockParam
    | RedactedThinkingBlockParam
    | ToolUseBlockParam
    | ToolResultBlockParam
    | ServerToolUseBlockParam
    | ContainerUploadBlockParam
    | MCPToolUseBlockParam
    | MCPToolResultBlockParam
    | MCPToolListingBlockParam
    | CompactionBlockParam
    | FallbackBlockParam
    | ServerToolResultBlockParam
)
Content: TypeAlias = str | Iterable[ContentBlockParam | ContentBlock]


class ToolChangeToolReferenceParam(TypedDict):
    """A tool of the request, by its name."""

    type: Literal["tool_reference"]
    name: str


class ToolChangeMCPToolReferenceParam(TypedDict):
    """A tool of an MCP server."""

    type: Literal["mcp_tool_reference"]
    server_name: str
    name: str


class ToolChangeMCPToolsetReferenceParam(TypedDict):
    """All tools of an MCP server."""

    type: Literal["mcp_toolset_reference"]
    server_name: str


class ToolChangeToolDefinitionParam(TypedDict):
    """A tool that ``tools`` does not hold; with the beta ``inline-tools-2026-09-15``."""

    type: Literal["tool_definition"]
    definition: ToolUnionParam


_ToolChangeReferenceParam: TypeAlias = (
    ToolChangeToolReferenceParam | ToolChangeMCPToolReferenceParam | ToolChangeMCPToolsetReferenceParam
)


class ToolAdditionBlockParam(CacheableParam, total=False):
    """From here on the model is offered the tool; with the beta ``mid-conversation-tool-changes-2026-07-01``."""

    type: Required[Literal["tool_addition"]]
    tool: Required[_ToolChangeReferenceParam | ToolChangeToolDefinitionParam]


class ToolRemovalBlockParam(CacheableParam, total=False):
    """From here on the model is no longer offered the tool; with the same beta as ``ToolAdditionBlockParam``."""

    type: Required[Literal["tool_removal"]]
    tool: Required[_ToolChangeReferenceParam]


class UserMessageParam(TypedDict):
    """A turn of the user."""

    role: Literal["user"]
    content: Content


class AssistantMessageParam(TypedDict):
    """A turn of the model."""

    role: Literal["assistant"]
    content: Content


class SystemMessageOutputConfigParam(TypedDict, total=False):
    """What holds from this message on."""

    effort: EffortLevel | None


class SystemMessageParam(TypedDict, total=False):
    """Instructions in mid-conversation, for the models that take them."""

    role: Required[Literal["system"]]
    content: Required[str | Iterable[TextBlockParam | ToolAdditionBlockParam | ToolRemovalBlockParam]]
    clear_at: Literal["next_user_message", "never"] | None
    output_config: SystemMessageOutputConfigParam | None


MessageParam: TypeAlias = UserMessageParam | AssistantMessageParam | SystemMessageParam
