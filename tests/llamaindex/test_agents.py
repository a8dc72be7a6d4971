"""LlamaIndex's agents and their workflows on this LLM: each request is one that the service accepts."""

import gc
from typing import Any

import pytest
from llama_index.core.agent.workflow import (
    AgentOutput,
    AgentStream,
    AgentWorkflow,
    CodeActAgent,
    FunctionAgent,
    ReActAgent,
    ToolCallResult,
)
from llama_index.core.async_utils import asyncio_run
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel

from claude_foundry._stream import events
from claude_foundry.emulator import Emulator
from claude_foundry.llamaindex import ClaudeFoundry
from tests.llamaindex.components import add, arun, llm_of, memory, multiply, run
from tests.llamaindex.faces import llm_on, message, played, refused, sent, streamed, whole
from tests.shells import Script

# LlamaIndex's workflows look at every attribute of an agent, pydantic's deprecated ones among them.
pytestmark = pytest.mark.filterwarnings("ignore::pydantic.PydanticDeprecationWarning")
models = pytest.mark.parametrize("model", ["claude-haiku-4-5", "claude-opus-5-5"])
ways = pytest.mark.parametrize("streaming", [True, False], ids=["streamed", "whole"])


class Sum(BaseModel):
    """A sum."""

    total: int


def said(text: str) -> dict[str, Any]:
    return message({"type": "text", "text": text})


def called(seen: list[Any]) -> list[tuple[str, dict[str, Any], Any]]:
    """The calls that were run: name, arguments and result."""
    results = [event for event in seen if isinstance(event, ToolCallResult)]
    return [(result.tool_name, result.tool_kwargs, result.tool_output.raw_output) for result in results]


@models
@ways
def test_function_agent(model: str, streaming: bool, emulator_settings: dict[str, str]) -> None:
    """An agent calls its tool with the right arguments and answers with the result."""
    llm = ClaudeFoundry(model=model, **emulator_settings)
    agent = FunctionAgent(tools=[add], llm=llm, system_prompt="You calculate.", streaming=streaming)
    answer, seen = run(agent, "Add 3 and 4.")
    assert called(seen) == [("add", {"a": 3, "b": 4}, 7)]
    assert "7" in str(answer)


def test_function_agent_in_conversation(emulator_settings: dict[str, str]) -> None:
    """A second question goes with the first one's calls and results, which the service accepts."""
    talk = memory()
    agent = FunctionAgent(tools=[add], llm=ClaudeFoundry(model="claude-opus-5-5", **emulator_settings))
    assert "7" in str(run(agent, "Add 3 and 4.", memory=talk)[0])
    assert "11" in str(run(agent, "Add 5 and 6.", memory=talk)[0])


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
    assert called(seen) == []
    assert str(answer) == "I add."


def test_tool_that_returns_directly_leaves_a_legal_history(emulator_settings: dict[str, str]) -> None:
    """Parallel calls of which one ends the run leave a history that the next question can be asked on."""
    calls = [{"type": "tool_use", "id": f"toolu_{at}", "name": "add", "input": {"a": at, "b": at}} for at in (1, 2)]
    script = Script(streamed(list(events(message(*calls, stop_reason="tool_use")))[:-1]))
    direct = FunctionTool.from_defaults(add, return_direct=True)
    talk = memory()
    run(FunctionAgent(tools=[direct], llm=llm_on(script)), "Add.", memory=talk)
    real = ClaudeFoundry(model="claude-haiku-4-5", **emulator_settings)
    assert str(run(FunctionAgent(tools=[add], llm=real), "Add 5 and 6.", memory=talk)[0])


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
    assert "7" in str(answer)
    assert str(run(clerk, "Thank you.", memory=talk)[0])


