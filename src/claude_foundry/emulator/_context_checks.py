"""What the service refuses of the edits that a request allows, in its words.

Sources: https://platform.claude.com/docs/en/build-with-claude/context-editing,
https://platform.claude.com/docs/en/build-with-claude/compaction
"""

from collections.abc import Collection, Mapping
from typing import Any

from claude_foundry.emulator._compaction import COMPACT, LEAST_TRIGGER
from claude_foundry.emulator._context import THINKING, TOOL_USES
from claude_foundry.emulator._fields import Complaints, Shape, tagged

_COUNTED = Shape(("type", "value"))
_INPUT_TOKENS = {"input_tokens": _COUNTED}
_OBJECTS = {
    (TOOL_USES, "trigger"): {**_INPUT_TOKENS, "tool_uses": _COUNTED},
    (TOOL_USES, "keep"): {"tool_uses": _COUNTED},
    (TOOL_USES, "clear_at_least"): _INPUT_TOKENS,
    (THINKING, "keep"): {"thinking_turns": _COUNTED, "all": Shape(("type",))},
    (COMPACT, "trigger"): _INPUT_TOKENS,
}
_LEAST = {(TOOL_USES, "trigger"): 1, (THINKING, "keep"): 1, (COMPACT, "trigger"): LEAST_TRIGGER}
_EDITS = {
    "context-management-": {
        TOOL_USES: Shape(("type",), ("trigger", "keep", "clear_at_least", "exclude_tools", "clear_tool_inputs")),
        THINKING: Shape(("type",), ("keep",)),
    },
    "compact-": {COMPACT: Shape(("type",), ("trigger", "instructions", "pause_after_compaction"))},
}
"""The edits that each beta gives."""
_COMPACTION = {"summarize": Shape(("type",), ("instructions",))}


def complaints(fields: Mapping[str, Any], betas: Collection[str]) -> Complaints:
    """Gives what is wrong with ``context_management`` and ``compaction``."""
    if (asked := fields.get("compaction")) is not None:
        yield from tagged(asked, _COMPACTION, "compaction")
    managed = fields.get("context_management") or {}
    if not isinstance(managed, Mapping):
        yield "context_management: Input should be an object"
    yield from Shape((), ("edits",)).complaints(managed, "context_management")
    listed = managed.get("edits") or []
    if not isinstance(listed, list):
        yield "context_management.edits: Input should be a valid list"
    shapes = {kind: shape for beta, edits in _EDITS.items() if _is_named(beta, betas) for kind, shape in edits.items()}
    for place, edit in enumerate(listed):
        path = f"context_management.edits.{place}"
        yield from tagged(edit, shapes, path)
        yield from _parts(edit, f"{path}.{edit['type']}")
        if place and edit["type"] == THINKING:
            yield f"{path}: `{THINKING}` must be the first edit"


def _is_named(start: str, betas: Collection[str]) -> bool:
    return any(beta.startswith(start) for beta in betas)


def _parts(edit: Mapping[str, Any], path: str) -> Complaints:
    for name, value in edit.items():
        shapes = _OBJECTS.get((edit["type"], name))
        if shapes is None or value is None or (name, value) == ("keep", "all"):
            continue
        yield from tagged(value, shapes, f"{path}.{name}")
        least = _LEAST.get((edit["type"], name), 0)
        count = value.get("value", least)
        if isinstance(count, bool) or not isinstance(count, int) or count < least:
            yield f"{path}.{name}.value: Input should be greater than or equal to {least}"
