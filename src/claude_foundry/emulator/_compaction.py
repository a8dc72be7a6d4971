"""A long conversation summed up: when it is due, the block that then stands for it, and what goes on after it.

Source: https://platform.claude.com/docs/en/build-with-claude/compaction
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from claude_foundry.emulator import _turn
from claude_foundry.emulator._context import edits, is_summary
from claude_foundry.emulator._usage import input_tokens
from claude_foundry.emulator._words import texts, tokens

Fields = Mapping[str, Any]

LEAST_TRIGGER = 50_000
COMPACT = "compact_20260112"
_TRIGGER = 150_000
_LONGEST = 600
_MOST_LINES = 20
_LAST_WORDS = "The user's last words: "


@dataclass(frozen=True, kw_only=True)
class Compaction:
    """The block that stands for a conversation, what writing it took, and whether the answer ends with it."""

    block: dict[str, Any]
    output_tokens: int
    pauses: bool

    @property
    def turn(self) -> dict[str, Any]:
        """The conversation that it leaves."""
        return {"role": "assistant", "content": [self.block]}


def is_allowed(fields: Fields) -> bool:
    """Tells whether a request lets its conversation be summed up, which adds the passes of the model to its usage."""
    return fields.get("compaction") is not None or any(edit["type"] == COMPACT for edit in edits(fields))


def due(fields: Fields) -> Compaction | None:
    """Gives the compaction that a request asks for, when its conversation is long enough."""
    if fields.get("compaction") is not None:
        said = _summary(fields["messages"])
        signed = {"signature": hashlib.sha256(said.encode()).hexdigest()}
        return Compaction(block={**_block(said), **signed}, output_tokens=tokens(said), pauses=True)
    for edit in edits(fields):
        if edit["type"] == COMPACT and input_tokens(fields) > (edit.get("trigger") or {"value": _TRIGGER})["value"]:
            said = _summary(fields["messages"])
            pauses = bool(edit.get("pause_after_compaction"))
            return Compaction(block=_block(said), output_tokens=tokens(said), pauses=pauses)
    return None


def after(fields: Fields, compaction: Compaction | None) -> Fields:
    """Gives a request as the model sees it once its conversation is summed up."""
    return fields if compaction is None else {**fields, "messages": [compaction.turn]}


def going_on(messages: Sequence[Fields]) -> list[Fields]:
    """Gives a conversation that begins with a summary and has no later question the one that the summary tells."""
    match list(messages):
        case [{"content": [{"type": "compaction", "content": str(summary)}, *rest]}, *later] if not _is_asked(later):
            asked = {"role": "user", "content": summary.rpartition(_LAST_WORDS)[2]}
            return [asked, *([{"role": "assistant", "content": rest}] if rest else []), *later]
    return list(messages)


def summaries(messages: Sequence[Fields]) -> Iterator[str]:
    """Gives the texts of the summaries in a conversation."""
    for message in messages:
        yield from (str(block["content"]) for block in _turn.blocks(message["content"]) if is_summary(block))


def _block(said: str) -> dict[str, Any]:
    return {"type": "compaction", "content": said}


def _is_asked(messages: Sequence[Fields]) -> bool:
    return any(message["role"] == "user" and "".join(texts(message["content"])).strip() for message in messages)


def _summary(messages: Sequence[Fields]) -> str:
    asked = _turn.question(_turn.merged(going_on(messages)))
    lines = list(_lines(_turn.merged(messages), asked=asked))[-_MOST_LINES:]
    return "\n".join(["A summary of the conversation so far.", *lines, f"{_LAST_WORDS}{_short(asked)}"])


def _lines(turns: Sequence[Fields], *, asked: str) -> Iterator[str]:
    names = {call["id"]: call["name"] for call in _turn.calls(turns)}
    yield from (_short(summary) for summary in summaries(turns))
    for turn in turns:
        said = "\n".join(texts(turn["content"]))
        if said.strip() and said != asked:
            yield f"The {turn['role']} said: {_short(said)}"
        for block in turn["content"]:
            if block["type"] == "tool_result":
                yield f"{names.get(block['tool_use_id'], 'tool')} returned: {_short(_turn.said(block))}"


def _short(text: str) -> str:
    half = _LONGEST // 2
    return text if len(text) <= _LONGEST else f"{text[:half]} ... {text[-half:]}"
