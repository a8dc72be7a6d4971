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
    server_tools.web_fetch(url_sources={"user_input": "none", "client_tool_results": {"only": ["search"]}}),
    server_tools.web_fetch(use_cache=False),
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


def test_later_versions() -> None:
    """A later version is asked for by what it has; where no code is to call it, that is said."""
    searched = server_tools.web_search(dynamic_filtering=True, response_inclusion="excluded")
    fetched = server_tools.web_fetch(use_cache=False)
    filtered = server_tools.web_fetch(use_cache=True, dynamic_filtering=True)
    sourced = server_tools.web_fetch(url_sources={"user_input": "none", "server_tool_results": {"except": ["f"]}})

    assert searched == {"type": "web_search_20260318", "name": "web_search", "response_inclusion": "excluded"}
    assert fetched == {
        "type": "web_fetch_20260318",
        "name": "web_fetch",
        "use_cache": False,
        "allowed_callers": ["direct"],
    }
    assert (filtered["type"], "allowed_callers" in filtered) == ("web_fetch_20260318", False)
    assert (sourced["type"], sourced["url_sources"]) == (
        "web_fetch_20250910",
        {
            "user_input": {"type": "none"},
            "server_tool_results": {"type": "except", "tools": [{"type": "tool_reference", "name": "f"}]},
        },
    )


def test_filtering_beside_code(emulator_settings: dict[str, str]) -> None:
    """Tools whose results code filters are accepted beside the running of code."""
    tools = [
        server_tools.web_search(dynamic_filtering=True),
        server_tools.web_fetch(dynamic_filtering=True, response_inclusion="excluded"),
        server_tools.code_execution(),
    ]
    with FoundryClient(**emulator_settings) as client:
        assert client.messages.create(**REQUEST, tools=tools).stop_reason


def test_versions_of_skills() -> None:
    """A skill may be held to a version; a container may be used again without naming skills."""
    container = server_tools.skills("xlsx", custom=["skill_1"], versions={"skill_1": "1759178010641129"})

    assert [skill["version"] for skill in container["skills"]] == ["latest", "1759178010641129"]
    assert server_tools.skills(container_id="container_1") == {"id": "container_1"}


class Number:
    """A whole number of another library's."""

    def __index__(self) -> int:
        return 3


def test_numbers_of_other_libraries() -> None:
    """A whole number of any type is sent as a number."""
    assert server_tools.web_search(max_uses=Number())["max_uses"] == 3  # type: ignore[arg-type]


def test_joined_tuples() -> None:
    """Lists and tuples of the same name follow each other, in whichever order they come."""
    search, fetch = server_tools.web_search(), server_tools.web_fetch()

    assert server_tools.joined({"tools": [search]}, {"tools": (fetch,)})["tools"] == [search, fetch]
    assert server_tools.joined({"tools": (search,)}, {"tools": [fetch]})["tools"] == [search, fetch]


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
        (lambda: server_tools.web_search(max_uses=0), "max_uses=0"),
        (lambda: server_tools.web_search(max_uses=True), "max_uses=True"),
        (lambda: server_tools.web_search(allowed_domains="a.example"), "allowed_domains is str"),
        (lambda: server_tools.web_search(allowed_domains=[]), "allowed_domains is empty"),
        (lambda: server_tools.web_fetch(blocked_domains=["a", ""]), r"blocked_domains\[1\] is blank"),
        (lambda: server_tools.web_fetch(max_content_tokens="9"), "max_content_tokens='9'"),  # type: ignore[arg-type]
        (lambda: server_tools.web_search(user_location="Bern"), "user_location is str"),  # type: ignore[arg-type]
        (lambda: server_tools.web_search(user_location={"town": "Bern"}), "user_location='town'"),
        (lambda: server_tools.web_search(user_location={"type": "exact", "city": "Bern"}), r"\['type'\]='exact'"),
        (lambda: server_tools.web_search(response_inclusion="excluded"), "set dynamic_filtering=True"),
        (
            lambda: server_tools.web_search(dynamic_filtering=True, response_inclusion="some"),  # type: ignore[arg-type]
            "response_inclusion='some'",
        ),
        (lambda: server_tools.web_fetch(url_sources={"users": "all"}), "url_sources='users'"),
        (lambda: server_tools.web_fetch(url_sources={"user_input": "some"}), "give 'all', 'none'"),  # type: ignore[dict-item]
        (lambda: server_tools.web_fetch(url_sources={"user_input": {"only": "a"}}), "is str: give a list"),
        (lambda: server_tools.mcp("a", url="https://mcp.example", only=[]), "only is empty"),
        (lambda: server_tools.skills(), "name a skill"),
        (lambda: server_tools.skills("xlsx", versions={"pdf": "1"}), "versions='pdf'"),
        (lambda: server_tools.skills("xlsx", versions={"xlsx": ""}), r"versions\['xlsx'\] is blank"),
        (lambda: server_tools.tool_search("fuzzy"), "kind='fuzzy'"),  # type: ignore[arg-type]
        (lambda: server_tools.text_editor(max_characters=-1), "max_characters=-1"),
        (lambda: server_tools.computer(display_width_px=0, display_height_px=9), "display_width_px=0"),
        (lambda: server_tools.callable_by_code(print), "tool is builtin.* for a function, tool"),  # type: ignore[type-var]
        (lambda: server_tools.mcp("", url="https://mcp.example"), "name is blank"),
        (lambda: server_tools.mcp("a", url=None), "url is NoneType"),  # type: ignore[arg-type]
        (lambda: server_tools.mcp("a", url="https://mcp.example", only="search"), "only is str"),
        (lambda: server_tools.mcp("a", url="https://mcp.example", authorization_token=" "), "authorization_token"),
        (lambda: server_tools.joined({"tools": []}, None), "fields is NoneType"),  # type: ignore[arg-type]
        (lambda: server_tools.skills(["xlsx"]), r"names\[0\] is list"),  # type: ignore[arg-type]
        (lambda: server_tools.skills(custom="skill_1"), "custom is str"),
        (lambda: context_management.compact(above_input_tokens=10), "above_input_tokens"),
        (lambda: context_management.compact(above_input_tokens="60000"), "above_input_tokens"),  # type: ignore[arg-type]
        (lambda: context_management.compact(instructions=""), "instructions is blank"),
        (lambda: context_management.clear_tool_uses(above_input_tokens=-1), "above_input_tokens=-1"),
        (lambda: context_management.clear_tool_uses(keep=-1), "keep=-1"),
        (lambda: context_management.clear_tool_uses(exclude_tools="a"), "exclude_tools is str"),
        (lambda: context_management.clear_thinking(keep_turns=0), "keep_turns=0"),
        (lambda: context_management.clear_thinking(keep_turns="some"), "keep_turns='some'"),  # type: ignore[arg-type]
    ],
)
def test_refused(make: Callable[[], Any], named: str) -> None:
    """What the service would refuse is refused by its name."""
    with pytest.raises(ConfigurationError, match=named):
        make()
