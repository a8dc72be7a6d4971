"""The events of an answer in LangChain's protocol."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.language_models.chat_model_stream import ChatModelStream
from langchain_core.messages import AIMessage
from langchain_tests.utils.stream_lifecycle import assert_valid_event_stream

from claude_foundry._refusal import ids
from claude_foundry._stream import MessageAccumulator, events
from claude_foundry._wire import decoded
from claude_foundry.langchain._events import ProtocolReader
from claude_foundry.langchain._from_wire import message
from tests.answers import IDS
from tests.answers import message as document
from tests.langchain import generated
from tests.recorded import events_of, exchanges, recorded

USE = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": [1]}}

# langchain-core makes this of no block at all.
EMPTY = [{"type": "text", "text": ""}]
APART = ("invalid_tool_call", "refusal")


def told(stream: list[Any], **options: Any) -> list[Any]:
    """Gives the protocol's events for those of a stream."""
    account, reader, found = MessageAccumulator(), ProtocolReader(**options), []
    for event in stream:
        account.add(event)
        found += reader.feed(event)
    return [*found, *reader.finish(decoded(account.snapshot() or {}, ids=ids(IDS)))]


@pytest.mark.parametrize(("terminal", "shown"), [("message_delta", "message_delta"), ("message_stop", None)])
def test_end_of_the_stream(terminal: Any, shown: str | None) -> None:
    """The end of the message tells the retries, and what its stream ended with where that is not the usual end."""
    answer = decoded(document(), ids=ids(IDS), retries_taken=1, terminal=terminal)

    [*_, last] = ProtocolReader().finish(answer)

    assert (last["metadata"]["retries_taken"], last["metadata"].get("terminal")) == (1, shown)


def output(found: list[Any]) -> AIMessage:
    """Gives the message that langchain-core makes of the protocol's events."""
    assert_valid_event_stream(found)
    stream = ChatModelStream()
    for event in found:
        stream.dispatch(event)
    return stream.output


def without_places(message: AIMessage) -> list[dict[str, Any]]:
    """Gives the blocks without the numbers that langchain-core gives them."""
    return [{name: value for name, value in block.items() if name != "index"} for block in message.content_blocks]


@given(generated.answers(), st.integers(1, 5))
def test_output_is_the_whole_answer(answer: dict[str, Any], size: int) -> None:
    """What the events amount to is what a whole answer is, in LangChain's standard blocks, whatever ended it."""
    whole = message(decoded(answer, ids=ids(IDS)))

    made = output(told(list(events(answer, split=generated.pieces(size)))))

    # The message that langchain-core makes of events holds no refusal; its metadata tell of it.
    said = [block for block in without_places(made) if block not in EMPTY and block["type"] not in APART]
    assert said == [block for block in whole.content_blocks if block["type"] not in APART]
    assert (made.tool_calls, made.invalid_tool_calls) == (whole.tool_calls, whole.invalid_tool_calls)
    assert (made.id, made.usage_metadata) == (whole.id, whole.usage_metadata)
    assert made.response_metadata == {**whole.response_metadata, "output_version": "v1"}


@recorded
@pytest.mark.parametrize("row", exchanges(stream=True))
def test_recorded(row: dict[str, Any]) -> None:
    """The events of a recorded stream amount to its answer; a call that was cut is an invalid one."""
    stream, account = events_of(row), MessageAccumulator()
    for event in stream:
        account.add(event)
    whole = message(decoded(account.snapshot() or {}, ids=ids(IDS)))

    made = output(told(stream))

    valid = [block for block in without_places(made) if block["type"] != "invalid_tool_call"]
    assert valid == (whole.content_blocks or EMPTY)
    assert (made.tool_calls, made.invalid_tool_calls) == (whole.tool_calls, whole.invalid_tool_calls)
    assert (made.id, made.usage_metadata) == (whole.id, whole.usage_metadata)


def test_call_is_finished_with_its_block() -> None:
    """A call is finished before the next block begins, and the last one before the message is."""
    names = [event["event"] for event in told(list(events(document(USE, {**USE, "id": "toolu_2"}))))]

    assert names == [
        "message-start",
        *["content-block-start", "content-block-delta", "content-block-finish"] * 2,
        "message-finish",
    ]


