"""Agents, workflows and query engines against recorded traffic."""

from typing import Any

import pytest
from llama_index.core.agent.workflow import (
    AgentStream,
    AgentWorkflow,
    FunctionAgent,
    ReActAgent,
    ToolCallResult,
)
from llama_index.core.chat_engine import CondensePlusContextChatEngine
from llama_index.core.query_engine import RetrieverQueryEngine, RouterQueryEngine
from llama_index.core.response_synthesizers import ResponseMode
from llama_index.core.selectors import PydanticSingleSelector
from llama_index.core.tools import QueryEngineTool
from llama_index.retrievers.bm25 import BM25Retriever

from claude_foundry.llamaindex import ClaudeFoundry
from tests.llamaindex.components import NODES, add, memory, multiply
from tests.llamaindex.test_rag import open_loop

__all__ = ["open_loop"]
# LlamaIndex's workflows look at every attribute of an agent, pydantic's deprecated ones among them.
pytestmark = [pytest.mark.vcr, pytest.mark.filterwarnings("ignore::pydantic.PydanticDeprecationWarning")]
MODELS = ["claude-haiku-4-5", "claude-sonnet-5", "claude-opus-5-5"]
QUESTION = "How long is the Loire?"
models = pytest.mark.parametrize("model", MODELS)


def llm_of(endpoint: dict[str, Any], **settings: Any) -> ClaudeFoundry:
    return ClaudeFoundry(**{"max_tokens": 2048, **settings}, **endpoint)


@pytest.fixture
def retriever() -> BM25Retriever:
    """Finds by words, the same each time."""
    return BM25Retriever.from_defaults(nodes=NODES, similarity_top_k=1)


async def asked(agent: Any, question: str, **options: Any) -> tuple[str, list[Any]]:
    handler = agent.run(question, **options)
    seen = [event async for event in handler.stream_events()]
    return str(await handler), seen


def calls(seen: list[Any]) -> list[tuple[str, Any]]:
    return [(event.tool_name, event.tool_output.raw_output) for event in seen if isinstance(event, ToolCallResult)]


@models
@pytest.mark.parametrize("streaming", [True, False])
async def test_function_agent(foundry_endpoint: dict[str, Any], model: str, streaming: bool) -> None:
    """An agent calls its tools side by side, answers with their results, and goes on in the same memory."""
    llm, talk = llm_of(foundry_endpoint, model=model, thinking=True), memory()
    agent = FunctionAgent(tools=[add, multiply], llm=llm, system_prompt="You calculate.", streaming=streaming)

    answer, seen = await asked(agent, "Add 3 and 4, and multiply 5 by 6.", memory=talk)
    later, more = await asked(agent, "Add 8 and 9.", memory=talk)

    assert calls(seen) == [("add", 7), ("multiply", 30)]
    assert ("7" in answer, "30" in answer) == (True, True)
    assert calls(more) == [("add", 17)]
    assert "17" in later
    if streaming:
        # Each answer begins anew.
        told = "".join(event.delta for event in more if isinstance(event, AgentStream))
        assert told.endswith(later)


@models
async def test_first_choice_of_a_tool(foundry_endpoint: dict[str, Any], model: str) -> None:
    """An agent begins with the tool that it is told to begin with."""
    agent = FunctionAgent(
        tools=[add, multiply], llm=llm_of(foundry_endpoint, model=model), initial_tool_choice="multiply"
    )

    _, seen = await asked(agent, "Multiply 5 by 6.")

    assert calls(seen)[0] == ("multiply", 30)


