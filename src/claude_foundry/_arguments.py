"""The arguments of calls: exact, or absent."""

import json
from collections.abc import Mapping
from math import isfinite
from typing import Any, TypeVar

from claude_foundry._fields import no_constant
from claude_foundry._promises import is_too_deep
from claude_foundry.types._blocks import CALLS

B = TypeVar("B", bound=Mapping[str, Any])

_EXACT = json.JSONEncoder(allow_nan=False)


def exact_arguments(text: str) -> dict[str, Any] | None:
    """Parses the arguments of a call strictly: what is cut, is no object, or could not be written again gives None."""
    try:
        arguments = json.loads(text or "{}", parse_constant=no_constant, parse_float=_finite)
        # Half a surrogate pair is JSON only where it is escaped.
        if "\\u" in text:
            json.dumps(arguments, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return arguments if isinstance(arguments, dict) and not is_too_deep(arguments) else None


def exact(block: B) -> B | dict[str, Any]:
    """Gives a block that was parsed leniently back; a call with numbers that JSON cannot hold is none."""
    if block.get("type") not in CALLS or "input" not in block:
        return block
    try:
        _EXACT.encode(block["input"])
    except ValueError:
        return invalid({**block, "partial_json": json.dumps(block["input"])})
    return block


def with_exact_calls(message: dict[str, Any]) -> dict[str, Any]:
    """Gives a message that was parsed leniently with such calls replaced."""
    content = message.get("content")
    if not isinstance(content, list):
        return message
    return {**message, "content": [exact(block) if isinstance(block, dict) else block for block in content]}


def invalid(block: Mapping[str, Any]) -> dict[str, Any]:
    """Gives a call that must not be run, its arguments as they came."""
    return {
        "type": "invalid_tool_use",
        "id": block.get("id", ""),
        "name": block.get("name", ""),
        "partial_json": block.get("partial_json", ""),
    }


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError("a number that no float holds")
    return number
