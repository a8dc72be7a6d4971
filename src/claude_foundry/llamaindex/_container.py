"""The container in which the service runs code, kept from answer to request in the conversation itself.

Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/code-execution-tool (container reuse)
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ContentBlock, ThinkingBlock

from claude_foundry.llamaindex._content import verbatim

_KEPT = "claude_container"


def kept(blocks: Sequence[ContentBlock], container: Any, *, asked_at: datetime | None = None) -> list[ContentBlock]:
    """Gives the blocks of an answer, the last of the service's own holding the container that it used.

    Args:
        blocks: of the answer.
        container: that the answer names; one in another form than the API's is none.
        asked_at: the time of the request, by this machine's clock.
    """
    at = max((at for at, block in enumerate(blocks) if verbatim(block)), default=None)
    named = container if isinstance(container, Mapping) else {}
    told = {name: named[name] for name in ("id", "expires_at") if named.get(name)}
    if not told or at is None:
        return list(blocks)
    if _is_over(told, asked_at):
        # Used after its end, by a clock that goes wrong or an answer that was recorded: its end tells nothing here.
        told.pop("expires_at")
    return [_holding(block, told) if place == at else block for place, block in enumerate(blocks)]


def of_request(fields: Mapping[str, Any], messages: Sequence[ChatMessage], *, now: datetime | None) -> Any:
    """Gives the ``container`` of a request: the one that is given, or the last of the conversation while it lives.

    Args:
        fields: of the request, tools among them.
        messages: the conversation.
        now: None takes every container for living.
    """
    given = fields.get("container")
    runs_code = any(str(tool.get("type")).startswith("code_execution_") for tool in fields.get("tools", ()))
    if isinstance(given, str) or (isinstance(given, Mapping) and given.get("id")) or not runs_code:
        return given
    held = _last(block for message in reversed(messages) for block in reversed(message.blocks))
    if held is None or _is_over(held, now):
        return given
    return {**given, "id": held["id"]} if given else held["id"]


def _holding(block: ContentBlock, container: Mapping[str, Any]) -> ContentBlock:
    if not isinstance(block, ThinkingBlock):
        return block
    return block.model_copy(update={"additional_information": {**block.additional_information, _KEPT: container}})


def _last(blocks: Iterable[ContentBlock]) -> dict[str, Any] | None:
    for block in blocks:
        match block:
            case ThinkingBlock(additional_information={"claude_container": {"id": str()} as held}):
                return dict(held)
    return None


def _is_over(held: Mapping[str, Any], now: datetime | None) -> bool:
    try:
        ends = datetime.fromisoformat(str(held.get("expires_at")))
    except ValueError:
        return False
    return now is not None and ends.tzinfo is not None and ends <= now
