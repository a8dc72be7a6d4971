"""Time limits of a call, as given and as kept to."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from claude_foundry import (
    APITimeoutError,
    AsyncFoundryClient,
    ConfigurationError,
    FoundryClient,
    RateLimitError,
    StreamInterruptedError,
    Timeout,
)
from claude_foundry._timeout import limits
from tests.answers import message, pieces_of, refused, streamed, whole
from tests.shells import REQUEST, FakeTime, Script, Shell, both
from tests.wire import Wire, chunked, raw

Kind = type[Shell]
PING = b'event: ping\ndata: {"type": "ping"}\n\n'


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), float("inf"), 1_000_001, True, "5"])
def test_wrong_limits(wrong: Any) -> None:
    """A limit that is no positive number, or longer than systems wait, is refused by its name, with the way out."""
    with pytest.raises(ConfigurationError, match=r"timeout: total=.*None is no limit"):
        Timeout(total=wrong)
    with pytest.raises(ConfigurationError, match=r"timeout.*None is no limit"):
        FoundryClient("a", api_key="k", timeout=wrong)


def test_forms() -> None:
    """A number limits each wait, httpx's and this package's values are taken as they are."""
    assert limits(30) == Timeout(connect=5.0, read=30, headers=30, write=30, pool=30)
    assert limits(2) == Timeout(connect=2, read=2, headers=2, write=2, pool=2)
    assert limits(httpx.Timeout(7, read=None)) == Timeout(connect=7, read=None, headers=None, write=7, pool=7)
    assert limits(Timeout(total=9)).total == 9
    assert limits(None) == Timeout()


def test_the_head_of_a_stream() -> None:
    """The head of a stream is awaited for the shorter of its own limit and that of reading."""
    for headers, read, shorter in ((120, 600, 120), (120, 30, 30), (None, 30, 30), (9, None, 9), (None, None, None)):
        assert Timeout(headers=headers, read=read).before_stream == shorter


@both
def test_no_retry_outlasts_the_call(shell: Kind) -> None:
    """A wait that would end after the call's time is not begun: the failure is told at once."""
    time, service = FakeTime(), Script(refused(429, headers={"retry-after": "20"}))

    with pytest.raises(RateLimitError) as caught:
        shell(service, time, timeout=Timeout(total=10)).create(**REQUEST)

    assert (caught.value.retry_after, time.slept, len(service.requests)) == (20.0, [], 1)


@both
def test_total_covers_all_attempts(shell: Kind) -> None:
    """Attempts that each take their time are not begun after the time of the call."""
    time = FakeTime()

    def slow(request: httpx.Request) -> httpx.Response:
        time.passed += 6
        return refused(500)

    asked = shell(slow, time, timeout=Timeout(total=10), max_retries=9)
    with pytest.raises(Exception, match=r"500|time limit: total=10 s"):
        asked.create(**REQUEST)
    assert 6 <= time.passed <= 13


@both
def test_total_covers_the_stream(shell: Kind) -> None:
    """A stream that outlasts its call is interrupted, with what had arrived."""
    time, taken = FakeTime(), []

    def take(event: dict[str, Any]) -> None:
        taken.append(event)
        time.passed += 3

    with pytest.raises(StreamInterruptedError, match=r"total=10 s") as caught:
        shell(Script(streamed()), time, timeout=Timeout(total=10)).stream(take=take, **REQUEST)

    assert isinstance(caught.value.__cause__, APITimeoutError)
    assert caught.value.partial is not None
    assert caught.value.partial.text


@both
def test_pings_are_no_content(shell: Kind) -> None:
    """A stream that brings pings and nothing else for as long as the read limit is at a stall."""
    time = FakeTime()

    def pieces():  # type: ignore[no-untyped-def]
        yield from pieces_of(message())[:4]
        while True:
            time.passed += 5
            yield PING

    class Pings(httpx.SyncByteStream, httpx.AsyncByteStream):
        def __iter__(self):  # type: ignore[no-untyped-def]
            return pieces()

        async def __aiter__(self):  # type: ignore[no-untyped-def]
            for piece in pieces():
                yield piece

    answer = httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Pings())
    with pytest.raises(StreamInterruptedError, match="no events but pings for 60 s"):
        shell(Script(answer), time, timeout=60).stream(**REQUEST)

    assert 60 < time.passed <= 70


@both
def test_a_slow_reader_is_no_stall(shell: Kind) -> None:
    """The time that the caller takes for an event counts for nothing."""
    time = FakeTime()

    def take(_: object) -> None:
        time.passed += 1000

    pieces = [piece for each in pieces_of(message()) for piece in (each, PING)]
    assert shell(Script(streamed(pieces)), time, timeout=60).stream(take=take, **REQUEST).text == "Hello there."


@both
def test_retries_taken(shell: Kind) -> None:
    """Answers and errors tell how many attempts failed before theirs."""
    failed = [refused(500), refused(503)]

    assert shell(Script(*failed, whole()), FakeTime()).create(**REQUEST).retries_taken == 2
    assert shell(Script(*failed, streamed()), FakeTime()).stream(**REQUEST).retries_taken == 2
    assert shell(Script(whole()), FakeTime()).create(**REQUEST).retries_taken == 0
    assert "retries_taken" not in shell(Script(whole()), FakeTime()).create(**REQUEST).model_dump()
    with pytest.raises(Exception, match="500") as caught:
        shell(Script(*[refused(500)] * 3), FakeTime()).create(**REQUEST)
    assert caught.value.retries_taken == 2  # type: ignore[attr-defined]


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
    """A provider that is slow to renew a refused token keeps no call beyond its time."""
    over, tokens = threading.Event(), iter(["old"])

    def provider() -> str:
        token = next(tokens, None)
        if token is None:
            over.wait(30)
        return token or "new"

    def refuse(wire: Wire) -> None:
        while wire.asked():
            wire.send(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n")

    with raw(refuse) as url, pytest.raises(APITimeoutError, match=r"total=0\.3 s"):
        ask(url, provider)
    over.set()
