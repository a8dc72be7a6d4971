"""How structured output is asked for, and in which way next when the service refuses one.

Sources: https://platform.claude.com/docs/en/build-with-claude/structured-outputs,
https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools (forced tool use)
"""

import re
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from claude_foundry.errors import BadRequestError, FeatureNotSupportedError

Way: TypeAlias = Literal["json_schema", "forced", "instructed"]
"""The API's own format; a tool that the model is made to call; one that it is told to call."""

FEATURE = "structured_outputs"
_REFUSED_FORMAT = re.compile(r"too complex for compilation|output_config\.format: (?:Extra inputs|.*citations)")
_NEVER_FORCED = re.compile(r'tool_choice: type "tool" and "any" are not supported')
_REFUSED_FORCE = re.compile(rf"{_NEVER_FORCED.pattern}|forces? tool use")


def following(way: Way, refusal: BadRequestError, *, tool_way: Way) -> Way | None:
    """Gives the way to go when the service refuses one, or None when it refuses something else.

    Args:
        way: that was gone.
        refusal: of the request.
        tool_way: how a tool is asked for.
    """
    match way:
        case "json_schema" if _refuses_format(refusal):
            return tool_way
        case "forced" if _REFUSED_FORCE.search(str(refusal)):
            return "instructed"
    return None


def never_forces(failure: Exception) -> bool:
    """Tells whether a deployment refuses to have any tool forced, and not only in a request such as this one."""
    return isinstance(failure, BadRequestError) and _NEVER_FORCED.search(str(failure)) is not None


def instruction(tool: str) -> str:
    """Gives the words that make a model call a tool that it is not made to call."""
    return f"Answer by calling the tool {tool}."


def told(messages: Any, tool: str) -> Any:
    """Gives a conversation with the instruction at its end, where the user speaks."""
    # Beside results, or in a turn that goes on after a pause, the API takes nothing else.
    if not isinstance(messages, list | tuple) or not messages or not _is_speech(messages[-1]):
        return messages
    return [*messages, {"role": "user", "content": instruction(tool)}]


def _is_speech(message: Any) -> bool:
    if not isinstance(message, Mapping) or message.get("role") != "user":
        return False
    content = message.get("content")
    return not any(
        isinstance(block, Mapping) and block.get("type") == "tool_result"
        for block in (content if isinstance(content, list | tuple) else ())
    )


def _refuses_format(refusal: BadRequestError) -> bool:
    if isinstance(refusal, FeatureNotSupportedError):
        return FEATURE in refusal.features
    return _REFUSED_FORMAT.search(str(refusal)) is not None
