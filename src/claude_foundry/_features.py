"""What Claude in Microsoft Foundry offers, as data: where each feature is hosted, how it is asked for, and its beta.

Whether a deployment is hosted on Azure or on Anthropic is chosen with it (model version 2 or 1) and shows in no
address, so that what a deployment refuses is learnt from its answers.

Sources: https://platform.claude.com/docs/en/build-with-claude/claude-in-microsoft-foundry (hosting options),
https://platform.claude.com/docs/en/build-with-claude/overview (features by platform),
https://platform.claude.com/docs/en/api/beta-headers
"""

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, Literal

from claude_foundry._models import Model, deployed
from claude_foundry.errors import ConfigurationError

FILES_BETA = "files-api-2025-04-14"

Status = Literal["GA", "beta", "unverified", "not on Foundry"]


@dataclass(frozen=True)
class Feature:
    """One feature of the Claude API."""

    name: str
    azure: bool | None
    """Whether deployments hosted on Azure have it; None where the provider's pages disagree."""
    anthropic: bool | None
    """Whether deployments hosted on Anthropic have it; None where the provider's pages disagree."""
    status: Status
    uses: Mapping[str, str | None] = field(default_factory=dict)
    """How a request asks for it, and the beta to name then. ``tools.*.type=bash_*`` is: any tool of such a type."""
    column: str | None = None
    """The column of the models' table that tells whether a model has it."""


def _signs(*signs: str) -> dict[str, str | None]:
    return dict.fromkeys(signs)


_BLOCKS = ("messages.*.content.*", "messages.*.content.*.content.*")


def _blocks(sign: str, beta: str | None = None) -> dict[str, str | None]:
    return {f"{path}.{sign}": beta for path in _BLOCKS}


