"""What the tools that the service runs gave back: a result, or the reason why there is none.

Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/server-tools
"""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from claude_foundry.types._wire_model import Detail, Unknown, WireModel


class UnknownResult(Unknown):
    """A result of any other type, or in a form not known here, with all its fields."""


class _Failure(WireModel):
    error_code: str
    """Such as ``unavailable``, ``too_many_requests``, ``max_uses_exceeded`` or ``invalid_tool_input``."""


class WebSearchToolResultError(_Failure):
    """Why a web search gave nothing."""

    type: Literal["web_search_tool_result_error"]


class WebFetchToolResultError(_Failure):
    """Why a page was not fetched."""

    type: Literal["web_fetch_tool_result_error"]


class CodeExecutionToolResultError(_Failure):
    """Why code was not run."""

    type: Literal["code_execution_tool_result_error"]


class BashCodeExecutionToolResultError(_Failure):
    """Why a shell command was not run."""

    type: Literal["bash_code_execution_tool_result_error"]


class TextEditorCodeExecutionToolResultError(_Failure):
    """Why a file was not read or changed."""

    type: Literal["text_editor_code_execution_tool_result_error"]
    error_message: str | None = None


class ToolSearchToolResultError(_Failure):
    """Why no tools were looked for."""

    type: Literal["tool_search_tool_result_error"]
    error_message: str | None = None


class AdvisorToolResultError(_Failure):
    """Why there is no advice."""

    type: Literal["advisor_tool_result_error"]


class WebSearchResult(WireModel):
    """A page that web search found; ``encrypted_content`` is sent back unchanged."""

    type: Literal["web_search_result"]
    url: str
    title: str
    encrypted_content: str
    page_age: str | None = None


class DocumentSource(WireModel):
    """The document itself: a PDF in base64, or plain text."""

    type: str
    media_type: str
    data: str


class Document(WireModel):
    """The document that was fetched."""

    type: Literal["document"]
    source: DocumentSource
    title: str | None = None
    citations: Detail[dict[str, Any]] = None


class WebFetchResult(WireModel):
    """A page as it was fetched."""

    type: Literal["web_fetch_result"]
    url: str
    content: Document
    retrieved_at: str | None = None
    """ISO 8601."""


class CodeExecutionOutput(WireModel):
    """A file that the code left."""

    type: Literal["code_execution_output"]
    file_id: str


class BashCodeExecutionOutput(WireModel):
    """A file that the command left."""

    type: Literal["bash_code_execution_output"]
    file_id: str


class CodeExecutionResult(WireModel):
    """What the code printed, how it ended, and the files it left."""

    type: Literal["code_execution_result"]
    stdout: str
    stderr: str
    return_code: int
    content: list[CodeExecutionOutput]


class EncryptedCodeExecutionResult(WireModel):
    """The same of code that read encrypted search results; ``encrypted_stdout`` is sent back unchanged."""

    type: Literal["encrypted_code_execution_result"]
    encrypted_stdout: str
    stderr: str
    return_code: int
    content: list[CodeExecutionOutput]


class BashCodeExecutionResult(WireModel):
    """What the command printed, how it ended, and the files it left."""

    type: Literal["bash_code_execution_result"]
    stdout: str
    stderr: str
    return_code: int
    content: list[BashCodeExecutionOutput]


class TextEditorCodeExecutionViewResult(WireModel):
    """What a file holds."""

    type: Literal["text_editor_code_execution_view_result"]
    file_type: str
    """``text``, ``image`` or ``pdf``."""
    content: str
    num_lines: int | None = None
    start_line: int | None = None
    total_lines: int | None = None


class TextEditorCodeExecutionCreateResult(WireModel):
    """A file was written."""

    type: Literal["text_editor_code_execution_create_result"]
    is_file_update: bool


class TextEditorCodeExecutionStrReplaceResult(WireModel):
    """What changed in a file, as in a diff."""

    type: Literal["text_editor_code_execution_str_replace_result"]
    lines: list[str] | None = None
    new_lines: int | None = None
    new_start: int | None = None
    old_lines: int | None = None
    old_start: int | None = None


class ToolReference(WireModel):
    """A tool that tool search found."""

    type: Literal["tool_reference"]
    tool_name: str


class ToolSearchToolSearchResult(WireModel):
    """The tools that tool search found."""

    type: Literal["tool_search_tool_search_result"]
    tool_references: list[ToolReference]


class AdvisorResult(WireModel):
    """The advice of another model."""

    type: Literal["advisor_result"]
    text: str
    stop_reason: str | None = None


class AdvisorRedactedResult(WireModel):
    """Advice that only the service can read. It is sent back unchanged."""

    type: Literal["advisor_redacted_result"]
    encrypted_content: str
    stop_reason: str | None = None


_Fetched = Annotated[WebFetchResult | WebFetchToolResultError, Field(discriminator="type")]
_Run = Annotated[
    CodeExecutionResult | EncryptedCodeExecutionResult | CodeExecutionToolResultError, Field(discriminator="type")
]
_Command = Annotated[BashCodeExecutionResult | BashCodeExecutionToolResultError, Field(discriminator="type")]
_Edit = Annotated[
    TextEditorCodeExecutionViewResult
    | TextEditorCodeExecutionCreateResult
    | TextEditorCodeExecutionStrReplaceResult
    | TextEditorCodeExecutionToolResultError,
    Field(discriminator="type"),
]
_Tools = Annotated[ToolSearchToolSearchResult | ToolSearchToolResultError, Field(discriminator="type")]
_Advice = Annotated[AdvisorResult | AdvisorRedactedResult | AdvisorToolResultError, Field(discriminator="type")]

_in_order = Field(union_mode="left_to_right")
WebSearchContent: TypeAlias = Annotated[
    list[WebSearchResult] | WebSearchToolResultError | UnknownResult | list[UnknownResult], _in_order
]
WebFetchContent: TypeAlias = Annotated[_Fetched | UnknownResult, _in_order]
CodeExecutionContent: TypeAlias = Annotated[_Run | UnknownResult, _in_order]
BashCodeExecutionContent: TypeAlias = Annotated[_Command | UnknownResult, _in_order]
TextEditorCodeExecutionContent: TypeAlias = Annotated[_Edit | UnknownResult, _in_order]
ToolSearchContent: TypeAlias = Annotated[_Tools | UnknownResult, _in_order]
AdvisorContent: TypeAlias = Annotated[_Advice | UnknownResult, _in_order]
