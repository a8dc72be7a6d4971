"""One message from the events of a stream."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry._reader import EventReader
from claude_foundry._stream import MessageAccumulator, events
from claude_foundry.errors import APIConnectionError, OverloadedError, ResponseFormatError
from tests.answers import SSE, error_event, message

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=2), max_leaves=4
)
NEW = {"new_field": JSON}
CITATIONS = st.none() | st.lists(st.just({"type": "x"}), max_size=2)
TEXT_BLOCKS = st.fixed_dictionaries(
    {"type": st.just("text"), "text": st.text()}, optional={"citations": CITATIONS, **NEW}
)
THINKING = st.fixed_dictionaries(
    {"type": st.just("thinking"), "thinking": st.none() | st.text(), "signature": st.none() | st.text()}, optional=NEW
)
CALLS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["tool_use", "server_tool_use", "mcp_tool_use"]),
        "id": st.just("toolu_1"),
        "name": st.just("f"),
        "input": st.dictionaries(st.text(), JSON, max_size=3),
    },
    optional=NEW,
)
COMPACTION = st.fixed_dictionaries({"type": st.just("compaction"), "content": st.none() | st.text()}, optional=NEW)
UNKNOWN = st.fixed_dictionaries({"type": st.just("new_block"), "anything": JSON})
CONTENTS = st.lists(TEXT_BLOCKS | THINKING | CALLS | COMPACTION | UNKNOWN, max_size=4)


def accumulated(*stream: dict[str, Any]) -> MessageAccumulator:
    account = MessageAccumulator()
    for event in stream:
        account.add(event)
    return account


def call(*fragments: str, closed: bool = True) -> list[dict[str, Any]]:
    start = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}
    deltas = [{"type": "input_json_delta", "partial_json": fragment} for fragment in fragments]
    return [
        {"type": "message_start", "message": message(stop_reason=None) | {"content": []}},
        {"type": "content_block_start", "index": 0, "content_block": start},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        *([{"type": "content_block_stop", "index": 0}] if closed else []),
    ]


@given(CONTENTS)
def test_events_describe_the_message(content: list[dict[str, Any]]) -> None:
    """A message taken apart into events is put together again, and is whole at the end and not before."""
    whole = message(*content) | {"content": content}
    account = MessageAccumulator()

    for event in events(whole, split=list):
        assert not account.complete
        account.add(event)
        if event["type"] == "message_delta":
            break

    assert account.complete
    assert account.snapshot() == whole


@given(CONTENTS, st.integers(min_value=0))
def test_every_cut_is_noticed(content: list[dict[str, Any]], place: int) -> None:
    """A stream that ends before the stop reason is never taken for whole."""
    stream = list(events(message(*content) | {"content": content}, split=list))[:-2]

    assert not accumulated(*stream[: place % (len(stream) + 1)]).complete


@pytest.mark.parametrize("fragments", [(), ("",), ("", ""), ("{}",)])
def test_call_without_arguments(fragments: tuple[str, ...]) -> None:
    """A call that brings no arguments has an empty input."""
    assert accumulated(*call(*fragments)).block(0)["input"] == {}


def test_input_that_came_at_the_start() -> None:
    """A call made by a program brings its whole input at its start."""
    stream = call()
    stream[1]["content_block"] = {**stream[1]["content_block"], "input": {"a": 1}}

    assert accumulated(*stream).block(0)["input"] == {"a": 1}


@pytest.mark.parametrize("arguments", ['{"a": 1', '{"a": 1}}', "[1]", '"a"', "null"])
def test_arguments_are_exact_or_absent(arguments: str) -> None:
    """Arguments that are cut, or no object, are kept as text and never as the input of a call."""
    block = accumulated(*call(arguments)).block(0)

    assert (block["type"], block["partial_json"]) == ("invalid_tool_use", arguments)
    assert "input" not in block


@given(st.dictionaries(st.text(), JSON, min_size=1), st.integers(min_value=0))
def test_open_call_is_never_a_call(arguments: dict[str, Any], place: int) -> None:
    """A call whose end has not come is no call, wherever it was cut."""
    text = str(arguments)

    assert accumulated(*call(text[: place % len(text)], closed=False)).block(0)["type"] == "invalid_tool_use"


def test_limit_reached_inside_a_call() -> None:
    """A limit reached inside a call leaves its block open: the answer is whole, the call is not."""
    stop = {"type": "message_delta", "delta": {"stop_reason": "max_tokens"}, "usage": {"output_tokens": 9}}

    account = accumulated(*call('{"a": "b', closed=False), stop, {"type": "message_stop"})

    assert account.complete
    assert account.block(0)["type"] == "invalid_tool_use"


def test_usage_is_cumulative() -> None:
    """Later counts replace earlier ones; null leaves them as they were."""
    usage = {"input_tokens": None, "output_tokens": 9, "cache_read_input_tokens": 2}
    ends = [
        {"type": "message_delta", "delta": {"stop_reason": None}, "usage": {"output_tokens": 5}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage},
    ]

    snapshot = accumulated(next(events(message())), *ends).snapshot()

    assert snapshot["usage"] == {"input_tokens": 3, "output_tokens": 9, "cache_read_input_tokens": 2}


def test_null_leaves_what_was_told() -> None:
    """A later null takes back neither the limit that ended an answer nor anything else that was told of its end."""
    told = {"stop_reason": "max_tokens", "stop_sequence": "x", "container": {"id": "c"}}
    ends = [
        {"type": "message_delta", "delta": told, "usage": {}, "context_management": {}},
        {"type": "message_delta", "delta": dict.fromkeys(told), "usage": {}, "context_management": None},
    ]

    account = accumulated(next(events(message())), *ends)

    assert account.complete
    assert account.snapshot().items() >= {**told, "context_management": {}}.items()


@pytest.mark.parametrize("reason", ["", "end_turn"])
def test_stop_reason_at_the_beginning(reason: str) -> None:
    """A stop reason in the first event of a stream says nothing of what follows: cut between two blocks it is cut."""
    opening, *block = list(events(message()))[:4]
    opening["message"]["stop_reason"] = reason

    assert not accumulated(opening).complete
    assert not accumulated(opening, *block).complete


def test_fields_beside_the_delta() -> None:
    """What stands in or beside the last delta is part of the message."""
    delta = {"stop_reason": "end_turn", "container": {"id": "c"}}
    end = {"type": "message_delta", "delta": delta, "usage": {}, "context_management": {"applied_edits": []}}

    snapshot = accumulated(next(events(message())), end).snapshot()

    assert (snapshot["container"], snapshot["context_management"]) == ({"id": "c"}, {"applied_edits": []})


def test_resumed_turn() -> None:
    """A resumed turn may bring everything in its first event."""
    account = accumulated({"type": "message_start", "message": message()}, {"type": "message_stop"})

    assert account.complete
    assert account.snapshot() == message()


def test_citations_are_gathered() -> None:
    """Citations come one by one and are kept in order."""
    block = {"type": "text", "text": "A.", "citations": [{"type": "char_location", "cited_text": "a"}, {"type": "x"}]}

    assert accumulated(*events(message(block))).block(0) == block


def test_unknown_deltas_and_events() -> None:
    """Unknown events change nothing; the fields of an unknown delta become the block's."""
    stream = [
        next(events(message())),
        {"type": "content_block_start", "index": 0, "content_block": {"type": "compaction"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "compaction_delta", "content": "Short."}},
        {"type": "news", "index": 7},
        {"type": "content_block_stop", "index": 0},
    ]

    assert accumulated(*stream).block(0) == {"type": "compaction", "content": "Short."}


