"""The LLM against recorded traffic: what is asked, and what is made of the answer."""

from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, CompletionResponse
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel

from claude_foundry.llamaindex import ClaudeFoundry
from tests.llamaindex.cassette_ways import all_ways, answered, checked, user

MODEL = "claude-haiku-4-5"
QUESTION = "What does a lighthouse do?"
pytestmark = pytest.mark.vcr


class Trip(BaseModel):
    """A trip."""

    city: str
    days: int


def multiply(first: int, second: int) -> int:
    """Multiply two numbers."""
    return first * second


@pytest.fixture
def llm(foundry_endpoint: dict[str, Any]) -> ClaudeFoundry:
    return ClaudeFoundry(model=MODEL, max_tokens=512, **foundry_endpoint)


async def complete(llm: ClaudeFoundry, way: str) -> CompletionResponse:
    match way:
        case "complete":
            return llm.complete(QUESTION)
        case "acomplete":
            return await llm.acomplete(QUESTION)
        case "stream_complete":
            return list(llm.stream_complete(QUESTION))[-1]
    return [response async for response in await llm.astream_complete(QUESTION)][-1]


@all_ways
async def test_chat(llm: ClaudeFoundry, way: str) -> None:
    """A conversation is answered, with counts, stop reason and both ids."""
    response = await answered(llm, [user(QUESTION)], way)

    assert "lighthouse" in str(response.message.content).lower()


@pytest.mark.parametrize("way", ["complete", "acomplete", "stream_complete", "astream_complete"])
async def test_complete(llm: ClaudeFoundry, way: str) -> None:
    """A prompt is answered, with counts, stop reason and both ids."""
    response = checked(await complete(llm, way))

    assert "lighthouse" in response.text.lower()


def test_tool_call(llm: ClaudeFoundry) -> None:
    """A tool is called with its arguments, and its result answered."""
    tool = FunctionTool.from_defaults(multiply)
    asked = ChatMessage(role="user", content="What is 17 times 23? Use the tool multiply.")

    called = checked(llm.chat_with_tools([tool], user_msg=asked))
    (call,) = llm.get_tool_calls_from_response(called)
    result = ChatMessage(
        role="tool", content=str(multiply(**call.tool_kwargs)), additional_kwargs={"tool_call_id": call.tool_id}
    )
    answer = checked(llm.chat_with_tools([tool], chat_history=[asked, called.message, result]))

    assert (call.tool_name, call.tool_kwargs) == ("multiply", {"first": 17, "second": 23})
    assert "391" in answer.message.content


def test_structured_prediction(llm: ClaudeFoundry) -> None:
    """An answer takes the form it is asked for."""
    trip = llm.structured_predict(Trip, PromptTemplate("A trip to {city} for 3 days."), city="Paris")

    assert trip == Trip(city="Paris", days=3)
