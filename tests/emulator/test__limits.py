"""Where the emulator's answers stop."""

import json

import pytest

from claude_foundry._stream import MessageAccumulator
from claude_foundry.emulator._words import tokens

from . import wire
from .wire import user

QUESTION = "What is the weather in San Francisco, CA?"


@pytest.mark.parametrize("most", [1, 3, 5])
def test_max_tokens_cuts_text(most: int) -> None:
    """A text is cut at the limit, and the limit is what was used."""
    whole = wire.answer(user(QUESTION))
    cut = wire.answer(user(QUESTION), max_tokens=most)
    assert cut["stop_reason"] == "max_tokens"
    assert cut["usage"]["output_tokens"] == most
    assert whole["content"][0]["text"].startswith(cut["content"][0]["text"])


def test_no_tokens() -> None:
    """With a limit of zero the answer is empty."""
    message = wire.answer(max_tokens=0)
    assert (message["content"], message["stop_reason"]) == ([], "max_tokens")


def test_max_tokens_cuts_a_call() -> None:
    """A stream cut in a call's arguments leaves its block open; an account of it holds no call."""
    events = wire.events(user(QUESTION), tools=[wire.WEATHER], max_tokens=5)
    assert [event["type"] for event in events if event["type"] == "content_block_stop"] == []
    deltas = [event["delta"]["partial_json"] for event in events if event["type"] == "content_block_delta"]
    assert '{"city": "San Francisco, CA"}'.startswith("".join(deltas))
    account = MessageAccumulator()
    for event in events:
        account.add(event)  # type: ignore[arg-type]
    message = account.snapshot()
    assert message is not None
    assert message["stop_reason"] == "max_tokens"
    assert message["content"][0]["type"] == "invalid_tool_use"
    assert message["usage"]["output_tokens"] == 5 == tokens("".join(deltas))


def test_max_tokens_cuts_a_whole_answer() -> None:
    """Without a stream, a call that is cut has no arguments."""
    message = wire.answer(user(QUESTION), tools=[wire.WEATHER], max_tokens=5)
    assert message["stop_reason"] == "max_tokens"
    assert message["content"][0]["input"] == {}


def test_max_tokens_cuts_thinking() -> None:
    """A thought that is cut is not signed, and nothing follows it."""
    message = wire.answer(model="claude-opus-4-6", thinking={"type": "adaptive"}, max_tokens=5)
    (thought,) = message["content"]
    assert (thought["signature"], message["stop_reason"]) == ("", "max_tokens")


@pytest.mark.parametrize("stream", [False, True])
def test_stop_sequence(stream: bool) -> None:
    """The answer ends before the first stop sequence in it, and names it."""
    fields = {"stop_sequences": ["nowhere", "San", "weather"]}
    if stream:
        events = wire.events(user(QUESTION), **fields)
        ending = next(event["delta"] for event in events if event["type"] == "message_delta")
    else:
        ending = wire.answer(user(QUESTION), **fields)
        assert ending["content"][0]["text"] == "You asked: What is the "
    assert (ending["stop_reason"], ending["stop_sequence"]) == ("stop_sequence", "weather")


def test_stop_sequence_at_the_start() -> None:
    """When nothing comes before the stop sequence, there is no empty text."""
    assert wire.answer(stop_sequences=["You"])["content"] == []


def test_arguments_are_not_searched() -> None:
    """A stop sequence in a call's arguments stops nothing."""
    message = wire.answer(user(QUESTION), tools=[wire.WEATHER], stop_sequences=["San"])
    assert message["stop_reason"] == "tool_use"
    assert json.dumps(message["content"][0]["input"]) == '{"city": "San Francisco, CA"}'
