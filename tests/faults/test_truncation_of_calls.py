"""What is gathered of a stream by hand holds no cut call that could be run, wherever the stream is cut."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import suppress
from functools import reduce
from operator import add
from typing import Any

import httpx
import pytest
from llama_index.core.base.llms.types import ChatMessage

from claude_foundry import APIError, ResponseFormatError
from claude_foundry.langchain import ChatClaudeFoundry
from claude_foundry.llamaindex import ClaudeFoundry
from tests.faults.test_truncation import BROKEN, SETTINGS, Pieces, Served, cuts
from tests.faults.transcripts import transcripts

CALLED = [name for name, body in transcripts().items() if b'"tool_use"' in body]
MODEL = {**SETTINGS, "model": "claude-haiku-4-5"}
ASKED = [ChatMessage(role="user", content="Hello")]
ENDS = (APIError, ResponseFormatError)
Calls = list[tuple[str | None, Any]]
Way = Callable[[Iterable[Pieces]], list[Calls]]


def of_chunks(chunks: list[Any]) -> Calls:
    """Gives the calls to run of the sum of chunks."""
    return [(call["id"], call["args"]) for call in reduce(add, chunks).tool_calls] if chunks else []


def of_responses(llm: ClaudeFoundry, responses: list[Any]) -> Calls:
    """Gives the calls to run of the last response."""
    calls = llm.get_tool_calls_from_response(responses[-1], False) if responses else []
    return [(call.tool_id, call.tool_kwargs) for call in calls]


def read(stream: Iterator[Any]) -> list[Any]:
    """Gives what comes of a stream before it ends, or breaks off."""
    seen = []
    with suppress(*ENDS):
        for part in stream:
            seen.append(part)
    return seen


async def aread(stream: AsyncIterator[Any]) -> list[Any]:
    seen = []
    with suppress(*ENDS):
        async for part in stream:
            seen.append(part)
    return seen


def chunks(bodies: Iterable[Pieces]) -> list[Calls]:
    served = Served()
    llm = ChatClaudeFoundry(**MODEL, http_client=httpx.Client(transport=httpx.MockTransport(served)))
    found = []
    for served.pieces in bodies:
        found.append(of_chunks(read(llm.stream("Hello"))))
    return found


def responses(bodies: Iterable[Pieces]) -> list[Calls]:
    served = Served()
    llm = ClaudeFoundry(**MODEL, http_client=httpx.Client(transport=httpx.MockTransport(served)))
    found = []
    for served.pieces in bodies:
        found.append(of_responses(llm, read(llm.stream_chat(ASKED))))
    return found


def achunks(bodies: Iterable[Pieces]) -> list[Calls]:
    served = Served()
    llm = ChatClaudeFoundry(**MODEL, http_async_client=httpx.AsyncClient(transport=httpx.MockTransport(served)))

    async def gather() -> list[Calls]:
        found = []
        for served.pieces in bodies:
            found.append(of_chunks(await aread(llm.astream("Hello"))))
        return found

    return asyncio.run(gather())


def aresponses(bodies: Iterable[Pieces]) -> list[Calls]:
    served = Served()
    llm = ClaudeFoundry(**MODEL, async_http_client=httpx.AsyncClient(transport=httpx.MockTransport(served)))

    async def gather() -> list[Calls]:
        found = []
        for served.pieces in bodies:
            found.append(of_responses(llm, await aread(await llm.astream_chat(ASKED))))
        return found

    return asyncio.run(gather())


every_way = pytest.mark.parametrize("way", [chunks, achunks, responses, aresponses])


def runnable(way: Way, body: bytes, cut: Iterable[Pieces]) -> list[Calls]:
    """Gives, for each cut that leaves any, the calls to run that the whole answer does not have."""
    [whole] = way([[body]])
    strange = [[call for call in calls if call not in whole] for calls in way(cut)]
    return [calls for calls in strange if calls]


@every_way
@pytest.mark.parametrize("name", CALLED)
def test_no_cut_call(name: str, way: Way) -> None:
    """Cut after any event, a stream leaves calls to run that the whole answer has with the same arguments, or none."""
    body = transcripts()[name]
    ends = [place.end() for place in re.finditer(rb"\n\n", body)]

    assert runnable(way, body, ([body[:at], BROKEN] for at in ends)) == []


@every_way
def test_no_cut_call_at_any_byte(way: Way) -> None:
    """Nor does a stream that is cut in the middle of an event."""
    body = max((transcripts()[name] for name in CALLED), key=lambda body: body.count(b"input_json_delta"))

    assert runnable(way, body, cuts(body, reset=False)) == []


def test_enough_calls() -> None:
    """Two transcripts at least call tools, and their calls are found."""
    assert sum(bool(calls) for calls in chunks([transcripts()[name]] for name in CALLED)) >= 2
