"""A graph of LangGraph made by hand around the chat model: tools in parallel, checkpoints, interrupts, streams."""

import asyncio
from typing import Annotated, Any, TypedDict

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.prebuilt import ToolNode, tools_condition
from langgraph.types import Command, RetryPolicy, interrupt

from claude_foundry import BadRequestError
from claude_foundry.langchain import ChatClaudeFoundry
from tests.answers import refused, whole
from tests.langchain.ways import model
from tests.shells import Script

QUESTION = "What is 17 times 23, and what is the weather in Paris? Use multiply and weather."
ways = pytest.mark.parametrize("way", ["sync", "async"])


class State(TypedDict):
    messages: Annotated[list[Any], add_messages]


@tool
def multiply(first: int, second: int) -> int:
    """Multiply two numbers."""
    return first * second


@tool
def weather(city: str) -> str:
    """Tells the weather of a city."""
    return f"Rain in {city}."


@tool
def approved(amount: int) -> str:
    """Pays an amount, once a person agrees."""
    return f"paid {amount}: {interrupt({'amount': amount})}"


def graph(llm: Any, tools: list[Any], **compiled: Any) -> Any:
    """The loop of model and tools, whose model node is sync or async as the graph is run."""
    bound = llm.bind_tools(tools) if tools else llm

    async def answered_async(state: State) -> Any:
        return {"messages": [await bound.ainvoke(state["messages"])]}

    def answered(state: State) -> Any:
        return {"messages": [bound.invoke(state["messages"])]}

    made = StateGraph(State)
    made.add_node("model", RunnableLambda(answered, afunc=answered_async), **compiled.pop("node", {}))
    made.add_node("tools", ToolNode(tools))
    made.add_edge(START, "model")
    made.add_conditional_edges("model", tools_condition, {"tools": "tools", END: END})
    made.add_edge("tools", "model")
    return made.compile(**compiled)


def run(made: Any, asked: Any, way: str, **config: Any) -> Any:
    return made.invoke(asked, **config) if way == "sync" else asyncio.run(made.ainvoke(asked, **config))


def streamed(made: Any, asked: Any, way: str, **config: Any) -> list[Any]:
    async def gather() -> list[Any]:
        return [item async for item, _ in made.astream(asked, stream_mode="messages", **config)]

    if way == "async":
        return asyncio.run(gather())
    return [item for item, _ in made.stream(asked, stream_mode="messages", **config)]


def emulated(settings: dict[str, str], **fields: Any) -> ChatClaudeFoundry:
    return ChatClaudeFoundry(**{"model": "claude-opus-5-5", **settings, **fields})


@ways
def test_parallel_tools(way: str, emulator_settings: dict[str, str]) -> None:
    """Calls of one answer run side by side, and their results are read in the next."""
    made = graph(emulated(emulator_settings), [multiply, weather])

    done = run(made, {"messages": [("user", QUESTION)]}, way)["messages"]

    assert {call["name"] for call in done[1].tool_calls} == {"multiply", "weather"}
    assert [type(said) for said in done[2:4]] == [ToolMessage, ToolMessage]
    assert "391" in done[-1].text
    assert "Rain in Paris." in done[-1].text


@ways
def test_streamed_tokens(way: str, emulator_settings: dict[str, str]) -> None:
    """Each answer is streamed under its own id, and the pieces add up to it."""
    made = graph(emulated(emulator_settings, model="claude-sonnet-5"), [multiply, weather])

    chunks = [
        item for item in streamed(made, {"messages": [("user", QUESTION)]}, way) if isinstance(item, AIMessageChunk)
    ]

    ids = list(dict.fromkeys(chunk.id for chunk in chunks))
    assert len(ids) == 2
    called, answer = (sum(parts[1:], parts[0]) for parts in ([c for c in chunks if c.id == one] for one in ids))
    assert len(called.tool_calls) == 2
    assert "391" in answer.text


@ways
def test_conversations_are_kept(way: str, emulator_settings: dict[str, str]) -> None:
    """A checkpointer keeps a conversation from call to call: answers are added, none replaces another."""
    made = graph(emulated(emulator_settings), [multiply], checkpointer=InMemorySaver())
    thread = {"config": {"configurable": {"thread_id": "1"}}}

    run(made, {"messages": [("user", "My name is Ada.")]}, way, **thread)
    done = run(made, {"messages": [("user", "What is 17 times 23? Use multiply.")]}, way, **thread)["messages"]

    assert [type(said) for said in done] == [HumanMessage, AIMessage, HumanMessage, AIMessage, ToolMessage, AIMessage]
    assert len({said.id for said in done}) == len(done)


@ways
def test_interrupted_and_resumed(way: str, emulator_settings: dict[str, str]) -> None:
    """A tool may wait for a person; the run goes on where it stopped, with thinking and calls as they were."""
    llm = emulated(emulator_settings, thinking={"type": "adaptive"})
    made = graph(llm, [approved], checkpointer=InMemorySaver())
    thread = {"config": {"configurable": {"thread_id": "1"}}}

    waiting = run(made, {"messages": [("user", "Pay the amount 40 once approved.")]}, way, **thread)
    done = run(made, Command(resume="yes"), way, **thread)

    assert waiting["__interrupt__"][0].value == {"amount": 40}
    assert "paid 40: yes" in done["messages"][-1].text


@ways
def test_retry_policy(way: str) -> None:
    """A node's retry policy sends again what may succeed."""
    policy = RetryPolicy(initial_interval=0.0, max_attempts=2)
    made = graph(model(Script(refused(529), whole())), [], node={"retry_policy": policy})

    assert run(made, {"messages": [("user", "Hi")]}, way)["messages"][-1].text == "Hello there."


@ways
def test_retry_policy_on_what_cannot_succeed(way: str) -> None:
    """A node's retry policy sends a request that is wrong once."""
    service = Script(refused(400))
    made = graph(model(service), [], node={"retry_policy": RetryPolicy(initial_interval=0.0, max_attempts=3)})

    with pytest.raises(BadRequestError):
        run(made, {"messages": [("user", "Hi")]}, way)
    assert len(service.requests) == 1
