"""Results of tools that the service ran in an earlier answer, as they are sent back.

Source: https://platform.claude.com/docs/en/api/messages
"""

from collections.abc import Iterable, Sequence
from typing import Literal, Required, TypeAlias, TypedDict

from claude_foundry.types._content_params import (
    CacheableParam,
    CallerParam,
    DocumentBlockParam,
    ToolReferenceBlockParam,
)


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


class WebSearchToolResultBlockParam(CacheableParam, total=False):
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


class WebFetchToolResultBlockParam(CacheableParam, total=False):
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


class CodeExecutionToolResultBlockParam(CacheableParam, total=False):
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


class TextEditorCodeExecutionToolResultBlockParam(CacheableParam, total=False):
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


class ToolSearchToolResultBlockParam(CacheableParam, total=False):
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


class AdvisorToolResultBlockParam(CacheableParam, total=False):
    """The advice of another model in an earlier answer."""

    type: Required[Literal["advisor_tool_result"]]
    tool_use_id: Required[str]
    content: Required[AdvisorResultBlockParam | AdvisorRedactedResultBlockParam | ServerToolErrorParam]


ServerToolResultBlockParam: TypeAlias = (
    WebSearchToolResultBlockParam
    | WebFetchToolResultBlockParam
    | CodeExecutionToolResultBlockParam
    | TextEditorCodeExecutionToolResultBlockParam
    | ToolSearchToolResultBlockParam
    | AdvisorToolResultBlockParam
)
