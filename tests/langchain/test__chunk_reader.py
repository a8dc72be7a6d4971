"""The chunks of a stream, and the blocks that they gather to."""

from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from claude_foundry._sse import encode
from claude_foundry._stream import events
from claude_foundry.langchain._chunk_reader import ChunkReader
from claude_foundry.langchain._to_wire import split
from tests.answers import message as document
from tests.answers import streamed as stream_of
from tests.answers import whole
from tests.langchain.test__call_chunks import GATHERED, WHOLE, account, delta, start, stop, stream
from tests.langchain.test__from_wire import CITED, THOUGHT, identifiers, streamed, without_index
from tests.langchain.ways import Ask, model, sent, streams
from tests.shells import Script


def test_every_block_is_kept_in_streams() -> None:
    """Thinking with its signature, citations, unknown blocks and fields come out of a stream as they went in."""
    unknown = {"type": "new", "deep": {"x": [1]}}
    known = [{**block, "new": {"x": 1}} for block in (THOUGHT, CITED, {"type": "text", "text": "B."})]

    gathered = streamed(list(events(document(*known, unknown), split=list)))

    without_index = [{name: value for name, value in block.items() if name != "index"} for block in gathered.content]
    assert without_index == [*known, unknown]


def test_unknown_deltas() -> None:
    """A block of an unknown kind comes once, when it is whole: its numbers are not added up, nor its texts doubled."""
    start = {"type": "content_block_start", "index": 0, "content_block": {"type": "gauge", "level": 0.25, "note": "a"}}
    deltas = [{"type": "gauge_delta", "level": level, "note": "a"} for level in (0.5, 0.75)]
    changes = [{"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas]

    gathered = streamed(
        [
            next(events(document())),
            start,
            *changes,
            {"type": "content_block_stop", "index": 0},
            {"type": "message_stop"},
        ]
    )

    assert gathered.content == [{"type": "gauge", "level": 0.75, "note": "a", "index": 0}]


def test_unknown_delta_of_a_known_block() -> None:
    """What a delta of an unknown kind adds to a known block is kept."""
    stream = list(events(document(THOUGHT)))
    stream.insert(2, {"type": "content_block_delta", "index": 0, "delta": {"type": "depth_delta", "depth": "deep"}})

    assert without_index(streamed(stream).content) == [{**THOUGHT, "depth": "deep"}]


@pytest.mark.parametrize("level", ["high", 3, 0.5, {"a": 1}])
def test_unknown_delta_of_a_field_that_is_there(level: Any) -> None:
    """What a delta of an unknown kind says of a field that a known block has is not added to it, whatever it is."""
    stream = list(events(document(THOUGHT | {"level": 0.25})))
    stream.insert(2, {"type": "content_block_delta", "index": 0, "delta": {"type": "level_delta", "level": level}})

    assert without_index(streamed(stream).content) == [{**THOUGHT, "level": 0.25}]


def test_content_of_chunks_is_a_list() -> None:
    """Every chunk's content is a list, so that no text is joined to nothing and stands apart from the rest."""
    reader = ChunkReader()
    chunks = [
        chunk for event in events(document(THOUGHT, {"type": "text", "text": "A."})) for chunk in reader.feed(event)
    ]

    assert all(isinstance(chunk.message.content, list) for chunk in chunks)
    assert {chunk.message.id for chunk in chunks} == {"msg_1"}
    assert all(len(chunk.message.tool_call_chunks) <= 1 for chunk in chunks)


def served(kind: str = "server_tool_use", **fields: Any) -> Any:
    block = {"type": kind, "id": "srvtoolu_1", "name": "web_search", "input": {}, **fields}
    return {"type": "content_block_start", "index": 1, "content_block": block}


SEARCH = served()
CUTS = {
    "no JSON": stream(*WHOLE, SEARCH, delta(1, partial_json='{"query": "ab'), stop(1), reason="max_tokens"),
    "open": stream(*WHOLE, SEARCH, delta(1, partial_json='{"query": "ab"}'), reason="max_tokens"),
    "open, of MCP": stream(
        *WHOLE, served("mcp_tool_use", server_name="s"), delta(1, partial_json="{}"), reason="refusal"
    ),
    "no arguments": stream(*WHOLE, SEARCH, reason=None),
    "no number": stream(*WHOLE, SEARCH, delta(1, partial_json='{"n": NaN}'), stop(1)),
    "in front": stream(SEARCH, delta(1, partial_json='{"a'), stop(1), start(2), delta(2, partial_json="{}"), stop(2)),
    "input at the start": stream(*WHOLE, served(input={"query": "ab"}), reason="max_tokens"),
}
cuts = pytest.mark.parametrize("cut", list(CUTS.values()), ids=list(CUTS))


@cuts
@pytest.mark.parametrize("form", list(GATHERED.values()), ids=list(GATHERED))
def test_cut_call_of_the_service(cut: list[Any], form: Any) -> None:
    """A cut call of the service's own is an invalid call, as in a whole answer, and goes back no more than there."""
    answer = account(cut)

    made = form(streamed(cut))

    assert made.tool_calls == answer.tool_calls
    assert identifiers(made.invalid_tool_calls) == identifiers(answer.invalid_tool_calls) != []
    assert split([made]) == split([answer])
    assert not any(block["args"] for block in made.content_blocks if block["type"] == "server_tool_call")


@cuts
@streams
@pytest.mark.parametrize("version", ["v0", "v1"])
def test_cut_call_of_the_service_is_not_sent_back(cut: list[Any], ask: Ask, version: Any) -> None:
    """Whatever blocks a stream gathers to, a cut call of the service's own is not in the next request."""
    service = Script(stream_of([encode(event) for event in cut]), whole())
    llm = model(service, output_version=version)
    made = ask(llm, "Hi")

    llm.invoke([HumanMessage("Hi"), made, HumanMessage("Go on.")])

    turns = [turn["content"] for turn in sent(service)[1]["messages"] if turn["role"] == "assistant"]
    assert turns == [turn["content"] for turn in split([account(cut)])[1]]
    assert len(made.invalid_tool_calls) == 1


@pytest.mark.parametrize("given", [{}, {"query": "ab"}], ids=["in pieces", "at the start"])
def test_input_of_a_call_of_the_service(given: dict[str, str]) -> None:
    """However the input of a whole call of the service's own comes, it is that of the whole answer."""
    came = stream(served(input=given), *([] if given else [delta(1, partial_json='{"query": "ab"}')]), stop(1))

    made, answer = streamed(came), account(came)

    assert made.invalid_tool_calls == []
    assert without_index(made.content_blocks) == answer.content_blocks
    assert split([made]) == split([answer])


def test_code_while_it_is_written() -> None:
    """The arguments of a call of the service's own come as they are written."""
    reader = ChunkReader()
    pieces = ['{"code": "', 'print()"}']
    begun = [next(events(document())), served(), *(delta(1, partial_json=piece) for piece in pieces)]

    chunks: list[Any] = [chunk.message for event in begun for chunk in reader.feed(event)]

    assert [block["args"] for chunk in chunks for block in chunk.content_blocks] == ["", *pieces]
