"""Connections whose streams are left: closed at once, in whatever way it is done."""

import asyncio
import gc
import threading
from contextlib import aclosing, suppress

import pytest

from claude_foundry import AsyncFoundryClient, FoundryClient
from tests.answers import message, pieces_of
from tests.shells import REQUEST
from tests.wire import Wire, chunked, raw


class Left:
    """A service whose streams stall after some text; it knows how many of them were left."""

    def __init__(self) -> None:
        self.closed = threading.Semaphore(0)

    def __call__(self, wire: Wire) -> None:
        wire.asked()
        wire.send(chunked(pieces_of(message())[:5]))
        if wire.until_closed():
            self.closed.release()


@pytest.mark.parametrize("way", ["break", "exception", "dropped", "interrupt"])
def test_leaving_a_stream(way: str) -> None:
    """However a stream is left, its connection is closed at once."""
    service = Left()

    def leave(client: FoundryClient) -> None:
        if way == "dropped":
            stream = client.messages.stream(**REQUEST).__enter__()
            next(iter(stream))
            return
        with client.messages.stream(**REQUEST) as stream:
            for _ in stream:
                if way == "exception":
                    raise ValueError("the caller's own")
                if way == "interrupt":
                    raise KeyboardInterrupt
                break

    with raw(service) as url, FoundryClient(base_url=url, api_key="k") as client:
        with suppress(ValueError, KeyboardInterrupt):
            leave(client)
        gc.collect()
        assert service.closed.acquire(timeout=5)


@pytest.mark.parametrize("way", ["break", "cancel", "timeout", "dropped", "aclosing"])
async def test_leaving_a_stream_in_a_loop(way: str, caplog: pytest.LogCaptureFixture) -> None:
    """However a stream is left in a loop, its connection is closed at once, and nothing is complained of."""
    service, complaints = Left(), []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))

    async def leave(client: AsyncFoundryClient, started: asyncio.Event) -> None:
        if way == "dropped":
            stream = await client.messages.stream(**REQUEST).__aenter__()
            await anext(aiter(stream))
            return
        async with client.messages.stream(**REQUEST) as stream:
            if way == "aclosing":
                async with aclosing(stream.text_stream) as texts:  # type: ignore[type-var]
                    await anext(texts)
                return
            async for _ in stream:
                started.set()
                if way == "break":
                    break

    with raw(service) as url:
        async with AsyncFoundryClient(base_url=url, api_key="k") as client:
            started = asyncio.Event()
            if way == "timeout":
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.3):
                        await leave(client, started)
            else:
                task = asyncio.create_task(leave(client, started))
                if way == "cancel":
                    await started.wait()
                    task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                del task
            gc.collect()
            for _ in range(5):
                await asyncio.sleep(0)
            assert await asyncio.to_thread(service.closed.acquire, timeout=5)

    gc.collect()
    assert complaints == []
    assert caplog.records == []
