"""A stream that is left, in whatever way, leaves nothing behind: no connection, no word on standard error (L4-L12)."""

import asyncio
import gc
import subprocess
import sys
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
from tests.faults.server import Exchange, FaultServer, scripted

REQUEST: dict[str, Any] = {"model": MODEL, "max_tokens": MAX_TOKENS, "messages": [{"role": "user", "content": PROMPT}]}
MESSAGES = [ChatMessage(role="user", content=PROMPT)]
BEGUN = Exchange((wire.head(), *wire.encoded(wire.told())[:6]), "stall")
PATIENCE = 3.0
"""Seconds within which the server must have seen the client leave."""


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as listening:
        yield listening


def settings(server: FaultServer) -> dict[str, Any]:
    return {"base_url": server.url(scripted(BEGUN)), "api_key": "key", "max_retries": 0}


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


OPEN_AT_EXIT = {
    "sync": """
import sys
from claude_foundry import FoundryClient
client = FoundryClient(base_url=sys.argv[1], api_key="key", max_retries=0)
stream = client.messages.stream(model="m", max_tokens=4, messages=[{"role": "user", "content": "Hello"}])
events = iter(stream.__enter__())
print(next(events)["type"])
""",
    "async": """
import asyncio, sys
from claude_foundry import AsyncFoundryClient
client = AsyncFoundryClient(base_url=sys.argv[1], api_key="key", max_retries=0)
stream = client.messages.stream(model="m", max_tokens=4, messages=[{"role": "user", "content": "Hello"}])
async def begin():
    print((await anext(aiter(await stream.__aenter__())))["type"])
asyncio.run(begin())
""",
    "thread": """
import sys, threading
from claude_foundry import FoundryClient
client = FoundryClient(base_url=sys.argv[1], api_key="key", max_retries=0)
begun = threading.Event()
def read():
    with client.messages.stream(model="m", max_tokens=4, messages=[{"role": "user", "content": "Hello"}]) as stream:
        for event in stream:
            begun.set()
threading.Thread(target=read, daemon=True).start()
begun.wait(10)
print("message_start")
""",
}


@pytest.mark.parametrize("way", OPEN_AT_EXIT)
def test_interpreter_ended(way: str, server: FaultServer) -> None:
    """An interpreter that ends with an open stream ends well, and says nothing (L11)."""
    command = [sys.executable, "-c", OPEN_AT_EXIT[way], server.url(scripted(BEGUN))]

    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "message_start\n", "")


CLIENT_AT_EXIT = {
    "sync": """
import sys
from claude_foundry import FoundryClient
client = FoundryClient(base_url=sys.argv[1], api_key="key")
print(client.messages.create(model="m", max_tokens=4, messages=[{"role": "user", "content": "Hello"}]).id)
""",
    "async": """
import asyncio, sys
from claude_foundry import AsyncFoundryClient
client = AsyncFoundryClient(base_url=sys.argv[1], api_key="key")
async def ask():
    return await client.messages.create(model="m", max_tokens=4, messages=[{"role": "user", "content": "Hello"}])
print(asyncio.run(ask()).id)
""",
}


@pytest.mark.parametrize("way", CLIENT_AT_EXIT)
def test_interpreter_ended_without_close(way: str, server: FaultServer) -> None:
    """A client that nobody closed leaves no connection for the interpreter to complain of."""
    url = server.url(scripted(Exchange((wire.document(wire.message()),))))
    command = [sys.executable, "-W", "always::ResourceWarning", "-c", CLIENT_AT_EXIT[way], url]

    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "msg_1\n", "")


def test_within_a_running_loop() -> None:
    """The synchronous faces work inside of a running loop, the asynchronous client in another thread's too (L12)."""
    well = scripted(Exchange((wire.document(wire.message()),)))

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
