"""Where an answer stops: at a stop sequence, or at ``max_tokens``.

Source: https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from claude_foundry.emulator._words import pieces, tokens

Block = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Ending:
    """The blocks that fit, why they end, and what had come of the arguments of a call that was cut."""

    content: list[Block]
    stop_reason: str
    stop_sequence: str | None = None
    cut_arguments: str | None = None
    output_tokens: int = 0
    thinking_tokens: int = 0


def ended(content: Sequence[Block], *, max_tokens: int, stop_sequences: Iterable[str], paused: bool = False) -> Ending:
    """Gives as much of an answer as its request lets through."""
    stopped, sequence = _at_stop_sequence(content, list(stop_sequences))
    kept: list[Block] = []
    left = max_tokens
    for block in stopped:
        cost = _cost(block)
        if cost > left:
            return _cut(kept, block, left=left, max_tokens=max_tokens)
        kept.append(block)
        left -= cost
    calls = any(block["type"] == "tool_use" for block in kept)
    whole = "tool_use" if calls else "pause_turn" if paused else "end_turn"
    reason = "stop_sequence" if sequence else whole
    return _ending(kept, reason, stop_sequence=sequence)


def _cut(kept: list[Block], block: Block, *, left: int, max_tokens: int) -> Ending:
    match block:
        case _ if left <= 0:
            return _ending(kept, "max_tokens")
        case {"type": "text", "text": text}:
            return _ending([*kept, {**block, "text": _first(text, left)}], "max_tokens")
        case {"type": "thinking", "thinking": text}:
            unsigned = {**block, "thinking": _first(text, left), "signature": ""}
            return _ending([*kept, unsigned], "max_tokens")
        case _:
            arguments = _first(json.dumps(block["input"], ensure_ascii=False), left)
            return _ending([*kept, {**block, "input": {}}], "max_tokens", cut_arguments=arguments)


def _first(text: str, count: int) -> str:
    return "".join(pieces(text)[:count])


def _ending(
    content: list[Block], reason: str, *, stop_sequence: str | None = None, cut_arguments: str | None = None
) -> Ending:
    whole = content if cut_arguments is None else content[:-1]
    return Ending(
        content=content,
        stop_reason=reason,
        stop_sequence=stop_sequence,
        cut_arguments=cut_arguments,
        output_tokens=sum(map(_cost, whole)) + tokens(cut_arguments or ""),
        thinking_tokens=sum(_cost(block) for block in content if block["type"] == "thinking"),
    )


def _at_stop_sequence(content: Sequence[Block], sequences: Sequence[str]) -> tuple[list[Block], str | None]:
    kept: list[Block] = []
    for block in content:
        found = [
            (place, sequence) for sequence in sequences if (place := str(block.get("text", "")).find(sequence)) >= 0
        ]
        if found:
            place, sequence = min(found)
            return [*kept, *([{**block, "text": block["text"][:place]}] if place else [])], sequence
        kept.append(block)
    return kept, None


def _cost(block: Mapping[str, Any]) -> int:
    match block:
        case {"type": "text", "text": text}:
            return tokens(text)
        case {"type": "thinking", "thinking": text}:
            # What is thought is counted, also when it is not shown.
            return max(tokens(text), 16)
        case {"type": "tool_use" | "server_tool_use" | "mcp_tool_use", "input": arguments}:
            return tokens(json.dumps(arguments, ensure_ascii=False))
    return 0
