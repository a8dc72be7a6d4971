"""Streams that break off in the middle of a call: what a caller has gathered by then holds no call that is cut."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from langchain_core.messages import AIMessage, HumanMessage

from claude_foundry import ResponseFormatError, StreamInterruptedError
from claude_foundry._sse import encode
from claude_foundry.langchain import ChatClaudeFoundry
from claude_foundry.langchain._from_wire import message
from claude_foundry.langchain._to_wire import split
from claude_foundry.types import Message
from tests.answers import error_event, pieces_of, whole
from tests.answers import message as document
from tests.answers import streamed as stream_of
from tests.langchain.test__call_chunks import CHANGES, INTERLEAVED, WHOLE, delta, start, stop, stream
from tests.langchain.test__chunk_reader import CUTS as CUTS_OF_THE_SERVICE
from tests.langchain.test__from_wire import identifiers
from tests.langchain.ways import model, sent
from tests.shells import Script

FALL = httpx.ReadError("reset")
PATH = [start(0), delta(0, partial_json='{"path": "/data/tmp/'), delta(0, partial_json='old"}'), stop(0)]
STREAMS = {
    "calls": stream(*PATH, start(1), delta(1, partial_json="{}"), stop(1)),
    "cut at the limit": stream(*PATH[:2], stop(0), reason="max_tokens"),
    "whole at the limit": stream(*PATH, reason="max_tokens"),
    "interleaved": stream(*INTERLEAVED),
    **{name: stream(*changes, stop()) for name, changes in CHANGES.items()},
    **{f"the service's, {name}": came for name, came in CUTS_OF_THE_SERVICE.items()},
}
Seen = list[Any]
Reads = Callable[[Any, Any, Seen], None]


def read(asked: Any, prompt: Any, seen: Seen) -> None:
    """Reads a stream, and keeps what came in ``seen``."""
    for chunk in asked.stream(prompt):
        seen.append(chunk)


def aread(asked: Any, prompt: Any, seen: Seen) -> None:
    """Reads a stream in an event loop."""

    async def reading() -> None:
        async for chunk in asked.astream(prompt):
            seen.append(chunk)

    asyncio.run(reading())


both = pytest.mark.parametrize("reads", [read, aread], ids=["sync", "async"])


def broken(events: list[Any], end: bytes | Exception = FALL) -> httpx.Response:
    return stream_of([*map(encode, events), end])


def kept(reads: Reads, llm: ChatClaudeFoundry) -> tuple[AIMessage, Message]:
    """Gives the sum of what came before an error, and what the error has."""
    seen: Seen = []
    with pytest.raises(StreamInterruptedError) as caught:
        reads(llm, "Hi", seen)
    assert caught.value.partial is not None
    return sum(seen[1:], seen[0]), caught.value.partial


@both
@pytest.mark.parametrize("version", ["v0", "v1"])
def test_call_in_the_middle(reads: Reads, version: Any) -> None:
    """A call whose arguments broke off is an invalid call of the sum, and no call."""
    gathered, _ = kept(reads, model(Script(broken(stream(*PATH[:2])[:3])), output_version=version))

    assert gathered.tool_calls == []
    assert identifiers(gathered.invalid_tool_calls) == ["toolu_1"]
    assert not [block for block in gathered.content_blocks if block["type"] == "tool_call"]


@both
@pytest.mark.parametrize("came", list(STREAMS.values()), ids=list(STREAMS))
def test_wherever_it_breaks_off(reads: Reads, came: list[Any]) -> None:
    """After each event, the sum has the calls that the error's message has, those to run and those that are cut."""
    for count in range(2, len(came) - 1):
        gathered, partial = kept(reads, model(Script(broken(came[:count], error_event()))))

        answer = message(partial)
        assert gathered.tool_calls == answer.tool_calls
        begun = [part["id"] for part in (*gathered.content, *gathered.tool_call_chunks) if "id" in part]
        cut = set(identifiers(answer.invalid_tool_calls)).intersection(begun)
        assert sorted(identifiers(gathered.invalid_tool_calls)) == sorted(cut)
        assert split([gathered]) == split([answer])


@both
def test_nothing_of_a_call(reads: Reads) -> None:
    """Where nothing of a call was handed on, nothing comes before the error but what came."""
    seen: Seen = []
    with pytest.raises(StreamInterruptedError):
        reads(model(Script(stream_of([*pieces_of(document())[:4], FALL]))), "Hi", seen)

    assert [chunk.text for chunk in seen] == ["H", "e"]


@both
@pytest.mark.parametrize("begun", [0, 1], ids=["no message", "message"])
def test_nothing_at_all(reads: Reads, begun: int) -> None:
    """Nothing comes before the error where no content has come."""
    seen: Seen = []
    with pytest.raises(StreamInterruptedError):
        reads(model(Script(stream_of([*pieces_of(document())[:begun], FALL]))), "Hi", seen)

    assert seen == []


