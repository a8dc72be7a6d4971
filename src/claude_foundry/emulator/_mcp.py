"""The MCP connector, without MCP: no server is connected to; the caller's functions may stand for one.

Source: https://platform.claude.com/docs/en/agents-and-tools/mcp-connector
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from claude_foundry._fields import mapping
from claude_foundry._functions import FunctionTool
from claude_foundry.emulator import _tools
from claude_foundry.emulator._schema import filled
from claude_foundry.emulator._served import Block, Tool, Turn
from claude_foundry.emulator._words import stems
from claude_foundry.errors import ConfigurationError

Functions = Mapping[str, Iterable[Callable[..., Any] | FunctionTool]]

_SCHEMA = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
_LONGEST_ERROR = 1000


def tools_by_server(functions: Functions | None) -> dict[str, list[FunctionTool]]:
    """Gives the tools of functions that stand for MCP servers, by the server's name.

    Raises:
        ConfigurationError: a function cannot be told to the API, or must be awaited.
    """
    by_server = mapping(functions or {}, argument="mcp_functions", instead="give lists of functions by server name")
    if wrong := [
        name for name, given in by_server.items() if isinstance(given, str) or not isinstance(given, Iterable)
    ]:
        raise ConfigurationError(f"mcp_functions[{wrong[0]!r}]: give a list of functions.")
    listed = {name: [_tool(function) for function in given] for name, given in by_server.items()}
    waiting = [tool.name for tools in listed.values() for tool in tools if tool.is_async]
    if waiting:
        raise ConfigurationError(f"mcp_functions: {', '.join(waiting)} is async; give plain functions.")
    return listed


def next_call(turn: Turn) -> tuple[str, str, dict[str, Any]] | None:
    """Gives server, tool and input of the next call that the question needs."""
    if (turn.request.get("tool_choice") or {}).get("type") in ("none", "tool") or not stems(turn.question):
        return None
    made = [block["name"] for block in turn.blocks if block["type"] == "mcp_tool_use"]
    for toolset in turn.request.get("tools") or ():
        if toolset.get("type") != "mcp_toolset":
            continue
        tools = _enabled(toolset, turn)
        wanted = _wanted(tools, toolset, turn)
        found = _tools.calls({"tools": wanted}, question=turn.question, context=turn.question, called=made)
        # One tool may serve though its name has none of the question's words.
        found = found or [(tool["name"], filled(tool["input_schema"], turn.question)) for tool in wanted[:1]]
        if fresh := [call for call in found if call[0] not in made]:
            return str(toolset["mcp_server_name"]), *fresh[0]
    return None


def called(call: Block, turn: Turn) -> Block:
    """Gives the result of a call: what the caller's function returns, or that no server was reached."""
    server = call["server_name"]
    tools = turn.resources.functions.get(server)
    if tools is None:
        return _failed(call, f"The emulator connects to no host: the MCP server {server!r} was not asked.")
    tool = next((tool for tool in tools if tool.name == call["name"]), None)
    if tool is None:
        return _failed(call, f"The MCP server {server!r} has no tool {call['name']!r}.")
    try:
        value = tool.call(call["input"])
        text = value if isinstance(value, str) else to_json(value).decode()
    except PydanticSerializationError as error:
        return _failed(call, f"The result cannot be written as JSON: {error}")
    except Exception as error:  # noqa: BLE001 - whatever a function raises, its result says so
        return _failed(call, f"{type(error).__name__}: {error}")
    return _result(call, text, is_error=False)


def _tool(function: Callable[..., Any] | FunctionTool) -> FunctionTool:
    return function if isinstance(function, FunctionTool) else FunctionTool(function, {})


def _enabled(toolset: Tool, turn: Turn) -> list[Tool]:
    """Gives the tools of a server as far as they are known: by functions, as pinned, or as configured by name."""
    default, configs = toolset.get("default_config") or {}, toolset.get("configs") or {}
    functions = turn.resources.functions.get(toolset["mcp_server_name"])
    known: list[Tool]
    if functions is not None:
        known = [tool.definition for tool in functions]
    else:
        known = [_pinned(tool) for tool in toolset.get("tools") or ()] or [_pinned({"name": name}) for name in configs]
    by_default = default.get("enabled", True)
    return [tool for tool in known if (configs.get(tool["name"]) or {}).get("enabled", by_default)]


def _pinned(tool: Mapping[str, Any]) -> Tool:
    schema = tool.get("input_schema") or tool.get("inputSchema") or _SCHEMA
    return {"name": tool["name"], "description": tool.get("description") or "", "input_schema": schema}


def _wanted(tools: Sequence[Tool], toolset: Tool, turn: Turn) -> list[Tool]:
    """Gives the tools that the question needs; any of them when it names the server, or there is nothing else."""
    needed = _tools.needed(list(tools), turn.question)
    others = [tool for tool in turn.request["tools"] if tool.get("type") != "mcp_toolset"]
    if needed or (others and not turn.mentions(str(toolset["mcp_server_name"]))):
        return needed
    # Of a server that nobody asked for its tools, no name is known but its own.
    return list(tools) or [_pinned({"name": re.sub(r"[^\w-]", "_", str(toolset["mcp_server_name"]))})]


def _failed(call: Block, text: str) -> Block:
    return _result(call, text[:_LONGEST_ERROR], is_error=True)


def _result(call: Block, text: str, *, is_error: bool) -> Block:
    content = [{"type": "text", "text": text}]
    return {"type": "mcp_tool_result", "tool_use_id": call["id"], "is_error": is_error, "content": content}
