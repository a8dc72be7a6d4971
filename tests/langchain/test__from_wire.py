"""Answers as LangChain's messages, whole and streamed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, AIMessageChunk

from claude_foundry._refusal import ids
from claude_foundry._stream import MessageAccumulator, events
from claude_foundry._wire import decoded
from claude_foundry.langchain._chunk_reader import ChunkReader
from claude_foundry.langchain._from_wire import message
from claude_foundry.langchain._to_wire import split
from tests.answers import IDS
from tests.answers import message as document
from tests.langchain import generated

USE = {
    "type": "tool_use",
    "id": "toolu_1",
    "name": "f",
    "input": {"path": '/data/"x\\', "n": [1, {"b": "q\u00e9"}], "z": True},
}
THOUGHT = {"type": "thinking", "thinking": "", "signature": "sig"}
CITED = {"type": "text", "text": "A.", "citations": [{"type": "char_location", "cited_text": "a"}]}


def streamed(stream: list[Any]) -> AIMessageChunk:
    """Gathers the chunks of a stream's events."""
    account, reader, chunks = MessageAccumulator(), ChunkReader(), []
    for event in stream:
        account.add(event)
        chunks += reader.feed(event)
    chunks += reader.finish(decoded(account.snapshot() or {}, ids=ids(IDS)))
    first, *rest = [chunk.message for chunk in chunks]
    return sum(rest, first)


def whole(**fields: Any) -> Any:
    return message(decoded(document(**fields), ids=ids(IDS)))


def test_plain_text() -> None:
    """An answer of one plain text has it as its content, with ids, reason and counts beside it."""
    answer = whole()

    assert (answer.content, answer.id) == ("Hello there.", "msg_1")
    assert answer.response_metadata == {
        "model_provider": "anthropic",
        "model_name": "claude-opus-5-5",
        "id": "msg_1",
        "stop_reason": "end_turn",
        "request_id": "req_1",
        "apim_request_id": "apim-1",
        "retries_taken": 0,
        "usage": {"input_tokens": 3, "output_tokens": 4},
    }
    assert answer.usage_metadata["total_tokens"] == 7


@pytest.mark.parametrize(
    "content", [[THOUGHT, USE], [CITED], [{"type": "new", "x": [1]}], [{"type": "text", "text": "A"}, USE]]
)
def test_streamed_is_as_whole(content: list[dict[str, Any]]) -> None:
    """A gathered stream says what the whole answer says: text, calls, counts, metadata and id."""
    fields = document(
        *content, stop_reason="tool_use", usage={"input_tokens": 1, "cache_read_input_tokens": 5, "output_tokens": 2}
    )

    gathered, answer = streamed(list(events(fields, split=list))), message(decoded(fields, ids=ids(IDS)))

    assert (gathered.text, gathered.tool_calls, gathered.id) == (answer.text, answer.tool_calls, answer.id)
    assert gathered.usage_metadata == answer.usage_metadata
    assert gathered.response_metadata == answer.response_metadata
    assert gathered.chunk_position == "last"


def test_usage() -> None:
    """Input tokens include the cache, whose details are not counted twice."""
    usage = {
        "input_tokens": 1,
        "cache_read_input_tokens": 20,
        "cache_creation_input_tokens": 300,
        "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200},
        "output_tokens": 9,
        "output_tokens_details": {"thinking_tokens": 4},
    }

    counted = whole(usage=usage).usage_metadata

    assert (counted["input_tokens"], counted["total_tokens"]) == (321, 330)
    assert sum(counted["input_token_details"].values()) == 320
    assert counted["output_token_details"] == {"reasoning": 4}


def test_missing_usage() -> None:
    """Counts that are null or absent are zero."""
    assert whole(usage={"input_tokens": None}).usage_metadata["total_tokens"] == 0


@given(st.integers(min_value=0))
def test_cut_call_is_never_executable(place: int) -> None:
    """Wherever the arguments of a call are cut by a limit, the gathered stream has no call, only an invalid one."""
    text = json.dumps(USE["input"])
    start = {"type": "content_block_start", "index": 0, "content_block": {**USE, "input": {}}}
    delta = {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "input_json_delta", "partial_json": text[: place % len(text)]},
    }
    stop = {"type": "message_delta", "delta": {"stop_reason": "max_tokens"}, "usage": {}}

    gathered = streamed([next(events(document())), start, delta, stop, {"type": "message_stop"}])

    assert gathered.tool_calls == []
    assert [call["id"] for call in gathered.invalid_tool_calls] == ["toolu_1"]


