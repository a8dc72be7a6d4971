"""Thinking that was written for another conversation: how the service tells, and the messages without it.

A thinking block counts only under the system prompt, tools and messages it was written for. To leave out all of them
is allowed; to leave out some, or to change one, is not.

Source: https://platform.claude.com/docs/en/build-with-claude/preserved-thinking
"""

from collections.abc import Iterable, Mapping
from typing import Any

from claude_foundry.errors import BadRequestError

_KINDS = ("thinking", "redacted_thinking")
_SIGN = "bound to a different conversation"


def is_mismatch(error: Exception) -> bool:
    """Tells whether the service refused a request because its thinking belongs to another conversation."""
    return isinstance(error, BadRequestError) and _SIGN in str(error)


def without_thinking(messages: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Gives the messages without any thinking; a message that held nothing else is left out."""
    bare = ((message, _bare(message.get("content"))) for message in messages)
    return [
        message if content == message.get("content") else {**message, "content": content}
        for message, content in bare
        if content or not message.get("content")
    ]


def _bare(content: Any) -> Any:
    if isinstance(content, list | tuple):
        return [block for block in content if _kind(block) not in _KINDS]
    return content


def _kind(block: Any) -> Any:
    return block.get("type") if isinstance(block, Mapping) else getattr(block, "type", None)
