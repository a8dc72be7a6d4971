"""Agents of LangChain on the chat model, against the emulator."""

from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from pydantic import BaseModel

from claude_foundry.langchain import ChatClaudeFoundry
from tests.answers import message, pieces_of, streamed, whole
from tests.langchain.ways import model as scripted
from tests.shells import Script

MODELS = pytest.mark.parametrize("model", ["claude-haiku-4-5", "claude-opus-5-5", "claude-haiku-5-5"])
QUESTION = "What is 17 times 23? Use multiply."


class Trip(BaseModel):
    """A trip."""

    city: str
    days: int


def multiply(first: int, second: int) -> int:
    """Multiply two numbers."""
    return first * second


@MODELS
def test_tool_loop(model: str, emulator_settings: dict[str, str]) -> None:
    """An agent calls its tool, reads the result and answers."""
    agent: Any = create_agent(ChatClaudeFoundry(model=model, **emulator_settings), tools=[multiply])

    *_, called, result, answer = agent.invoke({"messages": [("user", QUESTION)]})["messages"]

    assert called.tool_calls[0]["args"] == {"first": 17, "second": 23}
    assert isinstance(result, ToolMessage)
    assert "391" in answer.text


async def test_streamed_tool_loop(emulator_settings: dict[str, str]) -> None:
    """An agent's answer is streamed token by token, under the id of its message."""
    agent: Any = create_agent(ChatClaudeFoundry(model="claude-opus-5-5", **emulator_settings), tools=[multiply])

    messages = [item async for item, _ in agent.astream({"messages": [("user", QUESTION)]}, stream_mode="messages")]

    chunks = [message for message in messages if isinstance(message, AIMessageChunk)]
    last = [chunk for chunk in chunks if chunk.id == chunks[-1].id]
    assert len(last) > 2
    assert "391" in "".join(chunk.text for chunk in last)
    assert all(chunk.id.startswith("msg_") for chunk in chunks)


@pytest.mark.parametrize("version", ["v0", "v1"])
@pytest.mark.parametrize("way", ["invoke", "stream"])
def test_call_that_a_limit_may_have_cut(way: str, version: str) -> None:
    """An agent runs no call at the end of an answer that a limit ended, however the answer was asked for."""
    run: list[str] = []

    def purge() -> str:
        """Purge the store."""
        run.append("purge")
        return "purged"

    call = {"type": "tool_use", "id": "toolu_1", "name": "purge", "input": {}}
    cut = message(call, stop_reason="max_tokens")
    service = Script(whole(cut) if way == "invoke" else streamed(pieces_of(cut)))
    agent: Any = create_agent(scripted(service, output_version=version), tools=[purge])

    asking = {"messages": [("user", "Purge it.")]}
    done = agent.invoke(asking) if way == "invoke" else list(agent.stream(asking, stream_mode="messages"))

    assert done
    assert run == []


@MODELS
def test_structured_answer(model: str, emulator_settings: dict[str, str]) -> None:
    """An agent's answer takes the form it is asked for, by the way that the model accepts."""
    llm = ChatClaudeFoundry(model=model, **emulator_settings)
    agent: Any = create_agent(llm, tools=[multiply], response_format=Trip)

    done = agent.invoke({"messages": [("user", "A trip to Paris for 3 days.")]})

    assert done["structured_response"] == Trip(city="Paris", days=3)


@pytest.mark.parametrize("version", ["v0", "v1"])
async def test_thinking_is_sent_back(version: str, emulator: Any, emulator_settings: dict[str, str]) -> None:
    """Thinking goes back with the call it led to, byte for byte, from either form of LangChain's messages."""
    llm = ChatClaudeFoundry(
        model="claude-opus-5-5", thinking={"type": "adaptive"}, output_version=version, **emulator_settings
    ).bind_tools([multiply])

    called = await gathered(llm, [HumanMessage(QUESTION)])
    result = ToolMessage("391", tool_call_id=called.tool_calls[0]["id"])
    answer = await llm.ainvoke([HumanMessage(QUESTION), called, result])

    thinking, use = emulator.requests[-1].body["messages"][1]["content"]
    assert (thinking["type"], thinking["thinking"]) == ("thinking", "")
    assert thinking["signature"]
    assert use == {"type": "tool_use", "id": use["id"], "name": "multiply", "input": {"first": 17, "second": 23}}
    assert "391" in answer.text


async def gathered(llm: Any, messages: list[Any]) -> AIMessage:
    chunks = [chunk async for chunk in llm.astream(messages)]
    return sum(chunks[1:], chunks[0])
