"""Search among deferred tools."""

from typing import Any

import pytest

from . import web, wire
from .wire import assistant, user

BM25 = {"type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25"}
REGEX = {"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"}
DEFERRED = [{**tool, "defer_loading": True} for tool in (wire.WEATHER, wire.TIME, wire.ADD)]
QUESTION = user("What is the weather in Oslo?")
both = pytest.mark.parametrize("search", [BM25, REGEX], ids=["bm25", "regex"])


def found(answer: dict[str, Any]) -> list[str]:
    references = web.block(answer, "tool_search_tool_result")["content"]["tool_references"]
    assert {reference["type"] for reference in references} <= {"tool_reference"}
    return [reference["tool_name"] for reference in references]


@both
def test_a_tool_is_found_and_called(search: dict[str, Any]) -> None:
    """The tool that fits is found among the deferred ones, and called in the same answer."""
    answer = wire.answer(QUESTION, tools=[search, *DEFERRED])
    call, _, use = answer["content"]
    assert (call["name"], answer["stop_reason"]) == (search["name"], "tool_use")
    assert found(answer)[0] == "get_weather"
    assert (use["name"], use["input"], use["caller"]) == ("get_weather", {"city": "Oslo"}, {"type": "direct"})


@both
def test_what_was_found_stays_loaded(search: dict[str, Any]) -> None:
    """In later turns a tool that was found is called without another search."""
    tools = [search, *DEFERRED]
    first = wire.answer(QUESTION, tools=tools)
    result = {"type": "tool_result", "tool_use_id": first["content"][-1]["id"], "content": "12 degrees"}
    history = [QUESTION, assistant(first["content"]), user([result])]
    last = wire.answer(*history, tools=tools)
    assert [block.get("text") for block in last["content"]] == ["get_weather returned: 12 degrees"]
    again = wire.answer(*history, assistant(last["content"]), user("And the weather in Bergen?"), tools=tools)
    assert [block["type"] for block in again["content"]] == ["tool_use"]


@both
def test_nothing_found(search: dict[str, Any]) -> None:
    """A search that finds nothing has no references, and no tool is called."""
    answer = wire.answer(user("Translate elephants."), tools=[search, *DEFERRED])
    assert found(answer) == []
    assert answer["stop_reason"] == "end_turn"


def test_no_search_where_a_tool_serves() -> None:
    """Nothing is searched for when a tool that is loaded serves, nothing is asked, or the choice forbids it."""
    tools = [BM25, wire.WEATHER, *DEFERRED[1:]]
    assert web.kinds(wire.answer(QUESTION, tools=tools)) == ["tool_use"]
    assert web.kinds(wire.answer(user("Hello there!"), tools=tools)) == ["text"]
    forbidden = wire.answer(user("Add 1 and 2."), tools=tools, tool_choice={"type": "none"})
    assert web.kinds(forbidden) == ["text"]


def test_references_of_the_caller() -> None:
    """A reference in a tool's result loads that tool, too."""
    finder = {"name": "find_tools", "description": "Finds tools.", "input_schema": {"type": "object"}}
    call = {"type": "tool_use", "id": "toolu_1", "name": "find_tools", "input": {}}
    result = {
        "type": "tool_result",
        "tool_use_id": "toolu_1",
        "content": [{"type": "tool_reference", "tool_name": "get_weather"}],
    }
    history = [QUESTION, assistant([call]), user([result])]
    assert wire.calls(*history, tools=[finder, *DEFERRED]) == [("get_weather", {"city": "Oslo"})]
    assert wire.calls(QUESTION, tools=[finder, *DEFERRED]) == []


@pytest.mark.parametrize(
    ("name", "query", "code"),
    [
        ("tool_search_tool_regex", "get_(weather|time)", None),
        ("tool_search_tool_regex", "(unclosed", "invalid_tool_input"),
        ("tool_search_tool_regex", "(a+)+$", "invalid_tool_input"),
        ("tool_search_tool_regex", "a" * 201, "invalid_tool_input"),
        ("tool_search_tool_bm25", "weather time", None),
        ("tool_search_tool_bm25", " ", "invalid_tool_input"),
        ("tool_search_tool_bm25", 7, "invalid_tool_input"),
    ],
)
def test_open_searches(name: str, query: Any, code: str | None) -> None:
    """A search that a turn left open is made first; one that cannot be made is an error in its result."""
    call = {"type": "server_tool_use", "id": "srvtoolu_1", "name": name, "input": {"query": query}}
    tool = REGEX if name == REGEX["name"] else BM25
    answer = wire.answer(QUESTION, assistant([call]), tools=[tool, *DEFERRED])
    content = web.block(answer, "tool_search_tool_result")["content"]
    assert content.get("error_code") == code
    if code is None:
        assert {"get_weather", "get_time"} == {reference["tool_name"] for reference in content["tool_references"]}
