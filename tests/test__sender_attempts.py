"""What an error tells of the attempts of its call."""

import copy
import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from claude_foundry import (
    APIConnectionError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    OverloadedError,
    ResponseFormatError,
    ResponseInfo,
    StreamInterruptedError,
)
from claude_foundry.errors import FoundryError
from tests.answers import IDS, error_event, message, pieces_of, refused, streamed, whole
from tests.shells import REQUEST, Body, FakeTime, Script, Shell, both
from tests.test__auth import settings
from tests.test__auth_renewal import Renewing, expired

Kind = type[Shell]
LONG = {**REQUEST, "max_tokens": 64_000}
PAGE = {"content-type": "text/html", "request-id": "req_2", "apim-request-id": "apim-2"}
PATH = "/anthropic/v1/messages"


def page() -> httpx.Response:
    return httpx.Response(200, headers=PAGE, text="<html></html>")


def answering(pieces: list[bytes | Exception], **headers: str) -> httpx.Response:
    return httpx.Response(200, headers={**IDS, **headers}, stream=Body(pieces))


def ticking(asked: Shell) -> Shell:
    """Lets a second pass with each look at the clock."""
    ticks = iter(range(1000))
    asked.clock = replace(asked.clock, monotonic=lambda: float(next(ticks)))
    return asked


def outcomes(error: Any) -> list[tuple[int, int | None, str | None, str | None]]:
    """Gives the number of each attempt, its status, Azure's id and the error it ended with."""
    assert len(error.attempts) == error.retries_taken + 1
    return [(it.request.attempt, it.status_code, it.apim_request_id, it.error) for it in error.attempts]


@both
def test_each_failed_attempt(shell: Kind) -> None:
    """An error tells of every attempt that failed, itself the last, in order."""
    answers = [refused(529, kind="overloaded_error"), httpx.ConnectError("refused"), refused(529)]
    asked = ticking(shell(Script(*answers), FakeTime()))

    with pytest.raises(OverloadedError) as caught:
        asked.create(**REQUEST)

    assert outcomes(caught.value) == [
        (1, 529, "apim-1", "OverloadedError"),
        (2, None, None, "APIConnectionError"),
        (3, 529, "apim-1", "OverloadedError"),
    ]
    assert [(it.request_id, it.elapsed, it.retry_delay) for it in caught.value.attempts] == [
        ("req_1", 1.0, 0.125),
        (None, 1.0, 0.25),
        ("req_1", 1.0, None),
    ]
    assert {(it.request.method, it.request.path, it.request.model) for it in caught.value.attempts} == {
        ("POST", PATH, "claude-opus-5-5")
    }


@both
def test_first_attempt(shell: Kind) -> None:
    """What is not tried again tells of one attempt."""
    with pytest.raises(BadRequestError) as caught:
        shell(Script(refused(400)), FakeTime()).create(**REQUEST)

    assert outcomes(caught.value) == [(1, 400, "apim-1", "BadRequestError")]


@both
def test_attempts_are_what_hooks_are_told(shell: Kind) -> None:
    """An error's attempts are those that a hook was told of, but for the headers."""
    heard: list[ResponseInfo] = []
    answers = [refused(529), httpx.ReadError("reset"), refused(400)]
    asked = ticking(shell(Script(*answers), FakeTime(), on_response=heard.append))

    with pytest.raises(BadRequestError) as caught:
        asked.create(**REQUEST)

    assert heard[0].request.headers
    assert [replace(it, request=replace(it.request, headers={})) for it in heard] == list(caught.value.attempts)


@both
def test_attempts_hold_no_content(shell: Kind) -> None:
    """No key, no header and no part of the request or of an answer is in what travels with an error."""
    headers = {"x-user": "s3cret-user", "x-gateway-key": "s3cret-gateway"}
    asked = shell(Script(refused(529), refused(400)), FakeTime(), api_key="s3cret-key", default_headers=headers)

    with pytest.raises(BadRequestError) as caught:
        asked.create(**{**REQUEST, "messages": [{"role": "user", "content": "s3cret-prompt"}]})

    assert len(caught.value.attempts) == 2
    assert b"s3cret" not in pickle.dumps(caught.value)
    assert "s3cret" not in repr(vars(caught.value))


