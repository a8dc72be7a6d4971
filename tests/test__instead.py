"""Errors in the place of an answer whose status is a success."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from claude_foundry import APIError, BadRequestError, RateLimitError
from claude_foundry._instead import event_in, failure
from tests.answers import IDS, message, whole
from tests.shells import REQUEST, FakeTime, Script, Shell, both

CALLED = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"error": "x", "statusCode": 500}}


@pytest.mark.parametrize(
    "document",
    [
        message(),
        message(CALLED),
        message(error={"code": "429"}, statusCode=429),
        {"input_tokens": 7},
        {"type": "of_tomorrow", "error": {"message": "No."}},
        {"error": None},
        {"input_tokens": 7, "error": ""},
        {"input_tokens": 7, "error": {}, "statusCode": 200},
        {"statusCode": None, "message": "Well."},
        ["error"],
        "error",
    ],
    ids=lambda document: json.dumps(document)[-40:],
)
def test_what_is_no_error(document: Any) -> None:
    """A message is never taken for an error, whatever it holds, nor is anything else that has another type."""
    assert event_in(json.dumps(document).encode()) is None


@pytest.mark.parametrize("body", [b"", b'"error"', b'{"error": {', b'{"error": "' + b"x" * 70_000 + b'"}'])
def test_bodies_that_are_not_looked_into(body: bytes) -> None:
    """What is no JSON, or much more than an error takes, is none."""
    assert event_in(body) is None


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ({"type": "error", "error": {"type": "overloaded_error", "message": "No."}}, 529),
        ({"type": "error", "error": {"code": "429", "message": "No."}}, 429),
        ({"type": "error", "statusCode": 504, "message": "No."}, 504),
        ({"error": {"code": "429", "message": "No."}}, 429),
        ({"error": {"code": 403, "message": "No."}}, 403),
        ({"error": {"type": "rate_limit_error", "code": "500", "message": "No."}}, 429),
        ({"error": {"code": "DeploymentBusy", "message": "No."}}, 500),
        ({"error": {"code": "200", "message": "No."}}, 500),
        ({"error": {"message": "No."}, "statusCode": "503"}, 503),
        ({"error": "No."}, 500),
        ({"statusCode": 413, "message": "No."}, 413),
        ({"error": {"code": "DeploymentNotFound", "message": "No."}}, 404),
        ({"error": {"code": "Unauthorized", "message": "No."}}, 401),
        ({"error": {"code": "content_filter", "message": "No."}}, 400),
        ({"error": {"code": "Too Many Requests", "message": "No."}}, 429),
        ({"error": {"code": "x", "status": 400, "message": "No."}}, 400),
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_errors_of_both_dialects(document: dict[str, Any], status: int) -> None:
    """An error has the status that its type or else its code stands for, and says what it says."""
    event = event_in(json.dumps(document).encode())
    assert event is not None

    error = failure(event, headers=IDS, secrets=None)

    assert (error.status_code, error.request_id) == (status, "req_1")
    assert ": No." in str(error)


def test_long_events() -> None:
    """Of an event that is too long for an error, class, wait and the beginning of its words are told, and no more."""
    event = {
        "type": "error",
        "error": {"type": "rate_limit_error", "message": "Retry after 7 seconds. " + "x " * 99_999},
    }

    error = failure(event, headers=IDS, secrets=None)

    assert isinstance(error, RateLimitError)
    assert error.retry_after == 7
    assert "Retry after 7 seconds. x x" in str(error)
    assert len(json.dumps(error.body)) < 3000


def test_failures_of_no_kind() -> None:
    """What tells neither type nor code is an error, though not one that is known to pass."""
    told, untold = (failure({"type": "error", "error": it}, headers=IDS, secrets=None) for it in ({"code": 500}, "No."))

    assert (told.retryable, untold.retryable) == (True, False)


def limited(request: httpx.Request) -> httpx.Response:
    key = request.headers["api-key"]
    return whole({"error": {"code": "429", "message": f"{key} must retry after 7 seconds."}})


def created(shell: Shell) -> Any:
    return shell.create(**REQUEST)


def streamed_whole(shell: Shell) -> Any:
    return shell.stream(**REQUEST)


def counted(shell: Shell) -> Any:
    return shell.count_tokens(model=REQUEST["model"], messages=REQUEST["messages"])


every_way = pytest.mark.parametrize("ask", [created, streamed_whole, counted])


@both
@every_way
def test_secrets(shell: type[Shell], ask: Callable[[Shell], Any]) -> None:
    """An error in the place of an answer names its wait, and tells no key of its request."""
    key = "canary-key-7f3a9c"

    with pytest.raises(RateLimitError, match=r"\[sealed\]") as caught:
        ask(shell(limited, FakeTime(), api_key=key, max_retries=0))

    assert caught.value.retry_after == 7
    assert key not in f"{caught.value} {vars(caught.value)}"


@both
@every_way
def test_retries(shell: type[Shell], ask: Callable[[Shell], Any]) -> None:
    """What its type says is retried; a refusal is not."""
    overloaded, refused = (
        whole({"type": "error", "error": {"type": kind, "message": "No."}})
        for kind in ("overloaded_error", "invalid_request_error")
    )
    service = Script(overloaded, refused, whole())

    with pytest.raises(BadRequestError) as caught:
        ask(shell(service, FakeTime()))

    assert len(caught.value.attempts) == 2


@both
def test_endpoints_that_are_not_known(shell: type[Shell]) -> None:
    """What an endpoint without a method answers may hold an error, and is given as it is."""
    told = {"status": "Failed", "error": {"code": "429", "message": "No."}}

    answer = shell(Script(whole(told)), FakeTime()).ask(lambda client: client.request("GET", "v1/operations/1"))

    assert answer.parse() == told


@both
def test_lacking_features(shell: type[Shell]) -> None:
    """A feature that an error in the place of an answer names as lacking is remembered."""
    said = "structured_outputs not supported in your workspace"
    told = {"type": "error", "error": {"type": "invalid_request_error", "message": said}}
    asked = shell(Script(whole(told)), FakeTime())

    with pytest.raises(APIError) as caught:
        asked.create(**REQUEST)

    assert caught.value.deployment == REQUEST["model"]  # type: ignore[attr-defined]
