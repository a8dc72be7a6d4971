"""Events of a streamed answer: plain dicts as on the wire, typed for editors, not validated.

Source: https://platform.claude.com/docs/en/build-with-claude/streaming
"""

from typing import Any, TypedDict


class StreamEvent(TypedDict, total=False):
    """One event. ``type`` is always there; which other keys are depends on it.

    ``message_start`` has ``message``; ``content_block_start`` has ``index`` and ``content_block``;
    ``content_block_delta`` has ``index`` and ``delta``; ``content_block_stop`` has ``index``;
    ``message_delta`` has ``delta`` and ``usage``; ``message_stop`` and ``ping`` have nothing more.
    Events and fields that are not listed here pass through as they came.
    """

    type: str
    index: int
    message: dict[str, Any]
    content_block: dict[str, Any]
    delta: dict[str, Any]
    usage: dict[str, Any]
    context_management: dict[str, Any]
    error: dict[str, Any]
