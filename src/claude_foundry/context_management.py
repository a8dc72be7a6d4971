"""Edits of a conversation that grows long, for ``context_management={"edits": [...]}``, as the API takes them.

Sources: https://platform.claude.com/docs/en/build-with-claude/context-editing,
https://platform.claude.com/docs/en/build-with-claude/compaction
"""

from collections.abc import Sequence
from typing import Any, Literal, cast

from claude_foundry._fields import filled, listed, present, whole
from claude_foundry.types import ClearThinkingEditParam, ClearToolUsesEditParam, CompactEditParam

__all__ = [
    "clear_thinking",
    "clear_tool_uses",
    "compact",
]

_LEAST_COMPACTION = 50_000


def clear_tool_uses(
    *,
    above_input_tokens: int | None = None,
    keep: int | None = None,
    clear_at_least: int | None = None,
    exclude_tools: Sequence[str] | None = None,
    clear_tool_inputs: bool = False,
) -> ClearToolUsesEditParam:
    """Gives the edit that clears old tool results.

    Args:
        above_input_tokens: prompt length, in tokens, from which on it works.
        keep: how many of the last tool uses stay.
        clear_at_least: tokens to clear each time, so that a cached prompt is not given up for less.
        exclude_tools: names of tools whose results stay.
        clear_tool_inputs: whether the calls' arguments are cleared too.

    Raises:
        ConfigurationError: an argument is wrong.

    Source: https://platform.claude.com/docs/en/build-with-claude/context-editing
    """
    edit: Any = {
        "type": "clear_tool_uses_20250919",
        **present(
            {
                "trigger": _tokens(above_input_tokens, argument="above_input_tokens"),
                "keep": None if keep is None else {"type": "tool_uses", "value": whole(keep, argument="keep", least=0)},
                "clear_at_least": _tokens(clear_at_least, argument="clear_at_least"),
                "exclude_tools": listed(exclude_tools or (), argument="exclude_tools") or None,
                "clear_tool_inputs": True if clear_tool_inputs else None,
            }
        ),
    }
    return cast(ClearToolUsesEditParam, edit)


def clear_thinking(*, keep_turns: int | Literal["all"]) -> ClearThinkingEditParam:
    """Gives the edit that clears old thinking; it must be the first of the edits.

    Args:
        keep_turns: how many of the last turns keep theirs, 1 or more; or ``"all"``.

    Raises:
        ConfigurationError: ``keep_turns`` is neither.

    Source: https://platform.claude.com/docs/en/build-with-claude/context-editing
    """
    every = isinstance(keep_turns, str) and keep_turns == "all"
    keep = "all" if every else {"type": "thinking_turns", "value": whole(keep_turns, argument="keep_turns")}
    return cast(ClearThinkingEditParam, {"type": "clear_thinking_20251015", "keep": keep})


def compact(
    *, above_input_tokens: int | None = None, instructions: str | None = None, pause: bool = False
) -> CompactEditParam:
    """Gives the edit that sums up a long conversation.

    Args:
        above_input_tokens: prompt length, in tokens, from which on it works: 50,000 or more; default 150,000.
        instructions: how to sum up, in place of the service's own.
        pause: whether the answer stops after it, with ``stop_reason`` ``compaction``.

    Raises:
        ConfigurationError: ``above_input_tokens`` is too small, or ``instructions`` are blank.

    Source: https://platform.claude.com/docs/en/build-with-claude/compaction
    """
    edit: Any = {
        "type": "compact_20260112",
        **present(
            {
                "trigger": _tokens(above_input_tokens, argument="above_input_tokens", least=_LEAST_COMPACTION),
                "instructions": None if instructions is None else filled(instructions, argument="instructions"),
                "pause_after_compaction": True if pause else None,
            }
        ),
    }
    return cast(CompactEditParam, edit)


def _tokens(count: int | None, *, argument: str, least: int = 0) -> dict[str, Any] | None:
    return None if count is None else {"type": "input_tokens", "value": whole(count, argument=argument, least=least)}
