"""What of an answer must be as the API promises, so that core and adapters can rely on it."""

import json
from typing import Any

import pytest

from claude_foundry._promises import MAX_DEPTH, is_too_deep
from claude_foundry._stream import MessageAccumulator
from claude_foundry._wire import decode_message
from claude_foundry.errors import ResponseFormatError
from tests.answers import IDS, message

TEXT: dict[str, Any] = {"type": "text", "text": "A"}
CALL: dict[str, Any] = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"x": 1}}
SERVER_CALL = CALL | {"type": "server_tool_use"}
CUT = {"type": "invalid_tool_use", "id": "toolu_1", "name": "f", "partial_json": "{"}
BROKEN = [
    (TEXT | {"text": 7}, "text"),
    (TEXT | {"citations": "new"}, "citations"),
    (TEXT | {"citations": {"type": "x"}}, "citations"),
    (TEXT | {"citations": ["x"]}, "citations"),
    (TEXT | {"citations": [{"type": ["x"]}]}, "citations"),
    ({"type": "thinking", "thinking": {}}, "thinking"),
    (CALL | {"id": None}, "id"),
    (CALL | {"name": ["f"]}, "name"),
    (CALL | {"input": "text"}, "input"),
    (SERVER_CALL | {"name": 1}, "name"),
    (SERVER_CALL | {"input": []}, "input"),
    (CUT | {"id": None}, "id"),
    ({"type": " "}, "type"),
]
MISSING = [(TEXT, "text"), (CALL, "id"), (CALL, "name"), (CALL, "input"), (CUT, "partial_json")]
PASSING = [
    TEXT | {"citations": None},
    TEXT | {"citations": [{"type": "new_location", "cited_text": 7}]},
    {"type": "thinking", "thinking": None},
    CALL | {"caller": 1, "new": []},
    {"type": "new", "text": None, "id": 7, "input": "x", "citations": 1},
    {"type": "web_search_tool_result", "content": 7},
]
OPENING: Any = {"type": "message_start", "message": message() | {"content": []}}


def without(block: dict[str, Any], name: str) -> dict[str, Any]:
    return {field: value for field, value in block.items() if field != name}


def begun(block: Any) -> MessageAccumulator:
    account = MessageAccumulator()
    account.add(OPENING)
    account.add({"type": "content_block_start", "index": 0, "content_block": block})
    return account


@pytest.mark.parametrize(("block", "name"), [*BROKEN, *((without(block, name), name) for block, name in MISSING)])
def test_broken_promise_in_a_whole_answer(block: dict[str, Any], name: str) -> None:
    """A whole answer that lacks what the API promises is refused, and the field that is wrong is named."""
    with pytest.raises(ResponseFormatError, match=rf"content\.1\.{name}\)"):
        decode_message(json.dumps(message(TEXT, block)).encode(), headers=IDS)


@pytest.mark.parametrize("block", [block for block, _ in BROKEN] + [without(CALL, "id"), without(CALL, "name")])
def test_broken_promise_in_a_stream(block: dict[str, Any]) -> None:
    """A block of a stream that lacks what the API promises is refused when it begins."""
    with pytest.raises(ResponseFormatError, match="content_block_start"):
        begun(block)


@pytest.mark.parametrize("index", [-1, True, 0.5, None, 0])
def test_broken_promise_of_an_index(index: Any) -> None:
    """A block whose index is no number from 0 on, or is that of another block, is refused."""
    account = begun(TEXT)

    with pytest.raises(ResponseFormatError, match="content_block_start"):
        account.add({"type": "content_block_start", "index": index, "content_block": TEXT})


@pytest.mark.parametrize("block", PASSING)
def test_what_is_new_passes(block: dict[str, Any]) -> None:
    """Fields, values and blocks that are not known here pass as they came."""
    document = message(block)

    assert decode_message(json.dumps(document).encode(), headers=IDS).model_dump() == document


@pytest.mark.parametrize(
    ("block", "whole"), [(without(TEXT, "text"), TEXT | {"text": ""}), (without(CALL, "input"), CALL | {"input": {}})]
)
def test_what_comes_in_deltas_may_be_missing_before(block: dict[str, Any], whole: dict[str, Any]) -> None:
    """A block may begin without what its deltas bring, and without deltas it is empty."""
    account = begun(block)

    account.add({"type": "content_block_stop", "index": 0})

    assert account.block(0) == whole


@pytest.mark.parametrize(
    "event",
    [
        {"delta": {"type": "citations_delta", "citation": "x"}},
        {"delta": {"type": "citations_delta", "citation": {"type": 1}}},
        {"delta": {"type": "new_delta", "text": 7}},
        {"delta": {"type": "text_delta", "text": "x"}, "index": False},
        {"delta": {"type": "text_delta", "text": "x"}, "index": 0.0},
    ],
)
def test_broken_promise_in_a_delta(event: dict[str, Any]) -> None:
    """A delta after which a block is no longer what the API promises is refused."""
    account = begun(TEXT)

    with pytest.raises(ResponseFormatError, match="content_block_delta"):
        account.add({"type": "content_block_delta", "index": 0, **event})


@pytest.mark.parametrize("start", [{"id": 7}, {"content": [CALL | {"input": None}]}])
def test_broken_promise_in_the_beginning(start: dict[str, Any]) -> None:
    """A beginning whose id is no text, or whose whole blocks lack what the API promises, is refused."""
    with pytest.raises(ResponseFormatError, match="message_start"):
        MessageAccumulator().add({"type": "message_start", "message": message() | start})


@pytest.mark.parametrize("holder", [lambda inner: [inner], lambda inner: {"a": inner}])
def test_depth(holder: Any) -> None:
    """Arguments are too deep beyond the bound, whatever they are made of, and not at it."""
    value: Any = 1
    for _ in range(MAX_DEPTH):
        value = holder(value)

    assert not is_too_deep(value)
    assert is_too_deep(holder(value))


def test_arguments_that_are_too_deep() -> None:
    """A call whose arguments are nested so deep that nothing could write them again is none."""
    account = begun(CALL | {"input": {}})
    deep = '{"a": ' + "[" * MAX_DEPTH + "]" * MAX_DEPTH + "}"

    account.add(
        {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": deep}}
    )
    account.add({"type": "content_block_stop", "index": 0})

    assert account.block(0) == CUT | {"partial_json": deep}
