"""What the emulator answers when neither tools nor documents are in play."""

import base64
import json

import pytest

from . import wire
from .wire import assistant, user

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(92)).decode()
ADAPTIVE = {"type": "adaptive"}
JOKE = {
    "type": "object",
    "properties": {"setup": {"type": "string"}, "punchline": {"type": "string"}},
    "required": ["setup", "punchline"],
}


def test_the_question_is_restated() -> None:
    """The answer shows what was asked, in any script."""
    assert wire.text(user("Grüße, 世界?")) == "You asked: Grüße, 世界?"


def test_long_questions_are_cut() -> None:
    """Of a long question the beginning is restated."""
    assert len(wire.text(user("word " * 1000))) < 700


def test_what_was_said_before_is_recalled() -> None:
    """What the user said earlier and bears on the question is part of the answer."""
    history = [user("My name is Ada. I like tea."), assistant("Fine."), user("What is my name?")]
    assert wire.text(*history) == "You asked: What is my name?\nYou said before: My name is Ada."


def test_media_are_acknowledged() -> None:
    """Images and files are named with media type and size, or address."""
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
    linked = {"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}}
    said = wire.text(user([image, linked, {"type": "text", "text": "What is it?"}]))
    assert "image (image/png, 100 bytes)" in said
    assert "document at https://example.com/a.pdf" in said


def test_media_of_tools_are_acknowledged() -> None:
    """An image that a tool returns is named too."""
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
    history = [user("Weather?"), assistant([wire.CALL]), user([{**wire.RESULT, "content": [image]}])]
    assert "image (image/png, 100 bytes)" in wire.text(*history, tools=[wire.WEATHER])


def test_format() -> None:
    """With a format the answer is one text of JSON that the schema allows, filled from the question."""
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"],
        "additionalProperties": False,
    }
    config = {"format": {"type": "json_schema", "schema": schema}}
    (block,) = wire.answer(user("Ada Lovelace is 36."), output_config=config)["content"]
    assert json.loads(block["text"]) == {"name": "Ada Lovelace", "age": 36}


def test_format_takes_results() -> None:
    """With a format and results of tools, the values come from both."""
    schema = {"type": "object", "properties": {"degrees": {"type": "integer"}}, "required": ["degrees"]}
    config = {"format": {"type": "json_schema", "schema": {**schema, "additionalProperties": False}}}
    history = [user("Weather in Oslo?"), assistant([wire.CALL]), user([wire.RESULT])]
    assert json.loads(wire.text(*history, tools=[wire.WEATHER], output_config=config)) == {"degrees": 12}


@pytest.mark.parametrize(
    "prompt",
    [
        "Tell me a joke about cats. Return the result as a JSON with 'setup' and 'punchline' keys.",
        f"Tell me a joke about cats.\n\nHere's a JSON schema to follow:\n{json.dumps(JOKE)}\n\nOutput a valid JSON.",
        f"Tell me a joke about cats.\nGive a JSON instance.\nHere is the output schema:\n```\n{json.dumps(JOKE)}\n```",
    ],
)
def test_json_asked_for_in_words(prompt: str) -> None:
    """Words that ask for JSON, by keys or by a schema, are answered with JSON alone."""
    said = json.loads(wire.text(user(prompt)))
    assert said == {"setup": "Tell me a joke about cats.", "punchline": "Tell me a joke about cats."}


def test_talk_of_json_is_no_wish_for_it() -> None:
    """A question about JSON is a question."""
    assert wire.text(user("What is JSON?")) == "You asked: What is JSON?"


def test_thinking_comes_first() -> None:
    """A thought with a signature precedes the answer and is counted."""
    message = wire.answer(user("Hello"), model="claude-opus-5", thinking={**ADAPTIVE, "display": "summarized"})
    thought, answer = message["content"]
    assert "Hello" in thought["thinking"]
    assert thought["signature"]
    assert answer["type"] == "text"
    usage = message["usage"]
    assert 0 < usage["output_tokens_details"]["thinking_tokens"] < usage["output_tokens"]


def test_thinking_may_be_hidden() -> None:
    """Newer models hide the thought unless asked, and sign it; older ones show it."""
    hidden = wire.answer(user("Hello"), model="claude-opus-5", thinking=ADAPTIVE)["content"][0]
    assert hidden["thinking"] == ""
    assert hidden["signature"]
    shown = wire.answer(user("Hello"), model="claude-opus-4-6", thinking=ADAPTIVE)["content"][0]
    assert shown["thinking"]


def test_signatures_are_stable() -> None:
    """The same thought of the same question has the same signature each time."""
    first, second = (
        wire.answer(user("Hello"), model="claude-opus-5", thinking=ADAPTIVE)["content"][0] for _ in range(2)
    )
    assert first == second


def test_no_thinking_unless_asked() -> None:
    """Without the field there is no thought."""
    assert [block["type"] for block in wire.answer(model="claude-opus-5")["content"]] == ["text"]