def test_second_start_is_ignored() -> None:
    """A repeated start loses nothing of what had come."""
    stream = list(events(message()))

    assert accumulated(*stream[:3], stream[0], *stream[3:]).snapshot() == message()


@pytest.mark.parametrize(
    "event",
    [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "x"}},
        {"type": "content_block_stop", "index": 3},
        {"type": "content_block_start", "index": 0},
        {"type": "message_delta", "delta": {}},
        {"type": "message_start", "message": None},
        {"type": "message_start", "message": {"content": [1.0]}},
        {"type": "message_start", "message": {"content": {"a": 1}}},
        {"type": "message_start", "message": {"content": [{"type": "text", "text": 7}]}},
        {"type": "message_start", "message": {"content": [{"text": "no type"}]}},
    ],
)
def test_events_that_do_not_fit(event: dict[str, Any]) -> None:
    """An event that does not fit what came before is an error of this package."""
    with pytest.raises(ResponseFormatError, match=event["type"]):
        accumulated(event)


@pytest.mark.parametrize("block", [{}, [], {"type": 1}, {"type": "text", "text": 7}, {"type": "x", "partial_json": []}])
def test_blocks_that_are_none(block: Any) -> None:
    """What cannot be a block is refused when it begins, and not where the message so far is looked at."""
    opening = {"type": "message_start", "message": {"content": []}}

    with pytest.raises(ResponseFormatError, match="content_block_start"):
        accumulated(opening, {"type": "content_block_start", "index": 0, "content_block": block})


def test_many_citations() -> None:
    """What was looked at does not grow with the citations that come after, and events stay as they came."""
    start = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "", "citations": []}}
    citations = [{"type": "x", "number": number} for number in range(3)]
    cited = [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "citations_delta", "citation": citation}}
        for citation in citations
    ]
    account = accumulated({"type": "message_start", "message": {}}, start, *cited[:2])

    seen = account.block(0)
    account.add(cited[2])  # type: ignore[arg-type]

    assert (seen["citations"], account.block(0)["citations"]) == (citations[:2], citations)
    assert start["content_block"] == {"type": "text", "text": "", "citations": []}


def test_error_event() -> None:
    """An error inside a stream is the error its type stands for."""
    with pytest.raises(OverloadedError, match="req_1"):
        list(EventReader(SSE).feed(error_event("overloaded_error")))


def test_nothing_after_the_end() -> None:
    """What comes after the last event is not read."""
    reader = EventReader(SSE)
    whole = b'data: {"type": "message_stop"}\n\ndata: broken\n\n'

    assert [event["type"] for event in reader.feed(whole)] == ["message_stop"]


def test_incomplete_is_told() -> None:
    """A reader tells an answer that is not whole."""
    with pytest.raises(APIConnectionError, match="before the answer was whole"):
        EventReader(SSE).end()
