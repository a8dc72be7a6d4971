"""The emulator as an httpx transport."""

import subprocess
import sys
from typing import Any

import httpx
import pytest

from claude_foundry import AsyncFoundryClient, AuthenticationError, BadRequestError, FoundryClient, NotFoundError
from claude_foundry.emulator import Emulator, EmulatorTransport

from . import wire

REQUEST: Any = {"model": "claude-opus-5", "max_tokens": 100, "messages": [wire.user("Weather in Oslo?")]}


def client(key: str = "emulator", transport: EmulatorTransport | None = None) -> FoundryClient:
    http = httpx.Client(transport=transport or EmulatorTransport())
    return FoundryClient("anything", api_key=key, http_client=http, max_retries=0)


def async_client() -> AsyncFoundryClient:
    http = httpx.AsyncClient(transport=EmulatorTransport())
    return AsyncFoundryClient("anything", api_key="emulator", http_client=http, max_retries=0)


def test_create_and_count() -> None:
    """A client gets messages and counts without a server."""
    message = client().messages.create(**REQUEST)
    assert message.text == "You asked: Weather in Oslo?"
    assert message.request_id
    assert message.apim_request_id
    counted = client().messages.count_tokens(model="claude-opus-5", messages=REQUEST["messages"])
    assert counted.input_tokens == message.usage.input_tokens


def test_stream() -> None:
    """A stream comes chunk by chunk and adds up to the message."""
    with client().messages.stream(**REQUEST) as stream:
        assert len(list(stream.text_stream)) > 2
        assert stream.get_final_message().text == "You asked: Weather in Oslo?"


async def test_async() -> None:
    """An asynchronous client gets the same."""
    ours = async_client()
    message = await ours.messages.create(**REQUEST)
    async with ours.messages.stream(**REQUEST) as stream:
        assert (await stream.get_final_message()).text == message.text


@pytest.mark.parametrize(
    ("key", "fields", "kind"),
    [
        ("wrong", {}, AuthenticationError),
        ("emulator", {"model": "team-a"}, NotFoundError),
        ("emulator", {"messages": [wire.user("")]}, BadRequestError),
    ],
)
def test_refusals_are_typed_errors(key: str, fields: dict[str, object], kind: type[Exception]) -> None:
    """Each refusal arrives as the client's error of its status."""
    with pytest.raises(kind):
        client(key).messages.create(**{**REQUEST, **fields})


def test_transports_of_one_emulator_share_its_memory() -> None:
    """What one transport is asked, its emulator remembers."""
    emulator = Emulator(api_key="own")
    client("own", emulator.transport()).messages.create(**REQUEST)
    client("own", emulator.transport()).messages.create(**REQUEST)
    assert [request.body["model"] for request in emulator.requests] == ["claude-opus-5"] * 2


def test_no_server_libraries() -> None:
    """In process neither Starlette nor uvicorn is loaded."""
    code = (
        "import sys; from claude_foundry.emulator import Emulator; Emulator().transport();"
        "sys.exit(bool({'starlette', 'uvicorn'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
