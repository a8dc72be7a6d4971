"""The MCP connector."""

from typing import Any

import pytest

from claude_foundry import ConfigurationError, server_tools
from claude_foundry.emulator._mcp import tools_by_server

from . import web, wire
from .wire import user

QUESTION = user("How is the weather in Oslo?")
HEADERS = {"anthropic-beta": "mcp-client-2025-11-20"}


def get_weather(city: str) -> dict[str, str]:
    """Weather of a city."""
    if city == "Atlantis":
        raise LookupError("no such city")
    return {"city": city, "weather": "rain"}


def list_elephants() -> str:
    """Elephants."""
    return "none"


async def waiting() -> str:
    """Must be awaited."""
    return "late"


def asked(question: Any = QUESTION, functions: Any = (get_weather, list_elephants), **of_server: Any) -> dict[str, Any]:
    fields = server_tools.mcp("places", url="https://mcp.example/", **of_server)
    given = {"places": functions} if functions else None
    return wire.answer(question, headers=HEADERS, state=web.state(mcp_functions=given), **fields)


def test_a_function_stands_for_a_server() -> None:
    """The function that the question needs is called, and what it gives is the result and the answer."""
    answer = asked()
    call, result, text = answer["content"]
    assert (call["type"], call["server_name"], call["name"]) == ("mcp_tool_use", "places", "get_weather")
    assert call["input"] == {"city": "Oslo"}
    assert (result["tool_use_id"], result["is_error"]) == (call["id"], False)
    assert result["content"] == [{"type": "text", "text": '{"city":"Oslo","weather":"rain"}'}]
    assert text["text"] == 'get_weather returned: {"city":"Oslo","weather":"rain"}'
    assert answer["stop_reason"] == "end_turn"


def test_a_function_that_fails() -> None:
    """What a function raises is the result, marked as an error."""
    result = web.block(asked(user("How is the weather in Atlantis?")), "mcp_tool_result")
    assert result["is_error"]
    assert result["content"][0]["text"] == "LookupError: no such city"


@pytest.mark.parametrize(("of_server", "name"), [({}, "places"), ({"only": ["get_weather"]}, "get_weather")])
def test_no_host_is_connected_to(of_server: dict[str, Any], name: str) -> None:
    """Of a server without functions, the result says that it was not asked."""
    answer = asked(functions=None, **of_server)
    result = web.block(answer, "mcp_tool_result")
    assert web.block(answer, "mcp_tool_use")["name"] == name
    assert result["is_error"]
    assert "connects to no host" in result["content"][0]["text"]


def test_only_what_is_enabled() -> None:
    """A tool that the toolset does not enable is not called."""
    assert web.block(asked(only=["list_elephants"]), "mcp_tool_use")["name"] == "list_elephants"


def test_servers_that_are_not_needed() -> None:
    """Beside other tools a server is called only when the question needs its tools, and never against the choice."""
    fields = server_tools.mcp("places", url="https://mcp.example/")
    given: dict[str, Any] = {"headers": HEADERS, "state": web.state(mcp_functions={"places": [get_weather]})}
    both = {**fields, "tools": [*fields["tools"], wire.ADD]}
    assert web.kinds(wire.answer(user("Add 1 and 2."), **given, **both)) == ["tool_use"]
    assert web.kinds(wire.answer(QUESTION, **given, **fields, tool_choice={"type": "none"})) == ["text"]


def test_functions_that_cannot_stand_for_a_server() -> None:
    """A function that must be awaited is refused when it is given."""
    with pytest.raises(ConfigurationError, match=r"mcp_functions: waiting is async"):
        tools_by_server({"places": [waiting]})