# fmt: off
_ROWS = (
    #       name                           Azure  Anthropic status
    Feature("streaming",                   True,  True,  "GA", _signs("stream=True")),
    Feature("client_tools",                True,  True,  "GA", _signs("tools.*.input_schema")),
    Feature("vision",                      True,  True,  "GA", _blocks("type=image")),
    Feature("pdf",                         True,  True,  "GA", _blocks("source.media_type=application/pdf")),
    Feature("long_context",                True,  True,  "GA"),
    Feature("token_counting",              True,  True,  "GA"),
    Feature("prompt_caching",              True,  True,  "GA",
            {"cache_control": None, "system.*.cache_control": None, "tools.*.cache_control": None}
            | _blocks("cache_control")),
    Feature("thinking",                    True,  True,  "GA", _signs("thinking.type")),
    Feature("effort",                      True,  True,  "GA", _signs("output_config.effort")),
    Feature("citations",                   True,  True,  "GA", _blocks("citations.enabled=True")),
    Feature("search_results",              True,  True,  "GA", _blocks("type=search_result")),
    Feature("structured_outputs",          True,  True,  "GA", _signs("output_config.format", "tools.*.strict=True"),
            "structured_output"),
    Feature("tool_search",                 True,  True,  "GA", _signs("tools.*.type=tool_search_tool_*")),
    Feature("web_search",                  True,  True,  "GA", _signs("tools.*.type=web_search_*")),
    Feature("web_fetch",                   True,  True,  "GA", _signs("tools.*.type=web_fetch_*")),
    Feature("dynamic_filtering",           False, True,  "GA",
            _signs("tools.*.type=web_search_202[6-9]*", "tools.*.type=web_fetch_202[6-9]*")),
    Feature("code_execution",              False, True,  "GA", _signs("tools.*.type=code_execution_*")),
    Feature("legacy_code_execution",       False, True,  "beta",
            {"tools.*.type=code_execution_20250522": "code-execution-2025-05-22"}),
    Feature("programmatic_tool_calling",   False, True,  "GA", _signs("tools.*.allowed_callers.*=code_execution_*")),
    Feature("bash",                        True,  True,  "GA", _signs("tools.*.type=bash_*")),
    Feature("text_editor",                 True,  True,  "GA", _signs("tools.*.type=text_editor_*")),
    Feature("memory",                      True,  True,  "GA", _signs("tools.*.type=memory_*")),
    Feature("fine_grained_tool_streaming", True,  True,  "GA", _signs("tools.*.eager_input_streaming=True")),
    Feature("mcp_connector",               True,  True,  "beta", {"mcp_servers.*": "mcp-client-2025-11-20"}),
    Feature("agent_skills",                False, True,  "beta", {"container.skills.*": "skills-2025-10-02"}),
    Feature("files",                       False, True,  "beta",
            _blocks("source.type=file", FILES_BETA)
            | {"messages.*.content.*.type=container_upload": FILES_BETA}),
    Feature("computer_use",                True,  True,  "beta",
            {"tools.*.type=computer_20251124": "computer-use-2025-11-24",
             "tools.*.type=computer_20250124": "computer-use-2025-01-24"}),
    Feature("context_editing",             True,  True,  "beta",
            {"context_management.edits.*.type=clear_*": "context-management-2025-06-27"}),
    Feature("compaction",                  True,  True,  "beta",
            {"context_management.edits.*.type=compact_*": "compact-2026-01-12", "compaction": "compact-2026-09-04"}),
    Feature("fallback_credit",             True,  True,  "beta",
            {"fallback_credit_token": "fallback-credit-2026-07-01"}),
    Feature("thinking_updates",            True,  True,  "beta",
            {"thinking.display=updates": "thinking-display-updates-2026-08-18"}),
    Feature("task_budgets",                None,  None,  "unverified",
            {"output_config.task_budget": "task-budgets-2026-03-13"}),
    Feature("effort_by_message",           None,  None,  "unverified",
            {"messages.*.output_config": "mid-conversation-output-config-2026-07-01"}),
    Feature("system_messages",             None,  None,  "unverified", _signs("messages.*.role=system")),
    Feature("clearing_system_messages",    None,  None,  "unverified",
            {"messages.*.clear_at": "mid-conversation-system-clear-at-2026-08-21"}),
    Feature("changing_tools",              None,  None,  "unverified",
            {f"messages.*.content.*.type=tool_{change}": "mid-conversation-tool-changes-2026-07-01"
             for change in ("addition", "removal")}),
    Feature("thinking_block_binding",      None,  None,  "unverified",
            {"thinking.block_binding": "thinking-binding-controls-2026-08-01"}),
    Feature("message_batches",             False, False, "not on Foundry"),
    Feature("models_api",                  False, False, "not on Foundry"),
    Feature("admin_api",                   False, False, "not on Foundry"),
    Feature("managed_agents",              False, False, "not on Foundry"),
    Feature("server_side_fallbacks",       False, False, "not on Foundry", _signs("fallbacks")),
    Feature("advisor",                     False, False, "not on Foundry", _signs("tools.*.type=advisor_*")),
    Feature("computer_toolset",            False, False, "not on Foundry", _signs("tools.*.type=computer_toolset_*")),
    Feature("browser_toolset",             False, False, "not on Foundry", _signs("tools.*.type=browser_toolset_*")),
    Feature("fast_mode",                   False, False, "not on Foundry", _signs("speed=fast")),
    Feature("inference_geo",               False, False, "not on Foundry", _signs("inference_geo")),
    Feature("cache_diagnostics",           False, False, "not on Foundry", _signs("diagnostics")),
    Feature("message_threads",             False, False, "not on Foundry", _signs("thread")),
    Feature("priority_tier",               False, False, "not on Foundry"),
)
# fmt: on
FEATURES = {feature.name: feature for feature in _ROWS}
_DATE = re.compile(r"-\d{4}-\d{2}-\d{2}$")


def feature(name: str) -> Feature:
    """Gives the feature of that name.

    Raises:
        ConfigurationError: there is none.
    """
    if name not in FEATURES:
        raise ConfigurationError(f"{name!r} is no feature known here: choose from {', '.join(FEATURES)}.")
    return FEATURES[name]


def used(request: Mapping[str, Any]) -> list[str]:
    """Gives the names of the features that a request asks for."""
    shown = set(_shown([request], _EVERY_SIGN))
    return [feature.name for feature in _ROWS if not shown.isdisjoint(feature.uses)]


def betas(request: Mapping[str, Any], *, given: Iterable[str] = ()) -> list[str]:
    """Gives the betas that a request needs to be named, beside those given.

    One of the same family, which is its name without the date, stands for it.

    Args:
        request: fields of the API.
        given: betas that the caller names.
    """
    shown = set(_shown([request], _SIGNS_OF_BETAS))
    if not shown:
        return []
    families = {_DATE.sub("", beta) for beta in given}
    needed = dict.fromkeys(beta for sign, beta in _BETAS.items() if sign in shown)
    return [beta for beta in needed if _DATE.sub("", beta) not in families]


