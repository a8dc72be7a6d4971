"""Runs of tools that do not come to their end: failed, left, or closed from elsewhere."""

import asyncio
import pickle
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from claude_foundry import APIError, RateLimitError, StreamInterruptedError, ToolRunStoppedError
from claude_foundry._sse import encode
from tests import answers
from tests.runs import asked, shell_of
from tests.shells import REQUEST, AsyncShell, FakeTime, Script, Shell, SyncShell, both

CALL = {"type": "tool_use", "id": "toolu_1", "name": "double", "input": {"number": 2}}
CALLING = answers.message(CALL, stop_reason="tool_use")
DONE = answers.message({"type": "text", "text": "Four."})
START = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
BEGINNING = [encode({"type": "message_start", "message": {**DONE, "content": []}}), encode(START)]  # type: ignore[typeddict-item]


def double(number: int) -> int:
    """Doubles a number."""
    return 2 * number


def streamed(*documents: dict[str, Any]) -> list[httpx.Response]:
    return [answers.streamed(answers.pieces_of(document)) for document in documents]


def refused(times: int = 3) -> list[httpx.Response]:
    return [answers.refused(429, kind="rate_limit_error") for _ in range(times)]


class Held(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that begins, and then holds until it is closed."""

    def __init__(self) -> None:
        self.waiting = threading.Event()
        self.released = threading.Event()
        self.async_released = asyncio.Event()

    def __iter__(self) -> Iterator[bytes]:
        yield from BEGINNING
        self.waiting.set()
        assert self.released.wait(30)
        raise httpx.ReadError("closed")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in BEGINNING:
            yield piece
        await asyncio.wait_for(self.async_released.wait(), 30)
        raise httpx.ReadError("closed")

    def close(self) -> None:
        self.released.set()

    async def aclose(self) -> None:
        self.async_released.set()


class Listener:
    """Either client's stream of a run, used by steps: ``enter``, ``items``, ``final``."""

    def __init__(self, shell: Shell, *, tools: Any = (double,)) -> None:
        assert isinstance(shell, SyncShell | AsyncShell)
        self.is_async = isinstance(shell, AsyncShell)
        self.stream: Any = shell.client().messages.stream_tools(tools=tools, **REQUEST)
        self.caught: list[Exception] = []

    def follow(self, *, most: int | None = None) -> None:
        """Iterates, keeps the error, and asks twice for the whole."""
        if self.is_async:
            asyncio.run(self._follow_async(most))
            return
        with self.stream as stream:
            try:
                for at, _ in enumerate(stream, 1):
                    if at == most:
                        break
                self.caught.append(AssertionError("no error"))
            except (APIError, ToolRunStoppedError) as error:
                self.caught.append(error)
        for _ in range(2):
            with pytest.raises(Exception) as final:  # noqa: PT011 - which one is what the tests look at
                stream.get_final_run()
            self.caught.append(final.value)

    async def _follow_async(self, most: int | None) -> None:
        async with self.stream as stream:
            try:
                at = 0
                async for _ in stream:
                    at += 1
                    if at == most:
                        break
                self.caught.append(AssertionError("no error"))
            except (APIError, ToolRunStoppedError) as error:
                self.caught.append(error)
        for _ in range(2):
            with pytest.raises(Exception) as final:  # noqa: PT011 - which one is what the tests look at
                await stream.get_final_run()
            self.caught.append(final.value)


@both
def test_error_of_a_run_has_its_steps(shell: type[Shell]) -> None:
    """A request that fails in mid-run raises its own error, and the error carries the steps until then."""
    script = Script(answers.whole(CALLING), *refused())

    with pytest.raises(RateLimitError) as caught:
        asked(shell_of(shell, script), "run_tools", tools=[double], **REQUEST)

    run = caught.value.run
    assert run is not None
    assert [result["content"] for step in run.steps for result in step.results] == ["4"]
    assert [message["role"] for message in run.messages] == ["user", "assistant", "user"]


@both
def test_run_may_go_on_after_an_error(shell: type[Shell]) -> None:
    """The conversation until the error is the next request, and no call is made twice."""
    made: list[int] = []

    def double(number: int) -> int:
        """Doubles a number."""
        made.append(number)
        return 2 * number

    asking = shell_of(shell, Script(answers.whole(CALLING), *refused(), answers.whole(DONE)))
    with pytest.raises(RateLimitError) as caught:
        asked(asking, "run_tools", tools=[double], **REQUEST)
    assert caught.value.run is not None

    run = asked(asking, "run_tools", tools=[double], **{**REQUEST, "messages": caught.value.run.messages})

    assert run.final.text == "Four."
    assert made == [2]


@both
def test_error_of_a_run_pickles_without_it(shell: type[Shell]) -> None:
    """The error crosses process borders without the conversation."""
    with pytest.raises(RateLimitError) as caught:
        asked(shell_of(shell, Script(*refused())), "run_tools", tools=[double], **REQUEST)

    copy = pickle.loads(pickle.dumps(caught.value))

    assert caught.value.run is not None
    assert (copy.run, str(copy)) == (None, str(caught.value))


def test_error_outside_a_run() -> None:
    """An error that no run of tools ended by has no run."""
    with pytest.raises(RateLimitError) as caught:
        shell_of(SyncShell, Script(*refused())).create(**REQUEST)

    assert caught.value.run is None


@both
def test_final_run_after_an_error(shell: type[Shell]) -> None:
    """What is left of a failed run is not given as the whole: the error is raised again, each time."""
    listener = Listener(shell_of(shell, Script(*streamed(CALLING), *refused())))

    listener.follow()

    first, *again = listener.caught
    assert isinstance(first, RateLimitError)
    assert again == [first, first]
    assert first.run == listener.stream.run


@both
def test_final_run_after_an_interruption(shell: type[Shell]) -> None:
    """The same holds for a stream that is cut in mid-answer."""
    cut = answers.streamed([*BEGINNING, httpx.ReadError("gone")])
    listener = Listener(shell_of(shell, Script(*streamed(CALLING), cut)))

    listener.follow()

    first, *again = listener.caught
    assert isinstance(first, StreamInterruptedError)
    assert again == [first, first]
    assert first.run is not None
    assert len(first.run.steps) == 1


@both
def test_final_run_after_leaving(shell: type[Shell]) -> None:
    """A run that was left is no whole run: asking for it says so, with the steps until then."""
    listener = Listener(shell_of(shell, Script(*streamed(CALLING, DONE))))

    listener.follow(most=3)

    _, *final = listener.caught
    assert [(type(error), getattr(error, "reason", None)) for error in final] == [(ToolRunStoppedError, "left")] * 2
    assert listener.stream.run.steps == ()


@both
def test_final_run_after_its_end(shell: type[Shell]) -> None:
    """A whole run can be asked for again after the stream was closed."""
    listener = Listener(shell_of(shell, Script(*streamed(DONE))))

    if listener.is_async:

        async def finals() -> list[Any]:
            async with listener.stream as stream:
                first = await stream.get_final_run()
            return [first, await stream.get_final_run()]

        runs = asyncio.run(finals())
    else:
        with listener.stream as stream:
            first = stream.get_final_run()
        runs = [first, stream.get_final_run()]

    assert runs[0] == runs[1]
    assert runs[0].final.text == "Four."


def test_closed_from_another_thread() -> None:
    """Closing a run while another thread waits for its next event wakes that thread with an error."""
    held = Held()
    listener = Listener(SyncShell(Script(httpx.Response(200, headers=answers.SSE, stream=held)), FakeTime()))

    def close() -> None:
        assert held.waiting.wait(30)
        listener.stream.close()

    closing = threading.Thread(target=close)
    closing.start()
    listener.follow()
    closing.join(30)

    first, *again = listener.caught
    assert isinstance(first, StreamInterruptedError)
    assert again == [first, first]
    assert first.run is not None


async def test_closed_from_another_task() -> None:
    """Closing a run while another task waits for its next event wakes that task with an error."""
    held = Held()
    client = AsyncShell(Script(httpx.Response(200, headers=answers.SSE, stream=held)), FakeTime()).client()
    stream = client.messages.stream_tools(tools=[double], **REQUEST)
    began = asyncio.Event()

    async def listen() -> None:
        async with stream:
            async for event in stream:
                if event.get("type") == "content_block_start":  # type: ignore[union-attr]
                    began.set()

    listening = asyncio.create_task(listen())
    await began.wait()
    await asyncio.sleep(0)
    await stream.aclose()

    with pytest.raises(StreamInterruptedError):
        await listening
    with pytest.raises(StreamInterruptedError):
        await stream.get_final_run()


@both
def test_closed_by_a_tool(shell: type[Shell]) -> None:
    """A tool that closes the run ends it with an error: its own call ends, and nothing more is sent."""
    script = Script(*streamed(CALLING, DONE))
    listener = Listener(shell_of(shell, script), tools=[closer(shell, lambda: listener.stream)])

    listener.follow()

    assert len(script.requests) == 1
    assert [type(error) for error in listener.caught] == [ToolRunStoppedError] * 3
    assert [result["content"] for result in listener.stream.run.steps[0].results] == ["closed"]


def closer(shell: type[Shell], stream: Any) -> Any:
    def plain(number: int) -> str:
        stream().close()
        return "closed"

    async def asynchronous(number: int) -> str:
        await stream().aclose()
        return "closed"

    tool: Any = asynchronous if shell is AsyncShell else plain
    tool.__name__ = "double"
    return tool
