"""Streams that break off once their head has come, and before their first content: retried, and then interruptions."""

import pickle
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from claude_foundry import (
    APIConnectionError,
    APITimeoutError,
    FoundryError,
    Message,
    OverloadedError,
    ResponseFormatError,
    SignInError,
    StreamInterruptedError,
)
from tests.answers import IDS, error_event, message, pieces_of, refused, streamed, whole
from tests.shells import REQUEST, Body, FakeTime, Script, Shell, both

START = pieces_of(message())[0]
PING = b'event: ping\ndata: {"type": "ping"}\n\n'
RESET = httpx.ReadError("reset")
ways = pytest.mark.parametrize("way", [{}, {"max_tokens": 64_000}], ids=["stream", "long answer"])
Answer = Callable[[], httpx.Response | Exception]


def ask(shell: Shell, way: dict[str, Any]) -> Message:
    return shell.create(**REQUEST | way) if way else shell.stream(**REQUEST)


def broken(shell: type[Shell], way: dict[str, Any], *answers: httpx.Response | Exception, **given: Any) -> FoundryError:
    """Gives the error that a stream ends with, or a long answer that is streamed below."""
    client = shell(Script(*answers), FakeTime(), **given)
    with pytest.raises(FoundryError) as caught:
        ask(client, way)
    return caught.value


@both
@ways
@pytest.mark.parametrize(
    ("pieces", "events"),
    [([], 0), ([RESET], 0), ([b": hello\n\n", RESET], 0), ([PING, RESET], 1), ([START[:40]], 0)],
    ids=["nothing", "reset", "comment", "ping", "half an event"],
)
def test_no_message(shell: type[Shell], way: dict[str, Any], pieces: list[Any], events: int) -> None:
    """A stream that breaks off before its message began, in each attempt, has no partial one, but its head's ids."""
    error = broken(shell, way, *[streamed(pieces) for _ in range(3)])

    assert isinstance(error, StreamInterruptedError)
    assert (error.partial, error.events) == (None, events)
    assert (error.request_id, error.apim_request_id) == ("req_1", "apim-1")
    assert str(error).count("req_1") == 1
    assert type(error.__cause__) is APIConnectionError
    assert (error.retryable, error.retries_taken) == (True, 2)
    assert [(it.error, it.request_id) for it in error.attempts] == [("APIConnectionError", "req_1")] * 3


@both
@ways
@pytest.mark.parametrize("last", [[], [RESET]], ids=["cut", "reset"])
def test_message_without_content(shell: type[Shell], way: dict[str, Any], last: list[Any]) -> None:
    """One that breaks off after its message began has what that told: its id and usage."""
    error = broken(shell, way, streamed([START, PING, *last]), max_retries=0)

    assert isinstance(error, StreamInterruptedError)
    assert error.partial is not None
    assert (error.partial.id, error.partial.content, error.partial.usage.input_tokens) == ("msg_1", [], 3)
    assert (error.events, error.partial.request_id) == (2, "req_1")
    assert pickle.loads(pickle.dumps(error)).partial == error.partial


@both
@ways
@pytest.mark.parametrize("begun", [[], [START]], ids=["no message", "message"])
def test_silence(shell: type[Shell], way: dict[str, Any], begun: list[bytes]) -> None:
    """Silence that is longer than its limit interrupts a stream; of a long answer, only its caller may ask again."""
    error = broken(shell, way, *[streamed([*begun, httpx.ReadTimeout("silent")]) for _ in range(1 if way else 3)])

    assert isinstance(error, StreamInterruptedError)
    assert isinstance(error.__cause__, APITimeoutError)
    assert (error.partial is None, error.retryable) == (not begun, not way)


@both
@ways
def test_malformed_event(shell: type[Shell], way: dict[str, Any]) -> None:
    """A first event that is none interrupts a stream too, and is not asked for again."""
    error = broken(shell, way, streamed([b"event: message_start\ndata: {oops\n\n"]))

    assert isinstance(error, StreamInterruptedError)
    assert isinstance(error.__cause__, ResponseFormatError)
    assert (error.partial, error.request_id, len(error.attempts)) == (None, "req_1", 1)
    assert not error.retryable


