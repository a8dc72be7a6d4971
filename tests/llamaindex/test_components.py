"""The components of LlamaIndex that people build with, on this LLM."""

import asyncio
from typing import Any

import pytest
from llama_index.core.agent.workflow import AgentStream, AgentWorkflow, FunctionAgent, ReActAgent, ToolCallResult
from llama_index.core.chat_engine import ContextChatEngine, SimpleChatEngine
from llama_index.core.llms import ChatMessage
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import ResponseMode
from llama_index.core.schema import TextNode
from llama_index.core.tools import FunctionTool
from llama_index.retrievers.bm25 import BM25Retriever

from claude_foundry._stream import events
from claude_foundry.emulator import Emulator
from claude_foundry.llamaindex import ClaudeFoundry
from tests.llamaindex.faces import llm_on, message, sent, streamed
from tests.shells import Script

NODES = [
    TextNode(text="The Loire is the longest river of France, 1006 kilometres long."),
    TextNode(text="Mont Blanc is the highest mountain of the Alps."),
    TextNode(text="The Danube flows through ten countries."),
]
# LlamaIndex's workflows look at every attribute of an agent, pydantic's deprecated ones among them.
pytestmark = pytest.mark.filterwarnings("ignore::pydantic.PydanticDeprecationWarning")
models = pytest.mark.parametrize("model", ["claude-haiku-4-5", "claude-opus-5-5"])


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@pytest.fixture
def retriever() -> BM25Retriever:
    """Finds passages by words alone."""
    return BM25Retriever.from_defaults(nodes=NODES, similarity_top_k=1)


def memory(*messages: ChatMessage, tokens: int = 50_000) -> ChatMemoryBuffer:
    """A memory in plain lists; LlamaIndex's newer one leaves a database connection open."""
    return ChatMemoryBuffer.from_defaults(list(messages), token_limit=tokens)


def run(agent: Any, question: str, **options: Any) -> tuple[str, list[Any]]:
    """The agent's answer, and the events it told on the way."""

    async def told() -> tuple[str, list[Any]]:
        handler = agent.run(question, **options)
        seen = [event async for event in handler.stream_events()]
        return str(await handler), seen

    return asyncio.run(told())


@models
@pytest.mark.parametrize("streaming", [True, False], ids=["streamed", "whole"])
def test_function_agent(model: str, streaming: bool, emulator_settings: dict[str, str]) -> None:
    """An agent calls its tool with the right arguments and answers with the result."""
    llm = ClaudeFoundry(model=model, **emulator_settings)
    agent = FunctionAgent(tools=[add], llm=llm, system_prompt="You calculate.", streaming=streaming)
    answer, seen = run(agent, "Add 3 and 4.")
    [called] = [event for event in seen if isinstance(event, ToolCallResult)]
    assert (called.tool_kwargs, called.tool_output.raw_output) == ({"a": 3, "b": 4}, 7)
    assert "7" in answer


def test_function_agent_in_conversation(emulator_settings: dict[str, str]) -> None:
    """A second question goes with the first one's calls and results, which the service accepts."""
    talk = memory()
    agent = FunctionAgent(tools=[add], llm=ClaudeFoundry(model="claude-opus-5-5", **emulator_settings))
    assert "7" in run(agent, "Add 3 and 4.", memory=talk)[0]
    assert "11" in run(agent, "Add 5 and 6.", memory=talk)[0]


@models
def test_agent_is_made_to_call_a_tool(model: str, emulator: Emulator, emulator_settings: dict[str, str]) -> None:
    """An agent's first choice is demanded of a model that accepts it, and asked in words of others."""
    agent = FunctionAgent(tools=[add], llm=ClaudeFoundry(model=model, **emulator_settings), initial_tool_choice="add")
    before = len(emulator.requests)
    run(agent, "Add 3 and 4.")
    [first, second] = [request.body["tool_choice"] for request in emulator.requests[before:]]
    assert first == ({"type": "tool", "name": "add"} if model == "claude-haiku-4-5" else {"type": "auto"})
    assert second == {"type": "auto"}


def test_agent_tells_reasoning() -> None:
    """The reasoning of a streamed answer reaches the agent's events."""
    thought = {"type": "thinking", "thinking": "Because so", "signature": "s"}
    script = Script(streamed(list(events(message(thought, {"type": "text", "text": "7"}), split=list))[:-1]))
    _, seen = run(FunctionAgent(tools=[add], llm=llm_on(script)), "Add 3 and 4.")
    streams = [event for event in seen if isinstance(event, AgentStream)]
    assert "".join(event.thinking_delta or "" for event in streams) == "Because so"
    assert streams[-1].response == "7"


def test_cut_call_is_not_run() -> None:
    """A call that the token limit cut is not run by the agent."""
    call = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 1, "b": 2}}
    body = message({"type": "text", "text": "I add."}, call, stop_reason="max_tokens")
    script = Script(streamed(list(events(body))[:-1]))
    answer, seen = run(FunctionAgent(tools=[add], llm=llm_on(script)), "Add.")
    assert not [event for event in seen if isinstance(event, ToolCallResult)]
    assert answer == "I add."


def test_tool_that_returns_directly_leaves_a_legal_history(emulator_settings: dict[str, str]) -> None:
    """Parallel calls of which one ends the run leave a history that the next question can be asked on."""
    calls = [{"type": "tool_use", "id": f"toolu_{at}", "name": "add", "input": {"a": at, "b": at}} for at in (1, 2)]
    script = Script(streamed(list(events(message(*calls, stop_reason="tool_use")))[:-1]))
    direct = FunctionTool.from_defaults(add, return_direct=True)
    talk = memory()
    run(FunctionAgent(tools=[direct], llm=llm_on(script)), "Add.", memory=talk)
    real = ClaudeFoundry(model="claude-haiku-4-5", **emulator_settings)
    assert run(FunctionAgent(tools=[add], llm=real), "Add 5 and 6.", memory=talk)[0]


