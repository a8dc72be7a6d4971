"""A turn that the service paused: the request that goes on with it, and its parts as one answer.

Sources: https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons (pause_turn),
https://platform.claude.com/docs/en/agents-and-tools/tool-use/code-execution-tool (container reuse)
"""

from collections.abc import Mapping, Sequence
from typing import Any

from claude_foundry.types import Container, InvalidToolUseBlock, Message, ToolUseBlock, Usage

MAX_PAUSES = 8
"""Most times that a paused turn is continued; after them it is given as it is."""

_TOKENS = (
    "input_tokens",
    "output_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "cache_creation",
)


def next_request(request: Mapping[str, Any], parts: Sequence[Message]) -> dict[str, Any] | None:
    """Gives the request that goes on with a turn, or None when the turn has ended or was paused often enough.

    Calls of the user's tools are answered first; without content there is nothing to go on with.

    Args:
        request: that was answered last; it stays as it is.
        parts: the answers of the turn so far, in order.
    """
    paused = parts[-1]
    waits = any(isinstance(block, ToolUseBlock | InvalidToolUseBlock) for block in paused.content)
    goes_on = paused.stop_reason == "pause_turn" and bool(paused.content) and not waits and len(parts) <= MAX_PAUSES
    return after_pause(request, paused) if goes_on else None


def after_pause(request: Mapping[str, Any], paused: Message) -> dict[str, Any]:
    """Gives the request that goes on with a turn which ended with ``pause_turn``.

    Args:
        request: that was answered; it stays as it is.
        paused: its answer.
    """
    return {**request, "messages": [*request["messages"], *as_turn(paused)], **container_of(request, paused)}


def as_turn(message: Message) -> list[dict[str, Any]]:
    """Gives an answer as a turn of the next request; nothing if no block of it can be sent."""
    param: Any = message.to_param()
    return [param] if param["content"] else []


def container_of(request: Mapping[str, Any], message: Message) -> dict[str, Any]:
    """Gives the ``container`` of the request after an answer; nothing if the answer names none.

    What the service runs goes on in the container that it began in.
    """
    if not isinstance(message.container, Container):
        return {}
    given, identifier = request.get("container"), message.container.id
    return {"container": {**given, "id": identifier} if isinstance(given, Mapping) else identifier}


def joined(parts: Sequence[Message]) -> Message:
    """Gives the answers of one paused turn as one: all blocks in order, and what all of them cost.

    ``id`` and ``model`` are those of the first, ``container`` is the last that was named, and all else is as in the
    last.

    Args:
        parts: the answers, in order.

    Raises:
        ValueError: there are none.
    """
    if not parts:
        raise ValueError("parts: give at least one answer.")
    first, last = parts[0], parts[-1]
    if first is last:
        return last
    whole = {
        "id": first.id,
        "model": first.model,
        "content": [block for part in parts for block in part.content],
        # An answer names its container only if code ran in it.
        "container": next((part.container for part in reversed(parts) if part.container is not None), None),
        "usage": _summed([part.usage.model_dump() for part in parts]),
    }
    return last.model_copy(update=whole)


def _summed(usages: Sequence[dict[str, Any]]) -> Usage:
    # Where passes are listed, what an answer costs is their sum: a part without them is one pass.
    has_passes = any(usage.get("iterations") for usage in usages)
    total: Any = {}
    for usage in usages:
        total = _sum(total, {**usage, "iterations": usage.get("iterations") or [_pass(usage)]} if has_passes else usage)
    return Usage.model_validate(total)


def _pass(usage: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "message", **{name: usage[name] for name in _TOKENS if name in usage}}


def _sum(one: Any, other: Any) -> Any:
    match one, other:
        case (None, value) | (value, None):
            return value
        case (bool(), _) | (_, bool()):
            return other
        case int() | float(), int() | float():
            return one + other
        case dict(), dict():
            return {name: _sum(one.get(name), other.get(name)) for name in {**one, **other}}
        case list(), list():
            return [*one, *other]
    return other
