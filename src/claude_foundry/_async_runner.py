"""Runs of tools and parsed streams in an event loop: turns sent one after another, answers handed on as they come.

``_runner`` is its mirror, word for word without ``await``.
"""

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any, Generic, Self, TypeVar

from claude_foundry._async_message_stream import AsyncMessageStream
from claude_foundry._calls import async_results
from claude_foundry._parsing import Output, PartialOutput
from claude_foundry._tool_loop import ToolLoop
from claude_foundry.errors import APIConnectionError, BadRequestError, ConfigurationError
from claude_foundry.types import Message, ParsedMessage, StreamEvent, ToolRun, ToolStep
from claude_foundry.types._message import Terminal

T = TypeVar("T")


async def run(create: Callable[..., Awaitable[Message]], loop: ToolLoop) -> ToolRun:
    """Sends turn after turn until the final answer."""
    while (request := loop.request()) is not None:
        with loop.watched():
            try:
                message = await create(**request)
            except BadRequestError as refusal:
                loop.take_refusal(refusal)
                continue
            loop.answer(message, await async_results(loop.take(message)))
    return loop.run


class AsyncToolStream:
    """A run of tools as it happens: iterate the events of every answer, and a ToolStep at the end of each turn.

    Leaving closes the connection at once; calls that are being made end first.
    """

    def __init__(self, stream: Callable[..., AsyncMessageStream], loop: ToolLoop) -> None:
        self._stream = stream
        self._loop = loop
        self._items: AsyncGenerator[StreamEvent | ToolStep] | None = None
        self._answer: AsyncMessageStream | None = None
        self._is_closed = False
        self._has_ended = False

    @property
    def run(self) -> ToolRun:
        """The run so far, also after an error."""
        return self._loop.run

    @property
    def answer(self) -> AsyncMessageStream | None:
        """The stream of the answer that is being read, or was read last: its ids, retries and ``snapshot``."""
        return self._answer

    async def get_final_run(self) -> ToolRun:
        """Runs to the end and gives every step.

        Raises:
            APIError: a request failed, now or before.
            ToolRunStoppedError: the run ended before its final answer, or was left.
        """
        async for _ in self:
            pass
        return self._loop.whole()

    async def aclose(self) -> None:
        """Ends the run where it is, from any task: who waits for an event gets an error.

        Calls of tools that are being made end first; no other is made, and nothing more is sent.
        """
        self._is_closed = True
        for part in (self._items, self._answer):
            if part is not None:
                # A generator that another thread or task is reading cannot be closed; its connection can.
                with suppress(RuntimeError, ValueError):
                    await part.aclose()

    async def __aenter__(self) -> Self:
        self._items = self._turns()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __aiter__(self) -> AsyncIterator[StreamEvent | ToolStep]:
        self._begun()
        return self

    async def __anext__(self) -> StreamEvent | ToolStep:
        """Gives the next event or step; only after the final answer a run ends without an error.

        Raises:
            ToolRunStoppedError: it was left, as by a read that was cancelled.
            APIError: a request failed, now or before.
        """
        items = self._begun()
        if self._has_ended:
            self._loop.whole()
        return await anext(items)

    def _begun(self) -> AsyncGenerator[StreamEvent | ToolStep]:
        if self._items is None:
            raise ConfigurationError(
                "The run is not open: use it as `async with client.messages.stream_tools(...) as run`."
            )
        return self._items

    async def _turns(self) -> AsyncGenerator[StreamEvent | ToolStep]:
        try:
            while not self._is_closed and (request := self._loop.request()) is not None:
                with self._loop.watched():
                    self._answer = self._stream(**request)
                    self._check_open()
                    try:
                        async with self._answer as stream:
                            async for event in stream:
                                yield event
                            message = await stream.get_final_message()
                    except (BadRequestError, APIConnectionError) as failure:
                        self._check_open()
                        self._loop.take_refusal(failure)
                        continue
                    self._check_open()
                    step = self._loop.answer(message, await async_results(self._loop.take(message)))
                yield step
            self._loop.whole()
        finally:
            self._has_ended = True

    def _check_open(self) -> None:
        if self._is_closed:
            self._loop.whole()


class AsyncParsedStream(Generic[T]):
    """A structured output as it comes: iterate partial objects, plain data that is not yet validated.

    Leaving closes the connection at once.
    """

    def __init__(self, ask: Callable[[Output[T]], AsyncMessageStream], output: Output[T]) -> None:
        self._stream = ask(output)
        self._ask = ask
        self._output = output
        self._partial: PartialOutput | None = None
        self._values: deque[Any] = deque()

    @property
    def request_id(self) -> str | None:
        """Anthropic's id of the request."""
        return self._stream.request_id

    @property
    def apim_request_id(self) -> str | None:
        """Azure's id of the request."""
        return self._stream.apim_request_id

    @property
    def retries_taken(self) -> int:
        """Attempts that failed before the one that this answer comes from."""
        return self._stream.retries_taken

    @property
    def terminal(self) -> Terminal | None:
        """What the stream of a whole answer ended with, as of ``messages.stream``; None until it has ended."""
        return self._stream.terminal

    def snapshot(self) -> Message | None:
        """Gives the message as far as it has come, or None before it began."""
        return self._stream.snapshot()

    @property
    def events(self) -> AsyncIterator[StreamEvent]:
        """The events of the answer as they come, in place of partial objects; iterate one of the two."""
        return self._stream.__aiter__()

    async def get_final_message(self) -> ParsedMessage[T]:
        """Reads to the end and gives the whole message, with the validated object as ``parsed``.

        Raises:
            StreamInterruptedError: the stream ended before the answer was whole.
            OutputNotParsedError: the answer holds no valid output.
        """
        return self._output.parsed(await self._stream.get_final_message())

    async def aclose(self) -> None:
        """Closes the connection, or gives it back when the answer was read to its end."""
        await self._stream.aclose()

    async def __aenter__(self) -> Self:
        await self._open()
        self._partial = PartialOutput(self._output)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __aiter__(self) -> AsyncIterator[Any]:
        self._growing()
        return self

    async def __anext__(self) -> Any:
        """Gives the next partial object; only a whole answer ends without an error.

        Raises:
            StreamInterruptedError: the answer broke off, now or before.
        """
        partial = self._growing()
        while not self._values:
            self._values.extend(partial.feed(await anext(self._stream)))
        return self._values.popleft()

    def _growing(self) -> PartialOutput:
        if self._partial is None:
            raise ConfigurationError(
                "The stream is not open: use it as `async with client.messages.parse_stream(...) as stream`."
            )
        return self._partial

    async def _open(self) -> None:
        while True:
            try:
                await self._stream.__aenter__()
                return
            except BadRequestError as refusal:
                self._output = self._output.instead(refusal)
                self._stream = self._ask(self._output)
