"""Caching, counts, context management, memory, and requests that are refused, against recorded traffic."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.exceptions import ContextOverflowError, ModelError, ModelNotFoundError
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool

from claude_foundry import BadRequestError, FeatureNotSupportedError, NotFoundError, server_tools
from claude_foundry.client_tools import FolderMemory, memory_tool
from claude_foundry.langchain import ChatClaudeFoundry, FoundryPromptCachingMiddleware
from tests.langchain.cassette_ways import answered, blocks, every_way, whole_and_streamed
from tests.long_conversations import (
    CLEARING,
    FORGETTING,
    HANDBOOK,
    NAME,
    NOTES,
    QUESTIONS,
    READ_LOG,
    READINGS,
    SUMMING_UP,
)

pytestmark = pytest.mark.vcr


def llm_of(endpoint: dict[str, Any], **settings: Any) -> ChatClaudeFoundry:
    return ChatClaudeFoundry(**{"model": "claude-sonnet-5", "max_tokens": 2000, **settings}, **endpoint)


def details(answer: Any) -> Any:
    return answer.usage_metadata["input_token_details"]


@tool
def multiply(first: int, second: int) -> int:
    """Multiply two numbers."""
    return first * second


@whole_and_streamed
async def test_cache_points(foundry_endpoint: dict[str, Any], way: str) -> None:
    """What stands before a cache point is read from the cache by the next request, and counted as that."""
    llm = llm_of(foundry_endpoint)
    text = {"type": "text", "text": f"{HANDBOOK}{way}", "cache_control": {"type": "ephemeral", "ttl": "1h"}}

    first, second = [await answered(llm, way, [SystemMessage([text]), HumanMessage(asked)]) for asked in QUESTIONS]

    written = details(first)["ephemeral_1h_input_tokens"]
    assert written > 1024
    assert (details(second)["cache_read"], details(second)["cache_creation"]) == (written, 0)
    assert second.usage_metadata["input_tokens"] > written


async def at_the_end(agent: Any, asked: Any) -> Any:
    """The state that an agent ends in, whose answers are streamed."""
    told = [item async for item in agent.astream(asked, stream_mode=["messages", "values"])]
    return [state for mode, state in told if mode == "values"][-1]


@whole_and_streamed
async def test_caching_middleware(foundry_endpoint: dict[str, Any], way: str) -> None:
    """An agent's tools, system prompt and conversation are read from the cache by its next request."""
    agent: Any = create_agent(
        llm_of(foundry_endpoint),
        [multiply],
        system_prompt=f"{HANDBOOK}{way}",
        middleware=[FoundryPromptCachingMiddleware()],
    )
    asked = {"messages": [("user", "What is 17 times 23? Use multiply.")]}

    done = agent.invoke(asked) if way == "invoke" else await at_the_end(agent, asked)

    _, called, _, answer = done["messages"]
    assert details(called)["ephemeral_5m_input_tokens"] > 1024
    assert details(answer)["cache_read"] >= details(called)["ephemeral_5m_input_tokens"]
    assert "391" in answer.text


def test_counts(foundry_endpoint: dict[str, Any]) -> None:
    """Tokens are counted by the service, those of tools among them, and nothing is generated."""
    llm = llm_of(foundry_endpoint)

    plain = llm.get_num_tokens_from_messages([HumanMessage(QUESTIONS[0])])
    equipped = llm.get_num_tokens_from_messages([HumanMessage(QUESTIONS[0])], tools=[multiply])

    assert 0 < plain < equipped


def test_counts_in_a_loop(foundry_endpoint: dict[str, Any]) -> None:
    """Tokens are counted in an event loop, too."""
    assert asyncio.run(llm_of(foundry_endpoint).aget_num_tokens_from_messages([HumanMessage(QUESTIONS[1])])) > 0


def applied_edits(answer: AIMessage) -> Any:
    return answer.response_metadata["context_management"]["applied_edits"]


@every_way
async def test_cleared_tool_results(foundry_endpoint: dict[str, Any], way: str) -> None:
    """Old results are cleared, and the answer tells how many, and how many tokens that saved."""
    llm = llm_of(foundry_endpoint, context_management=CLEARING).bind_tools([READ_LOG])

    answer = await answered(llm, way, READINGS)

    [edit] = applied_edits(answer)
    assert edit["cleared_tool_uses"] == 1
    assert edit["cleared_input_tokens"] > 1_000 > answer.usage_metadata["input_tokens"]
    assert answer.text


