"""What a caller writes in the messages of a conversation: content blocks.

Source: https://platform.claude.com/docs/en/api/messages
"""

from collections.abc import Iterable, Mapping
from typing import Literal, Required, TypedDict

from claude_foundry.types._citation_params import TextCitationParam
from claude_foundry.types._config_params import CacheControlEphemeralParam, CitationsConfigParam
from claude_foundry.types._toolset_params import BrowserStateBlockParam


class CacheableParam(TypedDict, total=False):
    """What a cache breakpoint can be set on."""

    cache_control: CacheControlEphemeralParam | None


class TextBlockParam(CacheableParam, total=False):
    """Text; it must not be blank."""

    type: Required[Literal["text"]]
    text: Required[str]
    citations: Iterable[TextCitationParam] | None
    """Of an answer that is sent back."""


class Base64ImageSourceParam(TypedDict):
    """An image in the request itself."""

    type: Literal["base64"]
    media_type: Literal["image/jpeg", "image/png", "image/gif", "image/webp"]
    data: str
    """Base64, without a ``data:`` prefix."""


class URLSourceParam(TypedDict):
    """An image or PDF that the service fetches."""

    type: Literal["url"]
    url: str


class FileSourceParam(TypedDict):
    """A file that was uploaded before."""

    type: Literal["file"]
    file_id: str


class ImageTransformationsParam(TypedDict, total=False):
    """What the service does with an image that is too large."""

    oversized_image: Literal["downsize", "error"]


class ImageBlockParam(CacheableParam, total=False):
    """An image."""

    type: Required[Literal["image"]]
    source: Required[Base64ImageSourceParam | URLSourceParam | FileSourceParam]
    transformations: ImageTransformationsParam | None


class Base64PDFSourceParam(TypedDict):
    """A PDF in the request itself."""

    type: Literal["base64"]
    media_type: Literal["application/pdf"]
    data: str


class PlainTextSourceParam(TypedDict):
    """A document of plain text."""

    type: Literal["text"]
    media_type: Literal["text/plain"]
    data: str


class ContentBlockSourceParam(TypedDict):
    """A document of content blocks; citations name the block."""

    type: Literal["content"]
    content: str | Iterable[TextBlockParam | ImageBlockParam]


class DocumentBlockParam(CacheableParam, total=False):
    """A document that the model reads and may cite."""

    type: Required[Literal["document"]]
    source: Required[
        Base64PDFSourceParam | PlainTextSourceParam | ContentBlockSourceParam | URLSourceParam | FileSourceParam
    ]
    title: str | None
    context: str | None
    """What the model is told of the document, and does not cite."""
    citations: CitationsConfigParam | None
    """On for all documents of a request, or for none."""


class SearchResultBlockParam(CacheableParam, total=False):
    """A passage that a search of the caller's found."""

    type: Required[Literal["search_result"]]
    source: Required[str]
    title: Required[str]
    content: Required[Iterable[TextBlockParam]]
    citations: CitationsConfigParam


class ThinkingBlockParam(TypedDict):
    """Reasoning of an earlier answer, unchanged."""

    type: Literal["thinking"]
    thinking: str
    signature: str


class RedactedThinkingBlockParam(TypedDict):
    """Reasoning of an earlier answer that only the service can read, unchanged."""

    type: Literal["redacted_thinking"]
    data: str


class CallerParam(TypedDict, total=False):
    """Who made a call: the model itself, or code that it ran in the call ``tool_id``."""

    type: Required[Literal["direct", "code_execution_20250825", "code_execution_20260120"]]
    tool_id: str


class ToolUseBlockParam(CacheableParam, total=False):
    """A call of an earlier answer; the next message holds its result."""

    type: Required[Literal["tool_use"]]
    id: Required[str]
    name: Required[str]
    input: Required[Mapping[str, object]]
    caller: CallerParam
    toolset_name: str | None


class ToolReferenceBlockParam(CacheableParam, total=False):
    """A deferred tool that a search of the caller's found."""

    type: Required[Literal["tool_reference"]]
    tool_name: Required[str]


class ToolResultBlockParam(CacheableParam, total=False):
    """The result of a call; it stands before any other content of its message."""

    type: Required[Literal["tool_result"]]
    tool_use_id: Required[str]
    content: (
        str
        | Iterable[
            TextBlockParam
            | ImageBlockParam
            | SearchResultBlockParam
            | DocumentBlockParam
            | ToolReferenceBlockParam
            | BrowserStateBlockParam
        ]
    )
    is_error: bool
    """The call failed; ``content`` is text then."""
    toolset_name: str | None


class ServerToolUseBlockParam(CacheableParam, total=False):
    """A call that the service ran in an earlier answer."""

    type: Required[Literal["server_tool_use"]]
    id: Required[str]
    name: Required[
        Literal[
            "web_search",
            "web_fetch",
            "code_execution",
            "bash_code_execution",
            "text_editor_code_execution",
            "tool_search_tool_regex",
            "tool_search_tool_bm25",
            "advisor",
        ]
    ]
    input: Required[Mapping[str, object]]
    caller: CallerParam


class ContainerUploadBlockParam(CacheableParam, total=False):
    """A file that was uploaded before, to lie in the container."""

    type: Required[Literal["container_upload"]]
    file_id: Required[str]


class MCPToolUseBlockParam(CacheableParam, total=False):
    """A call of an MCP server's tool in an earlier answer."""

    type: Required[Literal["mcp_tool_use"]]
    id: Required[str]
    name: Required[str]
    server_name: Required[str]
    input: Required[Mapping[str, object]]


class MCPToolResultBlockParam(CacheableParam, total=False):
    """What an MCP server's tool gave in an earlier answer."""

    type: Required[Literal["mcp_tool_result"]]
    tool_use_id: Required[str]
    content: str | Iterable[TextBlockParam]
    is_error: bool


class MCPToolParam(TypedDict, total=False):
    """A tool that an MCP server offers."""

    name: Required[str]
    description: str | None
    input_schema: Required[Mapping[str, object]]


class MCPToolListingBlockParam(TypedDict):
    """The tools that an MCP server offered in an earlier answer."""

    type: Literal["mcp_tool_listing"]
    mcp_server_name: str
    tools: Iterable[MCPToolParam]


class CompactionBlockParam(CacheableParam, total=False):
    """The summary of an earlier answer that stands for the conversation before it, unchanged."""

    type: Required[Literal["compaction"]]
    content: str | None
    encrypted_content: str | None
    signature: str | None
    tool_changes: Iterable[Mapping[str, object]] | None


class FallbackModelParam(TypedDict):
    """A model that took part in a fallback."""

    model: str


_From = TypedDict("_From", {"from": FallbackModelParam})


class FallbackBlockParam(_From, total=False):
    """Where another model went on with an earlier answer, unchanged and in its place."""

    type: Required[Literal["fallback"]]
    to: Required[FallbackModelParam]
    trigger: Mapping[str, object] | None
