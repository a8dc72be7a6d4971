"""What the service refuses in the tools that it runs itself, and in the MCP servers and files of a request.

Sources: https://platform.claude.com/docs/en/agents-and-tools/tool-use/tool-reference,
https://platform.claude.com/docs/en/agents-and-tools/mcp-connector,
https://platform.claude.com/docs/en/build-with-claude/files
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from claude_foundry._features import FILES_BETA
from claude_foundry.emulator import _door, _turn
from claude_foundry.emulator._fields import Complaints, Shape, tagged
from claude_foundry.emulator._files import StoredFile
from claude_foundry.emulator._refusals import Refusal, invalid, not_found

Fields = Mapping[str, Any]
Block = Mapping[str, Any]

_ANY = ("cache_control", "allowed_callers", "defer_loading", "strict")
_DOMAINS = ("allowed_domains", "blocked_domains")
_TOOLS = {
    "web_search_": Shape(("type", "name"), (*_ANY, *_DOMAINS, "max_uses", "user_location", "response_inclusion")),
    "web_fetch_": Shape(
        ("type", "name"),
        (
            *(*_ANY, *_DOMAINS, "max_uses", "citations", "max_content_tokens"),
            *("url_sources", "use_cache", "response_inclusion"),
        ),
    ),
    "tool_search_tool_": Shape(("type", "name"), _ANY),
    "code_execution_": Shape(("type", "name"), _ANY),
    "mcp_toolset": Shape(
        ("type", "mcp_server_name"), ("cache_control", "configs", "default_config", "defer_loading", "tools")
    ),
}
_NAMES = {"web_search_": "web_search", "web_fetch_": "web_fetch", "code_execution_": "code_execution"}
_LEAST = {"max_uses": 1, "max_content_tokens": 1}
_SERVERS = {"url": Shape(("type", "url", "name"), ("authorization_token", "tool_configuration"))}
# This version of the connector had no toolsets.
_BEFORE_TOOLSETS = "mcp-client-2025-04-04"
_READ_AS = {"image": ("image/",), "document": ("application/pdf", "text/plain")}


def tool(given: Fields, path: str) -> Complaints:
    """Gives what is wrong with a tool that the service runs; of other tools nothing."""
    kind = str(given.get("type"))
    begins = next((begins for begins in _TOOLS if kind.startswith(begins)), None)
    if begins is None:
        return
    at = f"{path}.{kind}"
    yield from _TOOLS[begins].complaints(given, at)
    if begins in _NAMES and given["name"] != _NAMES[begins]:
        yield f"{at}.name: Input should be '{_NAMES[begins]}'"
    if given.get("allowed_domains") and given.get("blocked_domains"):
        yield f"{at}: only one of `allowed_domains` and `blocked_domains` can be specified."
    for name in (*_DOMAINS, *_LEAST):
        yield from _value(name, given.get(name), at)
    if begins == "tool_search_tool_" and given.get("defer_loading"):
        yield f"{at}.defer_loading: the tool search tool itself cannot be deferred."


def mcp(fields: Fields, betas: Collection[str]) -> Complaints:
    """Gives what is wrong with MCP servers: each has one toolset, and each toolset one server."""
    servers = fields.get("mcp_servers") or []
    if not isinstance(servers, list):
        yield "mcp_servers: Input should be a valid list"
    for place, server in enumerate(servers):
        yield from tagged(server, _SERVERS, f"mcp_servers.{place}")
        if not str(server["url"]).startswith("https://"):
            yield f"mcp_servers.{place}.url: must start with https://"
    names = [server["name"] for server in servers]
    if len(names) != len(set(names)):
        yield "mcp_servers: server names must be unique."
    if _BEFORE_TOOLSETS in betas:
        return
    used = [tool["mcp_server_name"] for tool in fields.get("tools") or () if tool.get("type") == "mcp_toolset"]
    yield from (f"MCP server '{name}' referenced by mcp_toolset not found" for name in used if name not in names)
    yield from (
        f"mcp_servers: server '{name}' must be referenced by exactly one mcp_toolset in tools."
        for name in names
        if used.count(name) != 1
    )


def files(fields: Fields, headers: Mapping[str, str], stored: Mapping[str, StoredFile] | None) -> Refusal | None:
    """Gives the refusal of files that a conversation refers to, or None when they may be used.

    Args:
        fields: of the request.
        headers: names in lower case.
        stored: the files there are; None: nobody asks whether there are any.
    """
    for path, kind, identifier in references(fields["messages"]):
        # Later versions of the API have files without a beta.
        if FILES_BETA not in _door.betas(headers) and headers.get("anthropic-version") == _door.VERSIONS[0]:
            return invalid(f"{path}: file sources need the header `anthropic-beta: {FILES_BETA}`.")
        if stored is None:
            continue
        if identifier not in stored:
            return not_found(f"File not found: {identifier}")
        if refused := _unreadable(path, kind, stored[identifier].metadata["mime_type"]):
            return refused
    return None


def references(messages: Any) -> Iterator[tuple[str, str, str]]:
    """Gives the files that a conversation refers to: the path of each, the type of its block, and its id."""
    for place, message in enumerate(messages):
        for number, block in enumerate(_turn.blocks(message["content"])):
            inner = _turn.blocks(block.get("content")) if block["type"] == "tool_result" else ()
            for each in (block, *inner):
                match each:
                    case {"type": "container_upload", "file_id": identifier}:
                        yield f"messages.{place}.content.{number}", "container_upload", identifier
                    case {"type": str(kind), "source": {"type": "file", "file_id": identifier}}:
                        yield f"messages.{place}.content.{number}.{kind}.source", kind, identifier


def _unreadable(path: str, kind: str, mime_type: str) -> Refusal | None:
    readable = _READ_AS.get(kind)
    if readable is None or mime_type.startswith(readable):
        return None
    return invalid(f"{path}: a file of type {mime_type} cannot be used in `{kind}` blocks.")


def _value(name: str, value: Any, path: str) -> Complaints:
    if value is None:
        return
    if name in _DOMAINS and not (isinstance(value, list) and all(isinstance(domain, str) for domain in value)):
        yield f"{path}.{name}: Input should be a valid list of strings"
    if name in _LEAST and (not isinstance(value, int) or isinstance(value, bool) or value < _LEAST[name]):
        yield f"{path}.{name}: Input should be greater than or equal to {_LEAST[name]}"
