"""Refusals of the service's safety classifiers, against recorded traffic."""

from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.exceptions import OutputParserException

from claude_foundry.langchain import ChatClaudeFoundry
from claude_foundry.testing._service import Service
from tests.langchain.test_cassettes_output import CALLS, Trip, objects
from tests.own_emulators import serving
from tests.test_cassettes_refusals import QUESTION

pytestmark = pytest.mark.vcr


@pytest.fixture(scope="module")
def foundry_service(foundry_service: Service, request: pytest.FixtureRequest) -> Iterator[Service]:
    """The service of the run; where an emulator stands for it, one that refuses the question."""
    with serving(foundry_service, request, refused=["nerve agent"]) as served:
        yield served


@pytest.mark.parametrize("call", CALLS)
async def test_refusals(foundry_endpoint: dict[str, Any], call: str) -> None:
    """A refusal is a message that tells so in its metadata, and no exception."""
    llm = ChatClaudeFoundry(model="claude-opus-5-5", max_tokens=300, **foundry_endpoint)

    first, *parts = await objects(llm, call, QUESTION)
    answer = sum(parts, first)

    assert answer.response_metadata["stop_reason"] == "refusal"
    assert answer.response_metadata["stop_details"]["type"] == "refusal"


@pytest.mark.parametrize("call", CALLS)
async def test_refused_output(foundry_endpoint: dict[str, Any], call: str) -> None:
    """Where an output was asked for, a refusal is an exception that says so."""
    llm = ChatClaudeFoundry(model="claude-opus-5-5", max_tokens=300, **foundry_endpoint)

    with pytest.raises(OutputParserException, match="refused"):
        await objects(llm.with_structured_output(Trip, method="json_schema"), call, QUESTION)
