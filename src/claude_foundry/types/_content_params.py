"""What a caller writes in a conversation: messages and their content blocks.

Source: https://platform.claude.com/docs/en/api/messages
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Required, TypeAlias, TypedDict

from claude_foundry.types._blocks import ContentBlock
from claude_foundry.types._config_params import CacheControlEphemeralParam, CitationsConfigParam, EffortLevel


class _Cacheable(TypedDict, total=False):
    cache_control: CacheControlEphemeralParam | None


class CitationCharLocationParam(TypedDict):
    """Characters of a plain text document."""

    type: Literal["char_location"]
    cited_text: str
    document_index: int
    document_title: str | None
    start_char_index: int
    end_char_index: int


class CitationPageLocationParam(TypedDict):
    """Pages of a PDF."""

    type: Literal["page_location"]
    cited_text: str
    document_index: int
    document_title: str | None
    start_page_number: int
    end_page_number: int


class CitationContentBlockLocationParam(TypedDict):
    """Blocks of a document of content blocks."""

    type: Literal["content_block_location"]
    cited_text: str
    document_index: int
    document_title: str | None
    start_block_index: int
    end_block_index: int


class CitationSearchResultLocationParam(TypedDict):
    """Blocks of a search result."""

    type: Literal["search_result_location"]
    cited_text: str
    source: str
    title: str | None
    search_result_index: int
    start_block_index: int
    end_block_index: int


class CitationWebSearchResultLocationParam(TypedDict):
    """A page that web search found."""

    type: Literal["web_search_result_location"]
    cited_text: str
    url: str
    title: str | None
    encrypted_index: str


TextCitationParam: TypeAlias = (
    CitationCharLocationParam
    | CitationPageLocationParam
    | CitationContentBlockLocationParam
    | CitationSearchResultLocationParam
    | CitationWebSearchResultLocationParam
)


class TextBlockParam(_Cacheable, total=False):
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


class ImageBlockParam(_Cacheable, total=False):
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


class DocumentBlockParam(_Cacheable, total=False):
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


class SearchResultBlockParam(_Cacheable, total=False):
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


class ToolUseBlockParam(_Cacheable, total=False):
    """A call of an earlier answer; the next message holds its result."""

    type: Required[Literal["tool_use"]]
    id: Required[str]
    name: Required[str]
    input: Required[Mapping[str, Any]]
    caller: CallerParam
    toolset_name: str | None


class ToolReferenceBlockParam(_Cacheable, total=False):
    """A deferred tool that a search of the caller's found."""

    type: Required[Literal["tool_reference"]]
    tool_name: Required[str]


class ToolResultBlockParam(_Cacheable, total=False):
    """The result of a call; it stands before any other content of its message."""

    type: Required[Literal["tool_result"]]
    tool_use_id: Required[str]
    content: (
        str
        | Iterable[
            TextBlockParam | ImageBlockParam | SearchResultBlockParam | DocumentBlockParam | ToolReferenceBlockParam
        ]
    )
    is_error: bool
    """The call failed; ``content`` is text then."""
    toolset_name: str | None


class ServerToolUseBlockParam(_Cacheable, total=False):
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
    input: Required[Mapping[str, Any]]
    caller: CallerParam


class WebSearchResultBlockParam(TypedDict, total=False):
    """A page that web search found, unchanged."""

    type: Required[Literal["web_search_result"]]
    url: Required[str]
    title: Required[str]
    encrypted_content: Required[str]
    page_age: str | None


class ServerToolErrorParam(TypedDict, total=False):
    """Why a tool of the service gave nothing."""

    type: Required[
        Literal[
            "web_search_tool_result_error",
            "web_fetch_tool_result_error",
            "code_execution_tool_result_error",
            "bash_code_execution_tool_result_error",
            "text_editor_code_execution_tool_result_error",
            "tool_search_tool_result_error",
            "advisor_tool_result_error",
        ]
    ]
    error_code: Required[str]
    error_message: str | None


class WebSearchToolResultBlockParam(_Cacheable, total=False):
    """What web search found in an earlier answer."""

    type: Required[Literal["web_search_tool_result"]]
    tool_use_id: Required[str]
    content: Required[Iterable[WebSearchResultBlockParam] | ServerToolErrorParam]
    caller: CallerParam


class WebFetchBlockParam(TypedDict, total=False):
    """A page as it was fetched."""

    type: Required[Literal["web_fetch_result"]]
    url: Required[str]
    content: Required[DocumentBlockParam]
    retrieved_at: str | None


class WebFetchToolResultBlockParam(_Cacheable, total=False):
    """What was fetched in an earlier answer."""

    type: Required[Literal["web_fetch_tool_result"]]
    tool_use_id: Required[str]
    content: Required[WebFetchBlockParam | ServerToolErrorParam]
    caller: CallerParam


class CodeExecutionOutputBlockParam(TypedDict):
    """A file that code or a command left."""

    type: Literal["code_execution_output", "bash_code_execution_output"]
    file_id: str


class CodeExecutionResultBlockParam(TypedDict):
    """What came of code or a command."""

    type: Literal["code_execution_result", "bash_code_execution_result"]
    stdout: str
    stderr: str
    return_code: int
    content: Iterable[CodeExecutionOutputBlockParam]


class EncryptedCodeExecutionResultBlockParam(TypedDict):
    """What came of code that read encrypted search results, unchanged."""

    type: Literal["encrypted_code_execution_result"]
    encrypted_stdout: str
    stderr: str
    return_code: int
    content: Iterable[CodeExecutionOutputBlockParam]


