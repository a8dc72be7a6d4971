"""Streams end quietly only where their answer is whole, whoever ended them, and are read in one place at a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest

from claude_foundry import APIConnectionError, ConfigurationError, StreamInterruptedError, ToolRunStoppedError
from tests.answers import SSE, error_event, message, pieces_of, streamed
from tests.shells import REQUEST, AsyncShell, Body, FakeTime, Script, Shell, both

Outcome = list[Any] | StreamInterruptedError
WHOLE = pieces_of(message())


def outcome(items: Any) -> Outcome:
    try:
        return list(items)
    except StreamInterruptedError as error:
        return error


async def async_outcome(items: Any) -> Outcome:
    try:
        return [item async for item in items]
    except StreamInterruptedError as error:
        return error


def begun(shell: type[Shell], service: Callable[[httpx.Request], httpx.Response]) -> tuple[Shell, Any]:
    asked = shell(service, FakeTime())
    return asked, asked.client().messages.stream(**REQUEST)  # type: ignore[attr-defined]


def looked(asked: Shell, stream: Any, *, first: int | None, within: int) -> list[Outcome]:
    """Takes the first events, looks at the rest in an open stream some times, and twice more after it was left."""

    async def look() -> list[Outcome]:
        async with stream:
            for _ in range(first or 0):
                await anext(stream)
            seen = [await async_outcome(stream) for _ in range(within)]
        return [*seen, await async_outcome(stream), await async_outcome(stream.text_stream)]

    def look_without_loop() -> list[Outcome]:
        with stream:
            for _ in range(first or 0):
                next(stream)
            seen = [outcome(stream) for _ in range(within)]
        return [*seen, outcome(stream), outcome(stream.text_stream)]

    return asyncio.run(look()) if isinstance(asked, AsyncShell) else look_without_loop()


@both
@pytest.mark.parametrize("fault", [httpx.ReadError("reset"), error_event(), b""], ids=["reset", "overloaded", "cut"])
def test_after_a_fault(shell: type[Shell], fault: bytes | Exception) -> None:
    """A stream that broke off says so each time it is read, with what had come."""
    seen = looked(*begun(shell, Script(streamed([*WHOLE[:6], fault]))), first=None, within=2)

    assert [type(each) for each in seen] == [StreamInterruptedError] * 4
    assert [each.partial.text for each in seen] == ["Hell"] * 4  # type: ignore[union-attr]
    assert [each.events for each in seen] == [6] * 4  # type: ignore[union-attr]


@both
def test_after_leaving(shell: type[Shell]) -> None:
    """So does one that was left early."""
    seen = looked(*begun(shell, Script(streamed())), first=4, within=0)

    assert [type(each) for each in seen] == [StreamInterruptedError] * 2
    assert [each.partial.text for each in seen] == ["He"] * 2  # type: ignore[union-attr]


@both
def test_after_the_end(shell: type[Shell]) -> None:
    """A stream goes on where it was read before; a whole answer that was read to its end has nothing more."""
    rest, *later = looked(*begun(shell, Script(streamed())), first=4, within=2)

    assert len(rest) == len(WHOLE) - 4  # type: ignore[arg-type]
    assert later == [[], [], []]


@both
def test_partial_outputs_after_a_fault(shell: type[Shell]) -> None:
    """So it is for the partial objects of an answer that is parsed."""
    asked = shell(Script(streamed([*WHOLE[:6], b""])), FakeTime())
    stream = asked.client().messages.parse_stream(output_type=list[str], **REQUEST)  # type: ignore[attr-defined]

    async def look() -> list[Outcome]:
        async with stream:
            return [await async_outcome(stream) for _ in range(2)]

    def look_without_loop() -> list[Outcome]:
        with stream:
            return [outcome(stream) for _ in range(2)]

    seen = asyncio.run(look()) if isinstance(asked, AsyncShell) else look_without_loop()

    assert [type(each) for each in seen] == [StreamInterruptedError] * 2


class Gated(httpx.AsyncByteStream):
    """A body whose second half never comes."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in WHOLE[:6]:
            yield piece
        await asyncio.Event().wait()


async def cancelled(read: Awaitable[Any]) -> None:
    """Begins to read and thinks better of it."""
    waiting = asyncio.ensure_future(read)
    await asyncio.sleep(0)
    waiting.cancel()
    with suppress(asyncio.CancelledError):
        await waiting


@pytest.mark.parametrize("texts", [False, True], ids=["events", "texts"])
def test_after_a_cancelled_read(texts: bool) -> None:
    """A stream whose read was cancelled does not look like one that has come to its end."""
    asked = AsyncShell(lambda _: httpx.Response(200, headers=SSE, stream=Gated()), FakeTime())

    async def read() -> Outcome:
        async with asked.client().messages.stream(**REQUEST) as stream:
            items: Any = stream.text_stream if texts else stream
            for _ in range(4 if texts else 6):
                await anext(items)
            await cancelled(anext(items))
            return await async_outcome(items)

    seen = asyncio.run(read())

    assert isinstance(seen, StreamInterruptedError)
    assert seen.partial is not None
    assert seen.partial.text == "Hell"


def test_a_run_after_a_cancelled_read() -> None:
    """A run of tools whose read was cancelled does not look like one that has come to its final answer."""
    asked = AsyncShell(lambda _: httpx.Response(200, headers=SSE, stream=Gated()), FakeTime())

    async def read() -> None:
        async with asked.client().messages.stream_tools(tools=[], **REQUEST) as run:
            for _ in range(6):
                await anext(run)
            await cancelled(anext(run))
            await anext(run)

    with pytest.raises(ToolRunStoppedError) as left:
        asyncio.run(read())

    assert left.value.reason == "left"


class Reading(Body):
    """A body that reads the stream it belongs to, as another thread or task would, before its last pieces."""

    stream: Any = None
    seen: list[Exception]

    def __iter__(self) -> Iterator[bytes]:
        yield from WHOLE[:6]
        try:
            next(self.stream)
        except ConfigurationError as error:
            self.seen.append(error)
        yield from WHOLE[6:]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in WHOLE[:6]:
            yield piece
        try:
            await anext(self.stream)
        except ConfigurationError as error:
            self.seen.append(error)
        for piece in WHOLE[6:]:
            yield piece


@both
def test_two_readers(shell: type[Shell]) -> None:
    """Whoever reads a stream that another waits for is told so; the other one reads on."""
    body = Reading([])
    body.seen = []
    asked, body.stream = begun(shell, lambda _: httpx.Response(200, headers=SSE, stream=body))

    seen = looked(asked, body.stream, first=None, within=1)

    assert len(seen[0]) == len(WHOLE)  # type: ignore[arg-type]
    assert ["another thread or task" in str(error) for error in body.seen] == [True]


@both
def test_entered_again(shell: type[Shell]) -> None:
    """A stream that could not be opened can be entered again, and is read as any other."""
    asked, stream = begun(shell, Script(*[httpx.ConnectError("no")] * 3, streamed()))

    with pytest.raises(APIConnectionError):
        looked(asked, stream, first=None, within=0)

    assert len(looked(asked, stream, first=None, within=1)[0]) == len(WHOLE)  # type: ignore[arg-type]


@both
def test_before_it_is_open(shell: type[Shell]) -> None:
    """A stream that was not entered has no next event."""
    _, stream = begun(shell, Script())

    with pytest.raises(ConfigurationError, match="is not open"):
        stream.__anext__() if isinstance(stream, AsyncIterator) else next(stream)
