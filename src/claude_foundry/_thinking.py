"""Thinking that was written for another conversation: how the service tells, and the messages without it.

A thinking block counts only under the system prompt, tools and messages it was written for. To leave out all of them
is allowed; to leave out some, or to change one, is not.

Source: https://platform.claude.com/docs/en/build-with-claude/preserved-thinking
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from claude_foundry.errors import BadRequestError

_KINDS = ("thinking", "redacted_thinking")
_MOST_REMEMBERED = 4_096
M = TypeVar("M", bound=Mapping[str, Any])
_SIGN = "bound to a different conversation"


def is_mismatch(error: Exception) -> bool:
    """Tells whether the service refused a request because its thinking belongs to another conversation."""
    return isinstance(error, BadRequestError) and _SIGN in str(error)


def without_thinking(messages: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Gives the messages without any thinking; a message that held nothing else is left out."""
    return _without(messages, _is_thinking)


class RefusedThinking:
    """Remembers the thinking that was refused, the newest of it, so that it is not sent only to be refused again.

    What was written after a refusal was written without it, and counts only without it.
    """

    def __init__(self) -> None:
        self._seals: Mapping[str, None] = {}

    def take_in(self, messages: Iterable[Mapping[str, Any]]) -> None:
        """Remembers all thinking of messages that were refused."""
        blocks = (block for message in messages for block in _blocks(message.get("content")) if _is_thinking(block))
        known = {**self._seals, **dict.fromkeys(map(_seal, blocks))}
        # Replaced and never changed: another thread may be reading it.
        self._seals = dict.fromkeys(list(known)[-_MOST_REMEMBERED:])

    def left_out(self, messages: Sequence[M]) -> Sequence[M | Mapping[str, Any]]:
        """Gives the messages without the thinking that was refused: the very ones given where they hold none."""
        seals = self._seals
        if not seals:
            return messages
        kept = _without(messages, lambda block: _is_thinking(block) and _seal(block) in seals)
        same = len(kept) == len(messages) and all(one is other for one, other in zip(kept, messages, strict=True))
        return messages if same else kept


def _without(messages: Iterable[M], leaves_out: Callable[[Any], bool]) -> list[M | Mapping[str, Any]]:
    kept = ((message, _kept(message.get("content"), leaves_out)) for message in messages)
    return [
        message if content == message.get("content") else {**message, "content": content}
        for message, content in kept
        if content or not message.get("content")
    ]


def _kept(content: Any, leaves_out: Callable[[Any], bool]) -> Any:
    if isinstance(content, list | tuple):
        return [block for block in content if not leaves_out(block)]
    return content


def _blocks(content: Any) -> Iterable[Any]:
    return content if isinstance(content, list | tuple) else ()


def _is_thinking(block: Any) -> bool:
    return _field(block, "type") in _KINDS


def _seal(block: Any) -> str:
    return str(_field(block, "signature") or _field(block, "data"))


def _field(block: Any, name: str) -> Any:
    return block.get(name) if isinstance(block, Mapping) else getattr(block, name, None)
