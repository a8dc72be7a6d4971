"""Thinking counts only in the conversation that it was written in."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry._sse import EventDecoder
from claude_foundry._stream import MessageAccumulator

from . import wire
from .wire import assistant, user

MODEL = "claude-opus-5-5"
ASKED: dict[str, Any] = {
    "model": MODEL,
    "thinking": {"type": "adaptive", "display": "summarized"},
    "system": "You are brief.",
    "tools": [wire.WEATHER, wire.TIME],
}
MOVED = "The block is bound to a different conversation."


def turns(count: int, **fields: Any) -> list[dict[str, Any]]:
    """Gives a conversation of that many questions, each answered with thinking, and one more question."""
    messages: list[dict[str, Any]] = []
    for number in range(count):
        messages.append(user(f"Question {number}?"))
        messages.append(assistant(wire.answer(*messages, **{**ASKED, **fields})["content"]))
    return [*messages, user("And now?")]


def without_thinking(message: dict[str, Any]) -> dict[str, Any]:
    return {**message, "content": [block for block in message["content"] if block["type"] != "thinking"]}


def test_thinking_in_its_conversation() -> None:
    """What was thought goes back unchanged, through calls and their results."""
    question = user("What is the weather in Oslo?")
    called = wire.answer(question, **ASKED)["content"]
    identifier = next(block["id"] for block in called if block["type"] == "tool_use")
    result = {"type": "tool_result", "tool_use_id": identifier, "content": "12 degrees"}
    told = wire.answer(question, assistant(called), user([result]), **ASKED)["content"]

    wire.answer(question, assistant(called), user([result]), assistant(told), user("Thanks!"), **ASKED)


def test_streamed_thinking() -> None:
    """The signature of a streamed answer is that of the whole one."""
    reply = wire.send(user("Question 0?"), stream=True, **ASKED)
    accumulator, decoder = MessageAccumulator(), EventDecoder()
    for chunk in reply.body:
        for event in decoder.feed(chunk):
            accumulator.add(event)
    content = (accumulator.snapshot() or {})["content"]

    assert content[0] == turns(1)[1]["content"][0]


@pytest.mark.parametrize(
    "changed",
    [
        {"system": "You are brief. Today is Tuesday."},
        {"tools": [wire.WEATHER]},
        {"tools": [wire.TIME, wire.WEATHER]},
        {"tools": [*ASKED["tools"], wire.ADD]},
    ],
)
def test_another_prompt(changed: dict[str, Any]) -> None:
    """Another system prompt, other tools or the same in another order: the thinking is refused, and named."""
    said = wire.complaint(*turns(1), **{**ASKED, **changed})

    assert said.startswith("messages.1.content.0: Invalid `signature` in `thinking` block.")
    assert MOVED in said


def test_another_history() -> None:
    """A question that was edited, left out or put first makes the thinking that follows it another's."""
    first, *rest = turns(2)

    for messages in (
        [user("Question 7?"), *rest],
        rest[1:],
        [user("Remember: be polite."), assistant("I will."), first, *rest],
    ):
        assert MOVED in wire.complaint(*messages, **ASKED)


def test_what_may_be_left_out() -> None:
    """All thinking, or the oldest, may go; what goes from between makes the later one another's."""
    messages = turns(3)
    places = [1, 3, 5]

    def bare(*left_out: int) -> list[dict[str, Any]]:
        return [without_thinking(it) if place in left_out else it for place, it in enumerate(messages)]

    for left_out in (places[:1], places[:2], places):
        wire.answer(*bare(*left_out), **ASKED)
    assert wire.complaint(*bare(3), **ASKED).startswith("messages.5.content.0")


def test_what_changes_nothing() -> None:
    """Cache points may move, a text may be written as a block, effort and display may change."""
    first, *rest = turns(1)
    marked = {"type": "text", "text": "Question 0?", "cache_control": {"type": "ephemeral"}}

    wire.answer(
        user([marked]),
        *rest,
        **{**ASKED, "thinking": {"type": "adaptive"}, "system": [{"type": "text", "text": "You are brief."}]},
        output_config={"effort": "low"},
    )
    assert first == user("Question 0?")


def test_changed_thinking() -> None:
    """Thinking whose words were changed is refused on every model."""
    for model, thinking in (
        (MODEL, ASKED["thinking"]),
        ("claude-sonnet-4-5", {"type": "enabled", "budget_tokens": 1024}),
    ):
        fields = {**ASKED, "model": model, "thinking": thinking, "max_tokens": 2000}
        messages = turns(1, **fields)
        messages[1]["content"][0]["thinking"] += " And more."

        said = wire.complaint(*messages, **fields)

        assert said == "messages.1.content.0: Invalid `signature` in `thinking` block."


def test_other_models() -> None:
    """Where a model does not bind its thinking it may move; another model's is not looked at."""
    older = {**ASKED, "model": "claude-opus-5"}

    wire.answer(*turns(2, **older)[2:], **older)
    wire.answer(*turns(2)[2:], **older)
    wire.answer(*turns(2, **older)[2:], **ASKED)


def test_a_compaction() -> None:
    """What the service has compacted stands for what came before: with or without it, later thinking holds."""
    compaction = {"type": "compaction", "content": "They greeted each other."}
    before, kept = [user("Hello"), assistant("Hello!"), user("Question 0?")], assistant([compaction])
    answered = wire.answer(*before, kept, user("Question 1?"), **ASKED)["content"]

    for earlier in (before, [user("Hello")]):
        wire.answer(*earlier, kept, user("Question 1?"), assistant(answered), user("And now?"), **ASKED)


def test_what_the_service_signed() -> None:
    """A signature that was not made here cannot be judged here, and is taken as it is."""
    for foreign in ("s", "", "RW11bGF0ZWRUaGlua2luZw==", "EqoBCkYIBxABGAI"):
        block = {"type": "thinking", "thinking": "", "signature": foreign}
        wire.answer(user("Hello"), assistant([block, {"type": "text", "text": "Hi."}]), user("Bye"), **ASKED)


def test_counting() -> None:
    """Tokens of a request with another conversation's thinking are not counted either."""
    path = "/anthropic/v1/messages/count_tokens"
    fields = {**ASKED, "max_tokens": None, "system": "Another."}

    assert MOVED in wire.complaint(*turns(1), path=path, **fields)


@given(st.lists(st.text(min_size=1).filter(str.strip), min_size=1, max_size=4))
def test_any_conversation_goes_on(questions: list[str]) -> None:
    """Whatever is asked, a conversation that only grows is never refused."""
    messages: list[dict[str, Any]] = []
    for question in questions:
        messages.append(user(question))
        messages.append(assistant(wire.answer(*messages, model=MODEL, thinking={"type": "adaptive"})["content"]))
