"""Answers as they came over HTTP."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from claude_foundry import BadRequestError, ConfigurationError, ResponseFormatError
from tests.answers import message, refused, whole
from tests.shells import REQUEST, FakeTime, Script, Shell, both

Kind = type[Shell]


@both
def test_create(shell: Kind) -> None:
    """The answer comes with status, headers, both ids and its bytes, and gives the message when asked."""
    service = Script(whole(headers={"x-ms-region": "westus"}))

    raw = shell(service, FakeTime()).ask(lambda client: client.messages.with_raw_response.create(**REQUEST))

    assert (raw.status_code, raw.headers["X-MS-Region"]) == (200, "westus")
    assert (raw.request_id, raw.apim_request_id) == ("req_1", "apim-1")
    assert raw.text.encode() == raw.content
    assert raw.parse().text == "Hello there."
    assert raw.parse().request_id == "req_1"
    assert "Hello" not in repr(raw)


@both
def test_count_tokens(shell: Kind) -> None:
    """A token count likewise."""
    service = Script(whole({"input_tokens": 7}))

    raw = shell(service, FakeTime()).ask(
        lambda client: client.messages.with_raw_response.count_tokens(model="m", messages=REQUEST["messages"])
    )

    assert raw.parse().input_tokens == 7
    assert service.requests[0].url.path.endswith("/v1/messages/count_tokens")


@both
def test_parsed_late(shell: Kind) -> None:
    """An answer that is no message is there to look at; only to parse it fails."""
    page = httpx.Response(200, headers={"content-type": "text/html"}, text="<html></html>")

    raw = shell(Script(page), FakeTime()).ask(lambda client: client.messages.with_raw_response.create(**REQUEST))

    assert raw.text == "<html></html>"
    with pytest.raises(ResponseFormatError, match="text/html"):
        raw.parse()


@both
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda raw: pickle.loads(pickle.dumps(raw))])
def test_copied(shell: Kind, copied: Callable[[Any], Any]) -> None:
    """A deep copy of an answer, whose connection is not copied, gives the message too, and so does a pickled one."""
    service = Script(refused(529), whole())
    raw = shell(service, FakeTime()).ask(lambda client: client.messages.with_raw_response.create(**REQUEST))

    parsed = copied(raw).parse()

    assert parsed == raw.parse()
    assert (parsed.text, parsed.retries_taken) == ("Hello there.", 1)


@both
def test_retries_and_errors(shell: Kind) -> None:
    """Retries, typed errors and checks are those of every call."""
    passing, time = Script(refused(529), whole()), FakeTime()

    raw = shell(passing, time).ask(lambda client: client.messages.with_raw_response.create(**REQUEST))
    with pytest.raises(BadRequestError):
        shell(Script(refused(400)), time).ask(lambda client: client.messages.with_raw_response.create(**REQUEST))
    with pytest.raises(ConfigurationError, match="messages is empty"):
        shell(Script(), time).ask(
            lambda client: client.messages.with_raw_response.create(model="m", max_tokens=1, messages=[])
        )

    assert raw.parse().text == "Hello there."
    assert len(time.slept) == 1


@both
def test_never_streamed_below(shell: Kind) -> None:
    """An answer that is asked for raw is never put together from a stream, however long it may be."""
    service = Script(whole())

    shell(service, FakeTime()).ask(
        lambda client: client.messages.with_raw_response.create(**{**REQUEST, "max_tokens": 128_000})
    )

    assert b'"stream"' not in service.requests[0].content


@both
def test_learns_where_a_deployment_is(shell: Kind) -> None:
    """What an answer shows of its deployment is learnt also when it is asked for raw."""
    asking = shell(Script(whole(message(usage={"inference_geo": "us"}))), FakeTime())
    client: Any = asking.client()  # type: ignore[attr-defined]
    asking.client = lambda: client  # type: ignore[attr-defined]

    asking.ask(lambda client: client.messages.with_raw_response.create(**REQUEST))

    assert client.capabilities(REQUEST["model"]).hosting == "azure"
