"""What the service refuses in a request's fields, in its words; the first complaint is the answer.

Sources: https://platform.claude.com/docs/en/api/messages, https://platform.claude.com/docs/en/api/versioning,
https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools,
https://platform.claude.com/docs/en/build-with-claude/prompt-caching
"""

import re
from collections.abc import Collection, Mapping
from itertools import chain
from typing import Any

from claude_foundry import _features
from claude_foundry._models import Model
from claude_foundry.emulator import _context, _context_checks, _door, _fields, _history, _schema_rules, _server_checks
from claude_foundry.emulator._fields import Complaints, tagged
from claude_foundry.emulator._files import StoredFile
from claude_foundry.emulator._refusals import NO_THREADS, Refusal, invalid
from claude_foundry.emulator._usage import input_tokens

_TOOL_NAME = r"^[a-zA-Z0-9_-]{1,64}$"
_MOST_BREAKPOINTS = 4
_NEWER_VERSION = "2026-10-21"
_UNION_KEYWORDS = ("oneOf", "allOf", "anyOf")
_LEAST_BUDGET = 1024
_LEAST_TOP_P_WHILE_THINKING = 0.95

Fields = Mapping[str, Any]


def refusal(
    fields: Fields,
    headers: Mapping[str, str],
    *,
    model: Model,
    counting: bool,
    unsupported: Collection[str] = (),
    stored: Mapping[str, StoredFile] | None = None,
) -> Refusal | None:
    """Gives the service's refusal of a request, or None when it takes it.

    Args:
        fields: the parsed body.
        headers: names in lower case.
        model: whose rules hold.
        counting: whether only tokens are asked for.
        unsupported: names of features that the deployment lacks.
        stored: the files that messages may refer to; None: whether a file is there is not looked at.
    """
    given = {name: value for name, value in fields.items() if value is not None}
    complaints = chain(
        _top_level(fields, headers, counting=counting),
        _types(fields),
        _lacking(given, unsupported),
        _max_tokens(given, model),
        _sampling(given, model),
        _tools(given.get("tools", [])),
        _server_checks.mcp(given, _door.betas(headers)),
        _tool_choice(given, model),
        _thinking(given, model),
        _context_checks.complaints(given, _door.betas(headers)),
        _history.complaints(given, model),
        _history.newly_refused(given) if headers["anthropic-version"] == _NEWER_VERSION else (),
        _output(given, model),
        _caching(given),
        _length(given, model),
    )
    if fields.get("thread") and any(beta.startswith("message-threads-") for beta in _door.betas(headers)):
        return NO_THREADS
    first = next(complaints, None)
    return _server_checks.files(given, headers, stored) if first is None else invalid(first)


def _top_level(fields: Fields, headers: Mapping[str, str], *, counting: bool) -> Complaints:
    shape = _fields.COUNTED if counting else _fields.ASKED
    asked_for = _door.betas(headers)
    sampled = () if counting or headers["anthropic-version"] == _NEWER_VERSION else _fields.SAMPLING
    taken = [
        *sampled,
        *(name for name, starts in _fields.BETA_FIELDS.items() if any(beta.startswith(starts) for beta in asked_for)),
    ]
    yield from shape.complaints({name: value for name, value in fields.items() if name not in taken}, "")


_TYPES: dict[str, tuple[type | tuple[type, ...], str]] = {
    "model": (str, "a valid string"),
    "max_tokens": (int, "a valid integer"),
    "messages": (list, "a valid list"),
    "system": ((str, list), "a valid string or list"),
    "tools": (list, "a valid list"),
    "tool_choice": (dict, "an object"),
    "thinking": (dict, "an object"),
    "output_config": (dict, "an object"),
    "stop_sequences": (list, "a valid list"),
    "stream": (bool, "a valid boolean"),
    "temperature": ((int, float), "a valid number"),
    "top_p": ((int, float), "a valid number"),
    "top_k": (int, "a valid integer"),
}
_NEVER_NULL = ("model", "max_tokens", "messages")


