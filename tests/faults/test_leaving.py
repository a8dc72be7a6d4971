"""A stream that is left, in whatever way, leaves nothing behind: no connection, no word in the log (L4-L7, L12)."""

import asyncio
import gc
import select
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, aclosing, closing, contextmanager
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage

from claude_foundry import AsyncFoundryClient, FoundryClient
from claude_foundry.langchain import ChatClaudeFoundry
from claude_foundry.llamaindex import ClaudeFoundry
from tests.faults import wire
from tests.faults.faces import MAX_TOKENS, MODEL, PROMPT
from tests.faults.server import Exchange, FaultServer, Request, Script, scripted

REQUEST: dict[str, Any] = {"model": MODEL, "max_tokens": MAX_TOKENS, "messages": [{"role": "user", "content": PROMPT}]}
MESSAGES = [ChatMessage(role="user", content=PROMPT)]
BEGUN = Exchange((wire.head(), *wire.encoded(wire.told())[:6]), "stall")
WELL = Exchange((wire.document(wire.message()),))
PATIENCE = 3.0
"""Seconds within which the server must have seen the client leave."""


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as listening:
        yield listening


def settings(server: FaultServer) -> dict[str, Any]:
    url = server.url(scripted(BEGUN))
    return {"base_url": url, "api_key": "key", "max_retries": 0, "allow_insecure_loopback": True}


def model(server: FaultServer) -> ChatClaudeFoundry:
    return ChatClaudeFoundry(model=MODEL, max_tokens=MAX_TOKENS, **settings(server))


def llm(server: FaultServer) -> ClaudeFoundry:
    return ClaudeFoundry(model=MODEL, max_tokens=MAX_TOKENS, **settings(server))


def is_left(server: FaultServer) -> bool:
    """Waits until the server has no connection, for as long as it may."""
    until = time.monotonic() + PATIENCE
    while server.connections and time.monotonic() < until:
        time.sleep(0.005)
    return not server.connections


@contextmanager
def _of_core(server: FaultServer) -> Iterator[Iterator[Any]]:
    with FoundryClient(**settings(server)) as client, client.messages.stream(**REQUEST) as stream:
        yield iter(stream)


def _of_langchain(server: FaultServer) -> AbstractContextManager[Iterator[Any]]:
    return closing(model(server).stream(PROMPT))  # type: ignore[type-var]


def _of_llamaindex(server: FaultServer) -> AbstractContextManager[Iterator[Any]]:
    return closing(llm(server).stream_chat(MESSAGES))


OPENED = [_of_core, _of_langchain, _of_llamaindex]


@pytest.mark.parametrize("opened", OPENED)
def test_break(opened: Callable[[FaultServer], AbstractContextManager[Iterator[Any]]], server: FaultServer) -> None:
    """A loop left by break closes the connection when its scope ends, though the stream's object is kept (L7)."""
    with opened(server) as stream:
        for _ in stream:
            break

    assert is_left(server)
    assert stream is not None


async def _core_pieces(server: FaultServer) -> AsyncIterator[Any]:
    async with AsyncFoundryClient(**settings(server)) as client, client.messages.stream(**REQUEST) as stream:
        async for event in stream:
            yield event


async def _langchain_pieces(server: FaultServer) -> AsyncIterator[Any]:
    async with aclosing(model(server).astream(PROMPT)) as stream:  # type: ignore[type-var]
        async for chunk in stream:
            yield chunk


async def _llamaindex_pieces(server: FaultServer) -> AsyncIterator[Any]:
    async with aclosing(await llm(server).astream_chat(MESSAGES)) as stream:  # type: ignore[type-var]
        async for response in stream:
            yield response


STREAMED = [_core_pieces, _langchain_pieces, _llamaindex_pieces]
PIECES = pytest.mark.parametrize("pieces", STREAMED)
Pieces = Callable[[FaultServer], Any]


@PIECES
def test_break_in_a_loop(pieces: Pieces, server: FaultServer, caplog: pytest.LogCaptureFixture) -> None:
    """In an event loop likewise, while the loop goes on (L6)."""

    async def ask() -> bool:
        async with aclosing(pieces(server)) as stream:
            async for _ in stream:
                break
        return await asyncio.to_thread(is_left, server)

    assert asyncio.run(ask())
    assert _complaints(caplog) == []


