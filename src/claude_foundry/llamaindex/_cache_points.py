"""Cache points that begin a message: they mark what stands before it.

Source: https://platform.claude.com/docs/en/build-with-claude/prompt-caching
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import Any

from claude_foundry.errors import ConfigurationError
from claude_foundry.llamaindex import _added_words

Block = dict[str, Any]
Turn = dict[str, Any]

_POINT = "cache_point"
_NOT_CACHEABLE = ("thinking", "redacted_thinking", _POINT, _added_words.KIND)


def cached(blocks: Sequence[Block], control: Mapping[str, Any]) -> list[Block]:
    """Gives the blocks with a cache point on the last one that may carry it.

    Where none may, the point stands before them, until ``settled`` finds its place.
    """
    wanted = {"type": "ephemeral", **({"ttl": "1h"} if control.get("ttl") == "1h" else {})}
    place = max((at for at, block in enumerate(blocks) if block["type"] not in _NOT_CACHEABLE), default=None)
    if place is None:
        return [{"type": _POINT, "cache_control": wanted}, *blocks]
    return [{**block, "cache_control": wanted} if at == place else block for at, block in enumerate(blocks)]


def leading(blocks: Iterable[Block]) -> list[Block]:
    """Gives the cache points that begin a message."""
    return list(takewhile(lambda block: block["type"] == _POINT, blocks))


def settled(parts: Iterable[list[Block]]) -> list[list[Block]]:
    """Gives the parts of a prompt, in which the points that begin one mark the last block before it.

    Args:
        parts: of the prompt, in order: of system messages, then of the conversation.

    Raises:
        ConfigurationError: a point stands before all that can be cached.
    """
    done: list[list[Block]] = []
    for part in parts:
        points = leading(part)
        if points:
            _mark_last(done, points[-1]["cache_control"])
        done.append(part[len(points) :] if points else part)
    return done


def _mark_last(parts: list[list[Block]], control: Mapping[str, Any]) -> None:
    for at in reversed(range(len(parts))):
        marked = cached(parts[at], control)
        if not leading(marked):
            parts[at] = marked
            return
    raise ConfigurationError(
        "A CachePoint stands before all content: put it after the block up to which the prompt is to be cached; "
        "cache_tools='5m' or '1h' caches the tools."
    )
