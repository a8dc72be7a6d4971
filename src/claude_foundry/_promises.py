"""What the API promises of the parts of an answer that get a meaning here: without it nothing could be made of them.

All else of an answer, blocks and fields and values not known here, passes as it came.

Source: https://platform.claude.com/docs/en/api/messages
"""

from collections.abc import Iterable, Mapping
from typing import Any

from claude_foundry.types._blocks import CALLS

MAX_DEPTH = 200
"""How deep arguments of a call may be nested: what reads whole answers takes as much, what writes them little more."""

_TEXTS: dict[str, tuple[str, ...]] = {
    "text": ("text",),
    "invalid_tool_use": ("id", "name", "partial_json"),
    **dict.fromkeys(CALLS, ("id", "name")),
}
_TEXTS_OR_NULL: dict[str, tuple[str, ...]] = {"thinking": ("thinking", "signature")}


def begun(block: Mapping[str, Any]) -> dict[str, Any]:
    """Gives a block as it begins in a stream, where what follows in deltas may be missing yet."""
    kind = block["type"]
    if kind == "text" and block.get("text") is None:
        return {**block, "text": ""}
    if kind in CALLS and block.get("input") is None:
        return {**block, "input": {}}
    return dict(block)


def broken(content: Iterable[Mapping[str, Any]]) -> str | None:
    """Gives the place of the first field of an answer's blocks that is not what the API promises, or None."""
    for at, block in enumerate(content):
        if (name := broken_field(block)) is not None:
            return f"content.{at}.{name}"
    return None


def broken_field(block: Mapping[str, Any]) -> str | None:
    """Gives the name of the first field of a block that is not what the API promises, or None."""
    kind = block["type"]
    if not kind.strip():
        return "type"
    for name in _TEXTS.get(kind, ()):
        if not isinstance(block.get(name), str):
            return name
    for name in _TEXTS_OR_NULL.get(kind, ()):
        if not isinstance(block.get(name), str | None):
            return name
    if kind in CALLS and not isinstance(block.get("input"), dict):
        return "input"
    return "citations" if kind == "text" and not _are_citations(block.get("citations")) else None


def is_citation(citation: Any) -> bool:
    """Tells whether something is a citation, of whichever kind."""
    return isinstance(citation, dict) and isinstance(citation.get("type"), str)


def is_too_deep(value: Any) -> bool:
    """Tells whether a value is nested deeper than it could be written again."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for item in level if isinstance(item, dict | list) for inner in _inside(item)]
        if not level:
            return False
    return any(isinstance(item, dict | list) for item in level)


def _inside(holder: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return holder.values() if isinstance(holder, dict) else holder


def _are_citations(citations: Any) -> bool:
    return citations is None or (isinstance(citations, list) and all(map(is_citation, citations)))