def test_agents_that_hand_over(emulator_settings: dict[str, str]) -> None:
    """One agent's history, its calls and reasoning included, is accepted from the next."""
    llm = ClaudeFoundry(model="claude-haiku-4-5", **emulator_settings)
    clerk = FunctionAgent(
        name="clerk",
        description="Takes questions.",
        system_prompt="You are the clerk.",
        llm=llm,
        tools=[],
        can_handoff_to=["adder"],
    )
    adder = FunctionAgent(
        name="adder", description="Adds numbers.", system_prompt="You are the adder.", llm=llm, tools=[add]
    )
    talk = memory(ChatMessage(role="user", content="Hello"), ChatMessage(role="assistant", content="Hello!"))
    answer, _ = run(AgentWorkflow(agents=[clerk, adder], root_agent="adder"), "Add 3 and 4.", memory=talk)
    assert "7" in answer
    assert run(clerk, "Thank you.", memory=talk)[0]


@pytest.mark.filterwarnings("ignore:is_running called from within a step")
def test_react_agent() -> None:
    """An agent that writes its calls as text runs them and reads its answer."""
    texts = [
        'Thought: I need a tool.\nAction: add\nAction Input: {"a": 3, "b": 4}',
        "Thought: I can answer without using any more tools.\nAnswer: It is 7.",
    ]
    answers = [streamed(list(events(message({"type": "text", "text": text}), split=list))[:-1]) for text in texts]
    script = Script(*answers)
    answer, seen = run(ReActAgent(tools=[add], llm=llm_on(script)), "Add 3 and 4.")
    assert answer == "It is 7."
    assert [event.tool_output.raw_output for event in seen if isinstance(event, ToolCallResult)] == [7]
    assert "Observation: 7" in str(sent(script)[1]["messages"][-1])


@models
def test_query_engine(model: str, retriever: BM25Retriever, emulator_settings: dict[str, str]) -> None:
    """A query engine answers from what it retrieved, whole and streamed, with and without an event loop."""
    llm = ClaudeFoundry(model=model, **emulator_settings)
    engine = RetrieverQueryEngine.from_args(retriever, llm=llm)
    flowing = RetrieverQueryEngine.from_args(retriever, llm=llm, streaming=True)
    question = "How long is the Loire?"

    async def streamed_answer() -> str:
        response = await flowing.aquery(question)
        return "".join([str(part) async for part in response.async_response_gen()])

    answers = {
        str(engine.query(question)),
        "".join(flowing.query(question).response_gen),
        str(asyncio.run(_queried(engine, question))),
        asyncio.run(streamed_answer()),
    }
    assert len(answers) == 1
    assert "1006" in answers.pop()


async def _queried(engine: RetrieverQueryEngine, question: str) -> Any:
    return await engine.aquery(question)


@pytest.mark.parametrize("mode", [ResponseMode.REFINE, ResponseMode.TREE_SUMMARIZE, ResponseMode.ACCUMULATE])
def test_response_modes(mode: ResponseMode, emulator_settings: dict[str, str]) -> None:
    """Other ways to put an answer together work as well."""
    llm = ClaudeFoundry(model="claude-sonnet-5", **emulator_settings)
    retriever = BM25Retriever.from_defaults(nodes=NODES, similarity_top_k=2)
    engine = RetrieverQueryEngine.from_args(retriever, llm=llm, response_mode=mode)
    assert str(engine.query("How long is the Loire?")).strip()


def test_chat_engines(retriever: BM25Retriever, emulator_settings: dict[str, str]) -> None:
    """Chat engines keep a conversation, whole and streamed."""
    llm = ClaudeFoundry(model="claude-opus-5-5", **emulator_settings)
    simple = SimpleChatEngine.from_defaults(llm=llm, memory=memory(), system_prompt="Be brief.")
    context = ContextChatEngine.from_defaults(retriever=retriever, llm=llm, memory=memory())
    assert str(simple.chat("Name three rivers."))
    assert "".join(simple.stream_chat("And mountains?").response_gen)
    assert "1006" in str(context.chat("How long is the Loire?"))
    assert "1006" in "".join(context.stream_chat("Again, how long is the Loire?").response_gen)
    assert [said.role.value for said in simple.chat_history] == ["user", "assistant"] * 2


def test_assistant_speaks_first(emulator_settings: dict[str, str]) -> None:
    """A conversation that begins with a greeting of the assistant can be gone on with."""
    llm = ClaudeFoundry(model="claude-opus-5-5", **emulator_settings)
    greeting = ChatMessage(role="assistant", content="How can I help?")
    engine = SimpleChatEngine.from_defaults(llm=llm, memory=memory(greeting))
    assert str(engine.chat("Name three rivers."))


def test_history_cut_by_memory(emulator_settings: dict[str, str]) -> None:
    """A memory that cut the beginning of a conversation, calls included, leaves one that is accepted."""
    llm = ClaudeFoundry(model="claude-opus-5-5", thinking={"type": "adaptive"}, **emulator_settings)
    small = memory(tokens=80)
    agent = FunctionAgent(tools=[add], llm=llm)
    for first in range(3, 7):
        assert run(agent, f"Add {first} and 4.", memory=small)[0]
