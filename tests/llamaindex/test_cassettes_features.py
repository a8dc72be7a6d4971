"""Features of the LLM against recorded traffic: agents, objects, reasoning, the prompt cache and citations."""

from typing import Any

import pytest
from llama_index.core.agent.workflow import AgentStream, FunctionAgent, ToolCallResult
from llama_index.core.base.llms.types import (
    CacheControl,
    CachePoint,
    ChatMessage,
    CitableBlock,
    CitationBlock,
    TextBlock,
    ThinkingBlock,
)
from llama_index.core.prompts import PromptTemplate
from pydantic import BaseModel

from claude_foundry.llamaindex import ClaudeFoundry

pytestmark = pytest.mark.vcr
RULES = "The lamp turns once in ten seconds. " * 400


class Trip(BaseModel):
    """A trip."""

    city: str
    days: int


def multiply(first: int, second: int) -> int:
    """Multiply two numbers."""
    return first * second


def llm_of(endpoint: dict[str, Any], **settings: Any) -> ClaudeFoundry:
    return ClaudeFoundry(**{"model": "claude-sonnet-5", "max_tokens": 2048, **settings}, **endpoint)


# LlamaIndex's workflows look at every attribute of an agent, pydantic's deprecated ones among them.
@pytest.mark.filterwarnings("ignore::pydantic.PydanticDeprecationWarning")
async def test_agent(foundry_endpoint: dict[str, Any]) -> None:
    """An agent calls its tool, and tells its answer while it comes."""
    handler = FunctionAgent(tools=[multiply], llm=llm_of(foundry_endpoint)).run("What is 17 times 23? Use multiply.")
    seen = [event async for event in handler.stream_events()]

    [call] = [event for event in seen if isinstance(event, ToolCallResult)]
    assert (call.tool_name, call.tool_output.raw_output) == ("multiply", 391)
    assert "391" in "".join(event.delta for event in seen if isinstance(event, AgentStream))
    assert "391" in str(await handler)


@pytest.mark.parametrize("mode", ["json_schema", "function_calling"])
@pytest.mark.parametrize("model", ["claude-sonnet-5", "claude-opus-5-5"])
def test_objects(foundry_endpoint: dict[str, Any], model: str, mode: Any) -> None:
    """An object comes in each way, whole and growing."""
    llm = llm_of(foundry_endpoint, model=model, structured_mode=mode)
    prompt = PromptTemplate("A trip to {city} for 3 days.")

    assert llm.structured_predict(Trip, prompt, city="Paris") == Trip(city="Paris", days=3)
    assert list(llm.stream_structured_predict(Trip, prompt, city="Paris"))[-1] == Trip(city="Paris", days=3)


def test_reasoning(foundry_endpoint: dict[str, Any]) -> None:
    """Reasoning is told while it comes, and goes back with the answer it led to."""
    llm = llm_of(foundry_endpoint, thinking={"type": "adaptive", "display": "summarized"})
    question = ChatMessage(role="user", content="Think step by step: what is 17 times 23?")

    responses = list(llm.stream_chat([question]))
    [thought] = [block for block in responses[-1].message.blocks if isinstance(block, ThinkingBlock)]
    again = llm.chat([question, responses[-1].message, ChatMessage(role="user", content="Are you sure?")])

    assert thought.additional_information["signature"]
    assert "".join(response.additional_kwargs.get("thinking_delta") or "" for response in responses) == thought.content
    assert again.message.content


def test_prompt_cache(foundry_endpoint: dict[str, Any]) -> None:
    """What stands before a cache point is written to the cache once, and read from it then."""
    llm = llm_of(foundry_endpoint)
    rules = [TextBlock(text=RULES), CachePoint(cache_control=CacheControl(type="ephemeral"))]

    first, second = (
        llm.chat([ChatMessage(role="system", blocks=rules), ChatMessage(role="user", content=text)]).additional_kwargs
        for text in ("How long does a turn take?", "And two turns?")
    )

    assert second["cache_read_input_tokens"] > 1024
    assert first["cache_creation_input_tokens"] + first["cache_read_input_tokens"] == second["cache_read_input_tokens"]
    assert second["prompt_tokens"] > second["cache_read_input_tokens"]


@pytest.mark.parametrize("streaming", [False, True])
def test_citations(foundry_endpoint: dict[str, Any], streaming: bool) -> None:
    """An answer from given passages names those it rests on, whole and streamed."""
    passage = CitableBlock(title="Manual", source="manual.txt", content=[TextBlock(text=RULES[:35])])
    asked = ChatMessage(role="user", blocks=[passage, TextBlock(text="How long does the lamp take for a turn?")])
    llm = llm_of(foundry_endpoint)

    response = list(llm.stream_chat([asked]))[-1] if streaming else llm.chat([asked])

    cited = [block for block in response.message.blocks if isinstance(block, CitationBlock)]
    assert {(block.title, block.source) for block in cited} == {("Manual", "manual.txt")}
    assert "ten seconds" in (response.message.content or "")
