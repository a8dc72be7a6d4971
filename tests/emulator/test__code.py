"""Code execution, and tools that code calls."""

from datetime import datetime
from typing import Any

import pytest

from . import web, wire
from .wire import assistant, user

CODE = {"type": "code_execution_20260120", "name": "code_execution"}
WEATHER = {**wire.WEATHER, "allowed_callers": ["code_execution_20260120"]}
QUESTION = user("What is the weather in Oslo?")


def asked(*messages: dict[str, Any], tool: dict[str, Any] = CODE, **fields: Any) -> dict[str, Any]:
    return wire.answer(*messages, **{"model": web.HOSTED_ON_ANTHROPIC, "tools": [tool], **fields})


@pytest.mark.parametrize(
    ("question", "version", "name", "argument"),
    [
        ("Compute 3 times 4.", "20260120", "bash_code_execution", "command"),
        ("Write a program into hello.py.", "20250825", "text_editor_code_execution", "path"),
        ("Run `print(1)`.", "20250522", "code_execution", "code"),
    ],
)
def test_nothing_is_executed(question: str, version: str, name: str, argument: str) -> None:
    """A call is told as the tool's version has it; its result says that execution is unavailable."""
    answer = asked(user(question), tool={"type": f"code_execution_{version}", "name": "code_execution"})
    call, result, text = answer["content"]
    assert (call["name"], argument in call["input"]) == (name, True)
    assert (result["type"], result["tool_use_id"]) == (f"{name}_tool_result", call["id"])
    assert result["content"] == {"type": f"{name}_tool_result_error", "error_code": "unavailable"}
    assert text["text"] == f"{name} failed: unavailable"
    assert datetime.fromisoformat(answer["container"]["expires_at"]).tzinfo


def test_code_is_not_run_unasked() -> None:
    """A question that needs no code is answered without, and without a container."""
    answer = asked(user("Who was Ada Lovelace?"))
    assert web.kinds(answer) == ["text"]
    assert "container" not in answer


@pytest.mark.parametrize("container", ["container_1", {"id": "container_1", "skills": [{"type": "anthropic"}]}])
def test_the_container_is_used_again(container: Any) -> None:
    """A container that the request names is that of the answer."""
    assert asked(user("Compute 3 times 4."), container=container)["container"]["id"] == "container_1"


def test_code_calls_a_tool() -> None:
    """Code calls the caller's tool, waits for its result, and prints it; then the turn ends."""
    tools = [CODE, WEATHER]
    first = asked(QUESTION, tools=tools)
    code, call = first["content"]
    assert (code["name"], code["caller"]) == ("code_execution", {"type": "direct"})
    assert call["caller"] == {"type": "code_execution_20260120", "tool_id": code["id"]}
    assert (call["input"], first["stop_reason"]) == ({"city": "Oslo"}, "tool_use")
    result = {"type": "tool_result", "tool_use_id": call["id"], "content": "12 degrees"}
    second = asked(
        QUESTION,
        assistant(first["content"]),
        user([result]),
        tools=tools,
        container=first["container"]["id"],
    )
    printed, text = second["content"]
    assert (printed["type"], printed["tool_use_id"]) == ("code_execution_tool_result", code["id"])
    assert printed["content"]["stdout"] == "12 degrees\n"
    assert (text["text"], second["stop_reason"]) == ("get_weather returned: 12 degrees", "end_turn")
    assert second["container"]["id"] == first["container"]["id"]


def test_a_tool_for_both_callers_is_called_directly() -> None:
    """A tool that the model may call itself is called so."""
    tool = {**WEATHER, "allowed_callers": ["direct", "code_execution_20260120"]}
    (call,) = asked(QUESTION, tools=[CODE, tool])["content"]
    assert call["caller"] == {"type": "direct"}


def test_calls_by_code_are_streamed_whole() -> None:
    """The start of a call that code makes holds its arguments, and no delta follows; the container comes last."""
    events = wire.events(QUESTION, tools=[CODE, WEATHER], model=web.HOSTED_ON_ANTHROPIC)
    start = next(event["content_block"] for event in events if event.get("content_block", {}).get("type") == "tool_use")
    assert start["input"] == {"city": "Oslo"}
    assert not [event for event in events if event["type"] == "content_block_delta" and event["index"] == 1]
    assert "container" not in events[0]["message"]
    ending = next(event["delta"] for event in events if event["type"] == "message_delta")
    assert ending["container"]["id"].startswith("container_")
