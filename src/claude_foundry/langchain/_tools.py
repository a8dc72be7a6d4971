"""Tools and tool choice, in every spelling that LangChain's users know, to those of the Messages API.

Sources: https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools,
https://docs.langchain.com/oss/python/langchain/tools
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from claude_foundry._models import Model
from claude_foundry._schema import strict_schema
from claude_foundry._translation import unforced

Tool = Mapping[str, Any] | type | Callable[..., Any] | BaseTool


def bound(tools: Sequence[Tool], *, strict: bool | None = None) -> list[dict[str, Any]]:
    """Gives the definitions of tools: those of the service and the API's own form as they are, others translated."""
    return [_definition(tool, strict=strict) for tool in tools]


def _definition(tool: Tool, *, strict: bool | None) -> dict[str, Any]:
    if isinstance(tool, Mapping) and _is_native(tool):
        return dict(tool)
    function = convert_to_openai_tool(tool)["function"]
    schema = function.get("parameters") or {"type": "object", "properties": {}}
    described = {"description": function["description"]} if function.get("description") else {}
    extras = (tool.extras or {}) if isinstance(tool, BaseTool) else {}
    wanted = {"strict": True, "input_schema": strict_schema(schema)} if strict else {"input_schema": schema}
    return {"name": function["name"], **described, **wanted, **extras}


def _is_native(tool: Mapping[str, Any]) -> bool:
    return "input_schema" in tool or ("type" in tool and tool["type"] not in ("function", "object"))


def tool_fields(fields: Mapping[str, Any], model: Model) -> dict[str, Any]:
    """Gives ``tools`` and ``tool_choice`` as the model accepts them; neither when no tool is bound."""
    if not fields.get("tools"):
        return {"tools": None, "tool_choice": None}
    wanted = fields.get("tool_choice")
    instead = unforced(wanted, model=model, thinking=fields.get("thinking"))
    if instead is not None:
        warnings.warn(f"{model.name} does not accept a forced tool_choice here; 'auto' is sent instead.", stacklevel=2)
    return {"tools": fields["tools"], "tool_choice": wanted if instead is None else instead}


def in_parallel(wanted: dict[str, Any] | None, *, allowed: bool | None) -> dict[str, Any] | None:
    """Gives the tool choice with the switch that forbids several calls in one answer, if they are forbidden."""
    if allowed is None or (wanted or {}).get("type") == "none":
        return wanted
    return {**(wanted or {"type": "auto"}), "disable_parallel_tool_use": not allowed}
