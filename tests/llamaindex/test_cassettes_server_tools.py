"""Tools that the service runs, and turns that it pauses, against recorded traffic."""

import json
from typing import Any

import pytest
from llama_index.core.agent.workflow import FunctionAgent, ToolCallResult
from llama_index.core.base.llms.types import ChatMessage, CitationBlock, ToolCallBlock

from claude_foundry import server_tools, tool
from claude_foundry.llamaindex import ClaudeFoundry
from tests.llamaindex.cassette_ways import all_ways, answered, kinds, own_blocks, user, whole_and_streamed
from tests.test_cassettes_server_tools import MODEL, PAGE, foundry_service, get_weather

__all__ = ["foundry_service"]
pytestmark = pytest.mark.vcr
SEARCHES = "Search for 'example domain', then 'documentation examples', then 'permission', one at a time."


@pytest.fixture
def endpoint(foundry_endpoint: dict[str, Any]) -> dict[str, Any]:
    return {"model": MODEL, "max_tokens": 1000, **foundry_endpoint}


def cited(response: Any) -> list[CitationBlock]:
    return [block for block in response.message.blocks if isinstance(block, CitationBlock)]


@all_ways
async def test_web_search(endpoint: dict[str, Any], way: str) -> None:
    """A search stands in the answer with its results, and the text cites the pages; both can be sent back."""
    llm = ClaudeFoundry(server_tools=[server_tools.web_search(max_uses=1)], **endpoint)
    asked = user("Search the web: what is the example domain for?")

    found = await answered(llm, [asked], way)
    again = await answered(llm, [asked, found.message, user("Thank you. Say it in one word.")], way)

    assert kinds(found) == ["server_tool_use", "web_search_tool_result"]
    assert {block.source for block in cited(found)} == {PAGE}
    assert all(block.cited_content.text for block in cited(found))
    assert found.raw["usage"]["server_tool_use"]["web_search_requests"] == 1
    assert again.message.content


@whole_and_streamed
async def test_web_fetch(endpoint: dict[str, Any], way: str) -> None:
    """A page is read, and the text cites it."""
    llm = ClaudeFoundry(server_tools=[server_tools.web_fetch(max_uses=1, citations=True)], **endpoint)

    read = await answered(llm, [user(f"What is the domain of {PAGE} for?")], way)

    [_, result] = own_blocks(read)
    assert result["content"]["url"] == PAGE
    assert cited(read)
    assert "documentation" in (read.message.content or "")


@whole_and_streamed
@pytest.mark.parametrize("kind", ["bm25", "regex"])
async def test_tool_search(endpoint: dict[str, Any], kind: Any, way: str) -> None:
    """A deferred tool is found and called, and its result answered."""
    deferred = tool(get_weather, defer_loading=True).definition
    llm = ClaudeFoundry(server_tools=[server_tools.tool_search(kind), deferred], **endpoint)
    asked = user("What is the weather in Oslo?")

    found = await answered(llm, [asked], way)
    [call] = llm.get_tool_calls_from_response(found)
    result = ChatMessage(
        role="tool", content=get_weather(**call.tool_kwargs), additional_kwargs={"tool_call_id": call.tool_id}
    )
    answer = await answered(llm, [asked, found.message, result], way)

    assert "tool_search_tool_result" in kinds(found)
    assert call.tool_name == "get_weather"
    assert "12 degrees" in (answer.message.content or "")


@whole_and_streamed
async def test_code_execution(endpoint: dict[str, Any], way: str) -> None:
    """Code comes with its result, and the next request runs in the same container."""
    llm = ClaudeFoundry(server_tools=[server_tools.code_execution()], **endpoint)
    asked = user("Run Python code that adds 2 and 3.")

    first = await answered(llm, [asked], way)
    second = await answered(llm, [asked, first.message, user("Run Python code that adds 4 and 5.")], way)

    assert kinds(first) == ["server_tool_use", "bash_code_execution_tool_result"]
    assert first.raw["container"]["id"]
    assert second.raw["container"]["id"] == first.raw["container"]["id"]


