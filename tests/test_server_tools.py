"""Definitions of the service's tools and edits, as its checks accept them."""

from collections.abc import Callable
from typing import Any

import pytest

from claude_foundry import ConfigurationError, FoundryClient, context_management, server_tools
from tests.shells import REQUEST as ANY_REQUEST

REQUEST = {**ANY_REQUEST, "model": "claude-fable-5-2"}  # hosted on Anthropic, where every tool is

TOOLS = [
    server_tools.web_search(max_uses=3, allowed_domains=["a.example"], user_location={"city": "Paris"}),
    server_tools.web_fetch(max_uses=3, blocked_domains=["a.example"], citations=True, max_content_tokens=500),
    server_tools.code_execution(),
    server_tools.tool_search("regex"),
    server_tools.tool_search(),
    server_tools.memory(),
    server_tools.bash(),
    server_tools.text_editor(max_characters=100),
    server_tools.computer(display_width_px=1024, display_height_px=768, enable_zoom=True),
]
EDITS = [
    context_management.clear_thinking(keep_turns=2),
    context_management.clear_thinking(keep_turns="all"),
    context_management.clear_tool_uses(above_input_tokens=1000, keep=3, clear_at_least=50, exclude_tools=["a"]),
    context_management.compact(above_input_tokens=60_000, instructions="Be brief.", pause=True),
]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool["type"])
def test_tools_are_accepted(tool: dict[str, Any], emulator_settings: dict[str, str]) -> None:
    """A request with the tool passes the service's checks."""
    with FoundryClient(**emulator_settings) as client:
        assert client.messages.create(**REQUEST, tools=[tool]).stop_reason


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit["type"])
def test_edits_are_accepted(edit: dict[str, Any], emulator_settings: dict[str, str]) -> None:
    """A request with the edit passes the service's checks."""
    with FoundryClient(**emulator_settings) as client:
        assert client.messages.create(**REQUEST, context_management={"edits": [edit]}).stop_reason


def test_nothing_that_is_not_given() -> None:
    """What is not given is not sent."""
    assert server_tools.web_search() == {"type": "web_search_20250305", "name": "web_search"}
    assert context_management.compact() == {"type": "compact_20260112"}


def test_mcp(emulator_settings: dict[str, str]) -> None:
    """A remote MCP server comes as its two fields, which refer to each other, and joins other tools."""
    fields = server_tools.mcp(
        "docs", url="https://mcp.example", authorization_token="t", only=["search"], defer_loading=True
    )

    whole = server_tools.joined(fields, {"tools": [server_tools.web_search()]})

    assert whole["mcp_servers"] == [
        {"type": "url", "url": "https://mcp.example", "name": "docs", "authorization_token": "t"}
    ]
    assert whole["tools"][0] == {
        "type": "mcp_toolset",
        "mcp_server_name": "docs",
        "default_config": {"enabled": False, "defer_loading": True},
        "configs": {"search": {"enabled": True}},
    }
    assert whole["tools"][1]["name"] == "web_search"
    assert len(fields["tools"]) == 1
    with FoundryClient(**emulator_settings) as client:
        assert client.messages.create(**REQUEST, **whole).stop_reason


def test_callable_by_code(emulator_settings: dict[str, str]) -> None:
    """A tool may be offered to code in the container, alone or beside the model."""
    tool = {"name": "f", "input_schema": {"type": "object", "properties": {}}}

    alone, beside = server_tools.callable_by_code(tool), server_tools.callable_by_code(tool, only=False)

    assert alone["allowed_callers"] == ["code_execution_20260120"]
    assert beside["allowed_callers"] == ["direct", "code_execution_20260120"]
    assert "allowed_callers" not in tool
    with FoundryClient(**emulator_settings) as client:
        assert client.messages.create(**REQUEST, tools=[server_tools.code_execution(), alone]).stop_reason


def test_skills(emulator_settings: dict[str, str]) -> None:
    """Skills stand in the container, beside the running of code."""
    container = server_tools.skills("xlsx", custom=["skill_1"], container_id="container_1")

    assert [skill["skill_id"] for skill in container["skills"]] == ["xlsx", "skill_1"]
    with FoundryClient(**emulator_settings) as client:
        answer = client.messages.create(**REQUEST, container=container, tools=[server_tools.code_execution()])
    assert answer.stop_reason


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: server_tools.web_search(allowed_domains=["a"], blocked_domains=["b"]), "allowed_domains"),
        (lambda: server_tools.web_fetch(allowed_domains=["a"], blocked_domains=["b"]), "allowed_domains"),
        (lambda: server_tools.mcp("a", url="http://mcp.example"), "url"),
        (lambda: context_management.compact(above_input_tokens=10), "above_input_tokens"),
    ],
)
def test_refused(make: Callable[[], Any], named: str) -> None:
    """What the service would refuse is refused by its name."""
    with pytest.raises(ConfigurationError, match=named):
        make()
