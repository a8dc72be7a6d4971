"""Requests to endpoints that have no method of their own."""

import json
from typing import Any

import httpx
import pytest

from claude_foundry import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    ConfigurationError,
    FeatureNotSupportedError,
    ResponseFormatError,
)
from tests.answers import refused, whole
from tests.shells import FakeTime, Script, Shell, both

Kind = type[Shell]


def ask(shell: Shell, *arguments: Any, **named: Any) -> Any:
    return shell.ask(lambda client: client.request(*arguments, **named))


@both
def test_json(shell: Kind) -> None:
    """A request is signed in like every other, and its answer parsed when asked."""
    service = Script(whole({"data": []}))

    raw = ask(shell(service, FakeTime()), "post", "v1/new", json={"a": 1}, params={"b": 2}, headers={"x-c": "3"})

    request = service.requests[0]
    assert (request.method, str(request.url)) == (
        "POST",
        "https://my-resource.services.ai.azure.com/anthropic/v1/new?b=2",
    )
    assert (json.loads(request.content), request.headers["content-type"]) == ({"a": 1}, "application/json")
    assert (request.headers["x-api-key"], request.headers["x-c"]) == ("key", "3")
    assert request.headers["anthropic-version"] == "2023-06-01"
    assert (raw.parse(), raw.request_id) == ({"data": []}, "req_1")


@both
@pytest.mark.parametrize("content", [b"a,b", "a,b"])
def test_content(shell: Kind, content: bytes | str) -> None:
    """A body of another kind is sent as it is."""
    service = Script(whole({}))

    ask(shell(service, FakeTime()), "PUT", "/v1/new", content=content, headers={"content-type": "text/csv"})

    assert service.requests[0].content == b"a,b"
    assert service.requests[0].headers["content-type"] == "text/csv"


@both
def test_time_limit(shell: Kind) -> None:
    """A call has its own time limit, or its client's."""
    service = Script(whole({}), whole({}))

    ask(shell(service, FakeTime()), "GET", "v1/new", timeout=3)
    ask(shell(service, FakeTime(), timeout=7), "GET", "v1/new")

    assert [request.extensions["timeout"]["read"] for request in service.requests] == [3, 7]


@both
@pytest.mark.parametrize(
    ("arguments", "named", "said"),
    [
        (("GET", "../openai"), {}, "path="),
        (("GET", "https://elsewhere.example/v1"), {}, "path="),
        (("GE T", "v1/new"), {}, "method="),
        ((None, "v1/new"), {}, "method="),
        (("POST", "v1/new"), {"json": {}, "content": b""}, "pass one of them"),
        (("POST", "v1/new"), {"content": 3}, "content is int"),
        (("POST", "v1/new"), {"content": "\ud800"}, "content cannot be written"),
        (("POST", "v1/new"), {"json": object()}, "json cannot be written"),
        (("GET", "v1/new"), {"params": "a=b"}, "params is str"),
        (("GET", "v1/new"), {"headers": {"x-api-key": "other"}}, "^headers holds 'x-api-key'"),
        (("GET", "v1/new"), {"headers": {"Content-Length": "3"}}, "the client sets itself"),
        (("GET", "v1/new"), {"timeout": 0}, "timeout="),
    ],
)
def test_nothing_is_sent_for_bad_input(
    shell: Kind, arguments: tuple[Any, ...], named: dict[str, Any], said: str
) -> None:
    """A wrong argument is named before anything is sent."""
    service = Script()

    with pytest.raises(ConfigurationError, match=said):
        ask(shell(service, FakeTime()), *arguments, **named)

    assert service.requests == []


@both
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
@pytest.mark.parametrize("fault", [500, 429, httpx.ReadError("reset"), httpx.ReadTimeout("late")], ids=str)
def test_repeatable(shell: Kind, method: str, fault: int | Exception) -> None:
    """What acts the same once or twice is tried again after every passing fault."""
    service = Script(refused(fault) if isinstance(fault, int) else fault, whole({}))

    assert ask(shell(service, FakeTime()), method, "v1/new").status_code == 200
    assert len(service.requests) == 2


@both
@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("fault", [429, 503, 529, httpx.ConnectError("refused"), httpx.PoolTimeout("busy")], ids=str)
def test_turned_away(shell: Kind, method: str, fault: int | Exception) -> None:
    """What acts anew each time is tried again when it certainly did not act."""
    service = Script(refused(fault) if isinstance(fault, int) else fault, whole({}))

    assert ask(shell(service, FakeTime()), method, "v1/new").status_code == 200
    assert len(service.requests) == 2


@both
@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (500, APIStatusError),
        (409, APIStatusError),
        (httpx.ReadError("reset"), APIConnectionError),
        (httpx.ReadTimeout("late"), APITimeoutError),
    ],
    ids=str,
)
def test_not_repeatable(shell: Kind, method: str, fault: int | Exception, raised: type[Exception]) -> None:
    """What may have acted is not sent twice."""
    service = Script(refused(fault) if isinstance(fault, int) else fault)

    with pytest.raises(raised):
        ask(shell(service, FakeTime()), method, "v1/new")

    assert len(service.requests) == 1


@both
def test_answer_that_is_no_json(shell: Kind) -> None:
    """An answer of another kind is there as it came; only to parse it fails."""
    raw = ask(shell(Script(httpx.Response(200, text="a,b")), FakeTime()), "GET", "v1/new")

    assert raw.text == "a,b"
    with pytest.raises(ResponseFormatError, match="text/plain"):
        raw.parse()


@both
def test_answer_without_a_body(shell: Kind) -> None:
    """An answer that says it has no body means None; one that should have one and is empty is told as that."""
    empty, missing = (ask(shell(Script(httpx.Response(it)), FakeTime()), "DELETE", "v1/new") for it in (204, 200))

    assert empty.parse() is None
    with pytest.raises(ResponseFormatError, match="not JSON but empty"):
        missing.parse()


@both
def test_refused_features_are_remembered(shell: Kind) -> None:
    """A feature that is refused to a deployment named in the body is remembered for it."""
    said = {"type": "invalid_request_error", "message": "code_execution not supported in your workspace."}
    asking = shell(Script(whole({"type": "error", "error": said}, status=400)), FakeTime())
    client: Any = asking.client()  # type: ignore[attr-defined]
    asking.client = lambda: client  # type: ignore[attr-defined]

    with pytest.raises(FeatureNotSupportedError) as caught:
        ask(asking, "POST", "v1/messages", json={"model": "mine"})

    assert caught.value.deployment == "mine"
    assert client.capabilities("mine").refused == {"code_execution"}
