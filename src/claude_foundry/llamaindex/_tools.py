"""LlamaIndex's tools and tool choices to those of the Messages API.

Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from llama_index.core.tools import BaseTool

from claude_foundry._models import Model
from claude_foundry.errors import ConfigurationError
from claude_foundry.llamaindex._content import Block

_MAX_NAME = 64
_FORCED = ("any", "tool")


def definitions(tools: Iterable[BaseTool]) -> list[Block]:
    """Gives the definitions of tools, under their own names."""
    return [_definition(tool) for tool in tools]


def choice(value: Any, *, names: Sequence[str], required: bool = False, parallel: bool = True) -> Block | None:
    """Gives the API's form of a tool choice; None when there is no tool to choose.

    Args:
        value: None, "auto", "any", "required", "none", a tool's name, or a dict in the API's or OpenAI's form.
        names: of the tools.
        required: whether a tool must be called where ``value`` leaves it open.
        parallel: whether one answer may hold several calls.

    Raises:
        ConfigurationError: the spelling is unknown, or names no tool.
    """
    wanted = _choice(value, names)
    if required and wanted["type"] == "auto":
        wanted = {**wanted, "type": "any"}
    if not names:
        return None
    return wanted if parallel or wanted["type"] == "none" else {"disable_parallel_tool_use": True, **wanted}


def permitted(
    wanted: Block | None, *, names: Sequence[str], model: Model, thinking: Any
) -> tuple[Block | None, str | None]:
    """Gives the tool choice that the model accepts, and the sentence that stands for a force it does not accept."""
    if wanted is None or wanted["type"] not in _FORCED:
        return wanted, None
    manual = isinstance(thinking, Mapping) and thinking.get("type") == "enabled"
    if model.forced_tool_choice and not manual:
        return wanted, None
    auto = {name: value for name, value in wanted.items() if name != "name"} | {"type": "auto"}
    named = [wanted["name"]] if wanted["type"] == "tool" else names
    return auto, f"Answer by calling {f'the tool {named[0]}' if len(named) == 1 else 'one of the tools'}."


def wire_names(names: Iterable[str]) -> dict[str, str]:
    """Gives each tool's name on the wire: letters, digits, ``_`` and ``-``, at most 64, no two alike."""
    taken: dict[str, str] = {}
    for name in sorted(dict.fromkeys(names), key=lambda name: name != _plain(name)):
        candidate, count = _plain(name), 1
        while candidate in taken.values():
            count += 1
            candidate = f"{_plain(name)[: _MAX_NAME - 4]}_{count}"
        taken[name] = candidate
    return taken


def renamed(block: Mapping[str, Any], names: Mapping[str, str]) -> Block:
    """Gives a tool definition or choice under the tool's name on the wire."""
    return {**block, "name": names.get(block["name"], block["name"])} if "name" in block else dict(block)


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)[:_MAX_NAME] or "tool"


def _definition(tool: BaseTool) -> Block:
    described = {"description": tool.metadata.description} if tool.metadata.description else {}
    schema = {"type": "object", "properties": {}, **tool.metadata.get_parameters_dict()}
    return {"name": tool.metadata.get_name(), **described, "input_schema": schema}


def _choice(value: Any, names: Sequence[str]) -> Block:
    match value:
        case None:
            return {"type": "auto"}
        case str() if value in names:
            return {"type": "tool", "name": value}
        case "auto" | "any" | "none":
            return {"type": value}
        case "required":
            return {"type": "any"}
        case {"type": "function", "function": {"name": str(name)}} if name in names:
            return {"type": "tool", "name": name}
        case {"type": "tool", "name": str(name)} if name in names:
            return dict(value)
        case {"type": "auto" | "any" | "none"}:
            return dict(value)
    raise ConfigurationError(
        f"tool_choice={value!r}: give 'auto', 'any', 'required', 'none', the name of a tool "
        f"({', '.join(names) or 'none is given'}), or a dict of the API."
    )
