"""How the tests with cassettes ask a chat model, in each of LangChain's four ways, and what they check of an answer."""

from collections.abc import Sequence
from typing import Any

import pytest
from langchain_core.messages import AIMessage

every_way = pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
whole_and_streamed = pytest.mark.parametrize("way", ["invoke", "astream"])


def checked(answer: AIMessage) -> AIMessage:
    """The answer, which tells its counts, its stop reason and both ids."""
    told = answer.response_metadata
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["output_tokens"] > 0
    assert answer.id == told["id"]
    assert told["id"].startswith("msg_")
    assert told["stop_reason"]
    assert told["request_id"].startswith("req_")
    assert told["apim_request_id"]
    return answer


async def answered(llm: Any, way: str, prompt: Any) -> AIMessage:
    """The answer to a prompt; of a stream the sum of its chunks."""
    match way:
        case "invoke":
            return checked(llm.invoke(prompt))
        case "ainvoke":
            return checked(await llm.ainvoke(prompt))
        case "stream":
            chunks = list(llm.stream(prompt))
        case _:
            chunks = [chunk async for chunk in llm.astream(prompt)]
    return checked(sum(chunks[1:], chunks[0]))


def blocks(answer: AIMessage, *kinds: str) -> list[Any]:
    """The blocks of these types in the content of an answer."""
    parts: Sequence[Any] = answer.content if isinstance(answer.content, list) else []
    return [part for part in parts if part["type"] in kinds]


def standard(answer: AIMessage) -> list[str]:
    """The types of the answer's blocks in LangChain's standard form."""
    return [block["type"] for block in answer.content_blocks]


def citations(answer: AIMessage) -> list[Any]:
    """The citations in the answer's text, in LangChain's standard form."""
    return [note for block in answer.content_blocks for note in block.get("annotations", [])]