@dataclass
class _Fork:
    """The signs that begin with one path: those that end here, by the value they want, and the ways on."""

    signs: list[tuple[str, str]] = field(default_factory=list)
    ways: dict[str, "_Fork"] = field(default_factory=dict)


def _forked(signs: Iterable[str]) -> _Fork:
    root = _Fork()
    for sign in signs:
        path, _, wanted = sign.partition("=")
        fork = root
        for name in path.split("."):
            fork = fork.ways.setdefault(name, _Fork())
        fork.signs.append((sign, wanted))
    return root


def _shown(values: list[Any], fork: _Fork) -> Iterator[str]:
    """Gives the signs that values show; each path is followed once, however many signs begin with it."""
    if fork.signs:
        texts = {str(value) for value in values}
        yield from (
            sign for sign, wanted in fork.signs if not wanted or any(fnmatchcase(text, wanted) for text in texts)
        )
    for name in _led_on(values, fork):
        if found := _inside(values, name):
            yield from _shown(found, fork.ways[name])


def _led_on(values: list[Any], fork: _Fork) -> Iterable[str]:
    # A request has few of all the fields that could show something.
    only = values[0] if len(values) == 1 else None
    return fork.ways.keys() & only.keys() if type(only) is dict else fork.ways


def _inside(values: list[Any], name: str) -> list[Any]:
    if name == "*":
        return [item for value in values if isinstance(value, list | tuple) for item in value]
    # A long conversation has thousands of dicts to look into, at each request.
    inner = [value.get(name) if type(value) is dict else _field(value, name) for value in values]
    return [value for value in inner if value is not None]


def _field(value: Any, name: str) -> Any:
    # Blocks of an earlier answer may be sent back as they are, typed.
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)


_BETAS = {sign: beta for feature in _ROWS for sign, beta in feature.uses.items() if beta}
_SIGNS_OF_BETAS = _forked(_BETAS)
_EVERY_SIGN = _forked(sign for feature in _ROWS for sign in feature.uses)


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What is known of a deployment: its model's rules, and what it has refused so far."""

    deployment: str
    model: Model
    """The row of the model: limits, thinking, effort, hosting options, prices and more."""
    refused: frozenset[str] = frozenset()
    """Names of features that the deployment has refused to this client, in the service's words."""
    hosting: str | None = None
    """Where its last answer to this client says it is hosted: on ``azure``, on ``anthropic``; None before one did."""

    def has(self, name: str) -> bool | None:
        """Tells whether the deployment has a feature; None where that depends on how it is hosted, or is not known.

        Args:
            name: of the feature, such as ``structured_outputs``, ``code_execution`` or ``mcp_connector``.

        Raises:
            ConfigurationError: there is no such feature.

        Source: https://platform.claude.com/docs/en/build-with-claude/claude-in-microsoft-foundry (hosting options)
        """
        if name in self.refused:
            return False
        row = feature(name)
        if row.column and not getattr(self.model, row.column):
            return False
        options = (self.hosting,) if self.hosting else self.model.hosting or ("azure", "anthropic")
        hosted = {getattr(row, option) for option in options}
        return hosted.pop() if len(hosted) == 1 else None


def capabilities(
    deployment: str,
    *,
    base_model: str | None,
    refused: frozenset[str],
    hosting: str | None = None,
    unforced: bool = False,
) -> Capabilities:
    """Gives what is known of a deployment; the base model tells more than the deployment's name.

    Args:
        deployment: its name.
        base_model: the Claude model deployed there, where the name does not tell it.
        refused: features that it has refused.
        hosting: where it is, if known.
        unforced: whether it has refused to have a tool forced.
    """
    model = deployed(deployment, base_model=base_model)
    if unforced and model.forced_tool_choice:
        model = replace(model, forced_tool_choice=False)
    return Capabilities(deployment=deployment, model=model, refused=refused, hosting=hosting)


@functools.cache
def hosted_elsewhere(model: Model) -> frozenset[str]:
    """Gives the features that a deployment of the model lacks where the portal hosts it by default.

    That is on Azure, where Azure hosts the model; there some features of Anthropic's hosting are missing.
    """
    if "azure" not in model.hosting:
        return frozenset()
    return frozenset(row.name for row in _ROWS if row.anthropic and row.azure is False)
