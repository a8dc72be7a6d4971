"""Thinking of each generation of models, and its way back, against recorded traffic."""

from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, TextBlock, ThinkingBlock
from llama_index.core.tools import FunctionTool

from claude_foundry import BadRequestError
from claude_foundry.llamaindex import ClaudeFoundry, content_block
from tests.llamaindex.cassette_ways import all_ways, answered, user

pytestmark = pytest.mark.vcr
# What stands here for thinking that the service has sealed; to record anew, take that of an answer.
SEALED = "RW11bGF0ZWRTZWFsZWRUaGlua2luZw=="
QUESTION = "Think step by step: what is 17 times 23?"
SETTINGS: dict[str, dict[str, Any]] = {
    "a budget": {"model": "claude-haiku-4-5", "thinking": {"type": "enabled", "budget_tokens": 1024}},
    "by default of an older model": {"model": "claude-sonnet-4-5", "thinking": True},
    "adaptive": {"model": "claude-sonnet-5", "thinking": {"type": "adaptive", "display": "summarized"}},
    "an effort": {"model": "claude-opus-4-6", "thinking": "high"},
    "always": {"model": "claude-opus-5-5", "thinking": "low"},
}


def multiply(first: int, second: int) -> int:
    """Multiply two numbers."""
    return first * second


def llm_of(endpoint: dict[str, Any], **settings: Any) -> ClaudeFoundry:
    return ClaudeFoundry(**{"max_tokens": 3000, **settings}, **endpoint)


def thoughts(response: ChatResponse) -> list[ThinkingBlock]:
    return [block for block in response.message.blocks if isinstance(block, ThinkingBlock)]


@all_ways
@pytest.mark.parametrize("setting", SETTINGS)
async def test_thinking(foundry_endpoint: dict[str, Any], setting: str, way: str) -> None:
    """A model thinks in the form it takes, and takes its thinking back."""
    llm = llm_of(foundry_endpoint, **SETTINGS[setting])

    answer = await answered(llm, [user(QUESTION)], way)
    again = await answered(llm, [user(QUESTION), answer.message, user("And half of it?")], way)

    [thought] = thoughts(answer)
    assert thought.additional_information["signature"]
    assert answer.raw["usage"]["output_tokens_details"]["thinking_tokens"] > 0
    assert again.message.content


@pytest.mark.parametrize("setting", ["a budget", "adaptive"])
async def test_thinking_while_it_comes(foundry_endpoint: dict[str, Any], setting: str) -> None:
    """Thinking is told in increments beside the text, never in it."""
    llm = llm_of(foundry_endpoint, **SETTINGS[setting])

    responses = [response async for response in await llm.astream_chat([user(QUESTION)])]

    told = [response.additional_kwargs.get("thinking_delta") for response in responses]
    [thought] = thoughts(responses[-1])
    assert "".join(delta for delta in told if delta) == thought.content
    assert not any(response.delta for response, delta in zip(responses, told, strict=True) if delta)


def test_no_thinking(foundry_endpoint: dict[str, Any]) -> None:
    """A model that thinks by default does not where it is told not to."""
    llm = llm_of(foundry_endpoint, model="claude-sonnet-5", thinking=False)

    assert thoughts(llm.chat([user(QUESTION)])) == []


@all_ways
@pytest.mark.parametrize("setting", SETTINGS)
async def test_thinking_before_a_call(foundry_endpoint: dict[str, Any], setting: str, way: str) -> None:
    """Thinking goes back with the call it led to, through a memory that keeps messages as JSON."""
    llm = llm_of(foundry_endpoint, **SETTINGS[setting])
    tools = [FunctionTool.from_defaults(multiply)]
    asked = user("What is 17 times 23? Use multiply.")

    called = await llm.achat_with_tools(tools, user_msg=asked)
    [call] = llm.get_tool_calls_from_response(called)
    result = ChatMessage(
        role="tool", content=str(multiply(**call.tool_kwargs)), additional_kwargs={"tool_call_id": call.tool_id}
    )
    kept = ChatMessage.model_validate_json(called.message.model_dump_json())
    history = [asked, kept, result]
    answer = await _with_tools(llm, tools, history, way)

    assert thoughts(called)
    assert "391" in (answer.message.content or "")


@pytest.mark.parametrize("way", ["chat", "astream_chat"])
async def test_thinking_of_another_conversation(foundry_endpoint: dict[str, Any], way: str) -> None:
    """Thinking replayed under another system prompt is left out in a second attempt, or refused, as set."""
    llm = llm_of(foundry_endpoint, **SETTINGS["always"])
    strict = llm_of(foundry_endpoint, on_thinking_mismatch="raise", **SETTINGS["always"])
    spoken = [user(QUESTION), (await answered(llm, [user(QUESTION)], way)).message, user("And half of it?")]
    moved = [ChatMessage(role="system", content="Be kind."), *spoken]

    answer = await answered(llm, moved, way)
    with pytest.raises(BadRequestError, match="different conversation"):
        await answered(strict, moved, way)

    assert answer.message.content


@all_ways
async def test_sealed_thinking(foundry_endpoint: dict[str, Any], way: str) -> None:
    """Thinking that the service has sealed goes back as it came, through a memory that keeps messages as JSON."""
    llm = llm_of(foundry_endpoint, **SETTINGS["a budget"])
    sealed = content_block({"type": "redacted_thinking", "data": SEALED})
    said = ChatMessage(role="assistant", blocks=[sealed, TextBlock(text="391")])
    kept = ChatMessage.model_validate_json(said.model_dump_json())

    answer = await answered(llm, [user(QUESTION), kept, user("And half of it?")], way)

    assert answer.message.content


async def _with_tools(llm: ClaudeFoundry, tools: Any, history: list[ChatMessage], way: str) -> ChatResponse:
    match way:
        case "chat":
            return llm.chat_with_tools(tools, chat_history=history)
        case "achat":
            return await llm.achat_with_tools(tools, chat_history=history)
        case "stream_chat":
            return list(llm.stream_chat_with_tools(tools, chat_history=history))[-1]
    return [part async for part in await llm.astream_chat_with_tools(tools, chat_history=history)][-1]
