"""Content blocks of an answer, one model a block type, unknown ones kept whole.

Source: https://platform.claude.com/docs/en/api/messages
"""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from claude_foundry.types import _results
from claude_foundry.types._citations import TextCitation
from claude_foundry.types._wire_model import Detail, Unknown, WireModel

SERVER_CALLS = ("server_tool_use", "mcp_tool_use")
"""Types of the calls that the service runs itself."""
CALLS = ("tool_use", *SERVER_CALLS)


class TextBlock(WireModel):
    """Text of the answer, with its citations when the request asked for them."""

    type: Literal["text"]
    text: str
    citations: Detail[list[TextCitation]] = None


class ThinkingBlock(WireModel):
    """The model's reasoning. It is sent back unchanged, also when ``thinking`` is empty."""

    type: Literal["thinking"]
    thinking: str
    signature: str = ""


class RedactedThinkingBlock(WireModel):
    """Reasoning that only the service can read. It is sent back unchanged."""

    type: Literal["redacted_thinking"]
    data: str


class Caller(WireModel):
    """Who makes a call: the model itself (``direct``), or code that it runs in the call ``tool_id``."""

    type: str
    tool_id: str | None = None


class ToolUseBlock(WireModel):
    """A call of one of the caller's tools; ``input`` is exact, never completed from a cut answer."""

    type: Literal["tool_use"]
    id: str
    name: str
    input: dict[str, Any]
    caller: Detail[Caller] = None
    toolset_name: str | None = None


class ServerToolUseBlock(WireModel):
    """A call that the service runs itself (web search, code execution, ...); it needs no answer."""

    type: Literal["server_tool_use"]
    id: str
    name: str
    input: dict[str, Any]
    caller: Detail[Caller] = None


class _ServerToolResultBlock(WireModel):
    tool_use_id: str
    """The ``server_tool_use`` that this is the result of."""


class WebSearchToolResultBlock(_ServerToolResultBlock):
    """The pages that web search found, or an error."""

    type: Literal["web_search_tool_result"]
    content: _results.WebSearchContent
    caller: Detail[Caller] = None


class WebFetchToolResultBlock(_ServerToolResultBlock):
    """The page that was fetched, or an error."""

    type: Literal["web_fetch_tool_result"]
    content: _results.WebFetchContent
    caller: Detail[Caller] = None


class CodeExecutionToolResultBlock(_ServerToolResultBlock):
    """What came of the code, or an error."""

    type: Literal["code_execution_tool_result"]
    content: _results.CodeExecutionContent


class BashCodeExecutionToolResultBlock(_ServerToolResultBlock):
    """What came of the shell command, or an error."""

    type: Literal["bash_code_execution_tool_result"]
    content: _results.BashCodeExecutionContent


class TextEditorCodeExecutionToolResultBlock(_ServerToolResultBlock):
    """What came of reading or changing a file, or an error."""

    type: Literal["text_editor_code_execution_tool_result"]
    content: _results.TextEditorCodeExecutionContent


class ToolSearchToolResultBlock(_ServerToolResultBlock):
    """The tools that were found, or an error."""

    type: Literal["tool_search_tool_result"]
    content: _results.ToolSearchContent


class AdvisorToolResultBlock(_ServerToolResultBlock):
    """The advice of another model, or an error."""

    type: Literal["advisor_tool_result"]
    content: _results.AdvisorContent


class MCPToolUseBlock(WireModel):
    """A call of a tool of an MCP server, which the service makes itself; it needs no answer."""

    type: Literal["mcp_tool_use"]
    id: str
    name: str
    server_name: str
    input: dict[str, Any]


class MCPToolResultBlock(_ServerToolResultBlock):
    """What a tool of an MCP server gave."""

    type: Literal["mcp_tool_result"]
    is_error: bool
    content: str | list[TextBlock]


class MCPTool(WireModel):
    """A tool that an MCP server offers."""

    name: str
    description: str | None = None
    input_schema: dict[str, Any]


class MCPToolListingBlock(WireModel):
    """The tools that an MCP server offers."""

    type: Literal["mcp_tool_listing"]
    mcp_server_name: str
    tools: list[MCPTool]


class ContainerUploadBlock(WireModel):
    """A file that lies in the container."""

    type: Literal["container_upload"]
    file_id: str


class CompactionBlock(WireModel):
    """The summary that stands for the conversation before it. It is sent back unchanged."""

    type: Literal["compaction"]
    content: str | None = None
    encrypted_content: str | None = None
    signature: str | None = None
    tool_changes: Detail[list[dict[str, Any]]] = None


class FallbackModel(WireModel):
    """A model that took part in a fallback."""

    model: str


class FallbackTrigger(WireModel):
    """Why another model went on."""

    type: str
    category: str | None = None


class FallbackBlock(WireModel):
    """Where another model went on with the answer."""

    type: Literal["fallback"]
    from_: FallbackModel = Field(alias="from")
    to: FallbackModel
    trigger: Detail[FallbackTrigger] = None

    @model_serializer(mode="wrap")
    def _as_received(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields = {name.rstrip("_"): value for name, value in handler(self).items()}
        return {name: value for name, value in fields.items() if name in self.model_fields_set or name == "from"}


class InvalidToolUseBlock(WireModel):
    """A call whose arguments were cut or are not JSON, such as NaN: ``partial_json`` holds them as they arrived.

    It stands where the stream had a ``tool_use`` (or a call that the service runs); it must not be run.
    """

    type: Literal["invalid_tool_use"]
    id: str
    name: str
    partial_json: str


class UnknownBlock(Unknown):
    """A block of any other type, or in a form not known here, with all its fields: dump it to read or resend it."""


_Known = Annotated[
    TextBlock
    | ThinkingBlock
    | RedactedThinkingBlock
    | ToolUseBlock
    | ServerToolUseBlock
    | WebSearchToolResultBlock
    | WebFetchToolResultBlock
    | CodeExecutionToolResultBlock
    | BashCodeExecutionToolResultBlock
    | TextEditorCodeExecutionToolResultBlock
    | ToolSearchToolResultBlock
    | AdvisorToolResultBlock
    | MCPToolUseBlock
    | MCPToolResultBlock
    | MCPToolListingBlock
    | ContainerUploadBlock
    | CompactionBlock
    | FallbackBlock
    | InvalidToolUseBlock,
    Field(discriminator="type"),
]
ContentBlock: TypeAlias = Annotated[_Known | UnknownBlock, Field(union_mode="left_to_right")]