@PIECES
def test_cancelled(pieces: Pieces, server: FaultServer, caplog: pytest.LogCaptureFixture) -> None:
    """A task cancelled in mid-stream closes its connection, while the loop goes on (L5)."""

    async def read(begun: asyncio.Event) -> None:
        async for _ in pieces(server):
            begun.set()

    async def ask() -> bool:
        begun = asyncio.Event()
        task = asyncio.create_task(read(begun))
        await begun.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return task.cancelled() and await asyncio.to_thread(is_left, server)

    assert asyncio.run(ask())
    assert _complaints(caplog) == []


class Watched(FaultServer):
    """Stalls in the first answer, and tells how many connections are open when it is asked again."""

    def __init__(self) -> None:
        super().__init__()
        self.open_then: list[int] = []
        self._script = Script(self._answers)

    def url(self, script: Script, **how: Any) -> str:
        return super().url(self._script, **how)

    def _answers(self, _: Request, count: int) -> Exchange:
        if count == 0:
            return BEGUN
        with self._lock:
            # A connection that nobody writes on can be read when it is closed.
            self.open_then.append(len(self._open) - len(select.select(self._open, (), (), 0)[0]))
        return WELL


@pytest.mark.parametrize("opened", OPENED)
def test_closed_before_all_else(opened: Callable[[FaultServer], AbstractContextManager[Iterator[Any]]]) -> None:
    """The server sees the end of a stream that was left before it sees whatever its caller does next."""
    with Watched() as server:
        with opened(server) as stream:
            next(stream)
        with FoundryClient(**settings(server)) as client:
            client.messages.create(**REQUEST)

    assert server.open_then == [1]


@PIECES
def test_closed_before_all_else_in_a_loop(pieces: Pieces) -> None:
    """In an event loop likewise."""

    async def ask(server: FaultServer) -> None:
        async with aclosing(pieces(server)) as stream:
            await anext(stream)
        await _text(AsyncFoundryClient(**settings(server)))

    with Watched() as server:
        asyncio.run(ask(server))

    assert server.open_then == [1]


async def _open_core(server: FaultServer) -> AsyncIterator[Any]:
    return aiter(await AsyncFoundryClient(**settings(server)).messages.stream(**REQUEST).__aenter__())


async def _open_langchain(server: FaultServer) -> AsyncIterator[Any]:
    return model(server).astream(PROMPT)


async def _open_llamaindex(server: FaultServer) -> AsyncIterator[Any]:
    return await llm(server).astream_chat(MESSAGES)


@pytest.mark.parametrize("opened", [_open_core, _open_langchain, _open_llamaindex])
def test_loop_ended(
    opened: Callable[[FaultServer], Awaitable[AsyncIterator[Any]]],
    server: FaultServer,
    caplog: pytest.LogCaptureFixture,
    recwarn: pytest.WarningsRecorder,
) -> None:
    """A stream still open when its loop ends is closed without a word, though somebody keeps it (L4)."""
    kept: list[Any] = []

    async def begin() -> None:
        kept.append(await opened(server))
        await anext(kept[0])

    asyncio.run(begin())

    assert is_left(server)
    kept.clear()
    gc.collect()
    assert _complaints(caplog) == []
    assert [str(item.message) for item in recwarn if item.category in (ResourceWarning, RuntimeWarning)] == []


def _complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "asyncio"]


def test_within_a_running_loop() -> None:
    """The synchronous faces work inside of a running loop, the asynchronous client in another thread's too (L12)."""
    well = scripted(WELL)

    async def ask(server: FaultServer) -> list[str | None]:
        own = {"base_url": server.url(well), "api_key": "key"}
        chat, llm = (kind(model=MODEL, max_tokens=MAX_TOKENS, **own) for kind in (ChatClaudeFoundry, ClaudeFoundry))
        with FoundryClient(**own) as client:
            texts = [client.messages.create(**REQUEST).text, chat.invoke(PROMPT).text, llm.complete(PROMPT).text]
        async with AsyncFoundryClient(**own) as looped:
            texts.append(await _text(looped))
            texts.append(await asyncio.to_thread(lambda: asyncio.run(_text(looped))))
            texts.append(await _text(looped))
        return texts

    with FaultServer() as server:
        assert asyncio.run(ask(server)) == [wire.TEXT] * 6


async def _text(client: AsyncFoundryClient) -> str:
    return (await client.messages.create(**REQUEST)).text
