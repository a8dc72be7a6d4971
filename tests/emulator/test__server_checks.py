"""What the emulator refuses in the service's own tools, MCP servers and files."""

from typing import Any

import pytest

from claude_foundry._models import known
from claude_foundry.emulator._checks import refusal

from . import wire
from .web import FETCH, HOSTED_ON_ANTHROPIC, SEARCH

SERVER = {"type": "url", "url": "https://mcp.example", "name": "docs"}
TOOLSET = {"type": "mcp_toolset", "mcp_server_name": "docs"}


@pytest.mark.parametrize(
    ("tool", "said"),
    [
        ({**SEARCH, "allowed_domains": ["a"], "blocked_domains": ["b"]}, "only one of `allowed_domains` and"),
        ({**SEARCH, "allowed_domains": "a.example"}, "allowed_domains: Input should be a valid list of strings"),
        ({**SEARCH, "max_uses": 0}, "max_uses: Input should be greater than or equal to 1"),
        ({**SEARCH, "max_uses": True}, "max_uses: Input should be greater than or equal to 1"),
        ({**SEARCH, "citations": {"enabled": True}}, "citations: Extra inputs are not permitted"),
        ({**SEARCH, "name": "search"}, "name: Input should be 'web_search'"),
        ({**FETCH, "max_content_tokens": 0}, "max_content_tokens: Input should be greater than or equal to 1"),
        ({"type": "web_fetch_20250910"}, "name: Field required"),
        (
            {"type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25", "defer_loading": True},
            "the tool search tool itself cannot be deferred",
        ),
    ],
)
def test_tools(tool: dict[str, Any], said: str) -> None:
    """Each tool has its fields, and values that mean something."""
    assert said in wire.complaint(tools=[wire.WEATHER, tool])


@pytest.mark.parametrize("tool", [SEARCH, FETCH])
def test_what_is_not_given_may_be_null(tool: dict[str, Any]) -> None:
    """A field that is null counts as left out."""
    nulls = dict.fromkeys(("allowed_domains", "blocked_domains", "max_uses"))
    assert wire.send(tools=[{**tool, **nulls}]).status == 200


@pytest.mark.parametrize(
    ("servers", "tools", "said"),
    [
        ([SERVER], [], "server 'docs' must be referenced by exactly one mcp_toolset"),
        ([SERVER], [TOOLSET, TOOLSET], "server 'docs' must be referenced by exactly one mcp_toolset"),
        ([], [TOOLSET], "MCP server 'docs' referenced by mcp_toolset not found"),
        ([SERVER, SERVER], [TOOLSET], "server names must be unique"),
        ([{**SERVER, "url": "http://mcp.example"}], [TOOLSET], "mcp_servers.0.url: must start with https://"),
        ([{**SERVER, "token": "x"}], [TOOLSET], "mcp_servers.0.url.token: Extra inputs are not permitted"),
        (["docs"], [TOOLSET], "mcp_servers.0: Input should be an object"),
        ({"docs": SERVER}, [TOOLSET], "mcp_servers: Input should be a valid list"),
    ],
)
def test_mcp_servers(servers: Any, tools: list[dict[str, Any]], said: str) -> None:
    """Each server has one toolset and each toolset one server."""
    headers = {"anthropic-beta": "mcp-client-2025-11-20"}
    assert said in wire.complaint(mcp_servers=servers, tools=[wire.WEATHER, *tools], headers=headers)


def test_mcp_servers_before_toolsets() -> None:
    """In the first version of the connector servers stand alone."""
    headers = {"anthropic-beta": "mcp-client-2025-04-04"}
    assert wire.send(mcp_servers=[SERVER], headers=headers).status == 200


def test_files_without_a_store() -> None:
    """Where nobody knows the files, only the beta is asked for."""
    block = {"type": "document", "source": {"type": "file", "file_id": "file_1"}}
    fields = {"model": HOSTED_ON_ANTHROPIC, "max_tokens": 5, "messages": [wire.user([block])]}
    model = known(HOSTED_ON_ANTHROPIC)
    with_beta = {**wire.HEADERS, "anthropic-beta": "files-api-2025-04-14"}
    assert refusal(fields, with_beta, model=model, counting=False) is None
    refused = refusal(fields, wire.HEADERS, model=model, counting=False)
    assert refused is not None
    assert refused.status == 400
    newer = {**wire.HEADERS, "anthropic-version": "2026-10-21"}
    assert refusal(fields, newer, model=model, counting=False) is None
