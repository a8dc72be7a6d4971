"""Tools that the service runs, and turns that it pauses, against recorded traffic."""

import json
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool

from claude_foundry import server_tools
from claude_foundry.langchain import ChatClaudeFoundry
from tests.langchain.cassette_ways import answered, blocks, citations, every_way, standard, whole_and_streamed
from tests.test_cassettes_server_tools import MODEL, PAGE, foundry_service

__all__ = ["foundry_service"]
pytestmark = pytest.mark.vcr
SEARCHES = "Search for 'example domain', then 'documentation examples', then 'permission', one at a time."
WEATHER = HumanMessage("What is the weather in Oslo?")
BY_CODE = "code_execution_20260120"


def get_weather(city: str) -> str:
    """Gives the weather of a city."""
    return f"12 degrees and rain in {city}"


def weather_tool(**extras: Any) -> Any:
    made = tool(get_weather)
    made.extras = extras
    return made


@pytest.fixture
def llm(foundry_endpoint: dict[str, Any]) -> ChatClaudeFoundry:
    return ChatClaudeFoundry(model=MODEL, max_tokens=1000, **foundry_endpoint)


@every_way
async def test_web_search(llm: ChatClaudeFoundry, way: str) -> None:
    """A search stands in the answer with its results, and the text cites the pages; all of it can be sent back."""
    bound = llm.bind_tools([server_tools.web_search(max_uses=1)])
    asked = HumanMessage("Search the web: what is the example domain for?")

    found = await answered(bound, way, [asked])
    again = await answered(bound, way, [asked, found, HumanMessage("Thank you. Say it in one word.")])

    assert [block["type"] for block in blocks(found, "server_tool_use", "web_search_tool_result")] == [
        "server_tool_use",
        "web_search_tool_result",
    ]
    assert {"server_tool_call", "server_tool_result", "text"} <= set(standard(found))
    assert {(note["type"], note["url"]) for note in citations(found)} == {("citation", PAGE)}
    assert found.tool_calls == []
    assert found.response_metadata["usage"]["server_tool_use"]["web_search_requests"] == 1
    assert again.text


@whole_and_streamed
async def test_web_fetch(llm: ChatClaudeFoundry, way: str) -> None:
    """A page is read, and the text cites it."""
    bound = llm.bind_tools([server_tools.web_fetch(max_uses=1, citations=True)])

    read = await answered(bound, way, f"What is the domain of {PAGE} for?")

    [result] = blocks(read, "web_fetch_tool_result")
    assert result["content"]["url"] == PAGE
    assert citations(read)
    assert "documentation" in read.text


@whole_and_streamed
@pytest.mark.parametrize("kind", ["bm25", "regex"])
async def test_tool_search(llm: ChatClaudeFoundry, kind: Any, way: str) -> None:
    """A deferred tool is found and called, and its result answered."""
    bound = llm.bind_tools([server_tools.tool_search(kind), weather_tool(defer_loading=True)])

    found = await answered(bound, way, [WEATHER])
    [call] = found.tool_calls
    result = ToolMessage(get_weather(**call["args"]), tool_call_id=call["id"])
    answer = await answered(bound, way, [WEATHER, found, result])

    assert blocks(found, "tool_search_tool_result")
    assert (call["name"], call["args"]) == ("get_weather", {"city": "Oslo"})
    assert "12 degrees" in answer.text


@whole_and_streamed
async def test_code_execution(llm: ChatClaudeFoundry, way: str) -> None:
    """Code comes with its result; where that is asked for, the next request runs in the same container."""
    bound = llm.model_copy(update={"reuse_last_container": True}).bind_tools([server_tools.code_execution()])
    asked = HumanMessage("Run Python code that adds 2 and 3.")

    first = await answered(bound, way, [asked])
    second = await answered(bound, way, [asked, first, HumanMessage("Run Python code that adds 4 and 5.")])

    assert blocks(first, "server_tool_use")
    assert blocks(first, "bash_code_execution_tool_result")
    assert first.response_metadata["container"]["id"] == second.response_metadata["container"]["id"]


@whole_and_streamed
async def test_programmatic_calls(llm: ChatClaudeFoundry, way: str) -> None:
    """A call that code makes names it, and its result goes back to the code in its container."""
    bound = llm.bind_tools([server_tools.code_execution(), weather_tool(allowed_callers=[BY_CODE])])

    waiting = await answered(bound, way, [WEATHER])
    [call] = waiting.tool_calls
    result = ToolMessage(get_weather(**call["args"]), tool_call_id=call["id"])
    answer = await answered(bound, way, [WEATHER, waiting, result])

    assert [block["caller"]["type"] for block in blocks(waiting, "tool_use")] == [BY_CODE]
    assert answer.response_metadata["container"]["id"] == waiting.response_metadata["container"]["id"]
    assert "12 degrees" in json.dumps(answer.content)


@whole_and_streamed
async def test_mcp(llm: ChatClaudeFoundry, way: str) -> None:
    """A call to a remote MCP server comes with its result, and both can be sent back."""
    remote = server_tools.mcp("learn", url="https://learn.microsoft.com/api/mcp", only=["microsoft_docs_search"])
    connected = llm.model_copy(update={"mcp_servers": remote["mcp_servers"]}).bind_tools(remote["tools"])
    asked = HumanMessage("Search the docs: what is Microsoft Foundry?")

    found = await answered(connected, way, [asked])
    again = await answered(connected, way, [asked, found, HumanMessage("Thank you. Say it in one word.")])

    [call, result] = blocks(found, "mcp_tool_use", "mcp_tool_result")
    assert (call["server_name"], result["tool_use_id"], result["is_error"]) == ("learn", call["id"], False)
    assert found.tool_calls == []
    assert again.text


@every_way
async def test_a_paused_turn(llm: ChatClaudeFoundry, way: str) -> None:
    """A turn that the service pauses is continued: one message holds every search."""
    answer = await answered(llm.bind_tools([server_tools.web_search()]), way, SEARCHES)

    assert len(blocks(answer, "server_tool_use")) >= 3
    assert answer.response_metadata["stop_reason"] == "end_turn"
    assert answer.text


@whole_and_streamed
async def test_a_paused_turn_that_is_handed_over(llm: ChatClaudeFoundry, way: str) -> None:
    """Where a paused turn is not continued, the caller sees the pause and takes the turn up again."""
    bound = llm.model_copy(update={"continue_paused_turns": False}).bind_tools([server_tools.web_search()])

    paused = await answered(bound, way, [HumanMessage(SEARCHES)])
    resumed = await answered(bound, way, [HumanMessage(SEARCHES), paused])

    assert paused.response_metadata["stop_reason"] == "pause_turn"
    assert resumed.response_metadata["stop_reason"] == "end_turn"
    assert resumed.content


def test_agent_with_tools_of_both(llm: ChatClaudeFoundry) -> None:
    """An agent's own tool runs beside those of the service."""
    agent: Any = create_agent(llm, tools=[get_weather, server_tools.web_search(max_uses=1)])

    *_, result, answer = agent.invoke({"messages": [WEATHER]})["messages"]

    assert isinstance(result, ToolMessage)
    assert "12 degrees" in answer.text
