"""Agents, graphs and the native events against recorded traffic."""

from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from claude_foundry.langchain import ChatClaudeFoundry
from tests.langchain.cassette_ways import checked
from tests.langchain.test_agents_graph import graph

pytestmark = pytest.mark.vcr
QUESTION = "What is 17 times 23, and what is the weather in Paris? Use multiply and weather."


@tool
def multiply(first: int, second: int) -> int:
    """Multiply two numbers."""
    return first * second


@tool
def weather(city: str) -> str:
    """Tells the weather of a city."""
    return f"Rain in {city}."


@pytest.fixture
def llm(foundry_endpoint: dict[str, Any]) -> ChatClaudeFoundry:
    return ChatClaudeFoundry(model="claude-opus-5-5", max_tokens=2000, **foundry_endpoint)


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
async def test_agent_with_parallel_tools(llm: ChatClaudeFoundry, way: str) -> None:
    """An agent runs both tools of one answer and answers from their results."""
    agent: Any = create_agent(llm, tools=[multiply, weather])
    asked = {"messages": [("user", QUESTION)]}

    done = agent.invoke(asked) if way == "invoke" else await agent.ainvoke(asked)

    _, called, *results, answer = done["messages"]
    assert {call["name"] for call in checked(called).tool_calls} == {"multiply", "weather"}
    assert all(isinstance(result, ToolMessage) for result in results)
    assert "391" in checked(answer).text
    assert "Rain" in answer.text


@pytest.mark.parametrize("way", ["stream", "astream"])
async def test_agent_token_by_token(llm: ChatClaudeFoundry, way: str) -> None:
    """An agent's answer is streamed in pieces under the id of its message."""
    agent: Any = create_agent(llm, tools=[multiply, weather])
    asked = {"messages": [("user", QUESTION)]}

    if way == "stream":
        told = [message for message, _ in agent.stream(asked, stream_mode="messages")]
    else:
        told = [message async for message, _ in agent.astream(asked, stream_mode="messages")]

    chunks = [message for message in told if isinstance(message, AIMessageChunk)]
    last = [chunk for chunk in chunks if chunk.id == chunks[-1].id]
    assert len(last) > 2
    assert "391" in "".join(chunk.text for chunk in last)


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
async def test_graph_with_memory(llm: ChatClaudeFoundry, way: str) -> None:
    """A graph goes on from its checkpoint with the next question."""
    made = graph(llm, [multiply, weather], checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "1"}}

    for asked in (QUESTION, "Thank you. What was the product?"):
        said = {"messages": [HumanMessage(asked)]}
        done = made.invoke(said, config) if way == "invoke" else await made.ainvoke(said, config)

    assert len(done["messages"]) >= 6
    assert checked(done["messages"][-1]).text


async def test_native_events(llm: ChatClaudeFoundry) -> None:
    """The native events of a stream amount to one message with its text, call, counts and ids."""
    bound = llm.bind_tools([multiply])
    asked = "What is 17 times 23? Use multiply."

    plain, awaited = bound.stream_events(asked, version="v3"), await bound.astream_events(asked, version="v3")
    outputs = [plain.output, await awaited.output]

    for output in outputs:
        assert [call["args"] for call in checked(output).tool_calls] == [{"first": 17, "second": 23}]


async def test_native_events_of_text(llm: ChatClaudeFoundry) -> None:
    """The text of a native stream comes in pieces that make up the whole."""
    stream = llm.stream_events("What does a lighthouse do?", version="v3")

    pieces = list(stream.text)

    assert len(pieces) > 2
    assert "".join(pieces) == checked(stream.output).text
