"""Error answers of both dialects, as typed errors."""

import json
import os
import pickle
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import claude_foundry.errors as errors
from claude_foundry._hooks import Attempt, logged
from claude_foundry._refusal import STATUSES
from claude_foundry.errors import APIStatusError, from_event, from_response

GATEWAY = Path(os.environ.get("RECORDED_TRAFFIC", ""), "gateway_errors.jsonl")
IDS = {"request-id": "req_1", "apim-request-id": "apim-1"}


def error(status: int, body: Any, headers: dict[str, str] | None = None) -> APIStatusError:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return from_response(status, headers={**IDS, **(headers or {})}, body=data)


def anthropic(kind: str, message: str = "No.", **details: Any) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message, **details}, "request_id": "req_body"}


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        (400, "invalid_request_error", errors.BadRequestError),
        (401, "authentication_error", errors.AuthenticationError),
        (402, "billing_error", errors.APIStatusError),
        (403, "permission_error", errors.PermissionDeniedError),
        (404, "not_found_error", errors.NotFoundError),
        (409, "conflict_error", errors.ConflictError),
        (413, "request_too_large", errors.RequestTooLargeError),
        (422, "invalid_request_error", errors.BadRequestError),
        (429, "rate_limit_error", errors.RateLimitError),
        (500, "api_error", errors.InternalServerError),
        (504, "timeout_error", errors.InternalServerError),
        (529, "overloaded_error", errors.OverloadedError),
    ],
)
def test_classes(status: int, kind: str, expected: type[APIStatusError]) -> None:
    """Each status has its class, and its message names status, type, words and both ids."""
    found = error(status, anthropic(kind))

    assert type(found) is expected
    assert (found.status_code, found.type, found.request_id, found.apim_request_id) == (status, kind, "req_1", "apim-1")
    assert f"{status} ({kind}): No." in str(found)
    assert "[request-id: req_1, apim-request-id: apim-1]" in str(found)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"error": {"code": "DeploymentNotFound", "message": "It does not exist."}}, errors.DeploymentNotFoundError),
        (anthropic("not_found_error", "model: claude-x"), errors.DeploymentNotFoundError),
        ({"error": {"code": "404", "message": "Resource not found"}}, errors.EndpointNotFoundError),
        ({"statusCode": 404, "message": "Resource not found"}, errors.EndpointNotFoundError),
        ({"statusCode": 404, "message": "Unable to match incoming request."}, errors.EndpointNotFoundError),
        ({"error": {"code": "api_not_supported", "message": "No."}}, errors.APINotSupportedError),
        ({"detail": "Not Found"}, errors.EndpointNotFoundError),
        (b"<html><title>404 Not Found</title></html>", errors.EndpointNotFoundError),
        (b"404 page not found", errors.EndpointNotFoundError),
        (b"", errors.EndpointNotFoundError),
        (anthropic("not_found_error", "File not found: file_1"), errors.NotFoundError),
        (anthropic("not_found_error", "Container not found: c_404"), errors.NotFoundError),
    ],
)
def test_what_is_not_found(body: Any, expected: type[APIStatusError]) -> None:
    """A deployment and an endpoint that are not there have classes of their own, below that of any 404."""
    found = error(404, body)

    assert type(found) is expected
    assert isinstance(found, errors.NotFoundError)


@pytest.mark.parametrize(
    ("status", "body", "code", "advice"),
    [
        (
            401,
            {"error": {"code": "401", "message": "Access denied due to invalid subscription key."}},
            "401",
            "key belongs",
        ),
        (401, {"statusCode": 401, "message": "Unauthorized"}, None, "key belongs"),
        (
            401,
            {"error": {"code": "PermissionDenied", "message": "lacks the required data action"}},
            "PermissionDenied",
            "role",
        ),
        (
            403,
            {"error": {"code": "AccessDenied", "message": "Public access is disabled."}},
            "AccessDenied",
            "network rules",
        ),
        (404, {"error": {"code": "404", "message": "Resource not found"}}, "404", "/anthropic"),
        (404, {"statusCode": 404, "message": "Resource not found"}, None, "/anthropic"),
        (404, {"error": {"code": "DeploymentNotFound", "message": "No."}}, "DeploymentNotFound", "deployment name"),
        (
            404,
            {"error": {"code": "api_not_supported", "message": "No."}},
            "api_not_supported",
            "/anthropic/v1/messages",
        ),
        (404, anthropic("not_found_error", "model: claude-x"), None, "deployment name"),
        (404, anthropic("not_found_error", "File not found: file_1"), None, "client.files.list()"),
        (429, {"error": {"code": "RateLimitReached", "message": "Slow."}}, "RateLimitReached", "rate limit"),
        (
            400,
            anthropic("invalid_request_error", details={"error_code": "tool_name_conflict"}),
            "tool_name_conflict",
            None,
        ),
    ],
)
def test_dialects_and_advice(status: int, body: Any, code: str | None, advice: str | None) -> None:
    """Either dialect is read, and the advice is the provider's for that case."""
    found = error(status, body)

    assert (found.code, found.body) == (code, body)
    assert (advice is None and found.hint is None) or advice in found.hint
    assert found.hint is None or found.hint in str(found)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"no healthy upstream", "no healthy upstream"),
        (b"<html><head><title>502 Bad Gateway</title></head><body>x</body></html>", "502 Bad Gateway"),
        (b"<p>upstream  <b>connect</b>\nerror</p>", "upstream connect error"),
        (b"", "HTTP 502"),
        (b"x" * 9000, "x" * 200),
        (b'{"error": "text"}', "text"),
        (b"[1]", "[1]"),
        (b"\xff\xfe", "HTTP 502|\ufffd"),
    ],
)
def test_pages_and_text(body: bytes, said: str) -> None:
    """A gateway's page is told by its title or first words, without tags."""
    found = error(502, body)

    assert any(option in str(found) for option in said.split("|"))
    assert len(str(found)) < 400
    assert found.retryable


