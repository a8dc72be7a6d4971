"""The chat model against recorded traffic: what is asked, and what is made of the answer."""

import base64
from typing import Any

import pytest
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from pydantic import BaseModel

from claude_foundry.langchain import ChatClaudeFoundry
from tests.langchain.cassette_ways import answered, checked, every_way
from tests.langchain.test_standard import PAGE, PIXEL

MODEL = "claude-haiku-4-5"
pytestmark = pytest.mark.vcr


class Trip(BaseModel):
    """A trip."""

    city: str
    days: int


@tool
def multiply(first: int, second: int) -> int:
    """Multiply two numbers."""
    return first * second


@pytest.fixture
def llm(foundry_endpoint: dict[str, Any]) -> ChatClaudeFoundry:
    return ChatClaudeFoundry(model=MODEL, max_tokens=512, **foundry_endpoint)


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


@every_way
async def test_answer(llm: ChatClaudeFoundry, way: str) -> None:
    """A question is answered, with counts and both ids."""
    answer = await answered(llm, way, "What does a lighthouse do?")

    assert "lighthouse" in answer.text.lower()
    assert answer.response_metadata["stop_reason"] == "end_turn"


@every_way
async def test_tool_call(llm: ChatClaudeFoundry, way: str) -> None:
    """A tool is called with its arguments, and its result answered."""
    asking, bound = HumanMessage("What is 17 times 23? Use the tool multiply."), llm.bind_tools([multiply])

    called = await answered(bound, way, [asking])
    result = multiply.invoke(called.tool_calls[0])
    answer = await answered(bound, way, [asking, called, result])

    assert [(call["name"], call["args"]) for call in called.tool_calls] == [("multiply", {"first": 17, "second": 23})]
    assert isinstance(result, ToolMessage)
    assert "391" in answer.text


@pytest.mark.parametrize("method", ["function_calling", "json_schema"])
def test_structured_output(llm: ChatClaudeFoundry, method: Any) -> None:
    """An answer takes the form it is asked for, either way the API has."""
    trip = llm.with_structured_output(Trip, method=method).invoke("A trip to Paris for 3 days.")

    assert trip == Trip(city="Paris", days=3)


def test_images_and_documents(llm: ChatClaudeFoundry) -> None:
    """An image and a PDF are sent in the API's form."""
    parts = [
        {"type": "text", "text": "What do you see?"},
        {"type": "image", "base64": encoded(PIXEL), "mime_type": "image/png"},
        {"type": "file", "base64": encoded(PAGE), "mime_type": "application/pdf"},
    ]

    answer = checked(llm.invoke([HumanMessage(parts)]))

    assert answer.text


def test_batch(llm: ChatClaudeFoundry) -> None:
    """Questions sent together are answered in their order."""
    tides, lighthouses = llm.batch(["What is a tide?", "What is a lighthouse?"], config={"max_concurrency": 1})

    assert "tide" in checked(tides).text
    assert "lighthouse" in checked(lighthouses).text
