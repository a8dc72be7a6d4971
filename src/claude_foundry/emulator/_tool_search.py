"""Search among the tools of a request that are deferred: by words, or by a regular expression.

Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/tool-search-tool
"""

import re
from collections.abc import Iterator
from typing import Any

from claude_foundry.emulator._retrieval import ranked
from claude_foundry.emulator._served import Block, Tool, Turn
from claude_foundry.emulator._words import stems

KIND = "tool_search_tool_"
BM25, REGEX = f"{KIND}bm25", f"{KIND}regex"
_MOST_FOUND = 5
_LONGEST_QUERY = 200
# A repetition inside a repeated group may take time without end.
_NESTED = re.compile(r"[*+}][^()]*\)[*+{]")


def next_search(turn: Turn) -> tuple[str, dict[str, Any]] | None:
    """Gives name and input of the search that the question needs: when no tool that is loaded serves it."""
    tool = turn.offered(KIND)
    if tool is None or turn.calls(tool["name"]) or not _deferred(turn):
        return None
    words = list(dict.fromkeys(stems(turn.question)))
    if not words or (turn.needs_caller() and not turn.is_forced(tool)):
        return None
    if str(tool["type"]).startswith(REGEX):
        return tool["name"], {"query": _pattern(words)}
    return tool["name"], {"query": " ".join(words)[:_LONGEST_QUERY]}


def searched(call: Block, turn: Turn) -> Block:
    """Gives the result of a search: references to the tools it finds, the best first."""
    query = call["input"].get("query", call["input"].get("pattern"))
    if not isinstance(query, str) or not query.strip() or len(query) > _LONGEST_QUERY:
        return _failed(call, f"query: give 1 to {_LONGEST_QUERY} characters")
    try:
        found = list(_matching(turn, query) if call["name"] == REGEX else _ranked(turn, query))
    except re.error as error:
        return _failed(call, f"query: not a regular expression ({error.msg})")
    references = [{"type": "tool_reference", "tool_name": tool["name"]} for tool in found[:_MOST_FOUND]]
    content = {"type": f"{KIND}search_result", "tool_references": references}
    return {"type": f"{KIND}result", "tool_use_id": call["id"], "content": content}


def _deferred(turn: Turn) -> list[Tool]:
    loaded = [tool["name"] for tool in turn.tools]
    own = (tool for tool in turn.request.get("tools") or () if "input_schema" in tool)
    return [tool for tool in own if tool["name"] not in loaded]


def _ranked(turn: Turn, query: str) -> Iterator[Tool]:
    tools = _searchable(turn)
    yield from (tools[place] for place in ranked([_described(tool) for tool in tools], query))


def _matching(turn: Turn, pattern: str) -> Iterator[Tool]:
    if _NESTED.search(pattern):
        raise re.error("a repetition is repeated")
    wanted = re.compile(pattern)
    hits = {tool["name"]: len(set(wanted.findall(_described(tool)))) for tool in _searchable(turn)}
    ordered = sorted(_searchable(turn), key=lambda tool: -hits[tool["name"]])
    yield from (tool for tool in ordered if hits[tool["name"]])


def _searchable(turn: Turn) -> list[Tool]:
    return [tool for tool in turn.request.get("tools") or () if tool.get("defer_loading") and "input_schema" in tool]


def _described(tool: Tool) -> str:
    """What is searched: names and descriptions of a tool and of its arguments."""
    properties: dict[str, Any] = tool["input_schema"].get("properties") or {}
    inner = (
        f"{name} {about.get('description', '') if isinstance(about, dict) else ''}"
        for name, about in properties.items()
    )
    return " ".join([tool["name"], str(tool.get("description") or ""), *inner])


def _pattern(words: list[str]) -> str:
    """Any of the words, as many as fit."""
    kept = [re.escape(word) for word in words if len(word) < _LONGEST_QUERY // 4]
    while len("|".join(kept)) > _LONGEST_QUERY - len("(?i)"):
        kept.pop()
    return f"(?i){'|'.join(kept)}"


def _failed(call: Block, message: str) -> Block:
    content = {"type": f"{KIND}result_error", "error_code": "invalid_tool_input", "error_message": message}
    return {"type": f"{KIND}result", "tool_use_id": call["id"], "content": content}
