"""What of a conversation the model sees: nothing before a compaction, and no tool results or thinking that is cleared.

Sources: https://platform.claude.com/docs/en/build-with-claude/context-editing,
https://platform.claude.com/docs/en/build-with-claude/compaction
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from claude_foundry.emulator._turn import blocks
from claude_foundry.emulator._usage import input_tokens
from claude_foundry.emulator._words import tokens

Fields = Mapping[str, Any]
Edited = tuple[list[dict[str, Any]], dict[str, Any]]
"""Messages after an edit, and what is told of it."""

TOOL_USES, THINKING = "clear_tool_uses_20250919", "clear_thinking_20251015"
_CALLS = ("tool_use", "server_tool_use", "mcp_tool_use")
_TRIGGER = {"type": "input_tokens", "value": 100_000}
_KEPT_TOOL_USES = 3
_KEPT_THINKING_TURNS = 1
_CLEARED = "[This result was cleared to save context.]"
# What stands in the place of a result has the form that results of its type have.
_CLEARED_CONTENTS: dict[str, Any] = {
    "tool_result": _CLEARED,
    "mcp_tool_result": _CLEARED,
    "web_search_tool_result": [],
    "web_fetch_tool_result": {},
}
_THOUGHTS = ("thinking", "redacted_thinking")


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A request as the model sees it; the edits that took something out of it; its tokens before they did."""

    fields: dict[str, Any]
    applied_edits: list[dict[str, Any]]
    original_tokens: int


def seen(request: Fields) -> Seen:
    """Gives what the model sees of a request."""
    fields = {**request, "messages": since_summary(request["messages"])}
    original, applied = input_tokens(fields), []
    for edit in edits(request):
        if edited := _edited(fields, edit):
            fields["messages"], told = edited
            applied.append({"type": edit["type"], **told})
    return Seen(fields=fields, applied_edits=applied, original_tokens=original)


def edits(request: Fields) -> list[Fields]:
    """Gives the edits that a request allows, in their order."""
    return list((request.get("context_management") or {}).get("edits") or ())


def is_summary(block: Fields) -> bool:
    """Tells whether a block stands for all that came before it; a compaction that failed has no content."""
    return block["type"] == "compaction" and block.get("content") is not None


def since_summary(messages: Sequence[Fields]) -> list[dict[str, Any]]:
    """Gives the messages from the last compaction on, which stands for what came before it."""
    for place in range(len(messages) - 1, -1, -1):
        content = blocks(messages[place]["content"])
        if found := [number for number, block in enumerate(content) if is_summary(block)]:
            opening = {**messages[place], "content": content[found[-1] :]}
            return [opening, *map(dict, messages[place + 1 :])]
    return [dict(message) for message in messages]


def _edited(fields: Fields, edit: Fields) -> Edited | None:
    match edit["type"]:
        case "clear_tool_uses_20250919":
            return _without_tool_uses(fields, edit)
        case "clear_thinking_20251015":
            return _without_thinking(fields["messages"], edit.get("keep"))
    return None


def _without_tool_uses(fields: Fields, edit: Fields) -> Edited | None:
    uses = _uses(fields["messages"])
    may_go = [call for call, name in uses.items() if name not in (edit.get("exclude_tools") or ())]
    kept = (edit.get("keep") or {"value": _KEPT_TOOL_USES})["value"]
    gone = frozenset(may_go[: max(0, len(may_go) - kept)])
    before = input_tokens(fields)
    if not gone or not _exceeds(edit.get("trigger") or _TRIGGER, tokens=before, uses=len(uses)):
        return None
    emptied = _emptied(edit.get("clear_tool_inputs"), gone, uses)
    messages = [_cleared(message, gone, emptied) for message in fields["messages"]]
    saved = before - input_tokens({**fields, "messages": messages})
    if saved < max(1, (edit.get("clear_at_least") or {"value": 0})["value"]):
        return None
    return messages, {"cleared_tool_uses": len(gone), "cleared_input_tokens": saved}


def _uses(messages: Sequence[Fields]) -> dict[str, str]:
    """Gives the name of the tool of each call whose result can be cleared, by the call's id."""
    listed = [block for message in messages for block in blocks(message["content"])]
    names = {block["id"]: block["name"] for block in listed if block["type"] in _CALLS}
    answered = [block["tool_use_id"] for block in listed if block["type"] in _CLEARED_CONTENTS]
    return {call: names[call] for call in answered if call in names}


def _exceeds(trigger: Fields, *, tokens: int, uses: int) -> bool:
    count = uses if trigger["type"] == "tool_uses" else tokens
    return count > int(trigger["value"])


def _emptied(inputs: Any, gone: Collection[str], uses: Mapping[str, str]) -> frozenset[str]:
    """Gives the calls whose arguments go too: of all tools, of those that are named, or none."""
    if isinstance(inputs, list):
        return frozenset(call for call in gone if uses[call] in inputs)
    return frozenset(gone) if inputs else frozenset()


def _cleared(message: Fields, gone: Collection[str], emptied: Collection[str]) -> dict[str, Any]:
    return {**message, "content": [_cleared_block(block, gone, emptied) for block in blocks(message["content"])]}


def _cleared_block(block: dict[str, Any], gone: Collection[str], emptied: Collection[str]) -> dict[str, Any]:
    if block["type"] in _CLEARED_CONTENTS and block["tool_use_id"] in gone:
        return {**block, "content": _CLEARED_CONTENTS[block["type"]]}
    if block["type"] in _CALLS and block["id"] in emptied:
        return {**block, "input": {}}
    return block


def _without_thinking(messages: Sequence[Fields], keep: Any) -> Edited | None:
    if keep == "all" or (keep or {}).get("type") == "all":
        return None
    kept = (keep or {"value": _KEPT_THINKING_TURNS})["value"]
    turns = [place for place, message in enumerate(messages) if any(_thoughts(message))]
    gone = turns[: max(0, len(turns) - kept)]
    if not gone:
        return None
    saved = sum(tokens(block.get("thinking") or "") for place in gone for block in _thoughts(messages[place]))
    left = [_thoughtless(message) if place in gone else dict(message) for place, message in enumerate(messages)]
    return left, {"cleared_thinking_turns": len(gone), "cleared_input_tokens": saved}


def _thoughts(message: Fields) -> Iterator[Fields]:
    yield from (block for block in blocks(message["content"]) if block["type"] in _THOUGHTS)


def _thoughtless(message: Fields) -> dict[str, Any]:
    return {**message, "content": [block for block in blocks(message["content"]) if block["type"] not in _THOUGHTS]}
