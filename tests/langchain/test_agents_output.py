"""Agents whose answer takes a form, on deployments that have structured output and on those that lack it."""

import asyncio
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from langchain.agents import create_agent
from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
from langchain_core.messages import AIMessage
from pydantic import BaseModel

from claude_foundry.emulator import EmulatorTransport
from claude_foundry.emulator._respond import State
from claude_foundry.langchain import ChatClaudeFoundry
from tests.answers import message, whole
from tests.langchain.ways import model, sent
from tests.shells import Script

QUESTION = {"messages": [("user", "A trip to Paris for 3 days.")]}


class Trip(BaseModel):
    """A trip."""

    city: str
    days: int


def multiply(first: int, second: int) -> int:
    """Multiply two numbers."""
    return first * second


def lacking() -> tuple[ChatClaudeFoundry, State]:
    """A model on a deployment that refuses structured output, and what the service has seen."""
    state = State(unsupported={"claude-opus-5": ["structured_outputs"]})
    transport = EmulatorTransport(state)
    clients = {
        "http_client": httpx.Client(transport=transport),
        "http_async_client": httpx.AsyncClient(transport=transport),
    }
    return ChatClaudeFoundry(model="claude-opus-5", resource="a", api_key=state.key, max_retries=0, **clients), state


def run(agent: Any, way: str) -> Any:
    async def last() -> Any:
        return [values async for values in agent.astream(QUESTION, stream_mode="values")][-1]

    match way:
        case "invoke":
            return agent.invoke(QUESTION)
        case "ainvoke":
            return asyncio.run(agent.ainvoke(QUESTION))
        case "stream":
            return list(agent.stream(QUESTION, stream_mode="values"))[-1]
    return asyncio.run(last())


class Scores(BaseModel):
    """Scores."""

    scores: dict[str, int]


class Node(BaseModel):
    """A node."""

    name: str
    inner: list["Node"]


# A form, a value of it, and what the schema must refuse.
HELD_BY_A_TOOL = [
    (Scores, {"scores": {"Ann": 3}}, {"scores": {"Ann": "three"}}),
    (Node, {"name": "a", "inner": [{"name": "b", "inner": []}]}, {"name": "a", "inner": [{"name": "b"}]}),
]


@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
@pytest.mark.parametrize("tools", [[], [multiply]], ids=["alone", "beside tools"])
@pytest.mark.parametrize(("form", "value", "wrong"), HELD_BY_A_TOOL, ids=["open", "recursive"])
def test_form_that_the_api_cannot_hold(way: str, tools: list[Any], form: Any, value: Any, wrong: Any) -> None:
    """An agent gets a form with open objects or recursion by a tool, which is told all of it."""
    call = {"type": "tool_use", "id": "toolu_1", "name": "give_answer", "input": value}
    service = Script(whole(message(call, stop_reason="tool_use")))
    agent = create_agent(model(service, model="claude-opus-5"), tools=tools, response_format=form)

    assert run(agent, way)["structured_response"] == form(**value)

    (request,) = sent(service)
    assert "format" not in request.get("output_config", {})
    told = Draft202012Validator(request["tools"][-1]["input_schema"])
    assert (told.is_valid(value), told.is_valid(wrong)) == (True, False)


@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
@pytest.mark.parametrize("tools", [[], [multiply]], ids=["alone", "beside tools"])
def test_deployment_that_lacks_structured_output(way: str, tools: list[Any]) -> None:
    """An agent gets its form from a deployment that refuses structured output, which is asked for it once."""
    llm, state = lacking()
    agent = create_agent(llm, tools, response_format=Trip)

    done = [run(agent, way) for _ in range(2)]

    assert [found["structured_response"] for found in done] == [Trip(city="Paris", days=3)] * 2
    asked = [request.body for request in state.requests]
    assert ["format" in (body.get("output_config") or {}) for body in asked].count(True) == 1


def test_tokens_of_output_by_tool() -> None:
    """Streamed token by token, output that comes by a tool is text like any other."""
    llm, _ = lacking()
    agent: Any = create_agent(llm, response_format=Trip)

    chunks = [item for item, _ in agent.stream(QUESTION, stream_mode="messages") if isinstance(item, AIMessage)]

    assert "".join(chunk.text for chunk in chunks) == '{"city": "Paris", "days": 3}'
    assert len(chunks) > 3


@pytest.mark.parametrize("strategy", [ProviderStrategy, ToolStrategy])
def test_strategies(strategy: Any, emulator_settings: dict[str, str]) -> None:
    """Both of LangChain's strategies give the form."""
    llm = ChatClaudeFoundry(model="claude-sonnet-5", **emulator_settings)

    done: Any = create_agent(llm, [multiply], response_format=strategy(Trip)).invoke(QUESTION)

    assert done["structured_response"] == Trip(city="Paris", days=3)


@pytest.mark.parametrize("name", ["claude-sonnet-5", "team-a"])
def test_native_output_by_the_profile(name: str) -> None:
    """Where the model has structured output an agent uses it, also under a name of the user's own."""
    llm = ChatClaudeFoundry(model=name, base_model="claude-sonnet-5", resource="a", api_key="k")

    assert llm.profile is not None
    assert llm.profile["structured_output"]
    assert llm.profile["name"] == "claude-sonnet-5"
