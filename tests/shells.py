"""Both clients behind one face, so that each behaviour of the shells is asked of both."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from claude_foundry import AsyncFoundryClient, FoundryClient, Message, MessageTokensCount
from claude_foundry._clock import Clock
from claude_foundry.types import StreamEvent

Handler = Callable[[httpx.Request], httpx.Response]

REQUEST: dict[str, Any] = {
    "model": "claude-opus-5-5",
    "max_tokens": 64,
    "messages": [{"role": "user", "content": "Hello"}],
}


@dataclass
class FakeTime:
    """A clock whose sleeps pass at once and are written down; a test lets more time pass by ``passed``."""

    slept: list[float] = field(default_factory=list)
    jitter: float = 0.5
    now: float = 1_700_000_000.0
    passed: float = 0.0

    def clock(self) -> Clock:
        async def async_sleep(seconds: float) -> None:
            self._sleep(seconds)

        return Clock(
            sleep=self._sleep,
            async_sleep=async_sleep,
            now=lambda: self.now,
            monotonic=lambda: self.passed,
            jitter=lambda: self.jitter,
        )

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.passed += seconds


class Shell:
    """What a test asks of a client; the two subclasses ask it of the synchronous and the asynchronous one."""

    def __init__(self, handler: Handler, time: FakeTime, **settings: Any) -> None:
        self.handler = handler
        self.clock = time.clock()
        self.settings = {"resource": "my-resource", "api_key": "key", **settings}

    def create(self, **request: Any) -> Message:
        raise NotImplementedError

    def count_tokens(self, **request: Any) -> MessageTokensCount:
        raise NotImplementedError

    def stream(self, *, take: Callable[[StreamEvent], None] = lambda _: None, **request: Any) -> Message:
        """Streams to the end, gives each event to ``take``, and returns the final message."""
        raise NotImplementedError

    def first_event(self, **request: Any) -> StreamEvent:
        """Leaves the stream after its first event."""
        raise NotImplementedError

    def ask(self, use: Callable[[Any], Any]) -> Any:
        """Gives what a use of the client gives, awaited where it must be; what is iterated comes as a list."""
        raise NotImplementedError


class SyncShell(Shell):
    def client(self) -> FoundryClient:
        http = httpx.Client(transport=httpx.MockTransport(self.handler))
        return FoundryClient(**self.settings, http_client=http, _clock=self.clock)

    def create(self, **request: Any) -> Message:
        return self.client().messages.create(**request)

    def count_tokens(self, **request: Any) -> MessageTokensCount:
        return self.client().messages.count_tokens(**request)

    def stream(self, *, take: Callable[[StreamEvent], None] = lambda _: None, **request: Any) -> Message:
        with self.client().messages.stream(**request) as stream:
            for event in stream:
                take(event)
            return stream.get_final_message()

    def first_event(self, **request: Any) -> StreamEvent:
        with self.client().messages.stream(**request) as stream:
            for event in stream:
                return event
        raise AssertionError("the stream gave no event")

    def ask(self, use: Callable[[Any], Any]) -> Any:
        answer = use(self.client())
        return list(answer) if isinstance(answer, Iterator) else answer


class AsyncShell(Shell):
    def client(self) -> AsyncFoundryClient:
        http = httpx.AsyncClient(transport=httpx.MockTransport(self.handler))
        return AsyncFoundryClient(**self.settings, http_client=http, _clock=self.clock)

    def create(self, **request: Any) -> Message:
        return asyncio.run(self._create(request))

    async def _create(self, request: dict[str, Any]) -> Message:
        return await self.client().messages.create(**request)

    def count_tokens(self, **request: Any) -> MessageTokensCount:
        return asyncio.run(self._count_tokens(request))

    async def _count_tokens(self, request: dict[str, Any]) -> MessageTokensCount:
        return await self.client().messages.count_tokens(**request)

    def stream(self, *, take: Callable[[StreamEvent], None] = lambda _: None, **request: Any) -> Message:
        return asyncio.run(self._stream(take, request))

    async def _stream(self, take: Callable[[StreamEvent], None], request: dict[str, Any]) -> Message:
        async with self.client().messages.stream(**request) as stream:
            async for event in stream:
                take(event)
            return await stream.get_final_message()

    def first_event(self, **request: Any) -> StreamEvent:
        return asyncio.run(self._first_event(request))

    async def _first_event(self, request: dict[str, Any]) -> StreamEvent:
        async with self.client().messages.stream(**request) as stream:
            async for event in stream:
                return event
        raise AssertionError("the stream gave no event")

    def ask(self, use: Callable[[Any], Any]) -> Any:
        return asyncio.run(self._ask(use))

    async def _ask(self, use: Callable[[Any], Any]) -> Any:
        answer = use(self.client())
        return [item async for item in answer] if isinstance(answer, AsyncIterator) else await answer


both = pytest.mark.parametrize("shell", [SyncShell, AsyncShell], ids=["sync", "async"])


class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A response body in given pieces; a piece that is an exception is raised. It knows whether it was closed."""

    def __init__(self, pieces: Iterable[bytes | Exception]) -> None:
        self.pieces = list(pieces)
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    async def __aiter__(self):  # type: ignore[no-untyped-def]
        for piece in self:
            yield piece

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.closed = True


class Script:
    """A service that gives its answers in order and writes down what it was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer
