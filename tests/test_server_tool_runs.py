"""Tools that the service runs, seen end to end through both clients."""

from typing import Any

import pytest

from claude_foundry import server_tools, tool
from claude_foundry.emulator import EmulatorTransport
from claude_foundry.types import (
    BashCodeExecutionToolResultBlock,
    MCPToolResultBlock,
    MCPToolUseBlock,
    ServerToolUseBlock,
    ToolRun,
    ToolSearchToolResultBlock,
    ToolStep,
    ToolUseBlock,
    WebFetchToolResultBlock,
    WebSearchToolResultBlock,
)
from tests.runs import asked, iterated
from tests.shells import FakeTime, Shell, both

MODEL = "claude-sonnet-4-6"
PAGE = "https://lights.example/bergen"
PAGES = {
    PAGE: "<html><title>Bergen light</title><p>The lamp of Bergen turns once in ten seconds.</p></html>",
    "https://lights.example/oslo": "Oslo light\nThe lamp of Oslo is red.",
    "https://lights.example/tower": "Towers\nThe tower is white.",
}
WEATHER = "What is the weather in Oslo?"
SEARCHES = "Search for 'lamp Bergen', 'lamp Oslo' and 'white tower'."


def get_weather(city: str) -> str:
    """Weather of a city."""
    return f"12 degrees in {city}"


def spare() -> str:
    """Elephants."""
    return "none"


def request(question: str, *tools: Any, **fields: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": question}]
    return {"model": MODEL, "max_tokens": 2000, "messages": messages, "tools": list(tools), **fields}


def emulated(kind: type[Shell], **given: Any) -> Shell:
    return kind(EmulatorTransport(**({"pages": PAGES} | given)).handle_request, FakeTime(), api_key="emulator")


def types(content: Any) -> list[type]:
    return [type(block) for block in content]


def runs(kind: type[Shell], fields: dict[str, Any], **given: Any) -> list[ToolRun]:
    """Gives the run of whole answers and the streamed one, each with an emulator of its own."""
    streamed = iterated(emulated(kind, **given), "stream_tools", take=lambda _: None, last="get_final_run", **fields)
    return [asked(emulated(kind, **given), "run_tools", **fields), streamed]


def answers(kind: type[Shell], fields: dict[str, Any], **given: Any) -> list[Any]:
    """Gives a whole answer and a streamed one."""
    return [emulated(kind, **given).create(**fields), emulated(kind, **given).stream(**fields)]


@both
def test_web_search(shell: type[Shell]) -> None:
    """A search is typed, cited and counted, whole and streamed, and its answer may be sent back."""
    fields = request("How fast does the lamp of Bergen turn?", server_tools.web_search())
    for answer in answers(shell, fields):
        assert types(answer.content[:2]) == [ServerToolUseBlock, WebSearchToolResultBlock]
        assert "ten seconds" in answer.text
        assert {citation.url for citation in answer.citations} == {PAGE}
        assert answer.usage.server_tool_use.web_search_requests == 1
        question = {"role": "user", "content": "What was searched for?"}
        history = [*fields["messages"], answer.to_param(), question]
        assert asked(emulated(shell), "create", **{**fields, "messages": history}).stop_reason == "end_turn"


@both
def test_web_fetch(shell: type[Shell]) -> None:
    """A page is read and cited, whole and streamed."""
    for answer in answers(shell, request(f"How fast is the lamp at {PAGE}?", server_tools.web_fetch(citations=True))):
        assert types(answer.content[:2]) == [ServerToolUseBlock, WebFetchToolResultBlock]
        assert [citation.document_title for citation in answer.citations] == ["Bergen light"]


@both
def test_web_is_unavailable(shell: type[Shell]) -> None:
    """Without pages the result is the error that the service documents."""
    for answer in answers(shell, request("How fast does the lamp turn?", server_tools.web_search()), pages=None):
        assert answer.content[1].content.error_code == "unavailable"


@both
@pytest.mark.parametrize("search", ["bm25", "regex"])
def test_tool_search(shell: type[Shell], search: Any) -> None:
    """A deferred function is found, called, and its result stated."""
    fields = request(WEATHER, server_tools.tool_search(search), tool(get_weather, defer_loading=True), tool(spare))
    for run in runs(shell, fields):
        assert types(run.steps[0].message.content) == [ServerToolUseBlock, ToolSearchToolResultBlock, ToolUseBlock]
        assert [result["content"] for step in run.steps for result in step.results] == ["12 degrees in Oslo"]
        assert run.final.text == "get_weather returned: 12 degrees in Oslo"


@both
def test_programmatic_calls(shell: type[Shell]) -> None:
    """A function that code calls is run, and the run ends in the container in which it began."""
    by_code = tool(get_weather, allowed_callers=["code_execution_20260120"])
    for run in runs(shell, request(WEATHER, server_tools.code_execution(), by_code)):
        first, last = (step.message for step in run.steps)
        assert types(first.content) == [ServerToolUseBlock, ToolUseBlock]
        assert first.content[1].caller.tool_id == first.content[0].id
        assert last.content[0].content.stdout == "12 degrees in Oslo\n"
        assert first.container.id == last.container.id


@both
def test_code_execution(shell: type[Shell]) -> None:
    """Code is not executed: the result says so."""
    for answer in answers(shell, request("Compute 3 times 4.", server_tools.code_execution())):
        assert types(answer.content[:2]) == [ServerToolUseBlock, BashCodeExecutionToolResultBlock]
        assert answer.content[1].content.error_code == "unavailable"
        assert answer.container.id


@both
@pytest.mark.parametrize("functions", [None, {"docs": [get_weather]}])
def test_mcp(shell: type[Shell], functions: Any) -> None:
    """A server's call and result are typed; without functions for it the result is an error."""
    fields = request(WEATHER) | server_tools.mcp("docs", url="https://mcp.example")
    for answer in answers(shell, fields, mcp_functions=functions):
        assert types(answer.content[:2]) == [MCPToolUseBlock, MCPToolResultBlock]
        assert answer.content[1].is_error is (functions is None)


@both
@pytest.mark.parametrize("steps", [1, 2])
def test_paused_turns_are_continued(shell: type[Shell], steps: int) -> None:
    """A run goes on after each pause, and every search is made once."""
    for run in runs(shell, request(SEARCHES, server_tools.web_search()), max_server_steps=steps):
        reasons = [step.message.stop_reason for step in run.steps]
        blocks = [block for step in run.steps for block in step.message.content]
        queries = [block.input["query"] for block in blocks if isinstance(block, ServerToolUseBlock)]
        assert set(reasons[:-1]) == {"pause_turn"}
        assert reasons[-1] == "end_turn"
        assert queries == ["lamp Bergen", "lamp Oslo", "white tower"]
        assert sum(isinstance(block, WebSearchToolResultBlock) for block in blocks) == len(queries)
        assert "ten seconds" in run.final.text


@both
def test_steps_of_a_streamed_run(shell: type[Shell]) -> None:
    """A streamed run gives the events of every turn, and a step at the end of each."""
    taken: list[Any] = []
    fields = request(SEARCHES, server_tools.web_search())
    client = emulated(shell, max_server_steps=2)
    iterated(client, "stream_tools", take=taken.append, last="get_final_run", **fields)
    assert sum(isinstance(item, ToolStep) for item in taken) == 2
    assert sum(not isinstance(item, ToolStep) and item["type"] == "message_stop" for item in taken) == 2
