"""What a caller writes beside conversation and tools: thinking, output, caching, context editing, MCP servers.

Sources: https://platform.claude.com/docs/en/api/messages,
https://platform.claude.com/docs/en/build-with-claude/context-editing,
https://platform.claude.com/docs/en/agents-and-tools/mcp-connector
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, Required, TypeAlias, TypedDict

EffortLevel: TypeAlias = Literal["low", "medium", "high", "xhigh", "max"]


class CacheControlEphemeralParam(TypedDict, total=False):
    """The prompt up to here is kept in the cache."""

    type: Required[Literal["ephemeral"]]
    ttl: Literal["5m", "1h"]
    """Five minutes unless told."""


class CitationsConfigParam(TypedDict, total=False):
    """Whether the answer cites."""

    enabled: bool


class ToolChoiceAutoParam(TypedDict, total=False):
    """The model decides whether to call tools."""

    type: Required[Literal["auto"]]
    disable_parallel_tool_use: bool


class ToolChoiceAnyParam(TypedDict, total=False):
    """The model calls some tool; newer models refuse this."""

    type: Required[Literal["any"]]
    disable_parallel_tool_use: bool


class ToolChoiceToolParam(TypedDict, total=False):
    """The model calls the named tool; newer models refuse this."""

    type: Required[Literal["tool"]]
    name: Required[str]
    disable_parallel_tool_use: bool


class ToolChoiceNoneParam(TypedDict):
    """The model calls no tool."""

    type: Literal["none"]


ToolChoiceParam: TypeAlias = ToolChoiceAutoParam | ToolChoiceAnyParam | ToolChoiceToolParam | ToolChoiceNoneParam


class ThinkingBlockBindingParam(TypedDict, total=False):
    """What the service does with thinking that belongs to another conversation."""

    prefix_mismatch_behavior: Literal["error", "drop_block"] | None


ThinkingDisplay: TypeAlias = Literal["summarized", "omitted", "updates"]


class ThinkingConfigEnabledParam(TypedDict, total=False):
    """Thinking with a budget, for models up to Claude 4.6."""

    type: Required[Literal["enabled"]]
    budget_tokens: Required[int]
    """At least 1,024, and less than ``max_tokens``."""
    display: ThinkingDisplay | None
    block_binding: ThinkingBlockBindingParam | None


class ThinkingConfigAdaptiveParam(TypedDict, total=False):
    """The model thinks as much as the task and the effort ask for."""

    type: Required[Literal["adaptive"]]
    display: ThinkingDisplay | None
    """Newer models leave the text of their thinking out unless asked for ``summarized``."""
    block_binding: ThinkingBlockBindingParam | None


class ThinkingConfigBetweenToolsParam(TypedDict):
    """The model thinks between calls of tools only."""

    type: Literal["between_tools"]


class ThinkingConfigDisabledParam(TypedDict):
    """The model does not think; some cannot but."""

    type: Literal["disabled"]


ThinkingConfigParam: TypeAlias = (
    ThinkingConfigEnabledParam
    | ThinkingConfigAdaptiveParam
    | ThinkingConfigBetweenToolsParam
    | ThinkingConfigDisabledParam
)


class JSONOutputFormatParam(TypedDict):
    """The answer is JSON of this schema."""

    type: Literal["json_schema"]
    schema: Mapping[str, object]


class TokenTaskBudgetParam(TypedDict, total=False):
    """How many tokens the model may spend on the task, over several requests."""

    type: Required[Literal["tokens"]]
    total: Required[int]
    """At least 20,000."""
    remaining: int | None


class OutputConfigParam(TypedDict, total=False):
    """How the answer is written."""

    effort: EffortLevel | None
    format: JSONOutputFormatParam | None
    task_budget: TokenTaskBudgetParam | None


class MetadataParam(TypedDict, total=False):
    """What the service may know of the request."""

    user_id: str | None
    """An opaque id, nothing that names a person."""


class InputTokensParam(TypedDict):
    """A number of input tokens."""

    type: Literal["input_tokens"]
    value: int


class ToolUsesParam(TypedDict):
    """A number of calls."""

    type: Literal["tool_uses"]
    value: int


class ThinkingTurnsParam(TypedDict):
    """A number of turns with thinking."""

    type: Literal["thinking_turns"]
    value: int


class AllThinkingTurnsParam(TypedDict):
    """All turns with thinking."""

    type: Literal["all"]


class ClearToolUsesEditParam(TypedDict, total=False):
    """Clears results of old calls."""

    type: Required[Literal["clear_tool_uses_20250919"]]
    trigger: InputTokensParam | ToolUsesParam
    keep: ToolUsesParam
    clear_at_least: InputTokensParam | None
    exclude_tools: Sequence[str] | None
    clear_tool_inputs: bool | Sequence[str] | None


class ClearThinkingEditParam(TypedDict, total=False):
    """Clears old thinking; it stands before the other edits."""

    type: Required[Literal["clear_thinking_20251015"]]
    keep: ThinkingTurnsParam | AllThinkingTurnsParam | Literal["all"]


class CompactEditParam(TypedDict, total=False):
    """Puts a summary in the place of the conversation so far."""

    type: Required[Literal["compact_20260112"]]
    trigger: InputTokensParam | None
    """At least 50,000; 150,000 unless told."""
    instructions: str | None
    pause_after_compaction: bool


class ContextManagementParam(TypedDict, total=False):
    """What the service clears from the conversation before the model reads it."""

    edits: Iterable[ClearToolUsesEditParam | ClearThinkingEditParam | CompactEditParam]


class CompactionConfigParam(TypedDict, total=False):
    """Compaction, as newer versions of the API ask for it."""

    type: Required[Literal["summarize"]]
    instructions: str | None


class MCPServerToolConfigurationParam(TypedDict, total=False):
    """Which of its tools an MCP server may offer, in the older form."""

    allowed_tools: Sequence[str] | None
    enabled: bool | None


class MCPServerParam(TypedDict, total=False):
    """An MCP server that the service talks to; an ``mcp_toolset`` among the tools names it."""

    type: Required[Literal["url"]]
    name: Required[str]
    url: Required[str]
    """It begins with ``https://``."""
    authorization_token: str | None
    tool_configuration: MCPServerToolConfigurationParam | None


class SkillParam(TypedDict, total=False):
    """A skill for the container."""

    type: Required[Literal["anthropic", "custom"]]
    skill_id: Required[str]
    version: str


class ContainerParam(TypedDict, total=False):
    """The container that code runs in."""

    id: str | None
    """Of an earlier answer, to go on in its container."""
    skills: Iterable[SkillParam] | None


class FallbackCreditTokenParam(TypedDict, total=False):
    """The credit of a refusal, and what happens when it cannot be used."""

    token: Required[str]
    mode: Literal["strict", "best_effort"]


class FallbackParam(TypedDict, total=False):
    """A model that goes on where the first refused; its own fields replace those of the request."""

    model: Required[str]
    max_tokens: int | None
    thinking: ThinkingConfigParam | None
    output_config: OutputConfigParam | None
    speed: Literal["standard", "fast"] | None
