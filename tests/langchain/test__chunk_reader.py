"""The chunks of a stream, and the blocks that they gather to."""

from typing import Any

import pytest

from claude_foundry._stream import events
from claude_foundry.langchain._chunk_reader import ChunkReader
from tests.answers import message as document
from tests.langchain.test__from_wire import CITED, THOUGHT, streamed, without_index


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
