"""Parsed answers and runs of tools against recorded traffic."""

from datetime import date
from typing import Any

import pytest
from pydantic import BaseModel, Field

from claude_foundry import OutputNotParsedError, ToolStep, tool
from tests.cassette_shells import CassetteShell

pytestmark = pytest.mark.vcr


class Contact(BaseModel):
    """A contact in a letter."""

    name: str = Field(description="Full name.", min_length=1)
    email: str
    since: date | None = None


LETTER = "Extract the contact: Ada Lovelace writes from ada@example.org and has been a customer since 2024-05-17."
REQUEST: dict[str, Any] = {
    "model": "claude-sonnet-5",
    "max_tokens": 300,
    "messages": [{"role": "user", "content": LETTER}],
}


def days_between(start: date, end: date) -> int:
    """Counts the days from one date to another."""
    return (end - start).days


def multiply(first: int, second: int) -> int:
    """Multiplies two numbers."""
    return first * second


def ask(question: str) -> dict[str, Any]:
    return {**REQUEST, "messages": [{"role": "user", "content": question}]}


@pytest.mark.parametrize("model", ["claude-sonnet-5", "claude-haiku-5-5"])
def test_parse(model: str, recorded: CassetteShell) -> None:
    """A model that takes the format and one that takes a tool in its place give the same type."""
    message = recorded.ask(lambda it: it.messages.parse(output_type=Contact, **{**REQUEST, "model": model}))

    assert (message.parsed.name, message.parsed.email) == ("Ada Lovelace", "ada@example.org")
    assert message.apim_request_id


def test_parse_stream(recorded: CassetteShell) -> None:
    """The object grows until it is whole."""
    partials, message = recorded.streamed(
        lambda it: it.messages.parse_stream(output_type=Contact, **REQUEST), final="get_final_message"
    )

    assert len(partials) > 1
    assert Contact.model_validate(partials[-1]) == message.parsed


def test_parse_what_is_cut(recorded: CassetteShell) -> None:
    """An output that max_tokens cut is an error that says so."""
    with pytest.raises(OutputNotParsedError, match="raise max_tokens"):
        recorded.ask(lambda it: it.messages.parse(output_type=Contact, **{**REQUEST, "max_tokens": 4}))


def test_run_tools(recorded: CassetteShell) -> None:
    """A function is called with converted arguments, and the conversation goes on after the run."""
    question = ask("Use days_between: how many days lie between 2026-03-01 and 2026-07-14?")

    run = recorded.ask(lambda it: it.messages.run_tools(tools=[days_between], **question))
    following = [*run.messages, {"role": "user", "content": "Thank you."}]
    after = recorded.create(**{**REQUEST, "messages": following, "tools": [tool(days_between).definition]})

    assert [it["content"] for it in run.steps[0].results] == ["135"]
    assert "135" in run.final.text
    assert after.stop_reason == "end_turn"


def test_stream_tools(recorded: CassetteShell) -> None:
    """Both functions are called in one turn, and their steps come with the events."""
    question = ask("multiply 17 by 23, and tell days_between 2026-03-01 and 2026-07-14.")

    items, run = recorded.streamed(
        lambda it: it.messages.stream_tools(tools=[multiply, days_between], **question), final="get_final_run"
    )

    steps = [item for item in items if isinstance(item, ToolStep)]
    assert tuple(steps) == run.steps
    assert [it["content"] for it in steps[0].results] == ["391", "135"]
    assert "391" in run.final.text