def create(client: Any) -> Any:
    return client.messages.create(**REQUEST)


def long(client: Any) -> Any:
    return client.messages.create(**LONG)


CALLS: dict[str, Callable[[Any], Any]] = {
    "create": create,
    "count_tokens": lambda client: client.messages.count_tokens(model="m", messages=REQUEST["messages"]),
    "metadata": lambda client: client.files.metadata("file_011CNha8iCJcU1wXNR6q4V8w"),
    "list": lambda client: client.files.list(),
}
RAW_CALLS: dict[str, Callable[[Any], Any]] = {
    "create": lambda client: client.messages.with_raw_response.create(**REQUEST),
    "list": lambda client: client.files.with_raw_response.list(),
    "request": lambda client: client.request("GET", "v1/things"),
}


@both
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_malformed_answers(shell: Kind, call: Callable[[Any], Any]) -> None:
    """An answer that is not what the API promises is the last attempt, with the status and ids it came with."""
    with pytest.raises(ResponseFormatError) as caught:
        shell(Script(refused(529), page()), FakeTime()).ask(call)

    assert outcomes(caught.value) == [(1, 529, "apim-1", "OverloadedError"), (2, 200, "apim-2", "ResponseFormatError")]


@both
@pytest.mark.parametrize("call", RAW_CALLS.values(), ids=RAW_CALLS)
def test_malformed_raw_answers(shell: Kind, call: Callable[[Any], Any]) -> None:
    """So it is where an answer is parsed later, however often; its time is that of the answer."""
    time = FakeTime()
    raw = shell(Script(refused(529), page()), time).ask(call)
    time.passed += 60.0

    for _ in range(2):
        with pytest.raises(ResponseFormatError) as caught:
            raw.parse()

    assert outcomes(caught.value)[1:] == [(2, 200, "apim-2", "ResponseFormatError")]
    assert caught.value.attempts[1].elapsed == 0.0


@both
@pytest.mark.parametrize(
    ("last", "status", "name"),
    [
        (httpx.ReadError("reset"), 200, "APIConnectionError"),
        (b"", 200, "APIConnectionError"),
        (b"data: {no json}\n\n", 200, "ResponseFormatError"),
        (error_event(), 529, "OverloadedError"),
    ],
    ids=["reset", "cut", "malformed", "overloaded"],
)
def test_interrupted_streams(shell: Kind, last: bytes | Exception, status: int, name: str) -> None:
    """A stream that breaks off tells of the attempts before it and, as the last, of what broke it."""
    time = FakeTime()
    asked = shell(Script(refused(529), streamed([*pieces_of(message())[:6], last])), time)

    with pytest.raises(StreamInterruptedError) as caught:
        asked.stream(take=lambda _: setattr(time, "passed", time.passed + 2.0), **REQUEST)

    assert outcomes(caught.value) == [(1, 529, "apim-1", "OverloadedError"), (2, status, "apim-1", name)]
    assert (caught.value.attempts[1].request_id, caught.value.attempts[1].elapsed) == ("req_1", 12.0)
    assert caught.value.__cause__.attempts == caught.value.attempts  # type: ignore[union-attr]


WHOLE = pieces_of(message())
TWO_LENGTHS = {"content-length": "2", "transfer-encoding": "chunked"}
BROKEN: dict[str, Any] = {
    "whole": (lambda: answering([b'{"type":', httpx.ReadError("reset")]), create, APIConnectionError),
    "late": (lambda: answering([b'{"type":', httpx.ReadTimeout("late")]), create, APITimeoutError),
    "huge": (lambda: answering([b"x" * 30_000_000] * 5), create, ResponseFormatError),
    "unasked coding": (lambda: answering([b"{}"], **{"content-encoding": "br"}), create, ResponseFormatError),
    "two lengths": (lambda: answering([b"{}"], **TWO_LENGTHS), create, ResponseFormatError),
    "long, two lengths": (lambda: answering([b"{}"], **TWO_LENGTHS), long, ResponseFormatError),
    "long, reset": (lambda: streamed([*WHOLE[:1], httpx.ReadError("reset")]), long, StreamInterruptedError),
    "long, cut": (lambda: streamed(WHOLE[:1]), long, StreamInterruptedError),
    "long, half": (lambda: streamed([WHOLE[0][:40]]), long, StreamInterruptedError),
    "long, malformed": (lambda: streamed([b"data: {no json}\n\n"]), long, StreamInterruptedError),
}


