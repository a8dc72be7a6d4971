"""Thinking that counts only where it was written: under the same system prompt, tools and earlier messages.

All of it may be left out, and so may the oldest of it; what is left out between two pieces breaks the later one.

Source: https://platform.claude.com/docs/en/build-with-claude/preserved-thinking
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from typing import Any

from claude_foundry._models import Model
from claude_foundry.emulator._context import is_summary
from claude_foundry.emulator._fields import Complaints
from claude_foundry.emulator._turn import blocks, system_text

Fields = Mapping[str, Any]

_MARK = b"EmulatedThinking"
_PART = 8
# What may change without a change of meaning: cache points move, and answers lose what only an answer has.
_NOT_BOUND = ("cache_control", "citations", "caller")
_INVALID = "Invalid `signature` in `thinking` block."
_MOVED = (
    f"{_INVALID} The block is bound to a different conversation. Remove the block, or set "
    '`thinking.block_binding.prefix_mismatch_behavior` to "drop_block".'
)


@dataclass(frozen=True)
class _Signature:
    """What a signature says of its block, each as a digest."""

    model: bytes
    thinking: bytes
    prefix: bytes
    previous: bytes

    def encoded(self) -> str:
        return base64.b64encode(_MARK + b"".join(astuple(self))).decode()


@dataclass(frozen=True)
class _Place:
    """A thinking block in a conversation, a summary after which it begins anew, or its end."""

    path: str
    block: Fields
    prefix: bytes


def signature(thinking: str, *, request: Fields, model: Model) -> str:
    """Gives the signature of what is thought in answer to a request."""
    *earlier, end = _places(request)
    since = max((at for at, place in enumerate(earlier) if is_summary(place.block)), default=0)
    own = [place.block["signature"] for place in earlier[since:] if _is_of(place.block, model)]
    return _Signature(_digest(model.name), _digest(thinking), end.prefix, _digest(own[-1] if own else None)).encoded()


def complaints(request: Fields, model: Model) -> Complaints:
    """Gives which thinking was changed or moved; what the service itself signed is taken as it is."""
    previous: str | None = None
    for place in _places(request):
        previous = None if is_summary(place.block) else previous
        signed = _decoded(place.block)
        if signed is None:
            continue
        if signed.thinking != _digest(place.block["thinking"]):
            yield f"{place.path}: {_INVALID}"
        if model.preserved_thinking and signed.model == _digest(model.name):
            follows = previous is None or signed.previous == _digest(previous)
            if signed.prefix != place.prefix or not follows:
                yield f"{place.path}: {_MOVED}"
            previous = place.block["signature"]


def _places(request: Fields) -> Iterator[_Place]:
    running = _start(request)
    for number, message in enumerate(request["messages"]):
        for position, block in enumerate(blocks(message["content"])):
            match block["type"]:
                case "thinking":
                    yield _Place(f"messages.{number}.content.{position}", block, running.digest()[:_PART])
                case "redacted_thinking":
                    pass
                case "compaction" if is_summary(block):
                    # It stands for all that came before it.
                    running = _start(request)
                    running.update(_digest([message["role"], _bound(block)]))
                    yield _Place("", block, running.digest()[:_PART])
                case _:
                    running.update(_digest([message["role"], _bound(block)]))
    yield _Place("", {"type": "end"}, running.digest()[:_PART])


def _start(request: Fields) -> Any:
    return hashlib.sha256(_digest([system_text(request), _bound(request.get("tools") or [])]))


def _bound(value: Any) -> Any:
    match value:
        case Mapping():
            # The short form of a content and its long form are the same to the model.
            long = {**value, "content": blocks(value["content"])} if isinstance(value.get("content"), str) else value
            kept = {name: _bound(inner) for name, inner in long.items() if name not in _NOT_BOUND}
            return {name: inner for name, inner in kept.items() if inner not in (None, False, [])}
        case list():
            return [_bound(inner) for inner in value]
    return value


def _is_of(block: Fields, model: Model) -> bool:
    signed = _decoded(block)
    return signed is not None and signed.model == _digest(model.name)


def _decoded(block: Fields) -> _Signature | None:
    try:
        whole = base64.b64decode(block.get("signature") or "", validate=True)
    except (binascii.Error, ValueError):
        return None
    mark, parts = whole[: len(_MARK)], whole[len(_MARK) :]
    if mark != _MARK or len(parts) != 4 * _PART:
        return None
    return _Signature(*(parts[start : start + _PART] for start in range(0, len(parts), _PART)))


def _digest(value: Any) -> bytes:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).digest()[:_PART]
