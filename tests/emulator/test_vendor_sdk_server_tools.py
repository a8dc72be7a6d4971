"""The vendor's own SDK against the emulator, where the service runs the tools."""

from collections.abc import Iterator
from typing import Any

import pytest
from anthropic import AnthropicFoundry, NotFoundError

from claude_foundry import server_tools
from claude_foundry.emulator import Emulator

from . import web, wire

HANDBOOK = "The lamp turns once in ten seconds."


def read_handbook(chapter: str) -> str:
    """Handbook of the lamp."""
    return f"{chapter}: {HANDBOOK}"


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    """An emulator with a small web and an MCP server."""
    with Emulator(pages=web.PAGES, mcp_functions={"docs": [read_handbook]}, max_server_steps=2) as emulator:
        yield emulator


@pytest.fixture
def client(served: Emulator) -> Iterator[AnthropicFoundry]:
    """The SDK's client for Foundry."""
    with AnthropicFoundry(base_url=served.base_url, api_key=served.api_key, max_retries=0) as client:
        yield client


def request(question: Any, *tools: Any, **fields: Any) -> Any:
    messages = [wire.user(question)]
    return {"model": web.HOSTED_ON_ANTHROPIC, "max_tokens": 900, "messages": messages, "tools": list(tools), **fields}


DEFERRED: Any = {**wire.WEATHER, "defer_loading": True}
BY_CODE: Any = server_tools.callable_by_code(wire.WEATHER)
ROUNDS = {
    "web_search": request("How fast does the lamp of Bergen turn?", server_tools.web_search()),
    "web_fetch": request(f"How fast is the lamp at {web.BERGEN}?", server_tools.web_fetch(citations=True)),
    "filtered": request("How fast does the lamp turn?", {"type": "web_search_20260209", "name": "web_search"}),
    "bm25": request("What is the weather in Oslo?", server_tools.tool_search(), DEFERRED),
    "regex": request("What is the weather in Oslo?", server_tools.tool_search("regex"), DEFERRED),
    "code": request("Compute 3 times 4.", server_tools.code_execution()),
    "programmatic": request("What is the weather in Oslo?", server_tools.code_execution(), BY_CODE),
    "paused": request("Search for 'Bergen', 'Oslo' and 'tower'.", server_tools.web_search()),
}
BLOCKS = {
    "web_search": ["server_tool_use", "web_search_tool_result", "text"],
    "web_fetch": ["server_tool_use", "web_fetch_tool_result", "text"],
    "filtered": [*("server_tool_use",) * 2, "web_search_tool_result", "code_execution_tool_result", "text"],
    "bm25": ["server_tool_use", "tool_search_tool_result", "tool_use"],
    "regex": ["server_tool_use", "tool_search_tool_result", "tool_use"],
    "code": ["server_tool_use", "bash_code_execution_tool_result", "text"],
    "programmatic": ["server_tool_use", "tool_use"],
    "paused": [*("server_tool_use", "web_search_tool_result") * 2, "server_tool_use"],
}


def plain(message: Any) -> Any:
    """Gives what two answers to the same request have in common."""
    told = message.to_dict()
    for block in told["content"]:
        for name in ("id", "tool_use_id"):
            block.pop(name, None)
        block.pop("caller", None)
        if isinstance(block.get("content"), dict):
            block["content"].pop("retrieved_at", None)
    return told["content"], told["stop_reason"], told["usage"]["output_tokens"], told["usage"].get("server_tool_use")


@pytest.mark.parametrize("name", ROUNDS)
def test_rounds(client: AnthropicFoundry, name: str) -> None:
    """Whole and streamed, the SDK reads the same blocks of its own types."""
    whole = client.messages.create(**ROUNDS[name])
    with client.messages.stream(**ROUNDS[name]) as stream:
        streamed = stream.get_final_message()
    assert [block.type for block in whole.content] == BLOCKS[name]
    assert plain(whole) == plain(streamed)
    assert (streamed.container is None) == (name not in ("filtered", "code", "programmatic"))


@pytest.mark.parametrize("name", ["bm25", "programmatic", "paused"])
def test_rounds_go_on(client: AnthropicFoundry, name: str) -> None:
    """What the SDK read is taken back as it gives it, and the turn comes to its end."""
    fields = dict(ROUNDS[name])
    while (message := client.messages.create(**fields)).stop_reason in ("tool_use", "pause_turn"):
        turn: list[Any] = [{"role": "assistant", "content": message.content}]
        calls = [block for block in message.content if block.type == "tool_use"]
        results = [{"type": "tool_result", "tool_use_id": call.id, "content": "12 degrees"} for call in calls]
        turn += [wire.user(results)] if results else []
        fields["messages"] = [*fields["messages"], *turn]
        fields |= {"container": message.container.id} if message.container else {}
    assert message.stop_reason == "end_turn"
    assert message.content[-1].type == "text"


def test_mcp(client: AnthropicFoundry) -> None:
    """The SDK's beta reads calls to MCP servers and their results, whole and streamed."""
    fields: Any = {**request("What does the handbook say?"), **server_tools.mcp("docs", url="https://mcp.example")}
    betas = ["mcp-client-2025-11-20"]
    whole = client.beta.messages.create(**fields, betas=betas)
    with client.beta.messages.stream(**fields, betas=betas) as stream:
        streamed = stream.get_final_message()
    for message in (whole, streamed):
        call, result, text = message.content
        assert (call.type, result.type, text.type) == ("mcp_tool_use", "mcp_tool_result", "text")
        assert HANDBOOK in str(result)


def test_files_in_messages(client: AnthropicFoundry) -> None:
    """A file that the SDK uploaded answers a question, whole and streamed, until it is deleted."""
    betas = ["files-api-2025-04-14"]
    file = client.beta.files.upload(file=("a.txt", HANDBOOK.encode(), "text/plain"), betas=betas)
    document = {"type": "document", "source": {"type": "file", "file_id": file.id}, "citations": {"enabled": True}}
    fields = request([document, {"type": "text", "text": "How fast does the lamp turn?"}])
    whole = client.beta.messages.create(**fields, betas=betas)
    with client.beta.messages.stream(**fields, betas=betas) as stream:
        streamed = stream.get_final_message()
    client.beta.files.delete(file.id, betas=betas)
    assert HANDBOOK in str(whole.content[0])
    assert plain(whole) == plain(streamed)
    with pytest.raises(NotFoundError, match="File not found"):
        client.beta.messages.create(**fields, betas=betas)
