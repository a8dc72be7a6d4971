"""Tools that the service runs, and tools of Anthropic's definition that the caller runs, as the API takes them.

Each gives a plain dict for ``tools``; ``mcp`` gives both fields that a remote MCP server needs. Which deployments
have which tool depends on where they are hosted. For ``run_tools``, ``claude_foundry.client_tools`` gives the tools
that the caller runs together with their handlers.

Sources: https://platform.claude.com/docs/en/agents-and-tools/tool-use/tool-reference,
https://platform.claude.com/docs/en/agents-and-tools/mcp-connector,
https://platform.claude.com/docs/en/agents-and-tools/agent-skills/overview
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal, TypeVar, cast, overload

from claude_foundry._fields import filled, listed, mapping, one_of, optional_whole, present, string, whole
from claude_foundry._web_tools import web_fetch, web_search
from claude_foundry.errors import ConfigurationError
from claude_foundry.types import (
    CodeExecutionToolParam,
    ContainerParam,
    MCPFields,
    MemoryToolParam,
    ToolBashParam,
    ToolComputerUseParam,
    ToolParam,
    ToolTextEditorParam,
    ToolUnionParam,
)

__all__ = [
    "bash",
    "callable_by_code",
    "code_execution",
    "computer",
    "joined",
    "mcp",
    "memory",
    "skills",
    "text_editor",
    "tool_search",
    "web_fetch",
    "web_search",
]

T = TypeVar("T", bound=Mapping[str, Any])


def code_execution() -> CodeExecutionToolParam:
    """Gives the code execution tool: Claude's code runs in a container, on deployments hosted on Anthropic.

    Tools with ``allowed_callers=["code_execution_20260120"]`` may be called by that code.

    Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/code-execution-tool
    """
    return {"type": "code_execution_20260120", "name": "code_execution"}


def tool_search(kind: Literal["bm25", "regex"] = "bm25") -> ToolUnionParam:
    """Gives the tool search: it finds tools that have ``defer_loading``, which at least one tool must not have.

    Args:
        kind: by words, or by regular expressions.

    Raises:
        ConfigurationError: ``kind`` is neither.

    Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/tool-search-tool
    """
    name = f"tool_search_tool_{one_of(('bm25', 'regex'), kind, argument='kind')}"
    return cast(ToolUnionParam, {"type": f"{name}_20251119", "name": name})


def memory() -> MemoryToolParam:
    """Gives the memory tool, whose files below ``/memories`` the caller keeps."""
    return {"type": "memory_20250818", "name": "memory"}


def bash() -> ToolBashParam:
    """Gives the shell tool, whose commands the caller runs."""
    return {"type": "bash_20250124", "name": "bash"}


def text_editor(*, max_characters: int | None = None) -> ToolTextEditorParam:
    """Gives the editor tool, whose edits the caller makes.

    Args:
        max_characters: most characters that a view of a file shows.

    Raises:
        ConfigurationError: ``max_characters`` is no number of characters.

    Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/text-editor-tool
    """
    tool: Any = {
        "type": "text_editor_20250728",
        "name": "str_replace_based_edit_tool",
        **present({"max_characters": optional_whole(max_characters, argument="max_characters")}),
    }
    return cast(ToolTextEditorParam, tool)


def computer(*, display_width_px: int, display_height_px: int, enable_zoom: bool = False) -> ToolComputerUseParam:
    """Gives the computer tool, whose clicks and keys the caller makes; its results are screenshots.

    Args:
        display_width_px: width of the screen in pixels.
        display_height_px: height of the screen in pixels.
        enable_zoom: whether parts of the screen may be asked for in full resolution.

    Raises:
        ConfigurationError: the screen has no size.

    Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/computer-use-tool
    """
    tool: ToolComputerUseParam = {
        "type": "computer_20251124",
        "name": "computer",
        "display_width_px": whole(display_width_px, argument="display_width_px"),
        "display_height_px": whole(display_height_px, argument="display_height_px"),
    }
    return {**tool, "enable_zoom": True} if enable_zoom else tool


@overload
def callable_by_code(tool: ToolParam, *, only: bool = True) -> ToolParam: ...


@overload
def callable_by_code(tool: T, *, only: bool = True) -> T: ...


def callable_by_code(tool: Any, *, only: bool = True) -> Any:
    """Gives a copy of a tool that code in the container may call, for a request with ``code_execution``.

    Args:
        tool: the definition of a tool of the caller's, as a dict.
        only: whether it is offered to that code alone, and not to the model directly.

    Raises:
        ConfigurationError: ``tool`` is no dict.

    Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/programmatic-tool-calling
    """
    callers = ["code_execution_20260120"] if only else ["direct", "code_execution_20260120"]
    given = mapping(tool, argument="tool", instead=f"give a dict; for a function, tool(..., allowed_callers={callers})")
    return {**given, "allowed_callers": callers}


def mcp(
    name: str,
    *,
    url: str,
    authorization_token: str | None = None,
    only: Iterable[str] | None = None,
    defer_loading: bool = False,
) -> MCPFields:
    """Gives the fields that connect a remote MCP server: ``mcp_servers``, and its toolset in ``tools``.

    Args:
        name: by which the toolset refers to the server.
        url: of the server; ``https://`` only.
        authorization_token: for the server.
        only: names of the only tools to offer, at least one. Default: all.
        defer_loading: whether tools are left to the tool search.

    Raises:
        ConfigurationError: the URL is not ``https://``, or another argument is wrong.

    Source: https://platform.claude.com/docs/en/agents-and-tools/mcp-connector
    """
    if not string(url, argument="url").lower().startswith("https://"):
        raise ConfigurationError("url is not https://: the service connects to MCP servers over TLS only.")
    token = None if authorization_token is None else filled(authorization_token, argument="authorization_token")
    named = filled(name, argument="name")
    offered = None if only is None else listed(only, argument="only")
    if offered == []:
        raise ConfigurationError("only is empty: name a tool, or leave out the server.")
    default = {**({"enabled": False} if offered else {}), **({"defer_loading": True} if defer_loading else {})}
    configs = {tool: {"enabled": True} for tool in offered or ()}
    server: Any = {"type": "url", "url": url, "name": named, **present({"authorization_token": token})}
    toolset: Any = {
        "type": "mcp_toolset",
        "mcp_server_name": named,
        **present({"default_config": default or None, "configs": configs or None}),
    }
    return {"mcp_servers": [server], "tools": [toolset]}


def joined(*fields: Mapping[str, Any]) -> dict[str, Any]:
    """Gives the fields of several parts of a request as one; lists of the same name follow each other.

    ::

        client.messages.create(..., **joined(mcp("docs", url=...), {"tools": [web_search()]}))

    Args:
        fields: the parts. Of fields that are no lists, the last of a name holds.

    Raises:
        ConfigurationError: a part is no dict.
    """
    joint: dict[str, Any] = {}
    for part in fields:
        for name, value in mapping(part, argument="fields").items():
            several = isinstance(value, list | tuple) and isinstance(joint.get(name), list | tuple)
            joint[name] = [*joint[name], *value] if several else value
    return joint


def skills(
    *names: str,
    custom: Iterable[str] = (),
    versions: Mapping[str, str] | None = None,
    container_id: str | None = None,
) -> ContainerParam:
    """Gives the ``container`` that has Agent Skills, for a request with ``code_execution``.

    Args:
        names: Anthropic's skills, such as ``"xlsx"``.
        custom: ids of skills of one's own.
        versions: of skills, by name or id. Default: the latest.
        container_id: of a container to use again.

    Raises:
        ConfigurationError: there is neither a skill nor a container, a name, id or version is no string or blank, or a
            version is of no skill that is named.

    Source: https://platform.claude.com/docs/en/agents-and-tools/agent-skills/overview
    """
    kinds = {"anthropic": listed(names, argument="names"), "custom": listed(custom, argument="custom")}
    pinned = _versions(versions, known=[skill for chosen in kinds.values() for skill in chosen])
    chosen = [
        {"type": kind, "skill_id": skill, "version": pinned.get(skill, "latest")}
        for kind in kinds
        for skill in kinds[kind]
    ]
    identifier = None if container_id is None else filled(container_id, argument="container_id")
    if not chosen and identifier is None:
        raise ConfigurationError("skills: name a skill, such as 'xlsx', or give the id of a container.")
    return cast(ContainerParam, present({"id": identifier, "skills": chosen or None}))


def _versions(given: Mapping[str, str] | None, *, known: Collection[str]) -> dict[str, str]:
    pinned = dict(mapping(given or {}, argument="versions"))
    for skill, version in pinned.items():
        one_of(known, skill, argument="versions")
        filled(version, argument=f"versions[{skill!r}]")
    return pinned