@both
@ways
def test_what_another_try_would_meet_again(shell: type[Shell], way: dict[str, Any]) -> None:
    """A stream that broke off for good says so."""
    error = broken(shell, way, streamed([START, httpx.LocalProtocolError("no chunk")]))

    assert isinstance(error, StreamInterruptedError)
    assert (error.retryable, error.retries_taken) == (False, 0)


@both
@ways
def test_other_answer_that_is_cut(shell: type[Shell], way: dict[str, Any]) -> None:
    """An answer in the place of a stream, whose connection broke, is no stream that broke off."""
    json = {"content-type": "application/json", **IDS}
    error = broken(shell, way, httpx.Response(200, headers=json, stream=Body([b'{"type":', RESET])), max_retries=0)

    assert type(error) is APIConnectionError
    assert error.request_id == "req_1"


LAST: dict[str, tuple[Answer, type[FoundryError]]] = {
    "not connected": (lambda: httpx.ConnectError("refused"), APIConnectionError),
    "no head": (lambda: httpx.ReadTimeout("silent"), APITimeoutError),
    "refused": (lambda: refused(529, kind="overloaded_error"), OverloadedError),
    "error first": (lambda: streamed([error_event()]), OverloadedError),
    "error after the start": (lambda: streamed([START, error_event()]), OverloadedError),
    "page": (lambda: httpx.Response(200, headers={"content-type": "text/html"}, text="<html>"), ResponseFormatError),
    "other JSON": (lambda: whole({"type": "nothing"}), ResponseFormatError),
}


@both
@ways
@pytest.mark.parametrize(("last", "kind"), LAST.values(), ids=LAST)
def test_last_attempt_without_a_stream(
    shell: type[Shell], way: dict[str, Any], last: Answer, kind: type[FoundryError]
) -> None:
    """A last attempt that no head of a stream answered, or that was refused, is told as that, whatever came before."""
    error = broken(shell, way, streamed([START, RESET]), last(), max_retries=1)

    assert type(error) is kind
    assert (error.retries_taken, len(error.attempts)) == (1, 2)


@both
@ways
def test_last_attempt_without_a_token(shell: type[Shell], way: dict[str, Any]) -> None:
    """A last attempt for which there was no token was not sent: nothing of it broke off."""
    tokens = ["a-token-of-letters"]
    sign_in = {"api_key": None, "azure_ad_token_provider": tokens.pop}

    error = broken(shell, way, streamed([START, RESET]), **sign_in)

    assert isinstance(error, SignInError)


@both
@ways
def test_what_hooks_are_told(shell: type[Shell], way: dict[str, Any]) -> None:
    """A hook is told once of each attempt, and of what broke it off."""
    heard: list[Any] = []

    broken(shell, way, streamed([RESET]), streamed([START]), max_retries=1, on_response=heard.append)

    assert [(it.request.attempt, it.error, it.request_id) for it in heard] == [
        (1, "APIConnectionError", "req_1"),
        (2, "APIConnectionError", "req_1"),
    ]


@both
@ways
def test_one_that_succeeds(shell: type[Shell], way: dict[str, Any]) -> None:
    """Whatever breaks off before the last attempt leaves no trace in its answer."""
    service = Script(streamed([]), streamed([START, RESET]), streamed())

    answer = ask(shell(service, FakeTime()), way)

    assert (answer.text, answer.retries_taken, len(service.requests)) == ("Hello there.", 2, 3)


@both
@ways
@pytest.mark.parametrize(
    "answers", [[[START, RESET]], [[], [START]], [pieces_of(message())]], ids=["cut", "again", "whole"]
)
@pytest.mark.parametrize("hook", ["on_request", "on_response"])
def test_what_hooks_raise(shell: type[Shell], way: dict[str, Any], answers: list[list[Any]], hook: str) -> None:
    """What a hook raises ends the call as it is, though it looks like what breaks off a stream."""
    raised = APIConnectionError("of another call")

    def tell(told: Any) -> None:
        attempt = told.attempt if hook == "on_request" else told.request.attempt
        if attempt == len(answers):
            raise raised

    error = broken(shell, way, *[streamed(pieces) for pieces in answers], **{hook: tell})

    assert error is raised