class CodeExecutionToolResultBlockParam(_Cacheable, total=False):
    """What came of code or a command in an earlier answer."""

    type: Required[Literal["code_execution_tool_result", "bash_code_execution_tool_result"]]
    tool_use_id: Required[str]
    content: Required[CodeExecutionResultBlockParam | EncryptedCodeExecutionResultBlockParam | ServerToolErrorParam]


class TextEditorCodeExecutionViewResultBlockParam(TypedDict, total=False):
    """What a file held."""

    type: Required[Literal["text_editor_code_execution_view_result"]]
    file_type: Required[Literal["text", "image", "pdf"]]
    content: Required[str]
    num_lines: int | None
    start_line: int | None
    total_lines: int | None


class TextEditorCodeExecutionCreateResultBlockParam(TypedDict):
    """A file was written."""

    type: Literal["text_editor_code_execution_create_result"]
    is_file_update: bool


class TextEditorCodeExecutionStrReplaceResultBlockParam(TypedDict, total=False):
    """What changed in a file."""

    type: Required[Literal["text_editor_code_execution_str_replace_result"]]
    lines: Sequence[str] | None
    new_lines: int | None
    new_start: int | None
    old_lines: int | None
    old_start: int | None


class TextEditorCodeExecutionToolResultBlockParam(_Cacheable, total=False):
    """What came of reading or changing a file in an earlier answer."""

    type: Required[Literal["text_editor_code_execution_tool_result"]]
    tool_use_id: Required[str]
    content: Required[
        TextEditorCodeExecutionViewResultBlockParam
        | TextEditorCodeExecutionCreateResultBlockParam
        | TextEditorCodeExecutionStrReplaceResultBlockParam
        | ServerToolErrorParam
    ]


class ToolSearchToolSearchResultBlockParam(TypedDict):
    """The tools that were found."""

    type: Literal["tool_search_tool_search_result"]
    tool_references: Iterable[ToolReferenceBlockParam]


class ToolSearchToolResultBlockParam(_Cacheable, total=False):
    """What tool search found in an earlier answer."""

    type: Required[Literal["tool_search_tool_result"]]
    tool_use_id: Required[str]
    content: Required[ToolSearchToolSearchResultBlockParam | ServerToolErrorParam]


class AdvisorResultBlockParam(TypedDict, total=False):
    """Advice that can be read."""

    type: Required[Literal["advisor_result"]]
    text: Required[str]
    stop_reason: str | None


class AdvisorRedactedResultBlockParam(TypedDict, total=False):
    """Advice that only the service can read, unchanged."""

    type: Required[Literal["advisor_redacted_result"]]
    encrypted_content: Required[str]
    stop_reason: str | None


class AdvisorToolResultBlockParam(_Cacheable, total=False):
    """The advice of another model in an earlier answer."""

    type: Required[Literal["advisor_tool_result"]]
    tool_use_id: Required[str]
    content: Required[AdvisorResultBlockParam | AdvisorRedactedResultBlockParam | ServerToolErrorParam]


class ContainerUploadBlockParam(_Cacheable, total=False):
    """A file that was uploaded before, to lie in the container."""

    type: Required[Literal["container_upload"]]
    file_id: Required[str]


class MCPToolUseBlockParam(_Cacheable, total=False):
    """A call of an MCP server's tool in an earlier answer."""

    type: Required[Literal["mcp_tool_use"]]
    id: Required[str]
    name: Required[str]
    server_name: Required[str]
    input: Required[Mapping[str, Any]]


class MCPToolResultBlockParam(_Cacheable, total=False):
    """What an MCP server's tool gave in an earlier answer."""

    type: Required[Literal["mcp_tool_result"]]
    tool_use_id: Required[str]
    content: str | Iterable[TextBlockParam]
    is_error: bool


class MCPToolParam(TypedDict, total=False):
    """A tool that an MCP server offers."""

    name: Required[str]
    description: str | None
    input_schema: Required[Mapping[str, Any]]


class MCPToolListingBlockParam(TypedDict):
    """The tools that an MCP server offered in an earlier answer."""

    type: Literal["mcp_tool_listing"]
    mcp_server_name: str
    tools: Iterable[MCPToolParam]


class CompactionBlockParam(_Cacheable, total=False):
    """The summary of an earlier answer that stands for the conversation before it, unchanged."""

    type: Required[Literal["compaction"]]
    content: str | None
    encrypted_content: str | None
    signature: str | None
    tool_changes: Iterable[Mapping[str, Any]] | None


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
    | WebSearchToolResultBlockParam
    | WebFetchToolResultBlockParam
    | CodeExecutionToolResultBlockParam
    | TextEditorCodeExecutionToolResultBlockParam
    | ToolSearchToolResultBlockParam
    | AdvisorToolResultBlockParam
    | ContainerUploadBlockParam
    | MCPToolUseBlockParam
    | MCPToolResultBlockParam
    | MCPToolListingBlockParam
    | CompactionBlockParam
)
Content: TypeAlias = str | Iterable[ContentBlockParam | ContentBlock]


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
    content: Required[str | Iterable[TextBlockParam]]
    clear_at: Literal["next_user_message", "never"] | None
    output_config: SystemMessageOutputConfigParam | None


MessageParam: TypeAlias = UserMessageParam | AssistantMessageParam | SystemMessageParam
