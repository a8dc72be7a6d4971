"""The token of an MCP server, and what a client sends with each call, are not shown where a call is refused or left."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pydantic import SecretStr

from claude_foundry import AsyncFoundryClient, FoundryClient
from tests.faults.test_leaks import KEY, REQUEST, TOKEN, leaks
from tests.faults.test_refused_secrets import shown

SERVER = {"type": "url", "name": "a", "url": "https://a.example", "authorization_token": SecretStr(TOKEN)}
GIVEN: dict[str, Any] = {"resource": "a", "api_key": KEY, "default_headers": {"x-gateway-key": KEY}}
WRONG: list[dict[str, Any]] = [
    {"betas": "one"},
    {"extra_headers": {"a b": "c"}},
    {"messages": []},
    {"model": "a/b"},
    {"metadata": {"user_id": object()}},
    {"metadata": {"user_id": SecretStr(TOKEN)}},
    {"temperature": float("nan")},
    {"on_thinking_mismatch": "perhaps"},
    {"tools": [len]},
]

wrong = pytest.mark.parametrize("fields", WRONG, ids=lambda fields: next(iter(fields)))


def streamed(request: dict[str, Any]) -> None:
    with FoundryClient(**GIVEN) as client, client.messages.stream(**request):
        pass


def asked(request: dict[str, Any]) -> None:
    with FoundryClient(**GIVEN) as client:
        client.messages.create(**request)


def asked_in_a_loop(request: dict[str, Any]) -> None:
    async def ask() -> None:
        async with AsyncFoundryClient(**GIVEN) as client:
            await client.messages.create(**request)

    asyncio.run(ask())


@wrong
@pytest.mark.parametrize("ask", [asked, streamed, asked_in_a_loop])
def test_refused_calls(ask: Callable[[dict[str, Any]], None], fields: dict[str, Any]) -> None:
    """A wrong argument of a call is refused, and neither the headers of all calls nor a sealed token is shown."""
    request = {**REQUEST, "mcp_servers": [SERVER], **fields}

    assert shown(lambda: ask(request)) == []


def test_refused_requests_of_others() -> None:
    """A wrong header of a request to any endpoint is refused, and those of all calls are not shown."""
    client = FoundryClient(**GIVEN)

    assert shown(lambda: client.request("GET", "v1/models", headers={"a b": "c"})) == []


async def left_while_sending(ask: Callable[[str], Awaitable[object]]) -> BaseException:
    """Gives what a call is cancelled with while its server takes no more of it than the head."""
    begun, over = asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        begun.set()
        await over.wait()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        call = asyncio.ensure_future(ask(f"http://127.0.0.1:{port}"))
        await begun.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError) as ended:
            await call
        over.set()
    return ended.value


def test_calls_that_are_cancelled_while_they_are_sent() -> None:
    """A call that is cancelled while a long request is sent shows nothing of its body, which holds a token."""
    long = {**REQUEST, "messages": [{"role": "user", "content": "Hello " * 2_000_000}], "mcp_servers": [SERVER]}

    async def ask(url: str) -> None:
        async with AsyncFoundryClient(base_url=url, api_key=KEY, max_retries=0) as client:
            await client.messages.create(**long)

    ended = asyncio.run(left_while_sending(ask))

    captured = traceback.TracebackException.from_exception(ended, capture_locals=True)
    assert leaks({"traceback with locals": "".join(captured.format())}) == []
