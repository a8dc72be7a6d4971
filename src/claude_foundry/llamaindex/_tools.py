"""LlamaIndex's tools and tool choices to those of the Messages API.

Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from inspect import isfunction, ismethod
from typing import Any

from llama_index.core.tools import BaseTool, FunctionTool

from claude_foundry._models import UNKNOWN, Model
from claude_foundry._output_ways import instruction
from claude_foundry._translation import refuse_same_names, tool_choice, unforced
from claude_foundry.errors import ConfigurationError
from claude_foundry.llamaindex._content import Block

_MAX_NAME = 64
_NEVER_FORCED = replace(UNKNOWN, forced_tool_choice=False)


def definitions(tools: Iterable[BaseTool | Callable[..., Any]]) -> list[Block]:
    """Gives the definitions of tools, under their own names; a plain function is defined as LlamaIndex would.

    Raises:
        ConfigurationError: one is no tool, or two have one name.
    """
    defined = [_definition(_tool(tool, place)) for place, tool in enumerate(tools)]
    refuse_same_names(defined)
    return defined


def cached(tools: Sequence[Mapping[str, Any]], ttl: str | None) -> list[Block]:
    """Gives the definitions with a cache point on the last one that is part of every prompt.

    Args:
        tools: of which deferred ones are no part of the prompt.
        ttl: how long it lasts, "5m" or "1h"; None marks nothing.
    """
    places = [at for at, tool in enumerate(tools) if not tool.get("defer_loading")]
    if ttl is None or not places:
        return [dict(tool) for tool in tools]
    control = {"type": "ephemeral", **({"ttl": ttl} if ttl == "1h" else {})}
    return [{"cache_control": control, **tool} if at == places[-1] else dict(tool) for at, tool in enumerate(tools)]


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
    wanted = tool_choice(value, names=names) or {"type": "auto"}
    if required and wanted["type"] == "auto":
        wanted = {**wanted, "type": "any"}
    if not names:
        return None
    return wanted if parallel or wanted["type"] == "none" else {"disable_parallel_tool_use": True, **wanted}


def permitted(
    wanted: Block | None, *, names: Sequence[str], model: Model, thinking: Any
) -> tuple[Block | None, str | None]:
    """Gives the tool choice that the model accepts, and the sentence that stands for a force it does not accept."""
    auto = unforced(wanted, model=model, thinking=thinking)
    return (wanted, None) if auto is None or wanted is None else (auto, _in_words(wanted, names))


def forces(fields: Mapping[str, Any]) -> bool:
    """Tells whether a request makes the model call a tool."""
    return "tool_choice" in fields and fields["tool_choice"]["type"] in ("any", "tool")


def free(fields: Mapping[str, Any]) -> tuple[Block, str]:
    """Gives the free choice that stands for the forced one of a request, and the sentence that stands for the force."""
    names = [tool["name"] for tool in fields["tools"] if "name" in tool]
    wanted = fields["tool_choice"]
    auto = unforced(wanted, model=_NEVER_FORCED, thinking=None)
    return auto or dict(wanted), _in_words(wanted, names)


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


def _in_words(forced: Mapping[str, Any], names: Sequence[str]) -> str:
    named = [forced["name"]] if forced["type"] == "tool" else names
    return instruction(named[0]) if len(named) == 1 else "Answer by calling one of the tools."


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)[:_MAX_NAME] or "tool"


def _tool(tool: Any, place: int) -> BaseTool:
    if isinstance(tool, BaseTool):
        return tool
    if isfunction(tool) or ismethod(tool):
        return FunctionTool.from_defaults(tool)
    raise ConfigurationError(
        f"tools[{place}] is {type(tool).__name__}: give LlamaIndex's tools or functions; definitions of the API go to "
        "chat(..., tools=[...]) or server_tools."
    )


def _definition(tool: BaseTool) -> Block:
    described = {"description": tool.metadata.description} if tool.metadata.description else {}
    schema = {"type": "object", "properties": {}, **tool.metadata.get_parameters_dict()}
    return {"name": tool.metadata.get_name(), **described, "input_schema": schema}