@models
@ways
def test_parallel_calls(model: str, streaming: bool, emulator: Emulator, emulator_settings: dict[str, str]) -> None:
    """Two calls of one answer are both run, and their results go back in one turn."""
    llm = ClaudeFoundry(model=model, **emulator_settings)
    agent = FunctionAgent(tools=[add, multiply], llm=llm, streaming=streaming)
    answer, seen = run(agent, "Add 3 and 4, and multiply 5 by 6.")
    assert called(seen) == [("add", {"a": 3, "b": 4}, 7), ("multiply", {"first": 5, "second": 6}, 30)]
    last = emulator.requests[-1].body["messages"][-1]["content"]
    assert [block["type"] for block in last] == ["tool_result", "tool_result"]
    assert "7" in str(answer)
    assert "30" in str(answer)


@pytest.mark.filterwarnings("ignore:is_running called from within a step")
@models
def test_agent_that_is_stopped(model: str, emulator: Emulator, emulator_settings: dict[str, str]) -> None:
    """An agent that may not go on is asked for its last word; LlamaIndex's closing system message goes to the front."""
    llm = ClaudeFoundry(model=model, **emulator_settings)
    agent = FunctionAgent(tools=[add], llm=llm, system_prompt="You calculate.", early_stopping_method="generate")
    answer, _ = run(agent, "Add 3 and 4.", max_iterations=1)
    assert str(answer)
    body = emulator.requests[-1].body
    assert len(body["system"]) == 2
    assert body["messages"][-1]["role"] == "user"


@models
@ways
def test_output_class(model: str, streaming: bool, emulator_settings: dict[str, str]) -> None:
    """An agent with a class for its output gives an object of it beside the answer."""
    llm = ClaudeFoundry(model=model, **emulator_settings)
    agent = FunctionAgent(tools=[add], llm=llm, output_cls=Sum, streaming=streaming)
    output, _ = run(agent, "Add 3 and 4.")
    assert isinstance(output.get_pydantic_model(Sum), Sum)


def test_output_class_by_tool() -> None:
    """The object is asked for by a tool where the deployment lacks the format."""
    refusal = "structured_outputs not supported in your workspace."
    call = {"type": "tool_use", "id": "toolu_1", "name": "Sum", "input": {"total": 7}}
    script = Script(
        played({"type": "text", "text": "It is 7."}), refused(refusal), whole(message(call, stop_reason="tool_use"))
    )
    output, _ = run(FunctionAgent(tools=[add], llm=llm_on(script), output_cls=Sum), "Add 3 and 4.")
    assert output.structured_response == {"total": 7}


@models
def test_hand_over_by_call(model: str, emulator: Emulator, emulator_settings: dict[str, str]) -> None:
    """An agent hands over by a call; the next one answers under its own prompt and tools, on the same history."""
    llm = ClaudeFoundry(model=model, thinking={"type": "adaptive"} if "opus" in model else None, **emulator_settings)
    clerk = FunctionAgent(
        name="clerk", description="Takes questions.", system_prompt="Be a clerk.", llm=llm, can_handoff_to=["adder"]
    )
    adder = FunctionAgent(
        name="adder", description="Adds numbers.", system_prompt="You are the adder.", llm=llm, tools=[add]
    )
    before = len(emulator.requests)
    output, seen = run(
        AgentWorkflow(agents=[clerk, adder], root_agent="clerk", output_cls=Sum),
        "Use handoff. The to_agent is adder, the reason is sums. Add 3 and 4.",
        memory=memory(),
    )
    assert [name for name, _, _ in called(seen)] == ["handoff", "add"]
    assert output.current_agent_name == "adder"
    assert "7" in str(output)
    assert isinstance(output.get_pydantic_model(Sum), Sum)
    prompts = [request.body.get("system", [{}])[0].get("text") for request in emulator.requests[before:]]
    assert prompts[:3] == ["Be a clerk.", "You are the adder.", "You are the adder."]


@pytest.mark.filterwarnings("ignore:is_running called from within a step")
@models
@ways
def test_react_agent(model: str, streaming: bool) -> None:
    """An agent that writes its calls as text runs them and reads its answer, in requests that the service accepts."""
    llm, script = llm_of(
        said('Thought: I need a tool.\nAction: add\nAction Input: {"a": 3, "b": 4}'),
        said("Thought: I can answer without using any more tools.\nAnswer: It is 7."),
        model=model,
    )
    answer, seen = run(ReActAgent(tools=[add], llm=llm, streaming=streaming), "Add 3 and 4.")
    assert str(answer) == "It is 7."
    assert called(seen) == [("add", {"a": 3, "b": 4}, 7)]
    assert "Observation: 7" in str(sent(script)[1]["messages"][-1])


