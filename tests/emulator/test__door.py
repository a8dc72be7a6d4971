"""What the emulator refuses before it reads a request's fields."""

import json
from typing import Any

import pytest

from claude_foundry.emulator._door import MAX_BYTES
from claude_foundry.emulator._respond import Reply, State, respond

from . import wire


def body_of(reply: Reply) -> Any:
    assert isinstance(reply.body, bytes)
    return json.loads(reply.body)


@pytest.mark.parametrize(
    "signed",
    [
        {"x-api-key": "emulator"},
        {"api-key": "emulator"},
        {"x-api-key": "emulator", "api-key": "emulator"},
        {"authorization": "Bearer some.entra.token"},
    ],
)
def test_signed_in(signed: dict[str, str]) -> None:
    """The key is taken in either header, and any bearer token."""
    headers = {"anthropic-version": "2023-06-01", **signed}
    body = json.dumps({"model": wire.MODEL, "max_tokens": 9, "messages": [wire.user("Hello")]}).encode()
    assert respond("POST", "/anthropic/v1/messages", headers, body, state=State()).status == 200


@pytest.mark.parametrize(
    "signed",
    [
        {},
        {"x-api-key": "other"},
        {"x-api-key": ""},
        {"x-api-key": "emulator\udcff\xe4"},
        {"x-api-key": "other", "api-key": "emulator"},
        {"authorization": "Bearer invalid"},
        {"authorization": "Bearer "},
        {"authorization": "Basic emulator"},
    ],
)
def test_not_signed_in(signed: dict[str, str]) -> None:
    """Another key, or none, is refused in the gateway's words, with the gateway's id alone."""
    reply = respond("POST", "/anthropic/v1/messages", signed, b"{}", state=State())
    assert reply.status == 401
    assert body_of(reply)["error"]["code"] == "401"
    assert body_of(reply)["error"]["message"].startswith("Access denied due to invalid subscription key")
    assert "apim-request-id" in reply.headers
    assert "request-id" not in reply.headers


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v1/messages", "404"),
        ("/anthropic/v1/v1/messages", "404"),
        ("/anthropic/messages", "404"),
        ("/anthropic/v1/models", "api_not_supported"),
        ("/anthropic/v1/models/claude-opus-5", "api_not_supported"),
        ("/anthropic/v1/messages/batches", "api_not_supported"),
        ("/openai/v1/chat/completions", "api_not_supported"),
        ("/models/chat/completions", "api_not_supported"),
    ],
)
def test_other_paths(path: str, code: str) -> None:
    """A path that Claude is not served on gives the gateway's 404."""
    reply = wire.send(path=path)
    assert reply.status == 404
    assert body_of(reply)["error"]["code"] == code


def test_method() -> None:
    """Messages are posted, not got."""
    assert respond("GET", "/anthropic/v1/messages", wire.HEADERS, b"", state=State()).status == 404


def test_size() -> None:
    """A body of more than 32 MB is refused in Anthropic's form."""
    reply = respond("POST", "/anthropic/v1/messages", wire.HEADERS, b" " * (MAX_BYTES + 1), state=State())
    assert reply.status == 413
    assert body_of(reply)["error"]["type"] == "request_too_large"


def test_version_is_required() -> None:
    """A request without a version is refused."""
    reply = respond("POST", "/anthropic/v1/messages", {"x-api-key": "emulator"}, b"{}", state=State())
    assert reply.status == 400
    assert body_of(reply)["error"]["message"] == "anthropic-version: header is required"


def test_version_is_known() -> None:
    """A version that does not exist is refused."""
    assert "not a valid version" in wire.complaint(headers={"anthropic-version": "2020-01-01"})


def test_betas() -> None:
    """What cannot be a beta is refused by name; a beta is taken."""
    named = wire.complaint(headers={"anthropic-beta": "context-management-2025-06-27,nonsense"})
    assert named == "Unexpected value(s) `nonsense` for the `anthropic-beta` header."
    assert wire.send(headers={"anthropic-beta": "context-management-2025-06-27"}).status == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"text"', b"\xff", b'{"a": "\\ud800"}', b'{"a": NaN}', b'{"a": ' * 400 + b"1" + b"}" * 400],
)
def test_body_is_a_json_object(body: bytes) -> None:
    """A body that is no JSON object, or is nested too deep to work with, is refused."""
    reply = respond("POST", "/anthropic/v1/messages", wire.HEADERS, body, state=State())
    assert reply.status == 400
    assert body_of(reply)["error"]["type"] == "invalid_request_error"
