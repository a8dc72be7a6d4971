"""What is still read of a body once the answer in it is whole."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx

from claude_foundry import AsyncFoundryClient, FoundryClient
from claude_foundry._deadline import at_most
from tests.answers import SSE, message, pieces_of
from tests.shells import REQUEST, FakeTime, Script, both

COMMENT = b": x\n" * 4096
EMPTY = b"\x00\x00\x00\xff\xff"
"""A block of compressed data that holds nothing."""


class Endless(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that goes on with comments after its answer; it knows how many of them were taken."""

    def __init__(self) -> None:
        self.taken = 0

    def _pieces(self) -> Iterator[bytes]:
        yield from pieces_of(message())
        for _ in range(1000):
            self.taken += 1
            yield COMMENT

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces():
            yield piece


@both
def test_a_body_that_goes_on_is_left(shell: type) -> None:
    """No more than 64 KiB after the end of an answer are read."""
    body = Endless()

    said = shell(Script(httpx.Response(200, headers=SSE, stream=body)), FakeTime()).stream(**REQUEST)

    assert said.text == "Hello there."
    assert 0 < body.taken * len(COMMENT) <= 64 * 1024


class Nothing(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that goes on, without a pause, with compressed data that becomes nothing."""

    MANY = 1_000_000

    def __init__(self) -> None:
        self.taken = 0

    def _pieces(self) -> Iterator[bytes]:
        compressor = zlib.compressobj()
        yield compressor.compress(b"".join(pieces_of(message()))) + compressor.flush(zlib.Z_SYNC_FLUSH)
        while self.taken < self.MANY:
            self.taken += 1
            yield EMPTY

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces():
            yield piece
            await asyncio.sleep(0)


@both
def test_nothing_that_goes_on_is_left(shell: type) -> None:
    """Nor is what becomes nothing read on and on."""
    body = Nothing()
    headers = {**SSE, "content-encoding": "deflate"}

    said = shell(Script(httpx.Response(200, headers=headers, stream=body)), FakeTime()).stream(**REQUEST)

    assert said.text == "Hello there."
    assert 0 < body.taken < body.MANY


class Told(httpx.SyncByteStream):
    """A body that is told of the time that each of its pieces may take."""

    def __init__(self) -> None:
        self.limits: list[float | None] = []

    def __iter__(self) -> Iterator[bytes]:
        for piece in pieces_of(message()):
            self.limits.append(at_most(None))
            yield piece
        self.limits.append(at_most(None))


def test_the_end_is_waited_for_shortly() -> None:
    """What follows an answer is waited for 50 milliseconds at most."""
    body = Told()
    http = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, headers=SSE, stream=body)))

    with FoundryClient("a", api_key="k", http_client=http).messages.stream(**REQUEST) as stream:
        stream.get_final_message()

    *before, last = body.limits
    assert set(before) == {None}
    assert last is not None
    assert last <= 0.05


class Hasty(asyncio.SelectorEventLoop):
    """A loop whose timers go off at once; it knows how many seconds they were for."""

    def __init__(self) -> None:
        super().__init__()
        self.timers: list[float] = []

    def call_at(self, when: float, callback: Callable[..., object], *args: Any, context: Any = None) -> Any:
        self.timers.append(when - self.time())
        return super().call_at(self.time(), callback, *args, context=context)


class Stalled(httpx.AsyncByteStream):
    """A body that never ends."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in pieces_of(message()):
            yield piece
        await asyncio.Event().wait()


def test_the_end_is_waited_for_shortly_in_a_loop() -> None:
    """Likewise in an event loop."""

    async def ask() -> str:
        answered = httpx.MockTransport(lambda _: httpx.Response(200, headers=SSE, stream=Stalled()))
        async with httpx.AsyncClient(transport=answered) as http:
            client = AsyncFoundryClient("a", api_key="k", http_client=http)
            async with client.messages.stream(**REQUEST) as stream:
                return (await stream.get_final_message()).text

    with asyncio.Runner(loop_factory=Hasty) as runner:
        loop = runner.get_loop()
        said = runner.run(ask())
        assert isinstance(loop, Hasty)
        timers = loop.timers

    assert said == "Hello there."
    assert 0 < max(timers) <= 0.05
