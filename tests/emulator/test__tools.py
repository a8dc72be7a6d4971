"""Which tools the emulator calls, with what arguments, and when it stops."""

from typing import Any

import pytest

from . import wire
from .wire import ADD, TIME, WEATHER, assistant, calls, user

MULTIPLY = {**ADD, "name": "multiply", "description": "Multiplies two numbers."}
SEARCH = {
    "name": "lookup",
    "description": "Finds passages of the company handbook about a topic.",
    "input_schema": {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]},
}
TOOLS = [WEATHER, TIME, ADD, MULTIPLY, SEARCH]


@pytest.mark.parametrize(
    ("question", "called"),
    [
        ("What is the weather in Oslo?", [("get_weather", {"city": "Oslo"})]),
        ("Run get_time for Lima", [("get_time", {"city": "Lima"})]),
        ("Add 3 and 4.", [("add", {"a": 3, "b": 4})]),
        ("The handbook's topic?", [("lookup", {"query": "The handbook's topic?"})]),
        ("Hello there!", []),
        ("Weather in Oslo and time in Lima?", [("get_weather", {"city": "Oslo"}), ("get_time", {"city": "Lima"})]),
        ("Add 3 and 4, then multiply 5 and 6.", [("add", {"a": 3, "b": 4}), ("multiply", {"a": 5, "b": 6})]),
    ],
)  # fmt: skip
def test_auto(question: str, called: list[tuple[str, dict[str, Any]]]) -> None:
    """Tools that the question names or speaks of are called, each with its part of the question."""
    assert calls(user(question), tools=TOOLS) == called


def test_a_call_is_asked_for() -> None:
    """A message that calls stops for it, and its ids differ from call to call."""
    message = wire.answer(user("Weather in Oslo and time in Lima?"), tools=TOOLS)
    assert message["stop_reason"] == "tool_use"
    ids = [block["id"] for block in message["content"]]
    assert len(set(ids)) == 2
    assert all(identity.startswith("toolu_") for identity in ids)


def test_one_at_a_time() -> None:
    """Without parallel calls, they come one a turn until all are made."""
    history = [user("Add 3 and 4, then multiply 5 and 6.")]
    choice = {"type": "auto", "disable_parallel_tool_use": True}
    made = []
    while (message := wire.answer(*history, tools=TOOLS, tool_choice=choice))["stop_reason"] == "tool_use":
        (call,) = message["content"]
        made.append((call["name"], call["input"]))
        result = {"type": "tool_result", "tool_use_id": call["id"], "content": "done"}
        history += [assistant(message["content"]), user([result])]
    assert made == [("add", {"a": 3, "b": 4}), ("multiply", {"a": 5, "b": 6})]


@pytest.mark.parametrize("stream", [False, True])
def test_forced(stream: bool) -> None:
    """A forced choice calls, whatever is said; a named one calls that tool."""
    assert len(calls(user("Hello!"), tools=TOOLS, tool_choice={"type": "any"})) == 1
    named = {"type": "tool", "name": "add"}
    if stream:
        started = wire.events(user("Hello!"), tools=TOOLS, tool_choice=named)
        assert any(event.get("content_block", {}).get("name") == "add" for event in started)
    else:
        assert calls(user("Hello!"), tools=TOOLS, tool_choice=named) == [("add", {"a": 0, "b": 0})]


def test_forced_takes_what_fits_best() -> None:
    """Of several tools a forced choice takes the one that the question speaks of."""
    assert calls(user("How is the weather?"), tools=TOOLS, tool_choice={"type": "any"})[0][0] == "get_weather"


def test_none() -> None:
    """With the choice none nothing is called."""
    assert calls(user("Weather in Oslo?"), tools=TOOLS, tool_choice={"type": "none"}) == []


def test_results_are_stated() -> None:
    """After results the answer is a text that states them, and no tool is called again."""
    history = [user("Weather in Oslo?"), assistant([wire.CALL]), user([wire.RESULT])]
    message = wire.answer(*history, tools=TOOLS)
    assert message["stop_reason"] == "end_turn"
    assert message["content"] == [{"type": "text", "text": "get_weather returned: 12 degrees and rain"}]


def test_failures_are_stated() -> None:
    """A result that is an error is told as one."""
    failed = {**wire.RESULT, "content": [{"type": "text", "text": "no such city"}], "is_error": True}
    assert wire.text(user("Weather?"), assistant([wire.CALL]), user([failed]), tools=TOOLS) == (
        "get_weather failed: no such city"
    )


def test_forced_after_results_takes_another_tool() -> None:
    """A loop that forces a call at each turn moves on to the tools not yet called, and takes values from results."""
    reply = {**WEATHER, "name": "final", "description": "Final answer.", "input_schema": {
        "type": "object", "properties": {"degrees": {"type": "integer"}}, "required": ["degrees"]}}  # fmt: skip
    history = [user("Weather in Oslo?"), assistant([wire.CALL]), user([wire.RESULT])]
    assert calls(*history, tools=[WEATHER, reply], tool_choice={"type": "any"}) == [("final", {"degrees": 12})]


def test_a_new_question_calls_again() -> None:
    """Only calls since the last question count as made."""
    history = [user("Weather in Oslo?"), assistant([wire.CALL]), user([wire.RESULT]), assistant("Rain.")]
    assert calls(*history, user("And the weather in Lima?"), tools=TOOLS) == [("get_weather", {"city": "Lima"})]
