"""What becomes of faults in streams and in long answers, which are streamed below, and what whole ones ended with."""

import asyncio
import logging
import pickle
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from claude_foundry import APITimeoutError, OverloadedError, ResponseFormatError, StreamInterruptedError
from claude_foundry._bounds import MAX_ANSWER
from claude_foundry._sse import encode
from tests.answers import error_event, message, pieces_of, refused, streamed
from tests.runs import asked, shell_of
from tests.shells import REQUEST, AsyncShell, FakeTime, Script, Shell, SyncShell, both

LONG = {**REQUEST, "max_tokens": 64_000}
JSON = message({"type": "text", "text": '{"name": "Ada"}'})
FAULTS = [httpx.ReadError("reset"), error_event(), b""]

faults = pytest.mark.parametrize("fault", FAULTS, ids=["reset", "overloaded", "cut"])


class Person(BaseModel):
    name: str


def cut(fault: bytes | Exception) -> httpx.Response:
    return streamed([*pieces_of(message())[:6], fault])


@both
@faults
def test_faults_of_a_long_answer_are_retried(shell: type[Shell], fault: bytes | Exception) -> None:
    """Nothing of a long answer is handed on before its end, so what breaks it off until then is retried."""
    service = Script(cut(fault), cut(fault), streamed())

    answer = shell_of(shell, service).create(**LONG)

    assert (answer.text, answer.retries_taken, len(service.requests)) == ("Hello there.", 2, 3)


@both
@pytest.mark.parametrize("begun", [1, 6], ids=["before content", "in content"])
def test_a_stalled_long_answer_is_not_asked_for_again(shell: type[Shell], begun: int) -> None:
    """A long answer that stalls may still be written and billed: only its caller may ask for it again."""
    service = Script(streamed([*pieces_of(message())[:begun], httpx.ReadTimeout("silent")]), streamed())

    with pytest.raises(StreamInterruptedError) as caught:
        shell_of(shell, service).create(**LONG)

    assert isinstance(caught.value.__cause__, APITimeoutError)
    assert (caught.value.retryable, caught.value.events, len(service.requests)) == (False, begun, 1)


@both
def test_a_long_answer_that_does_not_begin(shell: type[Shell]) -> None:
    """One whose head does not come in time has not begun, and is asked for again."""
    service = Script(httpx.ReadTimeout("silent"), streamed())

    assert shell_of(shell, service).create(**LONG).retries_taken == 1


@both
@pytest.mark.parametrize(
    ("method", "fields"), [("parse", {"output_type": Person}), ("run_tools", {"tools": []})], ids=["parse", "run_tools"]
)
def test_faults_of_parsed_answers_and_runs(shell: type[Shell], method: str, fields: dict[str, Any]) -> None:
    """So it is for a long answer that is parsed, and for one in a run of tools."""
    service = Script(cut(error_event()), streamed(pieces_of(JSON)))

    asked(shell_of(shell, service), method, **fields, **LONG)

    assert len(service.requests) == 2


@both
@faults
def test_last_fault_of_a_long_answer(shell: type[Shell], fault: bytes | Exception) -> None:
    """When the retries are spent, the error tells what had arrived by the last attempt."""
    service = Script(*[cut(fault) for _ in range(3)])

    with pytest.raises(StreamInterruptedError) as caught:
        shell_of(shell, service).create(**LONG)

    assert caught.value.partial is not None
    assert (caught.value.partial.text, caught.value.retries_taken) == ("Hell", 2)
    assert (caught.value.request_id, len(service.requests)) == ("req_1", 3)


@both
def test_last_fault_before_content(shell: type[Shell]) -> None:
    """A last attempt that was refused is told as what it is; what an earlier one brought is not its own."""
    service = Script(cut(b""), refused(529, kind="overloaded_error"), refused(529, kind="overloaded_error"))

    with pytest.raises(OverloadedError) as caught:
        shell_of(shell, service).create(**LONG)

    assert (caught.value.retries_taken, len(service.requests)) == (2, 3)


