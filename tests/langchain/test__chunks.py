"""Chunks made with and without validation."""

import copy
import pickle
from typing import Any

import pytest
from langchain_core.load import dumpd
from langchain_core.messages import AIMessageChunk, message_chunk_to_message
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk

from claude_foundry.langchain._chunks import delta, same_as_validated, validated

CITATION = {"type": "char_location", "cited_text": "a", "document_index": 0}
KINDS: dict[str, dict[str, Any]] = {
    "text": {"type": "text", "text": "a", "index": 0},
    "no text": {"type": "text", "text": "", "index": 0},
    "thinking": {"type": "thinking", "thinking": "a", "index": 0},
    "signature": {"type": "thinking", "signature": "s", "index": 0},
    "citation": {"type": "text", "text": "", "citations": [CITATION], "index": 0},
    "arguments of a server's call": {"type": "input_json_delta", "partial_json": '{"a', "index": 0},
}
USE = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}, "index": 0}
every_kind = pytest.mark.parametrize("block", list(KINDS.values()), ids=list(KINDS))


def call() -> Any:
    return tool_call_chunk(args='{"a', index=0)


@every_kind
def test_same_as_validated(block: dict[str, Any]) -> None:
    """The chunk of a delta is in every way the one that validation makes."""
    raw, made = delta(block, identifier="msg_1"), validated([block], identifier="msg_1")

    assert raw == made
    assert raw.message == made.message
    assert raw.text == made.text
    assert repr(raw) == repr(made)
    assert raw.model_dump() == made.model_dump()
    assert raw.model_dump_json() == made.model_dump_json()
    assert dumpd(raw) == dumpd(made)
    assert raw.message.content_blocks == made.message.content_blocks
    assert message_chunk_to_message(raw.message) == message_chunk_to_message(made.message)


@every_kind
def test_copies(block: dict[str, Any]) -> None:
    """The chunk of a delta survives pickle and every copy, and its copies do not share their contents."""
    raw = delta(block, identifier="msg_1")

    deep = copy.deepcopy(raw)
    assert pickle.loads(pickle.dumps(raw)) == raw == deep == raw.model_copy()
    deep.message.content.append("more")
    deep.message.response_metadata["more"] = 1
    assert raw == delta(block, identifier="msg_1")


@every_kind
def test_assignment(block: dict[str, Any]) -> None:
    """The fields that langchain-core sets on a chunk can be set, and count as set."""
    raw = delta(block, identifier=None)

    raw.message.id = "lc_run--1"
    raw.message.response_metadata = {}

    assert (raw.message.id, raw.message.response_metadata) == ("lc_run--1", {})
    assert {"id", "response_metadata"} <= raw.message.model_fields_set


@pytest.mark.parametrize(("block", "named"), [(None, {"response_metadata": {}}), (USE, {})])
def test_calls(block: dict[str, Any] | None, named: dict[str, Any]) -> None:
    """The chunk of a call's arguments is the validated one, without the nameless call read from half of them."""
    raw = delta(block, identifier="msg_1", call=call())
    made = validated([block] if block else [], identifier="msg_1", tool_call_chunks=[call()], **named)

    assert made.message.tool_calls == [{"name": "", "args": {}, "id": None, "type": "tool_call"}]
    assert raw.message.tool_calls == []
    made.message.tool_calls = []
    assert raw == made
    assert pickle.loads(pickle.dumps(raw)) == copy.deepcopy(raw) == raw
    assert raw.message.content_blocks == made.message.content_blocks
    assert [block["type"] for block in raw.message.content_blocks] == ["tool_call_chunk"]


def chunks(make: Any) -> list[ChatGenerationChunk]:
    parts = [{**block, "index": 0} for block in KINDS.values() if block["type"] == "text"]
    return [
        *(make(part, None) for part in parts),
        *(make(None, tool_call_chunk(args=text, index=1)) for text in ('{"a', '": 1}')),
        make({**USE, "index": 1}, tool_call_chunk(name="f", args="", id="toolu_1", index=1)),
        validated([], identifier="msg_1", chunk_position="last"),
    ]


def checked(block: dict[str, Any] | None, call: Any) -> ChatGenerationChunk:
    calls = [call] if call else []
    return validated([block] if block else [], identifier="msg_1", tool_call_chunks=calls)


def test_gathered() -> None:
    """What is gathered of such chunks is what is gathered of validated ones, one by one and all at once."""
    raw = chunks(lambda block, made: delta(block, identifier="msg_1", call=made))
    made = chunks(checked)

    one_by_one = [sum((chunk.message for chunk in row[1:]), row[0].message) for row in (raw, made)]

    assert one_by_one[0] == one_by_one[1] == raw[0].message + [chunk.message for chunk in raw[1:]]
    assert one_by_one[0].tool_calls == [{"name": "f", "args": {"a": 1}, "id": "toolu_1", "type": "tool_call"}]


class Wider(AIMessageChunk):
    """A chunk as another version of langchain-core may have it."""

    more: str = "default"


def test_other_core() -> None:
    """Only for messages of exactly the known fields is validation left out; the installed ones are such."""
    assert same_as_validated()
    assert not same_as_validated(Wider)
