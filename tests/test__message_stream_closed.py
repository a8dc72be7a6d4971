"""Streams and runs of tools that are closed from elsewhere while they open: nothing more is sent, nothing is called."""

import asyncio
import pickle
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from claude_foundry import APIConnectionError, AuthenticationError, StreamInterruptedError, ToolRunStoppedError
from tests.answers import SSE, message, pieces_of, refused, streamed
from tests.shells import REQUEST, AsyncShell, Body, FakeTime, Script, Shell, SyncShell, both

CALLING = pieces_of(message({"type": "tool_use", "id": "toolu_1", "name": "act", "input": {}}, stop_reason="tool_use"))


class Closing(Body):
    """A body that closes its stream after its first piece."""

    close: Callable[[], None]

    def __iter__(self) -> Iterator[bytes]:
        first, *rest = self.pieces
        yield first  # type: ignore[misc]
        self.close()
        yield from Body(rest)


@dataclass
class ClosingTime(FakeTime):
    """A clock that closes the stream while it waits."""

    close: Callable[[], None] = lambda: None

    def _sleep(self, seconds: float) -> None:
        super()._sleep(seconds)
        self.close()


class Case:
    """A stream, or run, that is closed once while it is being opened."""

    def __init__(self, shell: type[Shell], when: str, method: str, **given: Any) -> None:
        self.when = when
        body = Closing([*CALLING[:1], httpx.ReadError("closed")] if when == "cut" else CALLING)
        body.close = self.close
        first = httpx.Response(200, headers=SSE, stream=body) if when in ("content", "cut") else streamed(CALLING)
        self.script = Script(refused(429) if when == "pause" else first, streamed(CALLING))
        self.shell = shell(self.answer, ClosingTime(close=self.close))
        assert isinstance(self.shell, SyncShell | AsyncShell)
        self.stream: Any = getattr(self.shell.client().messages, method)(**given, **REQUEST)
        if when == "before":
            self.close()

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.when == "head":
            self.close()
        return self.script(request)

    def close(self) -> None:
        """Closes the stream as another thread or task would at this moment."""
        if isinstance(self.shell, SyncShell):
            self.stream.close()
            return
        with suppress(StopIteration):
            self.stream.aclose().send(None)

    def read(self) -> None:
        if isinstance(self.shell, AsyncShell):
            asyncio.run(self._read())
            return
        with self.stream:
            for _ in self.stream:
                pass

    async def _read(self) -> None:
        async with self.stream:
            async for _ in self.stream:
                pass


@both
@pytest.mark.parametrize(("when", "sent"), [("before", 0), ("head", 1), ("content", 1), ("cut", 1), ("pause", 1)])
def test_closed_while_it_opens(shell: type[Shell], when: str, sent: int) -> None:
    """A stream that is closed before its answer has begun is not opened after all, and its request not sent again."""
    case = Case(shell, when, "stream")

    with pytest.raises(APIConnectionError, match="closed before") as caught:
        case.read()

    assert not caught.value.retryable
    assert len(case.script.requests) == sent


@both
def test_closed_while_another_token_is_asked_for(shell: type[Shell]) -> None:
    """A stream that is closed after a refusal, while its token is renewed, sends nothing more and tells no token."""
    case = Case(shell, "refused", "stream")

    def provider() -> str:
        if case.script.requests:
            case.close()
        return f"token-of-letters-{len(case.script.requests)}"

    case.script.answers.insert(0, refused(401))
    case.shell.settings |= {"api_key": None, "azure_ad_token_provider": provider}
    case.stream = case.shell.client().messages.stream(**REQUEST)  # type: ignore[attr-defined]
    with pytest.raises(APIConnectionError, match="closed before") as caught:
        case.read()

    assert isinstance(caught.value.__cause__, AuthenticationError)
    assert len(case.script.requests) == 1
    assert b"token-of-letters" not in pickle.dumps((caught.value, vars(caught.value.__cause__)))


@both
@pytest.mark.parametrize("when", ["head", "content", "cut", "pause"])
def test_a_run_closed_while_its_answer_opens(shell: type[Shell], when: str) -> None:
    """A run that is closed while it waits for an answer was left: it calls no tool, and sends nothing more."""
    called: list[str] = []

    def act() -> None:
        """Acts."""
        called.append("act")

    case = Case(shell, when, "stream_tools", tools=[act])

    with pytest.raises(ToolRunStoppedError) as caught:
        case.read()

    assert (caught.value.reason, called, len(case.script.requests)) == ("left", [], 1)


@both
def test_events_that_end_early(shell: type[Shell]) -> None:
    """Events that another thread or task has ended are no whole answer."""
    case = Case(shell, "never", "stream")

    async def nothing() -> AsyncIterator[Any]:
        for event in ():
            yield event

    async def taken() -> list[Any]:
        return [event async for event in case.stream._handed_on([], nothing())]

    with pytest.raises(StreamInterruptedError, match="before the answer was whole"):
        asyncio.run(taken()) if shell is AsyncShell else list(case.stream._handed_on([], iter(())))