@both
def test_malformed_long_answers_are_not_retried(shell: type[Shell]) -> None:
    """What is not what the API promises is not asked for again, as for a short answer."""
    service = Script(cut(b"data: {no json}\n\n"))

    with pytest.raises(StreamInterruptedError) as caught:
        shell_of(shell, service).create(**LONG)

    assert isinstance(caught.value.__cause__, ResponseFormatError)
    assert len(service.requests) == 1


def with_delta(size: int) -> httpx.Response:
    """Gives a stream of which one event adds so many letters."""
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "a" * size}}
    begun, opened, *rest = pieces_of(message())
    return streamed([begun, opened, encode(delta), *rest])


@both
@pytest.mark.parametrize("long", [False, True], ids=["stream", "long answer"])
def test_size_of_an_event(shell: type[Shell], long: bool) -> None:
    """An event that is larger than the client takes breaks the stream off, and the error names the setting."""
    asked = shell(Script(with_delta(2_000)), FakeTime(), max_event_bytes=1_000)

    with pytest.raises((StreamInterruptedError, ResponseFormatError), match=r"1000 bytes \(max_event_bytes\)"):
        asked.create(**LONG) if long else asked.stream(**REQUEST)


@both
def test_size_of_an_event_may_be_raised(shell: type[Shell]) -> None:
    """A client that takes larger events gets them."""
    answer = shell(Script(with_delta(9_000_000)), FakeTime(), max_event_bytes=10_000_000).stream(**REQUEST)

    assert len(answer.text) > 9_000_000


def ends(shell: Shell, method: str = "stream", **fields: Any) -> list[str | None]:
    """Gives what a stream says it ended with: before it is entered, at each item, and after the last."""
    assert isinstance(shell, SyncShell | AsyncShell)
    stream: Any = getattr(shell.client().messages, method)(**fields, **REQUEST)

    async def iterate() -> list[str | None]:
        async with stream:
            return [stream.terminal async for _ in stream]

    def iterate_without_loop() -> list[str | None]:
        with stream:
            return [stream.terminal for _ in stream]

    before = stream.terminal
    within = asyncio.run(iterate()) if isinstance(shell, AsyncShell) else iterate_without_loop()
    return [before, *within, stream.terminal]


WHOLE = pieces_of(message())
WITHOUT_STOP = "The stream of a whole answer ended without message_stop [request-id: req_1, apim-request-id: apim-1]"
ENDS = {
    "stop": ([], "message_stop"),
    "cut": ([WHOLE[-1]], "message_delta"),
    "half": ([WHOLE[-1], WHOLE[-1][:30]], "message_delta"),
    "reset": ([WHOLE[-1], httpx.ReadError("reset")], "message_delta"),
    "done": ([WHOLE[-1], b"data: [DONE]\n\n"], "message_delta"),
}


