"""Edits that are refused."""

from typing import Any

import pytest

from . import wire

CLEAR: dict[str, Any] = {"type": "clear_tool_uses_20250919"}
THINKING = {"type": "clear_thinking_20251015"}
COMPACT = {"type": "compact_20260112"}
BOTH = "context-management-2025-06-27,compact-2026-01-12"


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        ([{**CLEAR, "kept": 3}], "edits.0.clear_tool_uses_20250919.kept: Extra inputs are not permitted"),
        ([{**CLEAR, "keep": 3}], "edits.0.clear_tool_uses_20250919.keep: Input should be an object"),
        ([{**CLEAR, "trigger": {"type": "turns", "value": 3}}], "'turns' found using 'type' does not match"),
        ([{**CLEAR, "keep": {"type": "tool_uses"}}], "keep.tool_uses.value: Field required"),
        ([{**CLEAR, "keep": {"type": "tool_uses", "value": True}}], "greater than or equal to 0"),
        ([CLEAR, THINKING], "`clear_thinking_20251015` must be the first edit"),
        ([{**THINKING, "keep": {"type": "thinking_turns", "value": 0}}], "greater than or equal to 1"),
        ([{**COMPACT, "trigger": {"type": "input_tokens", "value": 49_999}}], "greater than or equal to 50000"),
        ([{"type": "forget"}], "Input tag 'forget' found using 'type'"),
        ({}, "context_management.edits: Input should be a valid list"),
    ],
)
def test_wrong_edits(edits: Any, said: str) -> None:
    """An edit with a field, a value or a place that it cannot have is refused in the service's words."""
    assert said in wire.complaint(context_management={"edits": edits or "none"}, headers={"anthropic-beta": BOTH})


@pytest.mark.parametrize("edits", [[], [CLEAR], [THINKING, CLEAR, COMPACT], [{**THINKING, "keep": "all"}]])
def test_right_edits(edits: Any) -> None:
    """Edits are taken with nothing but their types."""
    wire.answer(context_management={"edits": edits}, headers={"anthropic-beta": BOTH})


@pytest.mark.parametrize(("edit", "beta"), [(CLEAR, "compact-2026-01-12"), (COMPACT, "context-management-2025-06-27")])
def test_edits_of_another_beta(edit: Any, beta: str) -> None:
    """An edit is known only under its own beta."""
    said = wire.complaint(context_management={"edits": [edit]}, headers={"anthropic-beta": beta})

    assert f"Input tag '{edit['type']}' found using 'type'" in said


def test_compaction_on_demand() -> None:
    """The newer form of compaction has one type, and instructions at most."""
    headers = {"anthropic-beta": "compact-2026-09-04"}

    said = wire.complaint(compaction={"type": "summarize", "trigger": 1}, headers=headers)

    assert said == "compaction.summarize.trigger: Extra inputs are not permitted"


def test_an_empty_summary() -> None:
    """A summary that is sent back holds text, or is null."""
    turn = wire.assistant([{"type": "compaction", "content": ""}, {"type": "text", "text": "Fine."}])

    said = wire.complaint(wire.user("Hello"), turn, wire.user("And now?"))

    assert said == "messages.1.content.0.compaction.content: String should have at least 1 character"
