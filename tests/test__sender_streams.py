"""Streams that fail: sent again before their first content, told of after it."""

import httpx
import pytest

from claude_foundry import (
    ResponseFormatError,
    StreamInterruptedError,
)
from tests.answers import error_event, message, pieces_of, streamed, whole
from tests.shells import REQUEST, Body, FakeTime, Script, both
from tests.test__sender import Kind


@both
def test_stream_faults_before_content_are_retried(shell: Kind) -> None:
    """Until the first content a stream's faults are retried, and nothing of the failed attempts is handed on."""
    start = pieces_of(message())[0]
    service, taken = (
        Script(
            streamed([start, b'event: ping\ndata: {"type": "ping"}\n\n', httpx.ReadError("reset")]),
            streamed([start, error_event()]),
            streamed(),
        ),
        [],
    )

    answer = shell(service, FakeTime()).stream(take=taken.append, **REQUEST)

    assert answer.text == "Hello there."
    assert [event["type"] for event in taken].count("message_start") == 1
    assert len(service.requests) == 3


@both
@pytest.mark.parametrize("fault", [httpx.ReadError("reset"), error_event(), b"data: {no json}\n\n", b""])
def test_stream_faults_after_content_are_told(shell: Kind, fault: bytes | Exception) -> None:
    """After the first content a fault is told, with what had arrived, and never retried."""
    service, taken = Script(streamed([*pieces_of(message())[:6], fault])), []

    with pytest.raises(StreamInterruptedError) as caught:
        shell(service, FakeTime()).stream(take=taken.append, **REQUEST)

    assert caught.value.partial is not None
    assert caught.value.partial.text == "Hell"
    assert (caught.value.request_id, len(service.requests), len(taken)) == ("req_1", 1, 6)


@both
def test_stream_cut_in_a_call(shell: Kind) -> None:
    """A call that was cut is not in what had arrived, neither whole nor in part."""
    pieces = pieces_of(message({"type": "tool_use", "id": "toolu_1", "name": "drop", "input": {"path": "/data/tmp"}}))
    service = Script(streamed(pieces[:16]))

    with pytest.raises(StreamInterruptedError) as caught:
        shell(service, FakeTime()).stream(**REQUEST)

    assert caught.value.partial is not None
    assert [block.type for block in caught.value.partial.content] == ["invalid_tool_use"]


@both
def test_fault_after_the_whole_answer(shell: Kind) -> None:
    """What goes wrong after the answer is whole takes nothing away."""
    service = Script(streamed([*pieces_of(message()), httpx.ReadError("reset")]))

    answer = shell(service, FakeTime()).stream(**REQUEST)

    assert answer.text == "Hello there."


@both
def test_stream_is_closed_when_left(shell: Kind) -> None:
    """Leaving a stream early closes its connection."""
    body = Body(pieces_of(message()))
    service = Script(httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=body))

    event = shell(service, FakeTime()).first_event(**REQUEST)

    assert event["type"] == "message_start"
    assert body.closed


@both
def test_whole_message_for_a_stream(shell: Kind) -> None:
    """A gateway that answers a stream request with the whole message is understood."""
    taken = []

    answer = shell(Script(whole()), FakeTime()).stream(take=taken.append, **REQUEST)

    assert answer.text == "Hello there."
    assert taken[-1]["type"] == "message_stop"


@both
def test_page_for_a_stream(shell: Kind) -> None:
    """A page where a stream should be is told as what it is."""
    page = httpx.Response(200, headers={"content-type": "text/html"}, text="<html><title>Sign in</title></html>")

    with pytest.raises(ResponseFormatError, match="text/html"):
        shell(Script(page), FakeTime()).stream(**REQUEST)


@both
def test_empty_stream_is_retried(shell: Kind) -> None:
    """A stream without a byte is tried again."""
    service = Script(streamed([]), streamed())

    answer = shell(service, FakeTime()).stream(**REQUEST)

    assert (answer.text, len(service.requests)) == ("Hello there.", 2)


@both
@pytest.mark.parametrize("end", [[], [httpx.ReadError("reset")]], ids=["clean", "reset"])
def test_cut_in_the_last_event(shell: Kind, end: list[Exception]) -> None:
    """An answer that lacks nothing but the end of its last event is whole."""
    pieces = pieces_of(message())
    service = Script(streamed([*pieces[:-1], pieces[-1][:30], *end]))

    assert shell(service, FakeTime()).stream(**REQUEST).text == "Hello there."


@both
def test_cut_in_the_first_event(shell: Kind) -> None:
    """A stream that ends in the middle of its first event is tried again."""
    service = Script(streamed([pieces_of(message())[0][:30]]), streamed())

    assert shell(service, FakeTime()).stream(**REQUEST).text == "Hello there."