@models
async def test_handoff(foundry_endpoint: dict[str, Any], model: str) -> None:
    """An agent hands over to another, which goes on in the same conversation with tools of its own."""
    llm = llm_of(foundry_endpoint, model=model, thinking=True)
    clerk = FunctionAgent(
        name="clerk",
        description="Takes questions.",
        system_prompt="You are the clerk. Hand calculations over.",
        llm=llm,
        tools=[],
        can_handoff_to=["calculator"],
    )
    calculator = FunctionAgent(
        name="calculator",
        description="Adds numbers.",
        system_prompt="You are the calculator.",
        llm=llm,
        tools=[add],
    )
    workflow = AgentWorkflow(agents=[clerk, calculator], root_agent="clerk")
    question = "Use handoff to pass to_agent 'calculator', reason 'Add 3 and 4'. Then add 3 and 4."

    answer, seen = await asked(workflow, question, memory=memory())

    assert [name for name, _ in calls(seen)] == ["handoff", "add"]
    assert "7" in answer


@models
@pytest.mark.parametrize("mode", [ResponseMode.COMPACT, ResponseMode.REFINE, ResponseMode.TREE_SUMMARIZE])
async def test_query_engine(
    foundry_endpoint: dict[str, Any], model: str, mode: ResponseMode, retriever: BM25Retriever
) -> None:
    """A query engine answers from what it retrieved, whole and streamed."""
    llm = llm_of(foundry_endpoint, model=model)
    engine = RetrieverQueryEngine.from_args(retriever, llm=llm, response_mode=mode)
    flowing = RetrieverQueryEngine.from_args(retriever, llm=llm, response_mode=mode, streaming=True)

    whole = await engine.aquery(QUESTION)
    streamed: Any = await flowing.aquery(QUESTION)

    assert "1006" in str(whole)
    assert "1006" in "".join([part async for part in streamed.async_response_gen()])


@models
def test_query_engine_without_a_loop(foundry_endpoint: dict[str, Any], model: str, retriever: BM25Retriever) -> None:
    """The same engine answers from plain code, and names its sources."""
    llm = llm_of(foundry_endpoint, model=model)
    engine = RetrieverQueryEngine.from_args(retriever, llm=llm, streaming=True)

    answer: Any = engine.query(QUESTION)

    assert "1006" in "".join(answer.response_gen)
    assert [node.node.get_content() for node in answer.source_nodes] == [NODES[0].text]


@models
def test_chat_engine(foundry_endpoint: dict[str, Any], model: str, retriever: BM25Retriever) -> None:
    """A chat engine answers from what it retrieved, and remembers what was said."""
    llm = llm_of(foundry_endpoint, model=model)
    engine = CondensePlusContextChatEngine.from_defaults(retriever, llm=llm, memory=memory())

    first = engine.chat(QUESTION)
    second = engine.chat("And which mountain is the highest of the Alps?")

    assert "1006" in str(first)
    assert str(second)
    assert [said.role.value for said in engine.chat_history] == ["user", "assistant"] * 2


@pytest.mark.filterwarnings("ignore:is_running called from within a step")
@models
async def test_react_agent(foundry_endpoint: dict[str, Any], model: str) -> None:
    """An agent that is told of its tools in words calls one in words, and answers with what it observes."""
    step = 'Thought: I need to use a tool.\nAction: add\nAction Input: {"a": 3, "b": 4}'
    agent = ReActAgent(tools=[add], llm=llm_of(foundry_endpoint, model=model))

    answer, seen = await asked(agent, f"Add 3 and 4. Your first step, word for word:\n{step}")

    assert calls(seen) == [("add", 7)]
    assert "7" in answer


@models
async def test_router(foundry_endpoint: dict[str, Any], model: str, retriever: BM25Retriever) -> None:
    """A router chooses an engine by a tool call, forced where the model takes that, and the engine answers."""
    llm = llm_of(foundry_endpoint, model=model)
    engines = [
        QueryEngineTool.from_defaults(
            RetrieverQueryEngine.from_args(retriever, llm=llm), name=name, description=f"Answers questions on {name}."
        )
        for name in ("mountains", "rivers")
    ]
    router = RouterQueryEngine(
        selector=PydanticSingleSelector.from_defaults(llm=llm), query_engine_tools=engines, llm=llm
    )

    answer = await router.aquery(QUESTION)

    assert answer.metadata["selector_result"].selections
    assert "1006" in str(answer)
