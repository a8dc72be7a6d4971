"""Which tools a request calls, and with what arguments.

Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from claude_foundry.emulator._clues import Clues
from claude_foundry.emulator._schema import filled
from claude_foundry.emulator._words import stems

Tool = Mapping[str, Any]
Call = tuple[str, Any]

# So many words of a question must be in a tool's description when none is in its name.
_LEAST_OVERLAP = 2
_CLAUSE = re.compile(r"\s*(?:[.;!?](?=\s|$)|,|\band\b|\bthen\b)\s*")


def calls(request: Mapping[str, Any], *, question: str, context: str, called: Sequence[str]) -> list[Call]:
    """Gives the calls of this turn: name and arguments of each.

    Args:
        request: its ``tools`` and ``tool_choice`` say what may be called.
        question: what the user asked; it decides which tools are needed.
        context: the question and the results so far; arguments are taken from it.
        called: names of the tools called since the question.
    """
    tools = [tool for tool in request.get("tools") or () if "input_schema" in tool]
    choice = request.get("tool_choice") or {"type": "auto"}
    wanted = needed(tools, question)
    parts = _shared_out(question, wanted) if len(wanted) > 1 else {}
    chosen = _chosen(tools, choice, wanted=wanted, question=question, called=called)
    most = 1 if choice.get("disable_parallel_tool_use") else len(chosen)
    return [(tool["name"], filled(tool["input_schema"], parts.get(tool["name"], context))) for tool in chosen[:most]]


def _chosen(
    tools: list[Tool], choice: Mapping[str, Any], *, wanted: list[Tool], question: str, called: Sequence[str]
) -> list[Tool]:
    match choice:
        case {"type": "tool", "name": name}:
            return [tool for tool in tools if tool["name"] == name]
        case {"type": "none"}:
            return []
    open_ones = [tool for tool in wanted if tool["name"] not in called]
    if open_ones or choice.get("type") != "any":
        return open_ones
    fresh = [tool for tool in tools if tool["name"] not in called] or tools
    return sorted(fresh, key=lambda tool: -_overlap(tool, question))[:1]


def needed(tools: list[Tool], question: str) -> list[Tool]:
    """Gives the tools that a question names; else those whose names share its words; else the one it describes."""
    named = [tool for tool in tools if re.search(rf"(?<!\w){re.escape(tool['name'])}(?!\w)", question)]
    # A name of one word may be meant as that word.
    if any("_" in tool["name"] or "-" in tool["name"] for tool in named):
        return named
    asked = set(stems(question))
    shared = {tool["name"]: asked.intersection(stems(tool["name"])) for tool in tools}
    meant = [tool for tool in tools if tool in named or (shared[tool["name"]] and not _outdone(shared, tool["name"]))]
    return (
        meant
        or sorted(
            (tool for tool in tools if _overlap(tool, question) >= _LEAST_OVERLAP),
            key=lambda tool: -_overlap(tool, question),
        )[:1]
    )


def _outdone(shared: Mapping[str, set[str]], name: str) -> bool:
    """Tells whether another tool's name has the same of the question's words and more."""
    return any(shared[name] < other for other in shared.values())


def _overlap(tool: Tool, text: str) -> int:
    return len(set(stems(text)).intersection(stems(f"{tool['name']} {tool.get('description') or ''}")))


def _shared_out(question: str, tools: Sequence[Tool]) -> dict[str, str]:
    """Gives each tool its clauses of a question: from one that speaks of it to one that speaks of another."""
    parts: list[list[str]] = [[] for _ in tools]
    owner = 0
    for clause in filter(None, _CLAUSE.split(question)):
        overlaps = [_overlap(tool, clause) for tool in tools]
        owner = overlaps.index(max(overlaps)) if any(overlaps) else owner
        parts[owner].append(clause)
    texts = ["; ".join(part) for part in parts]
    said = [question if Clues(text).is_bare else text for text in texts]
    return {tool["name"]: text for tool, text in zip(tools, said, strict=True)}