@every_way
async def test_cleared_thinking(foundry_endpoint: dict[str, Any], way: str) -> None:
    """The thinking of all turns but the last is cleared, and the answer tells it."""
    llm = llm_of(foundry_endpoint, thinking=True, context_management=FORGETTING)
    messages: list[Any] = [HumanMessage("What is 17 times 23? Think it through.")]
    for question in ("And half of it? Think it through.", "And a tenth of that?"):
        messages += [await answered(llm, way, messages), HumanMessage(question)]

    answer = await answered(llm, way, messages)

    assert [edit["cleared_thinking_turns"] for edit in applied_edits(answer)] == [1]
    assert answer.text


@whole_and_streamed
async def test_compaction(foundry_endpoint: dict[str, Any], way: str) -> None:
    """A long conversation is summed up and answered, and goes on from its summary."""
    llm = llm_of(foundry_endpoint, context_management=SUMMING_UP)

    first = await answered(llm, way, [HumanMessage(f"{NOTES}\n{QUESTIONS[0]}")])
    second = await answered(llm, way, [first, HumanMessage(NAME)])

    assert len(blocks(first, "compaction")) == 1
    assert applied_edits(first) == []
    assert "Vesna" in second.text
    assert not blocks(second, "compaction")


@whole_and_streamed
async def test_memory(foundry_endpoint: dict[str, Any], way: str, tmp_path: Path) -> None:
    """Claude looks into a memory that lies in a folder here."""
    memory = memory_tool(FolderMemory(tmp_path))
    bound = llm_of(foundry_endpoint).bind_tools([memory.definition])
    asked = HumanMessage("View the memory directory, then say hello.")

    called = await answered(bound, way, [asked])
    [call] = called.tool_calls
    result = ToolMessage(memory.bound(call["args"])(), tool_call_id=call["id"])
    answer = await answered(bound, way, [asked, called, result])

    assert (call["name"], call["args"]["command"]) == ("memory", "view")
    assert answer.text


@every_way
async def test_unknown_deployment(foundry_endpoint: dict[str, Any], way: str) -> None:
    """A deployment that there is not is named as the reason, by either family of errors."""
    with pytest.raises(NotFoundError, match="deployment") as refused:
        await answered(llm_of(foundry_endpoint, model="my-deployment"), way, "Hello")

    assert isinstance(refused.value, ModelNotFoundError)
    assert refused.value.apim_request_id


@every_way
async def test_feature_that_the_deployment_lacks(foundry_endpoint: dict[str, Any], way: str) -> None:
    """A feature that the deployment has not is named, with both ids of the request."""
    bound = llm_of(foundry_endpoint).bind_tools([server_tools.code_execution()])

    with pytest.raises(FeatureNotSupportedError, match="code_execution") as refused:
        await answered(bound, way, "Run it.")

    assert isinstance(refused.value, ModelError)
    assert refused.value.request_id
    assert refused.value.apim_request_id


@whole_and_streamed
async def test_prompt_that_is_too_long(foundry_endpoint: dict[str, Any], way: str) -> None:
    """A prompt beyond the context window is langchain-core's overflow, with the service's own figures."""
    llm = llm_of(foundry_endpoint, model="claude-haiku-4-5")

    with pytest.raises(ContextOverflowError, match=r"prompt is too long: \d+ tokens > 200000 maximum") as refused:
        await answered(llm, way, "." * 200_001)

    assert isinstance(refused.value, BadRequestError)


@whole_and_streamed
async def test_call_that_is_cut(foundry_endpoint: dict[str, Any], way: str) -> None:
    """A call that ends at the limit is told as invalid, and never as a call."""
    llm = llm_of(foundry_endpoint, model="claude-haiku-4-5", max_tokens=8).bind_tools([multiply])

    answer = await answered(llm, way, "What is 17 times 23? Use multiply.")

    assert answer.response_metadata["stop_reason"] == "max_tokens"
    assert answer.tool_calls == []
    assert [call["name"] for call in answer.invalid_tool_calls] == ["multiply"]
