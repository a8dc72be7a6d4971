"""Parsed answers and runs of tools against recorded traffic."""

from datetime import date
from typing import Any

import pytest
from pydantic import BaseModel, Field

from claude_foundry import AsyncFoundryClient, FoundryClient, OutputNotParsedError, ToolStep, tool

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


async def multiply(first: int, second: int) -> int:
    """Multiplies two numbers."""
    return first * second


def ask(question: str) -> dict[str, Any]:
    return {**REQUEST, "messages": [{"role": "user", "content": question}]}


@pytest.mark.parametrize("model", ["claude-sonnet-5", "claude-haiku-5-5"])
def test_parse(model: str, foundry_endpoint: dict[str, Any]) -> None:
    """A model that takes the format and one that takes a tool in its place give the same type."""
    with FoundryClient(**foundry_endpoint) as client:
        message = client.messages.parse(output_type=Contact, **{**REQUEST, "model": model})

    assert (message.parsed.name, message.parsed.email) == ("Ada Lovelace", "ada@example.org")
    assert message.apim_request_id


def test_parse_stream(foundry_endpoint: dict[str, Any]) -> None:
    """The object grows until it is whole."""
    client = FoundryClient(**foundry_endpoint)
    with client, client.messages.parse_stream(output_type=Contact, **REQUEST) as stream:
        partials = list(stream)
        message = stream.get_final_message()

    assert len(partials) > 1
    assert Contact.model_validate(partials[-1]) == message.parsed


def test_parse_what_is_cut(foundry_endpoint: dict[str, Any]) -> None:
    """An output that max_tokens cut is an error that says so."""
    with FoundryClient(**foundry_endpoint) as client, pytest.raises(OutputNotParsedError, match="raise max_tokens"):
        client.messages.parse(output_type=Contact, **{**REQUEST, "max_tokens": 4})


def test_run_tools(foundry_endpoint: dict[str, Any]) -> None:
    """A function is called with converted arguments, and the conversation goes on after the run."""
    with FoundryClient(**foundry_endpoint) as client:
        run = client.messages.run_tools(
            tools=[days_between], **ask("Use days_between: how many days lie between 2026-03-01 and 2026-07-14?")
        )
        following = [*run.messages, {"role": "user", "content": "Thank you."}]
        after = client.messages.create(**{**REQUEST, "messages": following, "tools": [tool(days_between).definition]})

    assert [it["content"] for it in run.steps[0].results] == ["135"]
    assert "135" in run.final.text
    assert after.stop_reason == "end_turn"


async def test_stream_tools_in_a_loop(foundry_endpoint: dict[str, Any]) -> None:
    """Both functions are called in one turn, and their steps come with the events."""
    async with AsyncFoundryClient(**foundry_endpoint) as client:
        request = ask("multiply 17 by 23, and tell days_between 2026-03-01 and 2026-07-14.")
        async with client.messages.stream_tools(tools=[multiply, days_between], **request) as stream:
            items = [item async for item in stream]
            run = await stream.get_final_run()

    steps = [item for item in items if isinstance(item, ToolStep)]
    assert tuple(steps) == run.steps
    assert [it["content"] for it in steps[0].results] == ["391", "135"]
    assert "391" in run.final.text
