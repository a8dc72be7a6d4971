"""Cache points that begin a message."""

from typing import Any

import pytest
from llama_index.core.base.llms.types import CacheControl, CachePoint, ChatMessage, TextBlock, ThinkingBlock

from claude_foundry._models import known
from claude_foundry.errors import ConfigurationError
from claude_foundry.llamaindex._to_wire import request

POINT = CachePoint(cache_control=CacheControl(type="ephemeral", ttl="1h"))
MARK = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
HOUR = {"type": "ephemeral", "ttl": "1h"}


def text(words: str, **fields: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, **fields}


def say(*blocks: Any, role: str = "user", **extra: Any) -> ChatMessage:
    parts = [TextBlock(text=block) if isinstance(block, str) else block for block in blocks]
    return ChatMessage(role=role, blocks=parts, additional_kwargs=extra)


def fields(*messages: ChatMessage) -> dict[str, Any]:
    settings = {"model": "m", "max_tokens": 100}
    return request(messages, settings=settings, call={}, model=known("claude-opus-5-5")).fields


def test_point_alone_in_a_message() -> None:
    """A message of nothing but a cache point marks the end of the message before it."""
    [turn] = fields(say("a", "b"), say(POINT), say("c"))["messages"]
    assert turn["content"] == [text("a"), text("b", **MARK), text("c")]


def test_point_at_the_begin_of_a_message() -> None:
    """A cache point before the text of a message marks the end of the message before it."""
    [turn] = fields(say("a"), say(POINT, "b"))["messages"]
    assert turn["content"] == [text("a", **MARK), text("b")]


def test_point_at_the_begin_of_the_conversation() -> None:
    """Before the first message it marks the end of the system prompt."""
    sent = fields(say("rules", role="system"), say(POINT, "a"))
    assert sent["system"] == [text("rules", **MARK)]
    assert sent["messages"][0]["content"] == [text("a")]


def test_point_in_a_system_message_of_its_own() -> None:
    """In a system message of its own it marks the system message before it."""
    sent = fields(say("rules", role="system"), say(POINT, role="system"), say("a"))
    assert sent["system"] == [text("rules", **MARK)]


def test_point_after_reasoning_alone() -> None:
    """Reasoning carries no cache point: the message before it does."""
    thought = ThinkingBlock(content="hm", additional_information={"signature": "s"})
    [asked, *_] = fields(say("a"), say(thought, POINT, role="assistant"), say("b"))["messages"]
    assert asked["content"] == [text("a", **MARK)]


def test_point_before_a_tools_result() -> None:
    """Before a tool's result it marks what was said before."""
    called = say("b", role="assistant", tool_calls=[{"id": "t", "name": "f", "input": {}}])
    [_, answer, result] = fields(say("a"), called, say(POINT, "c", role="tool", tool_call_id="t"))["messages"]
    assert answer["content"][-1]["cache_control"] == HOUR
    assert "cache_control" not in result["content"][0]


def test_mark_of_an_empty_message() -> None:
    """A mark on a message that says nothing is that of the message before it."""
    [turn] = fields(say("a"), say("", cache_control={"type": "ephemeral"}))["messages"]
    assert turn["content"] == [text("a", cache_control={"type": "ephemeral"})]


@pytest.mark.parametrize("blocks", [[POINT, "a"], [" ", POINT, "a"]], ids=["first", "after white space"])
def test_point_before_everything(blocks: list[Any]) -> None:
    """A cache point with nothing before it is refused, with the way out."""
    with pytest.raises(ConfigurationError, match=r"CachePoint .* put it after .* cache_tools"):
        fields(say(*blocks))
