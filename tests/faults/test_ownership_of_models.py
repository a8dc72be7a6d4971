"""Through both adapters, too, each caller gets the answer to its own question: in loops, threads and processes."""

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage

from claude_foundry import AsyncFoundryClient
from claude_foundry.langchain import ChatClaudeFoundry
from claude_foundry.llamaindex import ClaudeFoundry
from tests.faults.echo import asked_text, echo, whole_answer
from tests.faults.faces import MAX_TOKENS, MODEL
from tests.faults.server import Exchange, FaultServer, Script
from tests.faults.test_leaving import is_left
from tests.faults.test_ownership import request_of, run

Ask = Callable[[Any, str], str]
AsyncAsk = Callable[[Any, str], Awaitable[str]]
THREADS, FORKS, LOOPS, TURNS = 20, 4, 4, 3


def _invoked(model: ChatClaudeFoundry, prompt: str) -> str:
    return model.invoke(prompt).text


def _streamed(model: ChatClaudeFoundry, prompt: str) -> str:
    return "".join(chunk.text for chunk in model.stream(prompt))


def _chatted(llm: ClaudeFoundry, prompt: str) -> str:
    return llm.chat([ChatMessage(role="user", content=prompt)]).message.content or ""


def _chatted_by_pieces(llm: ClaudeFoundry, prompt: str) -> str:
    return "".join(piece.delta or "" for piece in llm.stream_chat([ChatMessage(role="user", content=prompt)]))


async def _ainvoked(model: ChatClaudeFoundry, prompt: str) -> str:
    return (await model.ainvoke(prompt)).text


async def _astreamed(model: ChatClaudeFoundry, prompt: str) -> str:
    return "".join([chunk.text async for chunk in model.astream(prompt)])


async def _achatted(llm: ClaudeFoundry, prompt: str) -> str:
    return (await llm.achat([ChatMessage(role="user", content=prompt)])).message.content or ""


async def _achatted_by_pieces(llm: ClaudeFoundry, prompt: str) -> str:
    pieces = await llm.astream_chat([ChatMessage(role="user", content=prompt)])
    return "".join([piece.delta or "" async for piece in pieces])


async def _created(client: AsyncFoundryClient, prompt: str) -> str:
    return (await client.messages.create(**request_of(prompt))).text


def langchain(**settings: Any) -> ChatClaudeFoundry:
    return ChatClaudeFoundry(model=MODEL, max_tokens=MAX_TOKENS, **settings)


def llamaindex(**settings: Any) -> ClaudeFoundry:
    return ClaudeFoundry(model=MODEL, max_tokens=MAX_TOKENS, **settings)


ways = pytest.mark.parametrize(
    ("make", "ask"),
    [(langchain, _invoked), (langchain, _streamed), (llamaindex, _chatted), (llamaindex, _chatted_by_pieces)],
)
ADAPTERS = [
    (langchain, _ainvoked),
    (langchain, _astreamed),
    (llamaindex, _achatted),
    (llamaindex, _achatted_by_pieces),
]
async_ways = pytest.mark.parametrize(("make", "ask"), ADAPTERS)


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with FaultServer() as listening:
        yield listening


def settings(server: FaultServer, script: Script) -> dict[str, Any]:
    return {"base_url": server.url(script), "api_key": "key", "timeout": 30.0, "max_retries": 0}


@async_ways
def test_loops_one_after_another(make: Callable[..., Any], ask: AsyncAsk, server: FaultServer) -> None:
    """One model serves in one loop after another, though connections of the earlier ones were kept (L1)."""
    model = make(**settings(server, echo()))

    texts = [asyncio.run(ask(model, f"turn {turn}")) for turn in range(TURNS)]

    assert texts == [f"turn {turn}" for turn in range(TURNS)]


@pytest.mark.parametrize(("make", "ask"), [(AsyncFoundryClient, _created), *ADAPTERS])
def test_idle_connections_that_the_service_closed(make: Callable[..., Any], ask: AsyncAsk) -> None:
    """A connection that the service closed between two loops, or two turns of one, fails no later call (L2)."""
    closing = Script(lambda request, _: Exchange((whole_answer(request),), "fin"))
    texts = []

    with FaultServer() as server, asyncio.Runner() as first, asyncio.Runner() as second:
        model = make(**settings(server, closing))
        for number, turn in enumerate((first.run, second.run, first.run, asyncio.run, asyncio.run)):
            texts.append(turn(ask(model, f"turn {number}")))
            assert is_left(server)

    assert texts == [f"turn {number}" for number in range(5)]
    assert [asked_text(request) for request in closing.requests] == texts


@async_ways
def test_loops_in_threads(make: Callable[..., Any], ask: AsyncAsk, server: FaultServer) -> None:
    """Four loops in four threads on one model get their own answers (L3)."""
    model, wrong = make(**settings(server, echo())), list[bool]()

    async def turn(name: str) -> None:
        names = [f"{name}.{number}" for number in range(5)]
        wrong.extend(text != asked for asked, text in zip(names, await _all(model, ask, names), strict=True))

    def turns(name: str) -> None:
        for number in range(TURNS):
            asyncio.run(turn(f"{name}.{number}"))

    run([threading.Thread(target=turns, args=(f"loop {number}",)) for number in range(LOOPS)])

    assert (len(wrong), sum(wrong)) == (LOOPS * TURNS * 5, 0)


async def _all(model: Any, ask: AsyncAsk, prompts: list[str]) -> list[str]:
    return await asyncio.gather(*(ask(model, prompt) for prompt in prompts))


def _wrong(model: Any, ask: Ask, name: str, *, times: int) -> int:
    return sum(ask(model, f"{name} asks {number}") != f"{name} asks {number}" for number in range(times))


@ways
def test_threads(make: Callable[..., Any], ask: Ask, server: FaultServer) -> None:
    """Many threads on one model get their own answers (L8)."""
    model, wrong = make(**settings(server, echo())), list[int]()

    def turns(name: str) -> None:
        wrong.append(_wrong(model, ask, name, times=TURNS))

    run([threading.Thread(target=turns, args=(f"thread {number}",)) for number in range(THREADS)])

    assert (len(wrong), sum(wrong)) == (THREADS, 0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@ways
def test_forks(make: Callable[..., Any], ask: Ask, server: FaultServer) -> None:
    """Forked processes and their parent, asking at the same time after a connection was made, too (L9)."""
    model = make(**settings(server, echo()))
    ask(model, "before")

    children = [_child(model, ask, f"child {number}") for number in range(FORKS)]
    wrong = _wrong(model, ask, "parent", times=20)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]

    assert (wrong, codes) == (0, [0] * FORKS)


def _child(model: Any, ask: Ask, name: str) -> int:
    child = os.fork()
    if child == 0:
        code = 99
        try:
            code = _wrong(model, ask, name, times=10)
        finally:
            os._exit(code)
    return child
