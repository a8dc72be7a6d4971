"""A call whose arguments were cut or are no JSON is never handed on as one that can be run (C19, S16)."""

import asyncio
from collections.abc import Callable, Iterator
from functools import reduce
from operator import add
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, ToolCallBlock

from claude_foundry import StreamInterruptedError
from claude_foundry.langchain import ChatClaudeFoundry
from claude_foundry.llamaindex import ClaudeFoundry
from tests.faults import wire
from tests.faults.faces import MAX_TOKENS, MODEL, PROMPT
from tests.faults.server import Exchange, FaultServer, scripted

CUT = wire.encoded(wire.called('{"path": "/data/tmp', '/old"}'))[:3]
MALFORMED = wire.encoded(wire.called('{"path": [1, 2'))
WELL = wire.encoded(wire.called('{"path": "/data/tmp', '/old"}'))


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as listening:
        yield listening


def adapter(kind: Callable[..., Any], server: FaultServer, events: list[bytes]) -> Any:
    url = server.url(scripted(Exchange((wire.chunked(events),))))
    return kind(model=MODEL, max_tokens=MAX_TOKENS, base_url=url, api_key="key", max_retries=0)


def chunks(model: ChatClaudeFoundry, *, looped: bool, seen: list[AIMessageChunk]) -> AIMessageChunk:
    """Reads a stream to its end, keeps what came in ``seen``, and adds it up."""

    async def read() -> None:
        async for chunk in model.astream(PROMPT):
            seen.append(chunk)  # type: ignore[arg-type]

    if looped:
        asyncio.run(read())
    else:
        seen.extend(model.stream(PROMPT))  # type: ignore[arg-type]
    return summed(seen)


def summed(seen: list[AIMessageChunk]) -> AIMessageChunk:
    return reduce(add, seen)


def responses(llm: ClaudeFoundry, *, looped: bool, seen: list[ChatResponse]) -> list[ToolCallBlock]:
    """Reads a stream to its end, keeps what came in ``seen``, and gives the calls of the last response."""
    messages = [ChatMessage(role="user", content=PROMPT)]

    async def read() -> None:
        async for response in await llm.astream_chat(messages):
            seen.append(response)

    if looped:
        asyncio.run(read())
    else:
        seen.extend(llm.stream_chat(messages))
    return [block for block in seen[-1].message.blocks if isinstance(block, ToolCallBlock)]


both = pytest.mark.parametrize("looped", [False, True], ids=["sync", "async"])


@both
@pytest.mark.parametrize(("events", "whole", "invalid"), [(WELL, 1, 0), (MALFORMED, 0, 1)], ids=["well", "malformed"])
def test_langchain(looped: bool, events: list[bytes], whole: int, invalid: int, server: FaultServer) -> None:
    """The chat model hands a malformed call on as an invalid one, and a whole one as a call."""
    message = chunks(adapter(ChatClaudeFoundry, server, events), looped=looped, seen=[])

    assert (len(message.tool_calls), len(message.invalid_tool_calls)) == (whole, invalid)


@both
@pytest.mark.parametrize(("events", "whole"), [(WELL, 1), (MALFORMED, 0)], ids=["well", "malformed"])
def test_llamaindex(looped: bool, events: list[bytes], whole: int, server: FaultServer) -> None:
    """The LLM hands no malformed call on, and a whole one as a call."""
    llm = adapter(ClaudeFoundry, server, events)

    assert len(responses(llm, looped=looped, seen=[])) == whole


@both
def test_cut_in_langchain(looped: bool, server: FaultServer) -> None:
    """A chat model whose stream ends in a call raises, with no call in what it could keep."""
    with pytest.raises(StreamInterruptedError) as caught:
        chunks(adapter(ChatClaudeFoundry, server, CUT), looped=looped, seen=[])

    assert caught.value.partial is not None
    assert [block.type for block in caught.value.partial.content] == ["invalid_tool_use"]


@both
def test_cut_in_llamaindex(looped: bool, server: FaultServer) -> None:
    """An LLM whose stream ends in a call raises likewise."""
    with pytest.raises(StreamInterruptedError) as caught:
        responses(adapter(ClaudeFoundry, server, CUT), looped=looped, seen=[])

    assert caught.value.partial is not None
    assert [block.type for block in caught.value.partial.content] == ["invalid_tool_use"]
