"""The tools a request may offer: the caller's own, those that the API defines, and those that the service runs.

Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/tool-reference
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, Required, TypeAlias, TypedDict

from claude_foundry.types._config_params import CacheControlEphemeralParam, CitationsConfigParam
from claude_foundry.types._content_params import MCPToolParam
from claude_foundry.types._toolset_params import BrowserToolsetParam, ComputerToolsetParam

AllowedCaller: TypeAlias = Literal[
    "direct", "code_execution_20250825", "code_execution_20260120", "code_execution_20260521"
]


class _ToolOptions(TypedDict, total=False):
    allowed_callers: Sequence[AllowedCaller]
    """Who may call the tool: the model itself, or code that it runs."""
    cache_control: CacheControlEphemeralParam | None
    defer_loading: bool
    """The model learns of the tool only when tool search finds it."""
    strict: bool
    """The calls keep to the schema."""


class _ClientToolOptions(_ToolOptions, total=False):
    input_examples: Iterable[Mapping[str, object]]


class ToolParam(_ClientToolOptions, total=False):
    """A tool of the caller's."""

    type: Literal["custom"] | None
    name: Required[str]
    """Letters, digits, ``_`` and ``-``; at most 64."""
    description: str
    input_schema: Required[Mapping[str, object]]
    """JSON schema of an object."""
    eager_input_streaming: bool | None
    """A stream brings the arguments as they are written, not a value at a time."""


class ToolBashParam(_ClientToolOptions, total=False):
    """A shell that the caller runs."""

    type: Required[Literal["bash_20250124", "bash_20241022"]]
    name: Required[Literal["bash"]]


class ToolTextEditorParam(_ClientToolOptions, total=False):
    """A text editor that the caller runs."""

    type: Required[Literal["text_editor_20250728", "text_editor_20250429"]]
    name: Required[Literal["str_replace_based_edit_tool"]]
    max_characters: int | None
    """Of a file that is viewed; from ``text_editor_20250728`` on."""


class ToolTextEditorLegacyParam(_ClientToolOptions, total=False):
    """The same under its older name."""

    type: Required[Literal["text_editor_20250124", "text_editor_20241022"]]
    name: Required[Literal["str_replace_editor"]]


class MemoryToolParam(_ClientToolOptions, total=False):
    """A memory of files that the caller keeps."""

    type: Required[Literal["memory_20250818"]]
    name: Required[Literal["memory"]]


class ToolComputerUseParam(_ClientToolOptions, total=False):
    """A screen, mouse and keyboard that the caller drives."""

    type: Required[Literal["computer_20251124", "computer_20250124", "computer_20241022"]]
    name: Required[Literal["computer"]]
    display_width_px: Required[int]
    display_height_px: Required[int]
    display_number: int | None
    enable_zoom: bool
    """From ``computer_20251124`` on."""


class UserLocationParam(TypedDict, total=False):
    """Where the user is, roughly."""

    type: Required[Literal["approximate"]]
    city: str | None
    region: str | None
    country: str | None
    """Two letters."""
    timezone: str | None
    """Such as ``Europe/Zurich``."""


class _WebOptions(_ToolOptions, total=False):
    max_uses: int | None
    allowed_domains: Sequence[str] | None
    """These only; not together with ``blocked_domains``."""
    blocked_domains: Sequence[str] | None
    response_inclusion: Literal["full", "excluded"]
    """From version 20260318 on."""


class WebSearchToolParam(_WebOptions, total=False):
    """Web search, which the service runs."""

    type: Required[Literal["web_search_20250305", "web_search_20260209", "web_search_20260318"]]
    name: Required[Literal["web_search"]]
    user_location: UserLocationParam | None


class WebFetchURLSourceToolReferenceParam(TypedDict):
    """A tool whose results may name addresses."""

    type: Literal["tool_reference"]
    name: str


class WebFetchURLSourceParam(TypedDict, total=False):
    """Whose addresses may be fetched: of all tools, of none, of some only, or of all but some."""

    type: Required[Literal["all", "none", "only", "except"]]
    tools: Iterable[WebFetchURLSourceToolReferenceParam]


class WebFetchURLSourcesParam(TypedDict, total=False):
    """Where an address may come from that is fetched."""

    user_input: WebFetchURLSourceParam
    client_tool_results: WebFetchURLSourceParam
    server_tool_results: WebFetchURLSourceParam


class WebFetchToolParam(_WebOptions, total=False):
    """Fetching of pages, which the service does."""

    type: Required[Literal["web_fetch_20250910", "web_fetch_20260209", "web_fetch_20260309", "web_fetch_20260318"]]
    name: Required[Literal["web_fetch"]]
    citations: CitationsConfigParam | None
    max_content_tokens: int | None
    url_sources: WebFetchURLSourcesParam | None
    use_cache: bool
    """From version 20260309 on."""


class CodeExecutionToolParam(_ToolOptions, total=False):
    """A sandbox in which the service runs the model's code."""

    type: Required[
        Literal[
            "code_execution_20250522",
            "code_execution_20250825",
            "code_execution_20260120",
            "code_execution_20260521",
        ]
    ]
    name: Required[Literal["code_execution"]]


class ToolSearchToolRegexParam(_ToolOptions, total=False):
    """Search among the deferred tools by pattern."""

    type: Required[Literal["tool_search_tool_regex_20251119", "tool_search_tool_regex"]]
    name: Required[Literal["tool_search_tool_regex"]]


class ToolSearchToolBm25Param(_ToolOptions, total=False):
    """Search among the deferred tools by words."""

    type: Required[Literal["tool_search_tool_bm25_20251119", "tool_search_tool_bm25"]]
    name: Required[Literal["tool_search_tool_bm25"]]


class MCPToolConfigParam(TypedDict, total=False):
    """Whether a tool of an MCP server is offered, and when."""

    enabled: bool
    defer_loading: bool


class MCPToolsetParam(TypedDict, total=False):
    """The tools of one of the ``mcp_servers``."""

    type: Required[Literal["mcp_toolset"]]
    mcp_server_name: Required[str]
    default_config: MCPToolConfigParam
    configs: Mapping[str, MCPToolConfigParam] | None
    tools: Iterable[MCPToolParam] | None
    cache_control: CacheControlEphemeralParam | None


class AdvisorToolParam(_ToolOptions, total=False):
    """Another model that the model may ask. Microsoft Foundry does not offer it."""

    type: Required[Literal["advisor_20260301"]]
    name: Required[Literal["advisor"]]
    model: Required[str]
    max_tokens: int | None
    """Of each piece of advice, thinking among them."""
    max_uses: int | None
    caching: CacheControlEphemeralParam | None
    """Of what the adviser reads."""


ToolUnionParam: TypeAlias = (
    ToolParam
    | ToolBashParam
    | ToolTextEditorParam
    | ToolTextEditorLegacyParam
    | MemoryToolParam
    | ToolComputerUseParam
    | WebSearchToolParam
    | WebFetchToolParam
    | CodeExecutionToolParam
    | ToolSearchToolRegexParam
    | ToolSearchToolBm25Param
    | MCPToolsetParam
    | AdvisorToolParam
    | ComputerToolsetParam
    | BrowserToolsetParam
)
