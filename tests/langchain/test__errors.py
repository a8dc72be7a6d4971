"""Errors of both families: this package's and langchain-core's."""

import copy
import json
import pickle
from typing import Any

import httpx
import pytest
from langchain_core.exceptions import (
    ContextOverflowError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelError,
    ModelInvalidRequestError,
    ModelNotFoundError,
    ModelPermissionDeniedError,
    ModelRateLimitError,
    ModelTimeoutError,
)
from langchain_core.tracers.run_collector import RunCollectorCallbackHandler
from langgraph.types import RetryPolicy

from claude_foundry import ConfigurationError, errors
from tests.answers import error_event, message, pieces_of, refused, streamed, whole
from tests.langchain.ways import Ask, every_way, invoked, model, streams
from tests.shells import Script

STATUSES = [
    (400, errors.BadRequestError, ModelInvalidRequestError),
    (401, errors.AuthenticationError, ModelAuthenticationError),
    (402, errors.APIStatusError, ModelInvalidRequestError),
    (403, errors.PermissionDeniedError, ModelPermissionDeniedError),
    (404, errors.NotFoundError, ModelInvalidRequestError),
    (408, errors.APIStatusError, ModelTimeoutError),
    (409, errors.ConflictError, ModelAPIError),
    (413, errors.RequestTooLargeError, ModelInvalidRequestError),
    (418, errors.APIStatusError, ModelInvalidRequestError),
    (422, errors.BadRequestError, ModelInvalidRequestError),
    (429, errors.RateLimitError, ModelRateLimitError),
    (500, errors.InternalServerError, ModelAPIError),
    (501, errors.InternalServerError, ModelAPIError),
    (503, errors.InternalServerError, ModelAPIError),
    (529, errors.OverloadedError, ModelAPIError),
]
LATER = (408, 429, 500, 503, 529)


def failed(ask: Ask, answer: httpx.Response | Exception, **settings: Any) -> Any:
    with pytest.raises(ModelError) as caught:
        ask(model(Script(answer), **settings), "Hi")
    return caught.value


@every_way
@pytest.mark.parametrize(("status", "ours", "theirs"), STATUSES)
def test_each_status(ask: Ask, status: int, ours: type, theirs: type) -> None:
    """Each status is the error of both families that stands for it, and says whether a retry may help."""
    error = failed(ask, refused(status, headers={"retry-after": "7"}))

    assert isinstance(error, ours)
    assert isinstance(error, theirs)
    assert error.is_retryable is (status in LATER)
    assert (error.status_code, error.request_id) == (status, "req_1")


@every_way
@pytest.mark.parametrize(
    ("error", "ours", "theirs"),
    [
        ({"code": "DeploymentNotFound"}, errors.DeploymentNotFoundError, ModelNotFoundError),
        ({"code": "api_not_supported"}, errors.APINotSupportedError, ModelInvalidRequestError),
        ({"message": "Resource not found"}, errors.EndpointNotFoundError, ModelInvalidRequestError),
        ({"message": "File not found: file_1"}, errors.NotFoundError, ModelInvalidRequestError),
    ],
)
def test_what_is_not_found(ask: Ask, error: dict[str, str], ours: type, theirs: type) -> None:
    """A model that is not found is a deployment; another path or file that is not there is a wrong request."""
    found = failed(ask, whole({"error": error}, status=404))

    assert isinstance(found, ours)
    assert isinstance(found, theirs)
    assert isinstance(found, ModelNotFoundError) is (theirs is ModelNotFoundError)


@every_way
def test_the_answer_is_there(ask: Ask) -> None:
    """An error carries the answer it came with, its body read."""
    error = failed(ask, refused(429, kind="rate_limit_error", headers={"retry-after": "7"}))

    assert error.response.status_code == 429
    assert error.response.json()["error"]["type"] == "rate_limit_error"
    assert '"rate_limit_error"' in error.response.text
    assert error.response.headers == {"request-id": "req_1", "apim-request-id": "apim-1", "retry-after": "7"}


def test_traced() -> None:
    """A tracer sees status, body and request id of a failed run."""
    runs = RunCollectorCallbackHandler()

    with pytest.raises(ModelPermissionDeniedError):
        model(Script(refused(403))).invoke("Hi", config={"callbacks": [runs]})

    assert "403" in str(runs.traced_runs[0].error)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
@pytest.mark.parametrize(("status", "ours", "theirs"), STATUSES)
def test_errors_travel(copied: Any, status: int, ours: type, theirs: type) -> None:
    """Errors are copied and pickled whole."""
    error = failed(invoked, refused(status))

    again = copied(error)

    assert (type(again), str(again), again.__dict__) == (type(error), str(error), error.__dict__)


@every_way
def test_attempts(ask: Ask) -> None:
    """An error of both families tells of the attempts of its call, named as the core's."""
    again = {"retry-after-ms": "0.001"}

    with pytest.raises(ModelInvalidRequestError) as caught:
        ask(model(Script(refused(529, headers=again), refused(400)), max_retries=1), "Hi")

    told = [(it.request.attempt, it.status_code, it.error) for it in caught.value.attempts]  # type: ignore[attr-defined]
    assert told == [(1, 529, "OverloadedError"), (2, 400, "BadRequestError")]


@every_way
@pytest.mark.parametrize(
    ("fault", "ours", "theirs"),
    [
        (httpx.ConnectError("refused"), errors.APIConnectionError, ModelConnectionError),
        (httpx.ConnectTimeout("slow"), errors.APITimeoutError, ModelTimeoutError),
        (httpx.ReadTimeout("slow"), errors.APITimeoutError, ModelTimeoutError),
    ],
)
def test_connections(ask: Ask, fault: Exception, ours: type, theirs: type) -> None:
    """A fault of the connection is a retryable error of both families."""
    error = failed(ask, fault)

    assert isinstance(error, ours)
    assert isinstance(error, theirs)
    assert error.is_retryable