@whole_and_streamed
async def test_programmatic_calls(endpoint: dict[str, Any], way: str) -> None:
    """A function that code calls is named to the caller, and its result goes back to the code in its container."""
    by_code = server_tools.callable_by_code(tool(get_weather).definition)
    llm = ClaudeFoundry(server_tools=[server_tools.code_execution(), by_code], **endpoint)
    asked = user("What is the weather in Oslo?")

    waiting = await answered(llm, [asked], way)
    [call] = llm.get_tool_calls_from_response(waiting)
    result = ChatMessage(
        role="tool", content=get_weather(**call.tool_kwargs), additional_kwargs={"tool_call_id": call.tool_id}
    )
    answer = await answered(llm, [asked, waiting.message, result], way)

    [called] = [block for block in own_blocks(waiting) if block["type"] == "tool_use"]
    assert called["caller"]["type"] == "code_execution_20260120"
    assert answer.raw["container"]["id"] == waiting.raw["container"]["id"]
    assert "12 degrees" in json.dumps(own_blocks(answer))


@whole_and_streamed
async def test_mcp(endpoint: dict[str, Any], way: str) -> None:
    """A call to a remote MCP server comes with its result, and both can be sent back."""
    remote = server_tools.mcp("learn", url="https://learn.microsoft.com/api/mcp", only=["microsoft_docs_search"])
    llm = ClaudeFoundry(server_tools=remote["tools"], mcp_servers=remote["mcp_servers"], **endpoint)
    asked = user("Search the docs: what is Microsoft Foundry?")

    found = await answered(llm, [asked], way)
    again = await answered(llm, [asked, found.message, user("Thank you. Say it in one word.")], way)

    assert kinds(found) == ["mcp_tool_use", "mcp_tool_result"]
    assert own_blocks(found)[1]["is_error"] is False
    assert not any(isinstance(block, ToolCallBlock) for block in found.message.blocks)
    assert again.message.content


@all_ways
async def test_a_paused_turn(endpoint: dict[str, Any], way: str) -> None:
    """A turn that the service pauses is taken up again: one answer holds every search, and counts all requests."""
    llm = ClaudeFoundry(server_tools=[server_tools.web_search()], **endpoint)

    answer = await answered(llm, [user(SEARCHES)], way)

    assert kinds(answer).count("server_tool_use") >= 3
    assert answer.additional_kwargs["stop_reason"] == "end_turn"
    assert answer.message.content


@whole_and_streamed
async def test_a_paused_turn_that_is_handed_over(endpoint: dict[str, Any], way: str) -> None:
    """Where a paused turn is not taken up again, the caller sees the pause and takes the turn up again."""
    llm = ClaudeFoundry(server_tools=[server_tools.web_search()], continue_paused_turns=False, **endpoint)

    paused = await answered(llm, [user(SEARCHES)], way)
    resumed = await answered(llm, [user(SEARCHES), paused.message], way)

    assert paused.additional_kwargs["stop_reason"] == "pause_turn"
    assert kinds(resumed)
    assert resumed.additional_kwargs["stop_reason"] == "end_turn"


# LlamaIndex's workflows look at every attribute of an agent, pydantic's deprecated ones among them.
@pytest.mark.filterwarnings("ignore::pydantic.PydanticDeprecationWarning")
async def test_agent_with_tools_of_both(endpoint: dict[str, Any]) -> None:
    """An agent's own tool runs beside those of the service."""
    llm = ClaudeFoundry(server_tools=[server_tools.web_search(max_uses=1)], **endpoint)
    handler = FunctionAgent(tools=[get_weather], llm=llm).run("What is the weather in Oslo?")
    seen = [event async for event in handler.stream_events()]

    [called] = [event for event in seen if isinstance(event, ToolCallResult)]
    assert called.tool_kwargs == {"city": "Oslo"}
    assert "12 degrees" in str(await handler)
