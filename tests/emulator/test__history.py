"""What the emulator refuses in a conversation."""

from typing import Any

import pytest

from claude_foundry._models import MODELS

from . import wire
from .wire import CALL, RESULT, assistant, user

THINKING = {"type": "thinking", "thinking": "", "signature": "c2ln"}


def block(**fields: Any) -> dict[str, Any]:
    return {"type": "text", "text": "Hello", **fields}


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([user([block(index=0)])], "messages.0.content.0.text.index: Extra inputs are not permitted"),
        ([user([block(id="x")])], "messages.0.content.0.text.id: Extra inputs are not permitted"),
        ([user([{"type": "text"}])], "messages.0.content.0.text.text: Field required"),
        ([user([{"text": "Hello"}])], "messages.0.content.0.type: Field required"),
        ([user(["Hello"])], "messages.0.content.0: Input should be an object"),
        ([{"role": "user", "content": "Hello", "name": "Ada"}], "messages.0.name: Extra inputs are not permitted"),
        ([{"role": "user"}], "messages.0.content: Field required"),
        ([{"role": "tool", "content": "Hello"}], "messages.0.role: Input should be 'user' or 'assistant'"),
        ([{"role": "system", "content": "Hello"}], "role 'system' is not supported on this model"),
        ([user("")], "messages.0: all messages must have non-empty content"),
        ([user([])], "messages.0: all messages must have non-empty content"),
        ([user(" \n")], "messages: text content blocks must contain non-whitespace text"),
        ([user([block(text="")])], "messages: text content blocks must be non-empty"),
        ([user([block(text="  ")])], "messages: text content blocks must contain non-whitespace text"),
        ([user([THINKING])], "messages.0.content.0: `thinking` blocks are not permitted here"),
        ([assistant("Hello"), user("Hi")], 'messages: first message must use the "user" role'),
    ],
)
def test_messages(messages: list[dict[str, Any]], said: str) -> None:
    """Roles, fields and texts of messages are checked, each with its path."""
    assert wire.complaint(*messages).startswith(said)


def test_unknown_block() -> None:
    """A block of an unknown type is refused."""
    assert "Input tag 'image_url' found using 'type'" in wire.complaint(user([{"type": "image_url", "image_url": {}}]))


def test_no_messages() -> None:
    """A conversation has at least one message."""
    assert wire.complaint(messages=[]) == "messages: at least one message is required"


@pytest.mark.parametrize(
    ("system", "said"),
    [
        ([block(text="")], "system: text content blocks must be non-empty"),
        ([block(text=" ")], "system: text content blocks must contain non-whitespace text"),
        ([block(index=0)], "system.0.text.index: Extra inputs are not permitted"),
        ([{"type": "image", "source": {}}], "system.0: Input tag 'image' found using 'type' does not match"),
    ],
)
def test_system(system: Any, said: str) -> None:
    """The system prompt holds texts only, and none empty."""
    assert wire.complaint(system=system).startswith(said)


UNANSWERED = "`tool_use` ids were found without `tool_result` blocks immediately after: toolu_1"


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([user("Hi"), assistant([CALL]), user("And?")], f"messages.1: {UNANSWERED}"),
        ([user("Hi"), assistant([CALL]), user([block(), RESULT])], f"messages.1: {UNANSWERED}"),
        ([user("Hi"), assistant([CALL])], f"messages.1: {UNANSWERED}"),
        (
            [user([RESULT])],
            "messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1",
        ),
        (
            [user("Hi"), assistant("Hello"), user([RESULT])],
            "messages.2.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1",
        ),
        (
            [user("Hi"), assistant([CALL]), user([RESULT, RESULT])],
            "messages.2.content.1: each tool_use must have a single result.",
        ),
        (
            [user("Hi"), assistant([CALL, CALL]), user([RESULT])],
            "messages: `tool_use` ids must be unique",
        ),
    ],
)
def test_pairing(messages: list[dict[str, Any]], said: str) -> None:
    """Every call is answered at once, first and once, and nothing else is."""
    assert wire.complaint(*messages, tools=[wire.WEATHER]).startswith(said)


def test_pairing_across_messages_of_one_role() -> None:
    """Neighbouring messages of one role are one, so that results may come in several."""
    other = {**CALL, "id": "toolu_2"}
    answered = {**RESULT, "tool_use_id": "toolu_2"}
    history = [user("Hi"), assistant([CALL]), assistant([other]), user([RESULT]), user([answered]), user("And?")]
    assert wire.send(*history, tools=[wire.WEATHER]).status == 200


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ({"id": "call:1"}, "messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"),
        ({"input": "{}"}, "messages.1.content.0.tool_use.input: Input should be a valid dictionary"),
        ({"input": None}, "messages.1.content.0.tool_use.input: Input should be a valid dictionary"),
        ({"index": 1}, "messages.1.content.0.tool_use.index: Extra inputs are not permitted"),
    ],
)
def test_calls(call: dict[str, Any], said: str) -> None:
    """A call that is sent back has a plain id and an object of arguments."""
    assert wire.complaint(user("Hi"), assistant([{**CALL, **call}]), user([RESULT]), tools=[wire.WEATHER]) == said


def test_failed_results_are_text() -> None:
    """A result that is an error holds texts only."""
    image = {"type": "image", "source": {"type": "url", "url": "https://example.com/x.png"}}
    failed = {**RESULT, "is_error": True, "content": [image]}
    said = wire.complaint(user("Hi"), assistant([CALL]), user([failed]), tools=[wire.WEATHER])
    assert said == 'messages.2.content.0.tool_result: all content must be type "text" if "is_error" is true'


@pytest.mark.parametrize("model", MODELS)
def test_prefill(model: str) -> None:
    """A conversation ends with the assistant only on models that take it."""
    reply = wire.send(user("Hi"), assistant("Well"), model=model)
    assert (reply.status == 200) == MODELS[model].prefill


def test_prefill_has_no_trailing_space() -> None:
    """Where the assistant may have begun, its text does not end with white space."""
    said = wire.complaint(user("Hi"), assistant("Well "), model="claude-sonnet-4-5")
    assert said == "messages: final assistant content cannot end with trailing whitespace"


def test_thinking_is_taken_back() -> None:
    """An empty thought with its signature is taken back."""
    assert wire.send(user("Hi"), assistant([THINKING, block()]), user("And?")).status == 200
