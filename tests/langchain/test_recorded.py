"""Recorded answers of the service through the chat model, and back as history."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from claude_foundry.langchain import ChatClaudeFoundry
from claude_foundry.langchain._to_wire import split
from tests.answers import streamed
from tests.langchain.ways import agathered, ainvoked, gathered, invoked, model
from tests.recorded import answer, exchanges, recorded, told
from tests.shells import Script

Ask = Callable[[ChatClaudeFoundry, Any], AIMessage]
pytestmark = recorded

whole = pytest.mark.parametrize("row", exchanges(stream=False))
streams = pytest.mark.parametrize("row", exchanges(stream=True))
PROTECTED = ("thinking", "redacted_thinking", "compaction")
SENT_BACK_AS_THEY_CAME = (*PROTECTED, "server_tool_use", "mcp_tool_use")


def check(message: AIMessage, row: dict[str, Any]) -> None:
    meant = told(row)
    calls = [block for block in meant["content"] if block["type"] == "tool_use" and "json" not in block]
    assert message.text == "".join(block["text"] for block in meant["content"] if block["type"] == "text")
    assert [(call["id"], call["name"], call["args"]) for call in message.tool_calls] == [
        (call["id"], call["name"], call["input"]) for call in calls
    ]
    assert message.response_metadata["stop_reason"] == meant["stop_reason"]
    assert message.response_metadata["request_id"] == "req_1"
    assert message.usage_metadata["output_tokens"] == meant["usage"]["output_tokens"]
    check_history(message, meant)


def check_history(message: AIMessage, meant: dict[str, Any]) -> None:
    """What the API demands back unchanged goes back unchanged, in its order."""
    turns = split([message])[1]
    sent = [block for turn in turns for block in turn["content"]]
    kept = [block for block in meant["content"] if is_kept(block)]
    assert [block for block in sent if is_kept(block)] == [as_sent(block) for block in kept]


def is_kept(block: dict[str, Any]) -> bool:
    return block["type"] in SENT_BACK_AS_THEY_CAME or block["type"].endswith("_tool_result")


def as_sent(block: dict[str, Any]) -> dict[str, Any]:
    """The block byte for byte, but for fields of calls and results that are null."""
    if block["type"] in PROTECTED:
        return block
    return {name: value for name, value in block.items() if value is not None}


@whole
@pytest.mark.parametrize("ask", [invoked, ainvoked])
def test_whole(ask: Ask, row: dict[str, Any]) -> None:
    """A recorded answer gives its text, calls, counts and reason, and may be sent back."""
    check(ask(model(lambda _: answer(row), continue_paused_turns=False), "Hi"), row)


@streams
@pytest.mark.parametrize("ask", [gathered, agathered])
def test_streamed(ask: Ask, row: dict[str, Any]) -> None:
    """A recorded stream gives its text, calls, counts and reason, and may be sent back."""
    check(ask(model(lambda _: answer(row), continue_paused_turns=False), "Hi"), row)


@streams
def test_standard_blocks(row: dict[str, Any]) -> None:
    """A recorded stream can be gathered in LangChain's standard blocks, and may be sent back from them."""
    message = gathered(model(lambda _: answer(row), output_version="v1", continue_paused_turns=False), "Hi")

    meant = told(row)
    assert message.text == "".join(block["text"] for block in meant["content"] if block["type"] == "text")
    assert json.dumps(split([message]))


@pytest.mark.parametrize("ask", [gathered, agathered])
def test_paused_and_continued(ask: Ask) -> None:
    """The recorded parts of a paused turn are one answer with all their blocks, and what they cost together."""
    rows = [row for row in exchanges(stream=True) if "test_pause_turn_web_search_streaming" in row.id]
    parts = [row.values[0] for row in rows]
    service = Script(*(answer(part) for part in parts), streamed())

    message = ask(model(service), "Hi")

    meant = [told(part) for part in parts]
    assert {part["stop_reason"] for part in meant} == {"pause_turn"}
    assert len(message.content) == sum(len(part["content"]) for part in meant) + 1
    assert message.usage_metadata["output_tokens"] == sum(part["usage"]["output_tokens"] for part in meant) + 4
    texts = [block.get("text", "") for part in meant for block in part["content"]]
    assert message.text == "".join([*texts, "Hello there."])