@both
def test_calls_that_are_whole(reads: Reads) -> None:
    """A call that another block follows stays a call."""
    gathered, _ = kept(reads, model(Script(broken(stream(*WHOLE, start(1))[:5]))))

    assert [call["args"] for call in gathered.tool_calls] == [{"a": 1}]
    assert identifiers(gathered.invalid_tool_calls) == ["toolu_2"]


@both
def test_continued_turn(reads: Reads) -> None:
    """A call of the second part of a paused turn is an invalid call, and what came before it is kept."""
    paused = stream_of(pieces_of(document(stop_reason="pause_turn")))

    gathered, _ = kept(reads, model(Script(paused, broken(stream(*PATH[:2])[:3]))))

    assert (gathered.text, gathered.tool_calls) == ("Hello there.", [])
    assert identifiers(gathered.invalid_tool_calls) == ["toolu_1"]


@both
def test_error_that_has_no_message(reads: Reads) -> None:
    """Where an error tells nothing of the answer, the last call is an invalid one, however whole it looks."""
    opening = {"type": "message_start", "message": {**document(), "content": [], "model": None}}
    seen: Seen = []
    with pytest.raises(ResponseFormatError):
        reads(model(Script(stream_of(map(encode, [opening, *stream(*WHOLE)[1:]])))), "Hi", seen)

    gathered = sum(seen[1:], seen[0])
    assert (gathered.tool_calls, identifiers(gathered.invalid_tool_calls)) == ([], ["toolu_1"])


@both
def test_counts_and_metadata(reads: Reads) -> None:
    """What is told at the end of an answer is not told of one that broke off."""
    gathered, _ = kept(reads, model(Script(broken(stream(*PATH[:2])[:3]))))

    assert gathered.usage_metadata is None
    assert gathered.response_metadata in ({}, {"model_provider": "anthropic"})


@both
def test_sum_goes_back(reads: Reads) -> None:
    """The sum can be sent back without the call."""
    service = Script(broken([*stream(*WHOLE, start(1))[:5]]), whole())
    llm = model(service)
    gathered, _ = kept(reads, llm)

    llm.invoke([HumanMessage("Hi"), gathered, HumanMessage("Go on.")])

    turn = sent(service)[1]["messages"][1]
    assert [block["id"] for block in turn["content"]] == ["toolu_1"]


@both
def test_fallbacks(reads: Reads) -> None:
    """A fallback answers where nothing was handed on, and the error is raised where a part was."""
    service = Script(broken([]), stream_of(), broken(stream(*PATH[:2])[:3]))
    asked, seen = model(service).with_fallbacks([model(service)]), list[Any]()
    reads(asked, "Hi", seen)
    assert sum(seen[1:], seen[0]).text == "Hello there."

    cut: Seen = []
    with pytest.raises(StreamInterruptedError):
        reads(asked, "Hi", cut)
    assert identifiers(sum(cut[1:], cut[0]).invalid_tool_calls) == ["toolu_1"]


@both
@pytest.mark.parametrize("method", ["function_calling", "json_schema"])
def test_structured_output(reads: Reads, method: Any) -> None:
    """Output that breaks off is given as far as it came, and the error is raised."""
    schema = {"title": "f", "type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
    text = {"type": "text", "text": ""}
    opened = start(0) if method == "function_calling" else {**start(0), "content_block": text}
    pieces = ['{"path": "/data', "/tmp/"]
    deltas = [
        delta(0, partial_json=piece) if method == "function_calling" else delta(0, type="text_delta", text=piece)
        for piece in pieces
    ]
    llm = model(Script(broken(stream(opened, *deltas)[:4])), model="claude-haiku-4-5")

    seen: Seen = []
    with pytest.raises(StreamInterruptedError):
        reads(llm.with_structured_output(schema, method=method), "Hi", seen)

    assert seen == [{"path": "/data"}, {"path": "/data/tmp/"}]


def protocol(llm: ChatClaudeFoundry, seen: Seen) -> None:
    for event in llm._stream_chat_model_events([HumanMessage("Hi")]):
        seen.append(event)


def aprotocol(llm: ChatClaudeFoundry, seen: Seen) -> None:
    async def reading() -> None:
        async for event in llm._astream_chat_model_events([HumanMessage("Hi")]):
            seen.append(event)

    asyncio.run(reading())


@pytest.mark.parametrize("reads", [protocol, aprotocol], ids=["sync", "async"])
@pytest.mark.parametrize("came", list(STREAMS.values()), ids=list(STREAMS))
def test_events(reads: Any, came: list[Any]) -> None:
    """The events of version 3 tell no call as finished that broke off, nor the message."""
    for count in range(2, len(came) - 1):
        seen: Seen = []
        with pytest.raises(StreamInterruptedError) as caught:
            reads(model(Script(broken(came[:count], error_event()))), seen)

        ended = [event["content"] for event in seen if event["event"] == "content-block-finish"]
        assert caught.value.partial is not None
        calls = message(caught.value.partial).tool_calls
        assert all(block in calls for block in ended if block["type"] == "tool_call")
        assert "message-finish" not in [event["event"] for event in seen]
