"""Refusals of the service's safety classifiers, against recorded traffic."""

from collections.abc import Iterator
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.prompts import PromptTemplate

from claude_foundry.errors import OutputNotParsedError
from claude_foundry.llamaindex import ClaudeFoundry
from claude_foundry.testing._service import Service
from tests.llamaindex.test_cassettes_objects import Trip
from tests.own_emulators import serving
from tests.test_cassettes_refusals import QUESTION

pytestmark = pytest.mark.vcr


@pytest.fixture(scope="module")
def foundry_service(foundry_service: Service, request: pytest.FixtureRequest) -> Iterator[Service]:
    """The service of the run; where an emulator stands for it, one that refuses the question."""
    with serving(foundry_service, request, refused=["nerve agent"]) as served:
        yield served


async def test_refusals(foundry_endpoint: dict[str, Any]) -> None:
    """A refusal is a response without text whose stop reason tells so, whole and streamed."""
    llm = ClaudeFoundry(model="claude-opus-5-5", max_tokens=300, **foundry_endpoint)
    asked = [ChatMessage(role="user", content=QUESTION)]

    answers = [llm.chat(asked), await llm.achat(asked), [*llm.stream_chat(asked)][-1]]
    answers += [[response async for response in await llm.astream_chat(asked)][-1]]

    assert [answer.additional_kwargs["stop_reason"] for answer in answers] == ["refusal"] * 4
    assert [answer.message.content for answer in answers] == [None] * 4


def test_refused_output(foundry_endpoint: dict[str, Any]) -> None:
    """Where an object was asked for, a refusal is an error that says so."""
    llm = ClaudeFoundry(model="claude-opus-5-5", max_tokens=300, **foundry_endpoint)

    with pytest.raises(OutputNotParsedError, match="refused"):
        llm.structured_predict(Trip, PromptTemplate("{question}"), question=QUESTION)
