"""Time limits over real connections: each wait ends by its own, and all by that of the call."""

import asyncio
import json
import threading
import time
from collections.abc import Callable

import pytest

from claude_foundry import (
    APITimeoutError,
    AsyncFoundryClient,
    AuthenticationError,
    FoundryClient,
    StreamInterruptedError,
    Timeout,
)
from tests.answers import message, pieces_of
from tests.shells import REQUEST
from tests.test__timeout import PING
from tests.wire import Wire, chunked, raw

Ask = Callable[[str, Timeout, bytes], None]


def _whole(url: str, timeout: Timeout, text: str) -> None:
    request = {**REQUEST, "messages": [{"role": "user", "content": text}]}
    with FoundryClient(base_url=url, api_key="k", timeout=timeout, max_retries=0) as client:
        client.messages.with_raw_response.create(**request)


def _whole_in_a_loop(url: str, timeout: Timeout, text: str) -> None:
    request = {**REQUEST, "messages": [{"role": "user", "content": text}]}

    async def ask() -> None:
        async with AsyncFoundryClient(base_url=url, api_key="k", timeout=timeout, max_retries=0) as client:
            await client.messages.with_raw_response.create(**request)

    asyncio.run(ask())


def _streamed(url: str, timeout: Timeout, text: str) -> None:
    with (
        FoundryClient(base_url=url, api_key="k", timeout=timeout, max_retries=0) as client,
        client.messages.stream(**REQUEST) as stream,
    ):
        stream.get_final_message()


def _streamed_in_a_loop(url: str, timeout: Timeout, text: str) -> None:
    async def ask() -> None:
        async with (
            AsyncFoundryClient(base_url=url, api_key="k", timeout=timeout, max_retries=0) as client,
            client.messages.stream(**REQUEST) as stream,
        ):
            await stream.get_final_message()

    asyncio.run(ask())


def _in_trio(url: str, timeout: Timeout, text: str) -> None:
    trio = pytest.importorskip("trio")
    request = {**REQUEST, "messages": [{"role": "user", "content": text}]}

    async def ask() -> None:
        async with AsyncFoundryClient(base_url=url, api_key="k", timeout=timeout, max_retries=0) as client:
            await client.messages.with_raw_response.create(**request)

    trio.run(ask)


@pytest.mark.parametrize("ask", [_whole, _whole_in_a_loop])
def test_a_service_that_stops_reading(ask: Ask) -> None:
    """A service that takes no more of a request runs into the write limit."""
    with raw(lambda wire: wire.wait()) as url, pytest.raises(APITimeoutError, match="write"):
        ask(url, Timeout(write=0.2), "x" * 16_000_000)


@pytest.mark.parametrize("ask", [_whole, _whole_in_a_loop, _streamed, _streamed_in_a_loop, _in_trio])
def test_dripping_headers_end_with_the_call(ask: Ask) -> None:
    """Headers that come byte by byte keep no call beyond its time, though no single wait is long."""

    def drip(wire: Wire) -> None:
        wire.asked()
        wire.send(b"HTTP/1.1 200 OK\r\nx-slow: ")
        while not wire.left.wait(0.02):
            wire.send(b"x")

    with raw(drip) as url, pytest.raises(APITimeoutError, match=r"total=0\.3 s"):
        ask(url, Timeout(total=0.3), "Hello")


@pytest.mark.parametrize("ask", [_streamed, _streamed_in_a_loop])
def test_a_silent_stream_ends_with_the_call(ask: Ask) -> None:
    """A stream that falls silent keeps no call beyond its time."""

    def stall(wire: Wire) -> None:
        wire.asked()
        wire.send(chunked(pieces_of(message())[:5]))
        wire.wait()

    with raw(stall) as url, pytest.raises(StreamInterruptedError, match=r"total=0\.3 s"):
        ask(url, Timeout(total=0.3), "Hello")


@pytest.mark.parametrize("ask", [_streamed, _streamed_in_a_loop])
def test_pings_break_the_silence(ask: Ask) -> None:
    """A stream over which nothing comes at all is interrupted by a limit of its own, which pings renew."""

    def thinking(wire: Wire) -> None:
        wire.asked()
        wire.send(chunked(pieces_of(message())[:5]))
        for _ in range(10):
            wire.left.wait(0.05)
            wire.send(b"%x\r\n%s\r\n" % (len(PING), PING))
        wire.wait()

    with raw(thinking) as url, pytest.raises(StreamInterruptedError, match=r"nothing more.*timeout: idle") as caught:
        ask(url, Timeout(idle=0.3, read=30), "Hello")

    assert caught.value.events >= 15


@pytest.mark.parametrize("ask", [_whole, _whole_in_a_loop])
def test_a_whole_answer_may_be_silent(ask: Ask) -> None:
    """The limit of a stream's silence is none of a whole answer's."""
    body = json.dumps(message()).encode()

    def slow(wire: Wire) -> None:
        wire.asked()
        wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body))
        wire.left.wait(0.3)
        wire.send(body)

    with raw(slow) as url:
        ask(url, Timeout(idle=0.1, read=30), "Hello")


@pytest.mark.parametrize("ask", [_streamed, _streamed_in_a_loop])
def test_nothing_is_awaited_after_the_answer(ask: Ask) -> None:
    """A service that keeps its connection open after the end of the answer is left."""

    def lingering(wire: Wire) -> None:
        wire.asked()
        wire.send(chunked(pieces_of(message())))
        wire.wait()

    with raw(lingering) as url:
        ask(url, Timeout(read=30), "Hello")


def test_waits_are_bounded_in_threads() -> None:
    """The time of one call bounds no call of another thread."""
    ended: list[float] = []

    def serve(wire: Wire) -> None:
        wire.asked()
        wire.left.wait(0.4)
        wire.send(chunked(pieces_of(message())))

    def ask(url: str) -> None:
        began = time.monotonic()
        _streamed(url, Timeout(read=30), "Hello")
        ended.append(time.monotonic() - began)

    with raw(serve) as url:
        patient = threading.Thread(target=ask, args=(url,))
        patient.start()
        with pytest.raises(APITimeoutError):
            _streamed(url, Timeout(total=0.1), "Hello")
        patient.join()

    assert len(ended) == 1


def _signed_in(url: str, provider: Callable[[], str]) -> None:
    with FoundryClient(base_url=url, azure_ad_token_provider=provider, timeout=Timeout(total=0.3)) as client:
        client.messages.create(**REQUEST)


def _signed_in_in_a_loop(url: str, provider: Callable[[], str]) -> None:
    async def ask() -> None:
        timeout = Timeout(total=0.3)
        async with AsyncFoundryClient(base_url=url, azure_ad_token_provider=provider, timeout=timeout) as client:
            await client.messages.create(**REQUEST)

    asyncio.run(ask())


@pytest.mark.parametrize("ask", [_signed_in, _signed_in_in_a_loop])
def test_a_renewal_ends_with_the_call(ask: Callable[[str, Callable[[], str]], None]) -> None:
    """A provider that is slow to renew a refused token keeps no call beyond its time; what was refused is told."""
    over, tokens = threading.Event(), iter(["old"])

    def provider() -> str:
        token = next(tokens, None)
        if token is None:
            over.wait(30)
        return token or "new"

    def refuse(wire: Wire) -> None:
        while wire.asked():
            wire.send(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n")

    with raw(refuse) as url, pytest.raises(AuthenticationError) as caught:
        ask(url, provider)
    over.set()

    assert isinstance(caught.value.__cause__, APITimeoutError)
    assert "total=0.3 s" in str(caught.value.__cause__)
