"""Structured output by each method, and by another where a deployment lacks one, against recorded traffic."""

from collections.abc import Iterator
from typing import Any, TypedDict

import pytest
from langchain.agents import create_agent
from pydantic import BaseModel

from claude_foundry.langchain import ChatClaudeFoundry
from claude_foundry.testing._service import Service
from tests.own_emulators import serving, without_formats

pytestmark = pytest.mark.vcr
ASKED = "A trip to Paris for 3 days."
METHODS = ("function_calling", "json_schema", "json_mode")
CALLS = ("invoke", "ainvoke", "stream", "astream")
DEPLOYMENTS = {"trips": "claude-haiku-4-5"}


class Trip(BaseModel):
    """A trip."""

    city: str
    days: int


class Stay(TypedDict):
    """A trip."""

    city: str
    days: int


@pytest.fixture(scope="module")
def foundry_service(foundry_service: Service, request: pytest.FixtureRequest) -> Iterator[Service]:
    """The service of the run; where an emulator stands for it, one with deployments that have no output format."""
    with serving(foundry_service, request, **without_formats(DEPLOYMENTS)) as served:
        yield served


def llm_of(endpoint: dict[str, Any], model: str = "claude-haiku-4-5") -> ChatClaudeFoundry:
    return ChatClaudeFoundry(model=model, max_tokens=2048, **endpoint)


async def objects(chain: Any, call: str, prompt: Any = ASKED) -> list[Any]:
    """What a chain gives, whole or growing."""
    match call:
        case "invoke":
            return [chain.invoke(prompt)]
        case "ainvoke":
            return [await chain.ainvoke(prompt)]
        case "stream":
            return list(chain.stream(prompt))
    return [part async for part in chain.astream(prompt)]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("strict", [True, False, None])
@pytest.mark.parametrize("method", METHODS[:2])
async def test_methods(foundry_endpoint: dict[str, Any], method: Any, strict: Any, call: str) -> None:
    """Every method gives the object, strict or not, whole or as the last of those that grow."""
    chain = llm_of(foundry_endpoint).with_structured_output(Trip, method=method, strict=strict)

    *_, last = await objects(chain, call)

    assert last == Trip(city="Paris", days=3)


@pytest.mark.parametrize("call", CALLS)
async def test_json_mode(foundry_endpoint: dict[str, Any], call: str) -> None:
    """JSON mode reads the JSON that the prompt asks for."""
    chain = llm_of(foundry_endpoint).with_structured_output(Trip, method="json_mode")
    asked = f"{ASKED} Answer with JSON that has the keys 'city' and 'days': {{\"city\": string, \"days\": integer}}."

    *_, last = await objects(chain, call, asked)

    assert last.city == "Paris"


@pytest.mark.parametrize("method", METHODS[:2])
async def test_growing_objects(foundry_endpoint: dict[str, Any], method: Any) -> None:
    """A streamed dict grows key by key."""
    chain = llm_of(foundry_endpoint).with_structured_output(Stay, method=method)

    grown = await objects(chain, "stream")

    assert grown[-1] == {"city": "Paris", "days": 3}
    assert len(grown) > 1


@pytest.mark.parametrize("call", CALLS[:2])
@pytest.mark.parametrize("method", METHODS[:2])
async def test_with_the_raw_message(foundry_endpoint: dict[str, Any], method: Any, call: str) -> None:
    """The message comes beside the object where that is asked for."""
    chain = llm_of(foundry_endpoint).with_structured_output(Trip, method=method, include_raw=True)

    [told] = await objects(chain, call)

    assert (told["parsed"], told["parsing_error"]) == (Trip(city="Paris", days=3), None)
    assert told["raw"].response_metadata["request_id"].startswith("req_")


@pytest.mark.parametrize("call", CALLS)
async def test_automatic_downgrade(foundry_endpoint: dict[str, Any], call: str) -> None:
    """Where a deployment refuses the output format a tool is asked for, once found out at once."""
    llm = llm_of(foundry_endpoint, "trips")
    chain = llm.with_structured_output(Trip, method="json_schema")

    first, second = [(await objects(chain, call))[-1] for _ in range(2)]

    assert first == second == Trip(city="Paris", days=3)
    client = llm.async_client if call.startswith("a") else llm.client
    assert client.capabilities(llm.model).has("structured_outputs") is False


@pytest.mark.parametrize("model", ["claude-opus-5-5", "trips"])
def test_agents_answer(foundry_endpoint: dict[str, Any], model: str) -> None:
    """An agent's answer takes the form it is asked for, by whatever way the deployment has."""
    agent: Any = create_agent(llm_of(foundry_endpoint, model), tools=[], response_format=Trip)

    done = agent.invoke({"messages": [("user", ASKED)]})

    assert done["structured_response"] == Trip(city="Paris", days=3)
