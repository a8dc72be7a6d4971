"""Tools that the service runs, and files in messages, against recorded traffic."""

from collections.abc import Iterator
from typing import Any

import pytest

from claude_foundry import content, server_tools, tool
from claude_foundry.testing._service import Service
from claude_foundry.types import ServerToolUseBlock
from tests.cassette_shells import CassetteShell
from tests.own_emulators import serving

# Deployments of this model are hosted on Anthropic, where every one of these tools is.
MODEL = "claude-sonnet-4-6"
PAGE = "https://example.com/"
PAGES = {
    PAGE: "<html><title>Example Domain</title><body><h1>Example Domain</h1><p>This domain is for use in documentation "
    "examples without needing permission. Avoid use in operations.</p></body></html>",
}
pytestmark = pytest.mark.vcr


def microsoft_docs_search(query: str) -> str:
    """Searches the documentation of Microsoft Foundry."""
    return f"Microsoft Foundry is a platform for building AI applications. You asked: {query}"


def get_weather(city: str) -> str:
    """Gives the weather of a city."""
    return f"12 degrees and rain in {city}"


FUNCTIONS = {"learn": [microsoft_docs_search]}


@pytest.fixture(scope="module")
def foundry_service(foundry_service: Service, request: pytest.FixtureRequest) -> Iterator[Service]:
    """The service of the run; where an emulator stands for it, one that has a small web and an MCP server."""
    with serving(foundry_service, request, pages=PAGES, mcp_functions=FUNCTIONS, max_server_steps=2) as served:
        yield served


def request_of(question: Any, *tools: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": question}]
    return {"model": MODEL, "max_tokens": 1000, "messages": messages, "tools": list(tools)}


def kinds(message: Any) -> list[str]:
    return [block.type for block in message.content]


def test_web_search(recorded: CassetteShell) -> None:
    """A search is told with its results, and the streamed answer cites them."""
    answer = recorded.stream(
        **request_of("Search the web: what is the example domain for?", server_tools.web_search(max_uses=1))
    )

    assert {"server_tool_use", "web_search_tool_result"} <= set(kinds(answer))
    assert any(citation.type == "web_search_result_location" for citation in answer.citations)
    assert answer.usage.server_tool_use is not None
    assert answer.usage.server_tool_use.web_search_requests == 1


def test_web_fetch(recorded: CassetteShell) -> None:
    """A page is read, and the answer cites it."""
    answer = recorded.create(
        **request_of(f"What is the domain of {PAGE} for?", server_tools.web_fetch(max_uses=1, citations=True))
    )

    result: Any = next(block for block in answer.content if block.type == "web_fetch_tool_result")
    assert "Example Domain" in (result.content.content.title or result.content.content.source.data)
    assert answer.citations


def test_a_paused_turn(recorded: CassetteShell) -> None:
    """A run makes every search, over as many answers as the service takes."""
    question = "Search for 'example domain', then 'documentation examples', then 'permission', one at a time."
    run = recorded.ask(lambda it: it.messages.run_tools(**request_of(question, server_tools.web_search())))

    blocks = [block for step in run.steps for block in step.message.content]
    assert sum(isinstance(block, ServerToolUseBlock) for block in blocks) >= 3
    assert run.final.text


@pytest.mark.parametrize("kind", ["bm25", "regex"])
def test_tool_search(recorded: CassetteShell, kind: Any) -> None:
    """A deferred function is found and called."""
    deferred = tool(get_weather, defer_loading=True)
    question = request_of("What is the weather in Oslo?", server_tools.tool_search(kind), deferred)
    run = recorded.ask(lambda it: it.messages.run_tools(**question))

    assert "tool_search_tool_result" in kinds(run.steps[0].message)
    assert "12" in run.final.text


def test_code_execution(recorded: CassetteShell) -> None:
    """A call of code comes with its result and its container."""
    answer = recorded.create(**request_of("Run Python code that adds 2 and 3.", server_tools.code_execution()))

    assert "bash_code_execution_tool_result" in kinds(answer)
    assert answer.container is not None


def test_programmatic_calls(recorded: CassetteShell) -> None:
    """A function that code calls is run, and the run goes on in the same container."""
    by_code = tool(get_weather, allowed_callers=["code_execution_20260120"])
    question = request_of("What is the weather in Oslo?", server_tools.code_execution(), by_code)
    run = recorded.ask(lambda it: it.messages.run_tools(**question))

    call: Any = next(block for block in run.steps[0].message.content if block.type == "tool_use")
    assert call.caller.type == "code_execution_20260120"
    assert "12" in run.final.text


def test_mcp(recorded: CassetteShell) -> None:
    """A call to a remote MCP server comes with its result."""
    fields = request_of("Search the docs: what is Microsoft Foundry?")
    remote = server_tools.mcp("learn", url="https://learn.microsoft.com/api/mcp", only=["microsoft_docs_search"])
    answer = recorded.create(**{**fields, **remote})

    result: Any = next(block for block in answer.content if block.type == "mcp_tool_result")
    assert "mcp_tool_use" in kinds(answer)
    assert result.is_error is False


def test_files_in_messages(recorded: CassetteShell) -> None:
    """A question is answered from a file that was uploaded."""
    words = b"The lamp turns once in ten seconds."
    file = recorded.ask(lambda it: it.files.upload(words, filename="lamp.txt", content_type="text/plain"))
    question = [content.uploaded(file.id, kind="document"), content.text("In how many seconds does the lamp turn?")]
    answer = recorded.create(model=MODEL, max_tokens=300, messages=[{"role": "user", "content": question}])
    recorded.ask(lambda it: it.files.delete(file.id))

    assert "ten" in answer.text