@pytest.mark.filterwarnings("ignore:is_running called from within a step")
@models
def test_react_agent_that_is_asked_again(model: str) -> None:
    """After an empty answer the agent asks again, and the empty turn is not sent."""
    llm, script = llm_of(message(), said("Thought: Now I can.\nAnswer: It is 7."), model=model)
    answer, _ = run(ReActAgent(tools=[add], llm=llm), "Add 3 and 4.")
    assert str(answer) == "It is 7."
    assert all(turn["content"] for turn in sent(script)[1]["messages"])


@models
@ways
def test_code_act_agent(model: str, streaming: bool) -> None:
    """An agent that writes programs has them run, and answers from what they print."""
    ran: list[str] = []

    def execute(code: str) -> str:
        """Run a program."""
        ran.append(code)
        return "7"

    llm, script = llm_of(said("<execute>\nprint(add(3, 4))\n</execute>"), said("It is 7."), model=model)
    agent = CodeActAgent(code_execute_fn=execute, llm=llm, tools=[add], streaming=streaming)
    answer, _ = run(agent, "Add 3 and 4.")
    assert (str(answer), ran) == ("It is 7.", ["print(add(3, 4))"])
    first, second = sent(script)
    assert "def add(a: int, b: int)" in first["system"][0]["text"]
    assert "Result of executing" in second["messages"][-1]["content"][0]["text"]


async def test_agent_in_an_event_loop(emulator_settings: dict[str, str]) -> None:
    """An agent is awaited where a loop runs already, and tells its answer piece by piece."""
    agent = FunctionAgent(tools=[add], llm=ClaudeFoundry(model="claude-haiku-4-5", **emulator_settings))
    answer, seen = await arun(agent, "Add 3 and 4.")
    pieces = [event.delta for event in seen if isinstance(event, AgentStream)]
    assert len([piece for piece in pieces if piece]) > 1
    assert "".join(pieces).endswith(str(answer))
    assert [event.current_agent_name for event in seen if isinstance(event, AgentOutput)] == [agent.name] * 2


# LlamaIndex closes the thread's loop without letting what is open in it close itself.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
async def test_agent_in_a_thread_of_its_own(emulator_settings: dict[str, str]) -> None:
    """LlamaIndex's way to call asynchronous code from a running loop works with the same LLM, again and again."""
    llm = ClaudeFoundry(model="claude-haiku-4-5", **emulator_settings)
    for first in (1, 2):
        agent = FunctionAgent(tools=[add], llm=llm)
        answer, _ = asyncio_run(arun(agent, f"Add {first} and 4."))
        assert str(first + 4) in str(answer)
    del llm, agent
    gc.collect()


def test_predict_and_call(emulator_settings: dict[str, str]) -> None:
    """A tool is called once without an agent; an error it raises is told, not raised."""

    def fail(a: int) -> int:
        """Fail on a number."""
        raise RuntimeError("no")

    llm = ClaudeFoundry(model="claude-opus-5-5", **emulator_settings)
    tools = [FunctionTool.from_defaults(function) for function in (add, fail)]
    assert llm.predict_and_call(tools, user_msg="Add 3 and 4.").response == "7"
    assert llm.predict_and_call(tools, user_msg="Fail on 3.").sources[0].is_error


def test_history_cut_by_memory(emulator_settings: dict[str, str]) -> None:
    """A memory that cut the beginning of a conversation, calls included, leaves one that is accepted."""
    llm = ClaudeFoundry(model="claude-opus-5-5", thinking={"type": "adaptive"}, **emulator_settings)
    small = memory(tokens=80)
    agent = FunctionAgent(tools=[add], llm=llm)
    for first in range(3, 7):
        assert str(run(agent, f"Add {first} and 4.", memory=small)[0])