@streams
@pytest.mark.parametrize(
    ("last", "theirs", "retryable"),
    [
        (None, ModelConnectionError, True),
        (error_event("overloaded_error"), ModelAPIError, True),
        (error_event("api_error"), ModelAPIError, True),
        (error_event("rate_limit_error"), ModelRateLimitError, True),
        (error_event("invalid_request_error"), ModelInvalidRequestError, False),
        (httpx.ReadTimeout("slow"), ModelTimeoutError, True),
        (httpx.RemoteProtocolError("gone"), ModelConnectionError, True),
        (b"event: content_block_delta\ndata: {no json}\n\n", ModelAPIError, False),
    ],
)
def test_in_mid_stream(ask: Ask, last: Any, theirs: type, retryable: bool) -> None:
    """A stream that breaks off is an error of the kind that broke it, and holds what had come."""
    pieces = pieces_of(message())[:5]

    error = failed(ask, streamed([*pieces, *([] if last is None else [last])]))

    assert isinstance(error, errors.StreamInterruptedError)
    assert isinstance(error, theirs)
    assert error.is_retryable is retryable
    assert error.partial.text
    assert (error.events, len(error.attempts)) == (5, 1)


@streams
@pytest.mark.parametrize("begun", [0, 1], ids=["no message", "message"])
@pytest.mark.parametrize(
    ("last", "theirs", "retryable"),
    [
        (b"", ModelConnectionError, True),
        (httpx.ReadTimeout("slow"), ModelTimeoutError, True),
        (httpx.LocalProtocolError("no chunk"), ModelConnectionError, False),
        (b"event: message_start\ndata: {no json}\n\n", ModelAPIError, False),
    ],
)
def test_before_content(ask: Ask, last: Any, theirs: type, retryable: bool, begun: int) -> None:
    """A stream that breaks off before its content is an error of the same kinds, and as retryable as in mid-stream."""
    retry_on: Any = RetryPolicy().retry_on

    error = failed(ask, streamed([*pieces_of(message())[:begun], last]))

    assert isinstance(error, errors.StreamInterruptedError)
    assert isinstance(error, theirs)
    assert error.is_retryable is retryable is retry_on(error)
    assert (error.partial is not None, error.events, error.request_id) == (bool(begun), begun, "req_1")


@streams
def test_what_the_service_told_in_mid_stream(ask: Ask) -> None:
    """An error that the service told in a stream has its answer, as tracers read it; a cut connection has none."""
    pieces = pieces_of(message())[:5]

    told = failed(ask, streamed([*pieces, error_event("rate_limit_error")]))
    broken = failed(ask, streamed(pieces))

    for each in (told, copy.deepcopy(told), pickle.loads(pickle.dumps(told))):
        assert (each.status_code, each.response.status_code) == (429, 429)
        assert each.response.headers["request-id"] == "req_1"
        assert each.response.json()["error"]["type"] == "rate_limit_error"
    assert not hasattr(broken, "response")
    assert broken.status_code is None


@streams
def test_overflow_in_mid_stream(ask: Ask) -> None:
    """A prompt that turns out too long after a part of the answer is langchain-core's overflow too."""
    long = {"type": "invalid_request_error", "message": "prompt is too long: 9 tokens > 8"}
    event = f"event: error\ndata: {json.dumps({'type': 'error', 'error': long})}\n\n".encode()

    error = failed(ask, streamed([*pieces_of(message())[:5], event]))

    assert isinstance(error, ContextOverflowError)
    assert isinstance(error, errors.StreamInterruptedError)
    assert error.partial.text


@every_way
@pytest.mark.parametrize(
    "said", ["prompt is too long: 9 tokens > 8", "input length and `max_tokens` exceed context limit"]
)
def test_overflow(ask: Ask, said: str) -> None:
    """A prompt longer than the window is langchain-core's overflow, on which middlewares compact."""
    long = {"type": "error", "error": {"type": "invalid_request_error", "message": said}}

    error = failed(ask, whole(long, status=400))

    assert isinstance(error, ContextOverflowError)
    assert isinstance(error, ModelInvalidRequestError)


def test_too_large_is_no_overflow() -> None:
    """A body of too many bytes is no overflow: a shorter conversation need not be a smaller one."""
    assert not isinstance(failed(invoked, refused(413)), ContextOverflowError)


@every_way
def test_what_cannot_be_sent(ask: Ask) -> None:
    """An error before anything is sent is of both families too, so that no middleware tries it again."""
    with pytest.raises(ModelInvalidRequestError) as caught:
        ask(model().bind(temprature=1), "Hi")

    assert isinstance(caught.value, ConfigurationError)
    assert not caught.value.is_retryable


@every_way
def test_a_sign_in_that_fails(ask: Ask) -> None:
    """A provider of tokens that fails is a failure to authenticate."""

    def provider() -> str:
        raise OSError

    error: Any = failed(ask, whole(), api_key=None, azure_ad_token_provider=provider)

    assert isinstance(error, errors.SignInError)
    assert isinstance(error, ModelAuthenticationError)
    assert not error.is_retryable


@every_way
def test_not_a_message(ask: Ask) -> None:
    """An answer that is no message is a failure of the service."""
    error = failed(ask, whole({"type": "nothing"}))

    assert isinstance(error, errors.ResponseFormatError)
    assert isinstance(error, ModelAPIError)
