"""Calls of the adapters that are streamed or awaited show neither key nor token either (X1, X3, X4)."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from langchain_core.tracers.run_collector import RunCollectorCallbackHandler
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.instrumentation import get_dispatcher

from claude_foundry.langchain import ChatClaudeFoundry
from claude_foundry.llamaindex import ClaudeFoundry
from tests.faults.faces import MAX_TOKENS, MODEL
from tests.faults.server import FaultServer
from tests.faults.test_leaks import Events, Listener, failing, leaks, of_error, pickled, settings, some

SAID = [ChatMessage("Hello")]


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with FaultServer() as listening:
        yield listening


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    for name in ("httpx", "httpcore", "asyncio", "claude_foundry", "azure"):
        caplog.set_level(logging.DEBUG, logger=name)
    with caplog.at_level(logging.DEBUG):
        yield caplog


def _streamed(model: ChatClaudeFoundry, **config: Any) -> None:
    list(model.stream("Hello", **config))


def _awaited(model: ChatClaudeFoundry, **config: Any) -> None:
    asyncio.run(model.ainvoke("Hello", **config))


def _streamed_in_a_loop(model: ChatClaudeFoundry, **config: Any) -> None:
    async def ask() -> None:
        [chunk async for chunk in model.astream("Hello", **config)]

    asyncio.run(ask())


@some
@pytest.mark.parametrize("ask", [_streamed, _awaited, _streamed_in_a_loop])
def test_langchain(
    ask: Callable[..., None], answer: str, sign_in: str, server: FaultServer, log: pytest.LogCaptureFixture
) -> None:
    """A chat model shows no secret in its errors, and their pickles, in logs, callbacks and traced runs."""
    model = ChatClaudeFoundry(model=MODEL, max_tokens=MAX_TOKENS, **settings(server, answer, sign_in))
    listener, runs = Listener(), RunCollectorCallbackHandler()

    error = failing(lambda: ask(model, config={"callbacks": [listener, runs]}))

    shown = {
        "log": log.text,
        "callbacks": "".join(listener.told),
        "traced runs": "".join(run.model_dump_json(exclude={"child_runs"}) for run in runs.traced_runs),
        "representation": f"{model!r} {model}",
        "pickle": pickled(model),
    }
    assert listener.told
    assert runs.traced_runs
    assert (error is None) == (answer == "well")
    assert leaks({**of_error(error), **shown}) == []


def _chatted_by_pieces(llm: ClaudeFoundry) -> None:
    list(llm.stream_chat(SAID))


def _chatted_in_a_loop(llm: ClaudeFoundry) -> None:
    asyncio.run(llm.achat(SAID))


def _chatted_by_pieces_in_a_loop(llm: ClaudeFoundry) -> None:
    async def ask() -> None:
        [piece async for piece in await llm.astream_chat(SAID)]

    asyncio.run(ask())


@contextmanager
def _told() -> Iterator[list[str]]:
    events, dispatcher = Events(told=[]), get_dispatcher()
    dispatcher.add_event_handler(events)
    try:
        yield events.told
    finally:
        dispatcher.event_handlers.remove(events)


@some
@pytest.mark.parametrize("ask", [_chatted_by_pieces, _chatted_in_a_loop, _chatted_by_pieces_in_a_loop])
def test_llamaindex(
    ask: Callable[..., None], answer: str, sign_in: str, server: FaultServer, log: pytest.LogCaptureFixture
) -> None:
    """An LLM shows no secret in its errors, and their pickles, in logs and events."""
    llm = ClaudeFoundry(model=MODEL, max_tokens=MAX_TOKENS, **settings(server, answer, sign_in))

    with _told() as events:
        error = failing(lambda: ask(llm))

    shown = {"log": log.text, "events": "".join(events), "representation": f"{llm!r} {llm}", "pickle": pickled(llm)}
    assert events
    assert (error is None) == (answer == "well")
    assert leaks({**of_error(error), **shown}) == []
