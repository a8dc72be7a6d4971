"""How the tests with cassettes ask an LLM, in each of its four ways, and what they check of every answer."""

from collections.abc import Sequence
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, ContentBlock, TextBlock

from claude_foundry.llamaindex import ClaudeFoundry
from claude_foundry.llamaindex._content import verbatim

all_ways = pytest.mark.parametrize("way", ["chat", "achat", "stream_chat", "astream_chat"])
whole_and_streamed = pytest.mark.parametrize("way", ["chat", "astream_chat"])


def checked(response: Any) -> Any:
    """The response, which tells its counts, its stop reason and both ids."""
    told = response.additional_kwargs
    assert told["prompt_tokens"] > 0
    assert told["completion_tokens"] > 0
    assert told["total_tokens"] == told["prompt_tokens"] + told["completion_tokens"]
    assert told["stop_reason"]
    assert told["request_id"].startswith("req_")
    assert told["apim_request_id"]
    assert response.raw["usage"]["prompt_tokens"] == told["prompt_tokens"]
    assert response.raw["stop_reason"] == told["stop_reason"]
    return response


async def answered(llm: ClaudeFoundry, messages: Sequence[ChatMessage], way: str, **call: Any) -> ChatResponse:
    """The answer to a conversation; of a stream the last response, whose text its deltas make up."""
    match way:
        case "chat":
            return checked(llm.chat(messages, **call))
        case "achat":
            return checked(await llm.achat(messages, **call))
        case "stream_chat":
            responses = list(llm.stream_chat(messages, **call))
        case _:
            responses = [response async for response in await llm.astream_chat(messages, **call)]
    last = responses[-1]
    assert "".join(response.delta or "" for response in responses) == (last.message.content or "")
    assert last.delta == ""
    return checked(last)


def user(*parts: ContentBlock | str) -> ChatMessage:
    """A message of the user's."""
    return ChatMessage(role="user", blocks=[TextBlock(text=part) if isinstance(part, str) else part for part in parts])


def own_blocks(response: ChatResponse) -> list[dict[str, Any]]:
    """The blocks of the service's own tools, as they came."""
    return [block for held in response.message.blocks if (block := verbatim(held)) is not None]


def kinds(response: ChatResponse) -> list[str]:
    return [block["type"] for block in own_blocks(response)]