@given(st.integers(min_value=300, max_value=599), st.binary(max_size=300))
def test_any_answer_is_typed(status: int, body: bytes) -> None:
    """Any status with any body is a typed error with a text."""
    assert str(error(status, body))


def test_own_id_of_the_body() -> None:
    """Without the header the id of the body is taken."""
    assert from_response(400, headers={}, body=json.dumps(anthropic("x")).encode()).request_id == "req_body"


@pytest.mark.parametrize("kind", [*STATUSES, "new_error", None])
def test_error_events(kind: str | None) -> None:
    """An error inside a stream has the class of the status its type stands for, and is told as such."""
    event = {"type": "error", "error": {"type": kind, "message": "No."}}

    found = from_event(event, headers=IDS, body=json.dumps(event).encode())

    assert found.status_code == STATUSES.get(str(kind), 500)
    assert found.request_id == "req_1"


@pytest.mark.parametrize(
    "original",
    [
        error(429, anthropic("rate_limit_error")),
        errors.APITimeoutError("late", retryable=False),
        errors.StreamInterruptedError("cut", partial=None, cause=error(529, anthropic("overloaded_error")), events=7),
        errors.ConfigurationError("wrong"),
        errors.ResponseFormatError("page", request_id="req_1"),
    ],
    ids=lambda original: type(original).__name__,
)
def test_errors_pickle(original: errors.FoundryError) -> None:
    """Errors cross process borders with their message and fields."""
    arrived = pickle.loads(pickle.dumps(original))

    assert type(arrived) is type(original)
    assert str(arrived) == str(original)
    assert vars(arrived) == vars(original)


def test_what_signs_anew_does_not_travel() -> None:
    """A refusal is pickled without what would have signed its request once more."""
    refused = error(401, anthropic("authentication_error"))
    refused._renewed = threading.Lock()

    assert vars(pickle.loads(pickle.dumps(refused))) == {**vars(error(401, anthropic("authentication_error")))}


def test_causes_travel() -> None:
    """An error crosses process borders with what of this package caused it, and without what did not."""
    told, cut = error(529, anthropic("overloaded_error")), errors.StreamInterruptedError("cut", partial=None)
    broken = errors.APIConnectionError("broken")
    cut.__cause__, broken.__cause__ = told, OSError("reset")

    arrived = pickle.loads(pickle.dumps(cut))

    assert (type(arrived.__cause__), vars(arrived.__cause__)) == (type(told), vars(told))
    assert pickle.loads(pickle.dumps(broken)).__cause__ is None


def test_errors_of_no_call() -> None:
    """An error that no client made tells of no attempts and no events."""
    made = [errors.APITimeoutError("late"), errors.ResponseFormatError("page"), error(500, b"")]
    cut = errors.StreamInterruptedError("cut", partial=None)

    assert [it.attempts for it in (*made, cut)] == [()] * 4
    assert cut.events == 0


def test_every_error_tells_what_the_service_told() -> None:
    """Each error has the status, type and code that the service told, in a stream by its cause; else it has none."""
    refusal = error(429, b'{"error": {"code": "Throttled", "message": "later"}}')
    silent = [errors.APITimeoutError("late"), errors.ResponseFormatError("page"), errors.ConfigurationError("wrong")]
    broken = errors.StreamInterruptedError("cut", partial=None, cause=errors.APIConnectionError("reset"))
    told = errors.StreamInterruptedError("cut", partial=None, cause=refusal)

    assert [(it.status_code, it.type, it.code) for it in (*silent, broken)] == [(None, None, None)] * 4
    assert (told.status_code, told.type, told.code) == (429, refusal.type, "Throttled")
    assert pickle.loads(pickle.dumps(told)).status_code == 429


def test_attempts_of_the_cause() -> None:
    """What interrupts a stream tells of its attempts through the error that is raised."""
    cause = errors.APIConnectionError("reset")
    ended = logged(cause, Attempt("POST", "https://a/anthropic/v1/messages?beta=true", "m", 5.0, ()), elapsed=2.0)

    cut = errors.StreamInterruptedError("cut", partial=None, cause=cause)

    assert cut.attempts == cause.attempts == (ended,)
    assert (ended.request.path, ended.error, ended.elapsed) == ("/anthropic/v1/messages", "APIConnectionError", 2.0)


def test_tree() -> None:
    """Callers can catch by group: bad arguments are ValueErrors, and no failure of a call is one."""
    assert issubclass(errors.ConfigurationError, ValueError)
    assert issubclass(errors.SignInError, errors.ConfigurationError)
    assert not issubclass(errors.APIError, ValueError | OSError | RuntimeError)
    assert issubclass(errors.APITimeoutError, errors.APIConnectionError)
    assert issubclass(errors.OverloadedError, errors.InternalServerError)


@pytest.mark.skipif(not GATEWAY.is_file(), reason="RECORDED_TRAFFIC names no folder of recordings")
def test_recorded_gateway_errors() -> None:
    """Real answers of the gateway give errors with its code, its words and its id."""
    for row in map(json.loads, GATEWAY.read_text(encoding="utf-8").splitlines()):
        found = from_response(row["status"], headers=row["response_headers"], body=row["response_text"].encode())

        told = json.loads(row["response_text"])
        told = told.get("error", told)
        assert found.status_code == row["status"]
        assert found.apim_request_id == row["response_headers"].get("apim-request-id")
        assert told["message"] in str(found)
        assert found.code == (str(told["code"]) if "code" in told else None)
        assert found.hint or row["status"] not in (401, 403, 404, 429)
