"""Calls whose client is closed: they end at once, say so, and send nothing more."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from claude_foundry import APIConnectionError, AsyncFoundryClient, FoundryClient, StreamInterruptedError
from tests.answers import message, pieces_of
from tests.shells import REQUEST, FakeTime
from tests.wire import HEAD, Wire, chunked, raw

CLOSED = "The client was closed during a call"
JSON = b"content-type: application/json\r\n"
BEGUN = {
    "nothing": b"",
    "the beginning of an answer": b"HTTP/1.1 200 OK\r\n%bcontent-length: 500\r\n\r\n{" % JSON,
    "the beginning of a refusal": b"HTTP/1.1 500 Oops\r\n%bcontent-length: 500\r\n\r\n{" % JSON,
    "a stream without content": HEAD,
}
BUSY = b"HTTP/1.1 503 Busy\r\nretry-after: 5\r\ncontent-length: 0\r\n\r\n"


def _broken_off(wire: Wire) -> None:
    wire.asked()
    wire.send(chunked(pieces_of(message())[:4]))
    wire.wait()


def _busy(wire: Wire) -> None:
    while wire.asked():
        wire.send(BUSY)


@pytest.mark.parametrize("begun", BEGUN)
@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
def test_closing_ends_a_call_that_waits(begun: str, streams: bool) -> None:
    """A call that waits for its answer, or the rest of it, ends at once when its client is closed, and for good."""
    asked, raised = threading.Semaphore(0), list[APIConnectionError]()

    def serve(wire: Wire) -> None:
        wire.asked()
        wire.send(BEGUN[begun])
        asked.release()
        wire.wait()

    def ask(client: FoundryClient) -> None:
        try:
            client.messages.stream(**REQUEST).__enter__() if streams else client.messages.create(**REQUEST)
        except APIConnectionError as error:
            raised.append(error)

    with raw(serve) as url:
        client = FoundryClient(base_url=url, api_key="k", timeout=20, _clock=FakeTime().clock())
        thread = threading.Thread(target=ask, args=(client,))
        thread.start()
        assert asked.acquire(timeout=5)
        client.close()
        thread.join(5)
        assert not thread.is_alive()

    assert [(CLOSED in str(error), error.retryable) for error in raised] == [(True, False)]
    assert not asked.acquire(blocking=False)
    assert client._sender.pool._own is None


@pytest.mark.parametrize("begun", BEGUN)
@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
async def test_closing_ends_a_call_that_waits_in_a_loop(begun: str, streams: bool) -> None:
    """A call that waits ends likewise in an event loop."""
    asked, loop, times = asyncio.Event(), asyncio.get_running_loop(), list[int]()

    def serve(wire: Wire) -> None:
        wire.asked()
        times.append(1)
        wire.send(BEGUN[begun])
        loop.call_soon_threadsafe(asked.set)
        wire.wait()

    async def ask(client: AsyncFoundryClient) -> None:
        await (client.messages.stream(**REQUEST).__aenter__() if streams else client.messages.create(**REQUEST))

    with raw(serve) as url:
        client = AsyncFoundryClient(base_url=url, api_key="k", timeout=20, _clock=FakeTime().clock())
        call = asyncio.create_task(ask(client))
        await asyncio.wait_for(asked.wait(), 5)
        await client.aclose()
        with pytest.raises(APIConnectionError, match=CLOSED) as caught:
            await asyncio.wait_for(call, 5)

    assert not caught.value.retryable
    assert times == [1]
    assert client._sender.pool._own == {}


def test_closing_ends_a_stream() -> None:
    """A stream whose client is closed is interrupted by that, and is not worth asking for again."""
    with (
        raw(_broken_off) as url,
        FoundryClient(base_url=url, api_key="k") as client,
        client.messages.stream(**REQUEST) as stream,
    ):
        client.close()
        with pytest.raises(StreamInterruptedError, match=CLOSED) as caught:
            stream.get_final_message()

    assert not caught.value.retryable


async def test_closing_ends_a_stream_in_a_loop() -> None:
    """A stream is interrupted likewise in an event loop."""
    with raw(_broken_off) as url:
        async with (
            AsyncFoundryClient(base_url=url, api_key="k") as client,
            client.messages.stream(**REQUEST) as stream,
        ):
            await client.aclose()
            with pytest.raises(StreamInterruptedError, match=CLOSED) as caught:
                await stream.get_final_message()

    assert not caught.value.retryable


def _closed_between() -> tuple[APIConnectionError, object]:
    with raw(_busy) as url:
        clock = replace(FakeTime().clock(), sleep=lambda _: client.close())
        client = FoundryClient(base_url=url, api_key="k", _clock=clock)
        with pytest.raises(APIConnectionError) as caught:
            client.messages.create(**REQUEST)
    return caught.value, client._sender.pool._own


async def _closed_between_in_a_loop() -> tuple[APIConnectionError, object]:
    with raw(_busy) as url:
        clock = replace(FakeTime().clock(), async_sleep=lambda _: client.aclose())
        client = AsyncFoundryClient(base_url=url, api_key="k", _clock=clock)
        with pytest.raises(APIConnectionError) as caught:
            await client.messages.create(**REQUEST)
    return caught.value, client._sender.pool._own


@pytest.mark.parametrize(
    "ask", [_closed_between, lambda: asyncio.run(_closed_between_in_a_loop())], ids=["sync", "async"]
)
def test_closing_between_two_attempts(ask: Callable[[], tuple[APIConnectionError, object]]) -> None:
    """A call whose client is closed while it waits for its next attempt makes none, and opens nothing anew."""
    error, opened = ask()

    assert CLOSED in str(error)
    assert (error.retryable, [attempt.status_code for attempt in error.attempts]) == (False, [503, None])
    assert not opened
