"""The plain clients against recorded traffic."""

from typing import Any

import pytest

from claude_foundry import AsyncFoundryClient, FoundryClient, NotFoundError, RequestInfo, ResponseInfo
from tests.cassette_shells import CassetteShell
from tests.shells import REQUEST

pytestmark = pytest.mark.vcr


def test_whole_streamed_and_counted(foundry_endpoint: dict[str, Any]) -> None:
    """A whole answer, a streamed one and a count come with both ids."""
    with FoundryClient(**foundry_endpoint) as client:
        whole = client.messages.create(**REQUEST)
        with client.messages.stream(**REQUEST) as stream:
            pieces = list(stream.text_stream)
            streamed = stream.get_final_message()
        counted = client.messages.count_tokens(model=REQUEST["model"], messages=REQUEST["messages"])

    assert whole.text
    assert "".join(pieces) == streamed.text
    assert len({answer.request_id for answer in (whole, streamed, counted)}) == 3
    assert all(answer.apim_request_id for answer in (whole, streamed, counted))


async def test_whole_streamed_and_counted_in_a_loop(foundry_endpoint: dict[str, Any]) -> None:
    """The asynchronous client gives the same."""
    async with AsyncFoundryClient(**foundry_endpoint) as client:
        whole = await client.messages.create(**REQUEST)
        async with client.messages.stream(**REQUEST) as stream:
            pieces = [text async for text in stream.text_stream]
            streamed = await stream.get_final_message()
        counted = await client.messages.count_tokens(model=REQUEST["model"], messages=REQUEST["messages"])

    assert whole.text
    assert "".join(pieces) == streamed.text
    assert len({answer.request_id for answer in (whole, streamed, counted)}) == 3


def test_unknown_deployment(recorded: CassetteShell) -> None:
    """An unknown deployment is a typed error with the gateway's code and id, and the advice to it."""
    with pytest.raises(NotFoundError, match="deployment name") as caught:
        recorded.create(**{**REQUEST, "model": "no-such-deployment"})

    assert caught.value.code == "DeploymentNotFound"
    assert caught.value.apim_request_id


def test_hooks(recorded: CassetteShell) -> None:
    """Hooks are told of each attempt and of what came of it: an answer, a stream, a refusal."""
    before: list[RequestInfo] = []
    after: list[ResponseInfo] = []
    shell = recorded.having(on_request=before.append, on_response=after.append)

    shell.create(**REQUEST)
    shell.stream(**REQUEST)
    with pytest.raises(NotFoundError):
        shell.create(**{**REQUEST, "model": "no-such-deployment"})

    assert [(attempt.attempt, attempt.model) for attempt in before] == [
        (1, REQUEST["model"]),
        (1, REQUEST["model"]),
        (1, "no-such-deployment"),
    ]
    assert [attempt.request for attempt in after] == before
    assert [(attempt.status_code, attempt.error) for attempt in after] == [
        (200, None),
        (200, None),
        (404, "DeploymentNotFoundError"),
    ]
    assert all(attempt.apim_request_id for attempt in after)


def test_an_endpoint_without_a_method(recorded: CassetteShell) -> None:
    """Any path below the endpoint is asked, signed in as every other request."""
    asked = {"model": REQUEST["model"], "messages": REQUEST["messages"]}

    counted = recorded.ask(lambda it: it.request("POST", "v1/messages/count_tokens", json=asked))

    assert counted.status_code == 200
    assert counted.request_id == counted.headers["request-id"]
    assert counted.parse()["input_tokens"] > 0


def test_a_long_answer(recorded: CassetteShell) -> None:
    """An answer that may outlast the time limit is streamed below the surface, and given whole."""
    answer = recorded.create(**{**REQUEST, "max_tokens": 64_000})

    assert answer.text
    assert answer.stop_reason == "end_turn"
    assert (answer.usage.output_tokens or 0) > 1
    assert answer.apim_request_id