@pytest.mark.parametrize("arguments", [{}, {"a": 1}])
@pytest.mark.parametrize("reason", ["max_tokens", "model_context_window_exceeded", "refusal"])
def test_last_call_of_an_answer_that_was_ended(reason: str, arguments: dict[str, Any]) -> None:
    """A call at the end of an answer that a limit or a refusal ended may lack arguments: it is told as invalid."""
    answer = document(USE, {**USE, "id": "toolu_2", "input": arguments}, stop_reason=reason)

    made = output(told(list(events(answer, split=list))))

    assert [call["id"] for call in made.tool_calls] == ["toolu_1"]
    assert [call["id"] for call in made.invalid_tool_calls] == ["toolu_2"]


@pytest.mark.parametrize("order", ["interleaved", "backwards"])
@pytest.mark.parametrize("reason", ["max_tokens", "refusal", "tool_use"])
def test_calls_in_any_order(order: str, reason: str) -> None:
    """The call that a limit may have cut is the one of the highest index, in whatever order the blocks come."""
    stream = list(events(document(USE, {**USE, "id": "toolu_2"}, stop_reason=reason)))
    first, second = ([event for event in stream if event.get("index") == index] for index in (0, 1))
    came = {"interleaved": [*first[:1], *second, *first[1:]], "backwards": [*second, *first]}[order]

    made = output(told([stream[0], *came, *stream[-2:]]))

    cut = [] if reason == "tool_use" else ["toolu_2"]
    assert {call["id"] for call in made.tool_calls} == {"toolu_1", "toolu_2"} - set(cut)
    assert [call["id"] for call in made.invalid_tool_calls] == cut


@given(st.integers(min_value=0))
def test_cut_call(place: int) -> None:
    """Wherever the arguments of a call are cut, the call is an invalid one, with what had come."""
    cut = '{"path": "a", "n": [1, {"b": true}]}'[: place % 36]
    start = {"type": "content_block_start", "index": 0, "content_block": {**USE, "input": {}}}
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": cut}}
    end = {"type": "message_delta", "delta": {"stop_reason": "max_tokens"}, "usage": {}}

    made = output(told([next(events(document())), start, delta, end, {"type": "message_stop"}]))

    assert made.tool_calls == []
    assert [(call["id"], call["args"] or "") for call in made.invalid_tool_calls] == [("toolu_1", cut)]


def test_text_of_an_unknown_block() -> None:
    """The text of a block of an unknown kind is its own, and no part of the answer's text."""
    start = {"type": "content_block_start", "index": 0, "content_block": {"type": "aside", "text": ""}}
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "psst"}}
    stop = {"type": "content_block_stop", "index": 0}

    made = output(told([next(events(document())), start, delta, stop, {"type": "message_stop"}]))

    assert made.text == ""
    assert without_places(made) == [{"type": "non_standard", "value": {"type": "aside", "text": "psst"}}]


def test_places_have_no_gaps() -> None:
    """Blocks are counted without a gap, whatever numbers the service gives them."""
    stream = [{**event, **({"index": 7} if event.get("index") == 1 else {})} for event in events(document(USE, USE))]

    assert_valid_event_stream(told(stream))


def test_blocks_at_the_start() -> None:
    """Blocks that come with the start of a message are told as whole."""
    begun = document(USE, {"type": "text", "text": "A."})

    made = output(told([{"type": "message_start", "message": begun}, {"type": "message_stop"}]))

    assert made.text == "A."
    assert made.tool_calls[0]["args"] == USE["input"]


def test_message_id() -> None:
    """The message has the service's id, or the one that is asked for."""
    stream = list(events(document()))

    assert told(stream)[0]["id"] == "msg_1"
    assert told(stream, message_id="lc_run--1")[0]["id"] == "lc_run--1"


def test_without_usage() -> None:
    """Without usage only the counts are missing."""
    *_, end = told(list(events(document())), with_usage=False)

    assert "usage" not in end
    assert "usage" not in end["metadata"]
    assert end["metadata"]["stop_reason"] == "end_turn"


def test_refusal() -> None:
    """A refusal is told as langchain-core tells it of a whole answer, and with its details in the metadata."""
    details = {"type": "refusal", "category": "cyber", "explanation": "No."}
    answer = document(stop_reason="refusal", stop_details=details)

    found = told(list(events(answer)))

    whole = message(decoded(answer, ids=ids(IDS)))
    ends = [event["content"] for event in found if event["event"] == "content-block-finish"]
    assert ends == whole.content_blocks
    assert found[-1]["metadata"]["stop_details"] == details
