"""Bytes behind an answer are no answer to the next request, over httpx's transports as over ours."""

import asyncio
import json
from collections.abc import Callable

import httpx
import pytest
import trio

from claude_foundry import APIStatusError, AsyncFoundryClient, FoundryClient
from tests.answers import message, pieces_of
from tests.shells import REQUEST
from tests.wire import Wire, chunked, raw

Ask = Callable[[str, bool], list[str]]


def answer(text: str, *, status: bytes = b"200 OK") -> bytes:
    body = json.dumps(message({"type": "text", "text": text})).encode()
    return b"HTTP/1.1 %s\r\ncontent-length: %d\r\n\r\n%s" % (status, len(body), body)


def streamed(text: str) -> bytes:
    return chunked(pieces_of(message({"type": "text", "text": text}))) + b"0\r\n\r\n"


def refused(_: str) -> bytes:
    return answer("", status=b"400 Bad Request")


def serving(written: Callable[[str], bytes], surplus: bytes) -> Callable[[Wire], None]:
    """Answers each request on a connection with how many came there before, and says more than that."""

    def serve(wire: Wire) -> None:
        for count in range(10):
            wire.asked()
            wire.send(written(f"own {count}") + surplus)

    return serve


def _text(client: FoundryClient, *, stream: bool) -> str:
    try:
        if not stream:
            return client.messages.create(**REQUEST).text
        with client.messages.stream(**REQUEST) as answers:
            return answers.get_final_message().text
    except APIStatusError as error:
        return str(error.status_code)


async def _async_text(client: AsyncFoundryClient, *, stream: bool) -> str:
    try:
        if not stream:
            return (await client.messages.create(**REQUEST)).text
        async with client.messages.stream(**REQUEST) as answers:
            return (await answers.get_final_message()).text
    except APIStatusError as error:
        return str(error.status_code)


def _own(url: str, stream: bool) -> list[str]:
    with FoundryClient(base_url=url, api_key="k") as client:
        return [_text(client, stream=stream) for _ in range(3)]


def _given(url: str, stream: bool) -> list[str]:
    with httpx.Client(trust_env=False) as http, FoundryClient(base_url=url, api_key="k", http_client=http) as client:
        return [_text(client, stream=stream) for _ in range(3)]


async def _asked(client: AsyncFoundryClient, stream: bool) -> list[str]:
    async with client:
        return [await _async_text(client, stream=stream) for _ in range(3)]


def _own_in_asyncio(url: str, stream: bool) -> list[str]:
    return asyncio.run(_asked(AsyncFoundryClient(base_url=url, api_key="k"), stream))


def _own_in_trio(url: str, stream: bool) -> list[str]:
    return trio.run(_asked, AsyncFoundryClient(base_url=url, api_key="k"), stream)


def _given_in_asyncio(url: str, stream: bool) -> list[str]:
    async def ask() -> list[str]:
        async with httpx.AsyncClient(trust_env=False) as http:
            return await _asked(AsyncFoundryClient(base_url=url, api_key="k", http_client=http), stream)

    return asyncio.run(ask())


every = pytest.mark.parametrize("ask", [_own, _given, _own_in_asyncio, _own_in_trio, _given_in_asyncio])


@every
@pytest.mark.parametrize(
    ("written", "stream", "told"),
    [(answer, False, "own 0"), (streamed, True, "own 0"), (refused, False, "400"), (refused, True, "400")],
)
@pytest.mark.parametrize("surplus", [answer("another's"), b"\r\n", b"x"])
def test_surplus(ask: Ask, written: Callable[[str], bytes], stream: bool, told: str, surplus: bytes) -> None:
    """Each call gets its own answer over a connection of its own, whatever comes behind the one before."""
    with raw(serving(written, surplus)) as url:
        assert ask(url, stream) == [told] * 3


@every
def test_nothing_more(ask: Ask) -> None:
    """A connection that says no more than was asked serves on."""
    with raw(serving(answer, b"")) as url:
        assert ask(url, False) == ["own 0", "own 1", "own 2"]