def _types(fields: Fields) -> Complaints:
    for name, (kinds, wanted) in _TYPES.items():
        value = fields.get(name)
        # In Python a bool is an int, in JSON it is not.
        wrong = not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool)
        if name in fields and wrong and (value is not None or name in _NEVER_NULL):
            yield f"{name}: Input should be {wanted}"
    for place, sequence in enumerate(fields.get("stop_sequences") or ()):
        if not isinstance(sequence, str) or not sequence.strip():
            yield f"stop_sequences.{place}: each stop sequence must contain non-whitespace"


def _lacking(fields: Fields, unsupported: Collection[str]) -> Complaints:
    asked = [name for name in _features.used(fields) if name in unsupported]
    betas = [name for name in asked if _features.feature(name).status == "beta"]
    if "web_search" in asked:
        yield "Server-side web search is not available in this environment"
    if betas:
        yield f"features are not available for Azure AI Foundry workspace(s): {' and '.join(betas)}"
    if asked:
        yield f"{', '.join(asked)} not supported in your workspace."


def _max_tokens(fields: Fields, model: Model) -> Complaints:
    asked, most = fields.get("max_tokens", 0), model.max_output_tokens
    if asked < 0:
        yield "max_tokens: Input should be greater than or equal to 0"
    if asked > most:
        yield (
            f"max_tokens: {asked} > {most}, which is the maximum allowed number of output tokens for {fields['model']}"
        )


def _sampling(fields: Fields, model: Model) -> Complaints:
    given = [name for name in _fields.SAMPLING if name in fields]
    if not model.sampling:
        unusual = [name for name in given if (name, fields[name]) != ("temperature", 1)]
        yield from (f"`{name}` is deprecated for this model." for name in unusual)
    if not 0 <= fields.get("temperature", 1) <= 1:
        yield "temperature: range: 0..1"
    if not 0 <= fields.get("top_p", 1) <= 1:
        yield "top_p: range: 0..1"
    if model.one_sampling and {"temperature", "top_p"} <= fields.keys():
        yield "`temperature` and `top_p` cannot both be specified for this model. Please use only one."
    if fields.get("thinking", {}).get("type") in ("enabled", "adaptive"):
        yield from _sampling_while_thinking(fields)


def _sampling_while_thinking(fields: Fields) -> Complaints:
    if fields.get("temperature", 1) != 1:
        yield "`temperature` may only be set to 1 when thinking is enabled."
    if fields.get("top_p", 1) < _LEAST_TOP_P_WHILE_THINKING:
        yield "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled."
    if "top_k" in fields:
        yield "`top_k` must be unset when thinking is enabled."


def _tools(tools: Any) -> Complaints:
    for place, tool in enumerate(tools):
        yield from _tool(tool, f"tools.{place}")
    names = [tool["name"] for tool in tools if "name" in tool]
    if len(names) != len(set(names)):
        yield "tools: Tool names must be unique."
    if tools and all(tool.get("defer_loading") for tool in tools):
        yield "At least one tool must have defer_loading=false."


def _tool(tool: Any, path: str) -> Complaints:
    if not isinstance(tool, Mapping):
        yield f"{path}: Input should be an object"
        return
    kind = tool.get("type") or "custom"
    if kind == "custom":
        yield from _custom_tool(tool, f"{path}.custom")
    elif not str(kind).startswith(_fields.SERVER_TOOLS):
        yield f"{path}: Input tag '{kind}' found using 'type' does not match any of the expected tags: 'custom'"
    else:
        yield from _server_checks.tool(tool, path)


def _custom_tool(tool: Fields, path: str) -> Complaints:
    yield from _fields.TOOL.complaints(tool, path)
    if not isinstance(tool["name"], str) or not re.fullmatch(_TOOL_NAME, tool["name"]):
        yield f"{path}.name: String should match pattern '{_TOOL_NAME}'"
    match tool["input_schema"]:
        case {"type": "object", **schema}:
            unions = [name for name in _UNION_KEYWORDS if name in schema]
            if unions:
                yield f"{path}.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level"
        case {"type": _}:
            yield f"{path}.input_schema.type: Input should be 'object'"
        case Mapping():
            yield f"{path}.input_schema.type: Field required"
        case _:
            yield f"{path}.input_schema: Input should be an object"
    yield from _schema_rules.ill_formed(tool["input_schema"], f"{path}.input_schema")
    if tool.get("strict"):
        yield from _schema_rules.not_compiled(tool["input_schema"], f"{path}.input_schema")