def test_cut_call_beside_a_whole_one() -> None:
    """A call that was whole before another was cut stays a call."""
    stream = list(events(document(USE, {**USE, "id": "toolu_2"}), split=list))
    cut = [event for event in stream if event.get("index") != 1 or event["type"] == "content_block_start"]

    gathered = streamed(
        [*cut[:-2], {"type": "message_delta", "delta": {"stop_reason": "max_tokens"}, "usage": {}}, cut[-1]]
    )

    assert [call["id"] for call in gathered.tool_calls] == ["toolu_1"]
    assert [call["id"] for call in gathered.invalid_tool_calls] == ["toolu_2"]


@pytest.mark.parametrize("fragments", [[], [""]])
def test_call_without_arguments(fragments: list[str]) -> None:
    """A call that brings no arguments is a call with none."""
    start = {"type": "content_block_start", "index": 0, "content_block": {**USE, "input": {}}}
    deltas = [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": part}}
        for part in fragments
    ]
    ends = [{"type": "content_block_stop", "index": 0}, *list(events(document(stop_reason="tool_use")))[-2:]]

    gathered = streamed([next(events(document())), start, *deltas, *ends])

    assert [call["args"] for call in gathered.tool_calls] == [{}]
    assert gathered.invalid_tool_calls == []


def test_input_that_came_at_the_start() -> None:
    """A call made by a program brings its input whole, and it is the call's."""
    stream = [event for event in events(document(USE)) if event["type"] != "content_block_delta"]
    stream[1] = {**stream[1], "content_block": USE}

    assert streamed(stream).tool_calls[0]["args"] == USE["input"]


def test_empty_answer() -> None:
    """An answer without content is an answer."""
    empty = document() | {"content": []}

    assert message(decoded(empty, ids=ids(IDS))).content == []
    assert streamed(list(events(empty))).content == []


def without_index(blocks: Any) -> list[dict[str, Any]]:
    return [{name: value for name, value in block.items() if name != "index"} for block in blocks]


def identifiers(calls: Any) -> list[Any]:
    return [call["id"] for call in calls]


@given(generated.answers(), st.integers(1, 5))
def test_any_stream_is_as_whole(answer: dict[str, Any], size: int) -> None:
    """Whatever an answer holds, whatever ended it and however it is cut, its stream gathers to the whole answer."""
    whole_ = message(decoded(answer, ids=ids(IDS)))

    gathered = streamed(list(events(answer, split=generated.pieces(size))))

    assert (gathered.id, gathered.text, gathered.tool_calls) == (whole_.id, whole_.text, whole_.tool_calls)
    assert identifiers(gathered.invalid_tool_calls) == identifiers(whole_.invalid_tool_calls)
    assert (gathered.usage_metadata, gathered.response_metadata) == (whole_.usage_metadata, whole_.response_metadata)
    assert without_index(gathered.content_blocks) == whole_.content_blocks
    assert split([gathered]) == split([whole_])


@given(generated.answers(), st.sampled_from(["whole", "streamed", "standard"]))
def test_protected_blocks_go_back_unchanged(answer: dict[str, Any], way: str) -> None:
    """Reasoning, compaction and unknown blocks are sent back as they came, in their order, from either form."""
    made: Any = (
        streamed(list(events(answer, split=list))) if way == "streamed" else message(decoded(answer, ids=ids(IDS)))
    )
    if way == "standard":
        made = AIMessage(content_blocks=made.content_blocks, response_metadata={"output_version": "v1"})

    sent = [block for turn in split([made])[1] for block in turn["content"]]

    kinds = ("thinking", "redacted_thinking", "compaction", "block_of_tomorrow")
    assert [block for block in sent if block["type"] in kinds] == [
        block for block in answer["content"] if block["type"] in kinds
    ]


def whole_of(answer: dict[str, Any]) -> Any:
    return message(decoded(answer, ids=ids(IDS)))


def test_refusal() -> None:
    """A refusal is told with its details where langchain-core looks for them."""
    details = {"type": "refusal", "category": "cyber", "explanation": "No."}
    answer = document(stop_reason="refusal", stop_details=details)

    for made in (whole_of(answer), streamed(list(events(answer)))):
        assert made.response_metadata["stop_reason"] == "refusal"
        assert made.response_metadata["stop_details"] == details