@both
@pytest.mark.parametrize(("instead", "terminal"), ENDS.values(), ids=ENDS)
def test_what_a_stream_ended_with(
    shell: type[Shell], instead: list[Any], terminal: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A stream tells what a whole answer ended with once it has, and a line of the log where it was no stop."""
    pieces = [*WHOLE[: len(WHOLE) - len(instead[:1])], *instead[1:]]

    with caplog.at_level(logging.INFO, logger="claude_foundry"):
        seen = ends(shell_of(shell, Script(streamed(pieces))))

    lines = [record.getMessage() for record in caplog.records if record.name == "claude_foundry"]
    assert set(seen[:-2]) == {None}
    assert seen[-2:] == (["message_stop"] * 2 if terminal == "message_stop" else [None, "message_delta"])
    assert lines == ([] if terminal == "message_stop" else [WITHOUT_STOP])


@both
@pytest.mark.parametrize("terminal", ["message_stop", "message_delta"])
def test_what_a_long_answer_ended_with(shell: type[Shell], terminal: str) -> None:
    """An answer that was streamed below tells what its stream ended with, and no part of what the API gave."""
    pieces = WHOLE if terminal == "message_stop" else WHOLE[:-1]

    answer = shell_of(shell, Script(streamed(pieces))).create(**LONG)

    assert answer.terminal == terminal
    assert "terminal" not in answer.model_dump()


@both
def test_what_an_answer_that_came_whole_ended_with(shell: type[Shell]) -> None:
    """An answer that came as no stream ended with nothing of one, whatever it says itself."""
    answer = shell_of(shell, Script(httpx.Response(200, json={**message(), "terminal": "message_delta"}))).create(
        **REQUEST
    )

    assert answer.terminal is None


@both
def test_what_a_parsed_stream_ended_with(shell: type[Shell]) -> None:
    """A parsed stream tells the same of its answer."""
    pieces = pieces_of(JSON)[:-1]

    seen = ends(shell_of(shell, Script(streamed(pieces))), "parse_stream", output_type=Person)

    assert (seen[0], seen[-1]) == (None, "message_delta")


@both
def test_long_answer_without_stop(shell: type[Shell], caplog: pytest.LogCaptureFixture) -> None:
    """An answer that is streamed below the surface is given where only the stop is missing, and the log tells of it."""
    with caplog.at_level(logging.INFO, logger="claude_foundry"):
        answer = shell_of(shell, Script(streamed(WHOLE[:-1]))).create(**LONG)

    assert answer.text == "Hello there."
    assert "without message_stop" in caplog.text
    assert "Hello" not in caplog.text


@both
@pytest.mark.parametrize("together", [False, True], ids=["one by one", "at once"])
@pytest.mark.parametrize(
    "last",
    [httpx.ReadError("reset"), error_event(), b"data: {no json}\n\n", b"event: content_block_delta\ndata: {", b""],
    ids=["reset", "overloaded", "malformed", "half", "cut"],
)
def test_events_until_a_fault(shell: type[Shell], last: bytes | Exception, together: bool) -> None:
    """An error tells how many events had arrived: as many as the stream had given."""
    ping = b'event: ping\ndata: {"type": "ping"}\n\n'
    came, taken = [WHOLE[0], ping, WHOLE[0], *WHOLE[1:5]], []
    service = Script(streamed([*([b"".join(came)] if together else came), last]))

    with pytest.raises(StreamInterruptedError) as caught:
        shell_of(shell, service).stream(take=taken.append, **REQUEST)

    assert caught.value.events == len(taken) == 6
    assert pickle.loads(pickle.dumps(caught.value)).events == 6


@both
def test_events_of_long_answers(shell: type[Shell]) -> None:
    """An answer that is streamed below the surface tells of the last attempt's events."""
    service = Script(cut(b""), streamed([*WHOLE[:4], error_event("invalid_request_error")]))

    with pytest.raises(StreamInterruptedError) as caught:
        shell_of(shell, service).create(**LONG)

    assert caught.value.events == 4


@both
def test_left_streams(shell: type[Shell]) -> None:
    """A final message that is asked for after the stream was left tells how far it had come; that attempt counts."""
    asked = shell_of(shell, Script(refused(529), streamed([b"".join(WHOLE)])))

    async def leave() -> None:
        async with asked.client().messages.stream(**REQUEST) as stream:  # type: ignore[attr-defined]
            await anext(aiter(stream))
        await stream.get_final_message()

    def leave_without_loop() -> None:
        with asked.client().messages.stream(**REQUEST) as stream:  # type: ignore[attr-defined]
            next(iter(stream))
        stream.get_final_message()

    with pytest.raises(StreamInterruptedError, match="left") as caught:
        asyncio.run(leave()) if isinstance(asked, AsyncShell) else leave_without_loop()

    assert caught.value.events == 2
    assert [(it.error, it.status_code) for it in caught.value.attempts] == [
        ("OverloadedError", 529),
        ("StreamInterruptedError", 200),
    ]
    assert caught.value.retries_taken == 1


@both
def test_size_of_long_answers(shell: type[Shell]) -> None:
    """An answer that is streamed below the surface has the bound of every answer that is given whole."""
    large = encode({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "a" * 2**20}})
    service = Script(streamed([*WHOLE[:3], *[large] * 70, *WHOLE[3:]]))

    with pytest.raises(StreamInterruptedError, match=f"more than {MAX_ANSWER} bytes") as caught:
        shell_of(shell, service).create(**LONG)

    assert caught.value.events < 70
    assert len(service.requests) == 1
