"""The plain clients against recorded traffic."""

from typing import Any

import pytest

from claude_foundry import AsyncFoundryClient, FoundryClient, NotFoundError
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


def test_unknown_deployment(foundry_endpoint: dict[str, Any]) -> None:
    """An unknown deployment is a typed error with the gateway's code and id, and the advice to it."""
    with FoundryClient(**foundry_endpoint) as client, pytest.raises(NotFoundError, match="deployment name") as caught:
        client.messages.create(**{**REQUEST, "model": "no-such-deployment"})

    assert caught.value.code == "DeploymentNotFound"
    assert caught.value.apim_request_id
