"""The vendor's own SDK against the emulator."""

from collections.abc import Iterator
from typing import Any

import anthropic
import pytest
from anthropic import AnthropicFoundry, AsyncAnthropicFoundry, beta_tool
from pydantic import BaseModel

from claude_foundry.emulator import Emulator

from . import wire

QUESTION: Any = [wire.user("What is the weather in Oslo?")]
REQUEST: Any = {"model": "claude-opus-5", "max_tokens": 500, "messages": QUESTION}


class Person(BaseModel):
    """What is to be extracted."""

    name: str
    age: int


@pytest.fixture
def client(emulator: Emulator) -> Iterator[AnthropicFoundry]:
    """The SDK's client for Foundry."""
    with AnthropicFoundry(base_url=emulator.base_url, api_key=emulator.api_key, max_retries=0) as client:
        yield client


def test_create(client: AnthropicFoundry) -> None:
    """A message is parsed, with its usage and id."""
    message = client.messages.create(**REQUEST)
    assert message.content[0].to_dict() == {"type": "text", "text": "You asked: What is the weather in Oslo?"}
    assert message.stop_reason == "end_turn"
    assert message.usage.input_tokens > 0


def test_stream(client: AnthropicFoundry) -> None:
    """A stream is put together to the same message, thinking and call among its blocks."""
    thinking: Any = {"type": "adaptive", "display": "summarized"}
    tools: Any = [wire.WEATHER]
    with client.messages.stream(**REQUEST, tools=tools, thinking=thinking) as stream:
        message = stream.get_final_message()
    thought, call = message.content
    assert thought.type == "thinking"
    assert call.type == "tool_use"
    assert call.input == {"city": "Oslo"}


def test_count_tokens(client: AnthropicFoundry) -> None:
    """A count is what the message then uses."""
    counted = client.messages.count_tokens(model="claude-opus-5", messages=QUESTION)
    assert counted.input_tokens == client.messages.create(**REQUEST).usage.input_tokens


def test_tool_loop(client: AnthropicFoundry) -> None:
    """A loop by hand ends with the result in the answer."""
    messages, tools = list(QUESTION), [wire.WEATHER]
    fields: Any = {**REQUEST, "messages": messages, "tools": tools}
    turns = 0
    while (message := client.messages.create(**fields)).stop_reason == "tool_use":
        results = [
            {"type": "tool_result", "tool_use_id": block.id, "content": f"12 degrees in {block.input['city']}"}
            for block in message.content
            if block.type == "tool_use"
        ]
        messages += [{"role": "assistant", "content": message.content}, wire.user(results)]
        turns += 1
    assert turns == 1
    assert "12 degrees in Oslo" in str(message.content)


def test_tool_runner(client: AnthropicFoundry) -> None:
    """The SDK's own loop over functions ends the same way."""

    @beta_tool
    def get_weather(city: str) -> str:
        """Weather of a city.

        Args:
            city: Name of the city.
        """
        return f"12 degrees in {city}"

    *_, last = client.beta.messages.tool_runner(**REQUEST, tools=[get_weather])
    assert "12 degrees in Oslo" in str(last.content)


def test_parse(client: AnthropicFoundry) -> None:
    """The SDK's structured output fits its model."""
    parsed = client.messages.parse(
        **{**REQUEST, "messages": [wire.user("Ada Lovelace is 36 years old.")]}, output_format=Person
    )
    assert parsed.parsed_output == Person(name="Ada Lovelace", age=36)


async def test_async_with_token(emulator: Emulator) -> None:
    """The asynchronous client signs in with a token."""
    async with (
        AsyncAnthropicFoundry(base_url=emulator.base_url, azure_ad_token_provider=lambda: "token") as client,
        client.messages.stream(**REQUEST) as stream,
    ):
        assert "".join([text async for text in stream.text_stream]) == "You asked: What is the weather in Oslo?"


@pytest.mark.parametrize("betas", [["files-api-2025-04-14"], []])
def test_files(client: AnthropicFoundry, betas: list[str]) -> None:
    """Files go up, are listed over several pages, come down and are deleted."""
    options: Any = {"betas": betas} if betas else {}
    uploaded = [client.beta.files.upload(file=(f"{n}.txt", b"text %d" % n, "text/plain"), **options) for n in range(5)]

    listed = [file for file in client.beta.files.list(limit=2, **options) if file in uploaded]
    got = client.beta.files.retrieve_metadata(uploaded[3].id, **options)
    content = client.beta.files.download(uploaded[3].id, **options).read()
    deleted = [client.beta.files.delete(file.id, **options) for file in uploaded]

    assert listed == uploaded[::-1]
    assert (got, content) == (uploaded[3], b"text 3")
    assert (got.filename, got.mime_type, got.size_bytes) == ("3.txt", "text/plain", 6)
    assert [(file.id, file.type) for file in deleted] == [(file.id, "file_deleted") for file in uploaded]
    with pytest.raises(anthropic.NotFoundError, match="File not found"):
        client.beta.files.download(uploaded[3].id, **options)


async def test_async_files(emulator: Emulator) -> None:
    """The asynchronous client does the same."""
    async with AsyncAnthropicFoundry(base_url=emulator.base_url, api_key=emulator.api_key) as client:
        file = await client.beta.files.upload(file=("a.txt", b"abc"))
        assert file.id in [listed.id async for listed in client.beta.files.list(limit=1000)]
        assert await (await client.beta.files.download(file.id)).read() == b"abc"
        assert (await client.beta.files.delete(file.id)).id == file.id


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"model": "team-a"}, anthropic.NotFoundError),
        ({"messages": [wire.user("")]}, anthropic.BadRequestError),
        ({"messages": [wire.user([{"type": "text", "text": "Hi", "index": 0}])]}, anthropic.BadRequestError),
        ({"extra_body": {"temperature": 0.5}}, anthropic.BadRequestError),
    ],
)
def test_refusals_are_typed_errors(client: AnthropicFoundry, fields: Any, kind: type[Exception]) -> None:
    """Each refusal is the SDK's error of its status."""
    with pytest.raises(kind):
        client.messages.create(**{**REQUEST, **fields})


def test_wrong_key(emulator: Emulator) -> None:
    """A wrong key is the SDK's authentication error."""
    with (
        AnthropicFoundry(base_url=emulator.base_url, api_key="other", max_retries=0) as client,
        pytest.raises(anthropic.AuthenticationError),
    ):
        client.messages.create(**REQUEST)