@both
@pytest.mark.parametrize(("answer", "call", "kind"), BROKEN.values(), ids=BROKEN)
def test_answers_that_break_off(
    shell: Kind, answer: Callable[[], httpx.Response], call: Callable[[Any], Any], kind: type[FoundryError]
) -> None:
    """An answer that begins and is not whole is told with the ids it came with, once in the text and in its attempt."""
    with pytest.raises(kind) as caught:
        shell(Script(answer()), FakeTime(), max_retries=0).ask(call)

    [attempt] = caught.value.attempts
    assert (caught.value.request_id, caught.value.apim_request_id) == ("req_1", "apim-1")
    assert (attempt.request_id, attempt.apim_request_id) == ("req_1", "apim-1")
    assert str(caught.value).endswith("[request-id: req_1, apim-request-id: apim-1]")
    assert str(caught.value).count("req_1") == 1


@both
def test_text_of_an_interruption(shell: Kind) -> None:
    """The text of an interrupted stream names each id once, also where there is one only."""
    headers = {"content-type": "text/event-stream", "apim-request-id": "apim-1"}
    body = Body([*pieces_of(message())[:6], httpx.ReadError("reset")])

    with pytest.raises(StreamInterruptedError) as caught:
        shell(Script(httpx.Response(200, headers=headers, stream=body)), FakeTime()).stream(**REQUEST)

    assert str(caught.value).count("apim-1") == 1
    assert (caught.value.request_id, caught.value.apim_request_id) == (None, "apim-1")


@both
def test_long_answers(shell: Kind) -> None:
    """An answer that is streamed below the surface tells of each attempt that broke off."""
    cut = [streamed([*pieces_of(message())[:6], error_event()]) for _ in range(3)]

    with pytest.raises(StreamInterruptedError) as caught:
        shell(Script(*cut), FakeTime()).create(**LONG)

    assert outcomes(caught.value) == [(attempt, 529, "apim-1", "OverloadedError") for attempt in (1, 2, 3)]


@both
def test_malformed_streamed_messages(shell: Kind) -> None:
    """A stream whose message is none in the end tells so as its attempt."""
    nameless = {**message(), "id": None}

    with pytest.raises(ResponseFormatError) as caught:
        shell(Script(streamed(pieces_of(nameless))), FakeTime()).stream(**REQUEST)

    assert outcomes(caught.value) == [(1, 200, "apim-1", "ResponseFormatError")]


@both
def test_another_token(shell: Kind) -> None:
    """An attempt that was signed with another token is one of the attempts."""
    asked = shell(Script(expired(), expired()), FakeTime(), **settings(credential=Renewing("old", "new")))

    with pytest.raises(AuthenticationError) as caught:
        asked.create(**REQUEST)

    assert [(it.request.attempt, it.status_code, it.retry_delay) for it in caught.value.attempts] == [
        (1, 401, 0.0),
        (2, 401, None),
    ]


@both
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
def test_attempts_travel(shell: Kind, copied: Callable[[FoundryError], FoundryError]) -> None:
    """Attempts are copied and pickled with their error."""
    errors: list[Any] = []
    for answers in ([refused(529), refused(400)], [refused(529), streamed(pieces_of(message())[:6])]):
        with pytest.raises(FoundryError) as caught:
            shell(Script(*answers), FakeTime()).stream(**REQUEST)
        errors.append(caught.value)

    assert [copied(error).attempts for error in errors] == [error.attempts for error in errors]  # type: ignore[attr-defined]
    assert [len(error.attempts) for error in errors] == [2, 2]


@both
def test_answers_that_fail_nothing(shell: Kind) -> None:
    """What was tried before a success is in no later error of the client."""
    asked = shell(Script(refused(529), whole(), refused(400)), FakeTime())

    asked.create(**REQUEST)
    with pytest.raises(BadRequestError) as caught:
        asked.create(**REQUEST)

    assert outcomes(caught.value) == [(1, 400, "apim-1", "BadRequestError")]
