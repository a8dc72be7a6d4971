"""Waits over httpx's own transport, which are kept to their limits together."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest
from pydantic import SecretStr

from claude_foundry import APITimeoutError, AsyncFoundryClient, FoundryClient, Timeout
from claude_foundry._auth import FoundryAuth
from claude_foundry._config import FoundryConfig, KeySignIn
from claude_foundry._deadline import waiting
from claude_foundry._paced import _bound, sent
from tests.answers import message
from tests.shells import REQUEST
from tests.wire import Wire, raw

Ask = Callable[[str, Timeout], None]


def _plain(url: str, timeout: Timeout) -> None:
    with httpx.Client() as http:
        client = FoundryClient(base_url=url, api_key="k", http_client=http, timeout=timeout, max_retries=0)
        client.messages.create(**REQUEST)


async def _in_loop(url: str, timeout: Timeout) -> None:
    async with httpx.AsyncClient() as http:
        client = AsyncFoundryClient(base_url=url, api_key="k", http_client=http, timeout=timeout, max_retries=0)
        await client.messages.create(**REQUEST)


def _in_asyncio(url: str, timeout: Timeout) -> None:
    asyncio.run(_in_loop(url, timeout))


def _in_trio(url: str, timeout: Timeout) -> None:
    async def ask() -> None:
        async with AsyncFoundryClient(base_url=url, api_key="k", timeout=timeout, max_retries=0) as client:
            await client.messages.create(**REQUEST)

    anyio.run(ask, backend="trio")


asks = pytest.mark.parametrize("ask", [_plain, _in_asyncio, _in_trio])


def dripping(wire: Wire) -> None:
    """Sends the beginning of a head, by the byte, until the client is gone."""
    wire.asked()
    wire.send(b"HTTP/1.1 200 OK\r\nx: ")
    while not wire.left.wait(0.01):
        wire.send(b"a")


@asks
@pytest.mark.parametrize(
    ("timeout", "told"), [(Timeout(read=0.2), "timeout: headers, or read"), (Timeout(total=0.2), r"total=0\.2 s")]
)
def test_a_head_that_never_ends(ask: Ask, timeout: Timeout, told: str) -> None:
    """A head that comes by the byte ends with the limit of a wait, or of the call, and not with the service."""
    with raw(dripping) as url, pytest.raises(APITimeoutError, match=told):
        ask(url, timeout)


@asks
def test_what_comes_in_time(ask: Ask) -> None:
    """An answer whose pieces all come in time is whole, however long they take together."""
    body = json.dumps(message()).encode()

    def serve(wire: Wire) -> None:
        wire.asked()
        wire.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body))
        for at in range(0, len(body), 50):
            wire.send(body[at : at + 50])

    with raw(serve) as url:
        ask(url, Timeout(read=5.0))


def test_what_a_client_does_for_others() -> None:
    """A connection that was made for a request of this package has no limit but the caller's own for another."""

    def serve(wire: Wire) -> None:
        while wire.asked():
            wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")

    with raw(serve) as url, httpx.Client() as http:
        config = FoundryConfig(base_url=url, sign_in=KeySignIn(key=SecretStr("k")))
        with waiting(5.0):
            first = sent(http, http.build_request("GET", url), auth=FoundryAuth(config))
            first.read()
        second = http.get(url)

    assert (first.text, second.text) == ("ok", "ok")


def test_reads_that_name_their_arguments() -> None:
    """A read that names its arguments, as on the way through a SOCKS proxy, is bounded as others are."""

    class Stream:
        def read(self, max_bytes: int, timeout: float | None = None) -> tuple[int, float | None]:
            return max_bytes, timeout

    stream: Any = Stream()
    _bound(stream)

    assert stream.read(max_bytes=4096, timeout=2.0) == (4096, 2.0)
    assert stream.read(5) == (5, None)
