"""Fields of a text that are not known here: in LangChain's standard form, and back.

langchain-core's translator leaves them out. Its standard blocks have ``extras`` for what only one provider knows.

Source: https://docs.langchain.com/oss/python/langchain/messages (standard content blocks)
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from langchain_core.messages import BaseMessage

from claude_foundry._fields import present

Block = dict[str, Any]
M = TypeVar("M", bound=BaseMessage)

_KNOWN = frozenset({"type", "text", "citations", "cache_control"})
_OF_LANGCHAIN = frozenset({"index", "annotations", "extras", "partial_json"})
_PLAIN = _KNOWN | _OF_LANGCHAIN


def unknown(part: Mapping[str, Any]) -> Block:
    """Gives the fields of a text of this service that are not known here, whichever form it has them in."""
    if part.keys() <= _PLAIN and not part.get("extras"):
        return {}
    found = {**(part.get("extras") or {}), **part}
    return {name: value for name, value in present(found).items() if name not in _PLAIN and not _is_own_id(name, value)}


def standard(block: Mapping[str, Any], translated: Mapping[str, Any]) -> Block:
    """Gives a block as langchain-core has translated it, with what it has left out.

    Args:
        block: as the service gave it.
        translated: what langchain-core made of it.
    """
    beside = unknown(block) if block["type"] == "text" else {}
    return {**translated, **({"extras": beside} if beside else {})}


def in_standard_form(message: M) -> M:
    """Gives a message in standard blocks, where langchain-core's own would lack something; else the message itself."""
    content = [block for block in message.content if isinstance(block, dict)]
    if not any(block["type"] == "text" and unknown(block) for block in content):
        return message
    blocks = [standard(block, made) for block, made in zip(content, message.content_blocks, strict=True)]
    told = {**message.response_metadata, "output_version": "v1"}
    return message.model_copy(update={"content": blocks, "response_metadata": told})


def _is_own_id(name: str, value: Any) -> bool:
    """Tells whether a field is the id that langchain-core gives a block."""
    return name == "id" and isinstance(value, str) and value.startswith("lc_")