def _tool_choice(fields: Fields, model: Model) -> Complaints:
    choice = fields.get("tool_choice")
    if choice is None:
        return
    yield from tagged(choice, _fields.TOOL_CHOICES, "tool_choice")
    tools = fields.get("tools") or ()
    if not tools:
        yield "`tool_choice` may only be specified while providing `tools`."
    if choice["type"] not in ("any", "tool"):
        return
    if not model.forced_tool_choice:
        yield 'tool_choice: type "tool" and "any" are not supported for this model.'
    if fields.get("thinking", {}).get("type") == "enabled":
        yield "Thinking may not be enabled when tool_choice forces tool use."
    if choice["type"] == "tool" and choice["name"] not in [tool.get("name") for tool in tools]:
        yield f"Tool '{choice['name']}' not found in provided tools"


def _thinking(fields: Fields, model: Model) -> Complaints:
    thinking = fields.get("thinking")
    if thinking is None:
        return
    yield from tagged(thinking, _fields.THINKING, "thinking")
    kind = thinking["type"]
    if kind not in model.thinking:
        yield _THINKING_REFUSALS.get(kind, f'"thinking.type.{kind}" is not supported for this model.')
    if kind == "enabled":
        budget = thinking["budget_tokens"]
        if not isinstance(budget, int) or budget < _LEAST_BUDGET:
            yield f"thinking.enabled.budget_tokens: Input should be greater than or equal to {_LEAST_BUDGET}"
        if budget >= fields.get("max_tokens", budget + 1):
            yield "`max_tokens` must be greater than `thinking.budget_tokens`."


_THINKING_REFUSALS = {
    "enabled": '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and '
    '"output_config.effort" to control thinking behavior.',
    "adaptive": "adaptive thinking is not supported on this model",
}


def _output(fields: Fields, model: Model) -> Complaints:
    config = fields.get("output_config")
    if config is None:
        return
    yield from _fields.OUTPUT_CONFIG.complaints(config, "output_config")
    efforts = model.efforts
    if "effort" in config and not efforts:
        yield "This model does not support the effort parameter."
    if "effort" in config and config["effort"] not in efforts:
        yield (
            f"This model does not support effort level '{config['effort']}'. "
            f"Supported levels: {', '.join(sorted(efforts))}."
        )
    if config.get("format") is not None:
        yield from _format(config["format"], fields, model)


def _format(form: Any, fields: Fields, model: Model) -> Complaints:
    yield from tagged(form, _fields.FORMATS, "output_config.format")
    if not model.structured_output:
        yield "structured_outputs not supported in your workspace."
    if any(_history.citing(fields)):
        yield "output_config.format: structured outputs and citations cannot be used together."
    path = "output_config.format.schema"
    if not isinstance(form["schema"], Mapping):
        yield f"{path}: Input should be an object"
    yield from _schema_rules.ill_formed(form["schema"], path)
    yield from _schema_rules.not_compiled(form["schema"], path)


def _caching(fields: Fields) -> Complaints:
    controls = [(path, control) for path, control in _history.controls(fields) if control is not None]
    for path, control in controls:
        yield from tagged(control, _fields.CACHE_CONTROLS, f"{path}cache_control")
        if control.get("ttl", "5m") not in ("5m", "1h"):
            yield f"{path}cache_control.ephemeral.ttl: Input should be '5m' or '1h'"
    if len(controls) > _MOST_BREAKPOINTS:
        yield (f"A maximum of {_MOST_BREAKPOINTS} blocks with cache_control may be provided. Found {len(controls)}.")
    longest_last = [control.get("ttl") == "1h" for _, control in controls]
    if sorted(longest_last, reverse=True) != longest_last:
        yield "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block."


def _length(fields: Fields, model: Model) -> Complaints:
    count = input_tokens(_context.seen(fields).fields)
    if count > model.context_window:
        yield f"prompt is too long: {count} tokens > {model.context_window} maximum"
