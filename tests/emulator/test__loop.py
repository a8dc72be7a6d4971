"""The service's own loop, and its pauses."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry._models import MODELS

from . import web, wire
from .web import SEARCH
from .wire import assistant, user

NAMES = ["Bergen", "Oslo", "tower", "lamp", "red", "white", "turns", "once", "ten", "seconds", "light", "colour"]
QUESTION = user(f"Search for {', '.join(map(repr, NAMES))}.")


def asked(*messages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return wire.answer(*messages, **{"tools": [SEARCH], "state": web.state(), **fields})


def test_pause() -> None:
    """After ten steps the turn is paused; the next call is told and left open."""
    answer = asked(QUESTION)
    assert answer["stop_reason"] == "pause_turn"
    assert answer["content"][-1]["type"] == "server_tool_use"
    assert answer["usage"]["server_tool_use"]["web_search_requests"] == 10


@pytest.mark.parametrize("model", MODELS)
def test_a_paused_turn_goes_on(model: str) -> None:
    """Sent back as it came, a paused turn goes on with the open call, to its end, on models without prefill too."""
    first = asked(QUESTION, model=model)
    second = asked(QUESTION, assistant(first["content"]), model=model)
    whole = [*first["content"], *second["content"]]
    assert second["stop_reason"] == "end_turn"
    assert second["content"][-1]["type"] == "text"
    assert [block["input"]["query"] for block in whole if block["type"] == "server_tool_use"] == NAMES
    assert sum(block["type"] == "web_search_tool_result" for block in whole) == len(NAMES)


@pytest.mark.parametrize("steps", [1, 2, 5, 12])
def test_steps_can_be_set(steps: int) -> None:
    """So many steps as are set come in one answer; the rest in the next ones, each once."""
    state, history, queries = web.state(max_server_steps=steps), [QUESTION], []
    while True:
        answer = asked(*history, state=state)
        results = [block for block in answer["content"] if block["type"] == "web_search_tool_result"]
        queries += [block["input"]["query"] for block in answer["content"] if block["type"] == "server_tool_use"]
        assert len(results) <= steps
        if answer["stop_reason"] != "pause_turn":
            break
        history.append(assistant(answer["content"]))
    assert queries == NAMES


def test_steps_by_code_are_paused_between() -> None:
    """A search that code makes is not begun when the turn is paused."""
    tool = {"type": "web_search_20260209", "name": "web_search"}
    state = web.state(max_server_steps=1)
    fields: dict[str, Any] = {"tools": [tool], "state": state, "model": web.HOSTED_ON_ANTHROPIC}
    question = user("Search for 'Bergen' and 'Oslo'.")
    first = asked(question, **fields)
    assert (first["stop_reason"], first["content"][-1]["type"]) == ("pause_turn", "code_execution_tool_result")
    assert asked(question, assistant(first["content"]), **fields)["stop_reason"] == "end_turn"


def test_open_calls_beside_the_callers() -> None:
    """A call of the service's that was left open beside the caller's is made when the results come."""
    opened = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "Oslo"}}
    history = [user("What is the weather in Oslo?"), assistant([opened, wire.CALL]), user([wire.RESULT])]
    answer = asked(*history, tools=[SEARCH, wire.WEATHER])
    assert answer["content"][0]["tool_use_id"] == "srvtoolu_1"
    assert answer["stop_reason"] == "end_turn"


def test_streamed_as_it_is_answered() -> None:
    """Calls stream their arguments, results come whole, and the counts of the service's tools come last."""
    events = wire.events(QUESTION, tools=[SEARCH], state=web.state())
    starts = {event["index"]: event["content_block"] for event in events if event["type"] == "content_block_start"}
    deltas: dict[int, str] = {}
    for event in events:
        if event["type"] == "content_block_delta" and event["delta"]["type"] == "input_json_delta":
            deltas[event["index"]] = deltas.get(event["index"], "") + event["delta"]["partial_json"]
    assert starts[0]["input"] == {}
    assert json.loads(deltas[0]) == {"query": "Bergen"}
    assert starts[1]["content"][0]["encrypted_content"]
    assert 1 not in deltas
    assert "server_tool_use" not in events[0]["message"]["usage"]
    ending = next(event for event in events if event["type"] == "message_delta")
    assert ending["delta"]["stop_reason"] == "pause_turn"
    assert ending["usage"]["server_tool_use"]["web_search_requests"] == 10
    assert ending["usage"]["input_tokens"] > events[0]["message"]["usage"]["input_tokens"]


@pytest.mark.parametrize("most", [1, 4, 8, 12, 20])
def test_a_call_is_cut_by_max_tokens(most: int) -> None:
    """Whatever is cut, no result stands without its call, and the reason is told."""
    answer = asked(QUESTION, max_tokens=most)
    called = {block["id"] for block in answer["content"] if block["type"] == "server_tool_use"}
    results = [block for block in answer["content"] if block["type"] == "web_search_tool_result"]
    assert answer["stop_reason"] == "max_tokens"
    assert answer["usage"]["output_tokens"] <= most
    assert all(block["tool_use_id"] in called for block in results)


WORDS = [
    "Search for",
    "Bergen",
    "'lamp'",
    "'red lamp'",
    web.BERGEN,
    "weather in Oslo",
    "add 1 and 2",
    "run code",
    "docs",
]
TOOLS: dict[str, Any] = {
    "search": SEARCH,
    "fetch": web.FETCH,
    "filtered": {"type": "web_fetch_20260309", "name": "web_fetch"},
    "find": {"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"},
    "code": {"type": "code_execution_20260120", "name": "code_execution"},
    "weather": wire.WEATHER,
    "later": {**wire.ADD, "defer_loading": True},
    "by code": {**wire.TIME, "allowed_callers": ["code_execution_20260120"]},
    "docs": {"type": "mcp_toolset", "mcp_server_name": "docs"},
}


@given(
    words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=5),
    names=st.sets(st.sampled_from(sorted(TOOLS))),
    steps=st.integers(min_value=1, max_value=3),
    choice=st.sampled_from(["auto", "any", "none"]),
)
def test_every_turn_goes_on_to_its_end(words: list[str], names: set[str], steps: int, choice: str) -> None:
    """Whatever is asked with whatever tools, each answer is taken back as it came, and the turn ends."""
    tools = [TOOLS[name] for name in sorted(names - ({"filtered"} if "fetch" in names else set()))]
    tools += [wire.WEATHER] if all(tool.get("defer_loading") for tool in tools) else []
    servers = {"mcp_servers": [{"type": "url", "url": "https://a.example", "name": "docs"}]} if "docs" in names else {}
    fields: dict[str, Any] = {
        "tools": tools,
        **servers,
        "state": web.state(max_server_steps=steps),
        "tool_choice": None,
    }
    fields |= {"headers": {"anthropic-beta": "mcp-client-2025-11-20"}, "model": web.HOSTED_ON_ANTHROPIC}
    history, first = [user(" ".join(words))], {"tool_choice": {"type": choice}}
    for _ in range(20):
        answer = asked(*history, **{**fields, **first})
        if answer["stop_reason"] == "end_turn":
            break
        calls = [block["id"] for block in answer["content"] if block["type"] == "tool_use"]
        results = [{"type": "tool_result", "tool_use_id": call, "content": "12 degrees"} for call in calls]
        history += [assistant(answer["content"]), *([user(results)] if results else [])]
        fields["container"] = answer.get("container", {}).get("id")
        first = {}
    assert answer["stop_reason"] == "end_turn"
    finished = [*history, assistant(answer["content"]), user("Thanks!")]
    assert wire.send(*finished, **{**fields, "container": None}).status == 200
