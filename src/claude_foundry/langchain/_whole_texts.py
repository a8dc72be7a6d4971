"""Fields of a text that are not known here: in LangChain's standard form, and back.

langchain-core's translator leaves them out. Its standard blocks have ``extras`` for what only one provider knows. What
an application or another provider puts into a text the API refuses, so that a message names the fields of its answer.

Source: https://docs.langchain.com/oss/python/langchain/messages (standard content blocks)
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from langchain_core.messages import BaseMessage

from claude_foundry._fields import present
from claude_foundry.types import Message, TextBlock

Block = dict[str, Any]
M = TypeVar("M", bound=BaseMessage)

UNKNOWN_TEXT_FIELDS = "unknown_text_fields"
"""Where the metadata of a message name them."""
_KNOWN = frozenset({"type", "text", "citations", "cache_control"})
_OF_LANGCHAIN = frozenset({"index", "annotations", "extras", "partial_json"})
_PLAIN = _KNOWN | _OF_LANGCHAIN


def unknown(block: Mapping[str, Any]) -> Block:
    """Gives the fields of a text, as the service gave it, that are not known here."""
    return {} if block.keys() <= _PLAIN else {name: block[name] for name in present(block) if name not in _PLAIN}


def names_in(answer: Message) -> list[str]:
    """Gives the names of such fields in an answer."""
    texts = (block.model_extra or {} for block in answer.content if isinstance(block, TextBlock))
    return sorted({name for text in texts for name in unknown(text)})


def named(part: Mapping[str, Any], names: Iterable[str]) -> Block:
    """Gives those fields of a text that its message names, whichever form it has them in."""
    extras = part.get("extras")
    found = present({**(extras if isinstance(extras, dict) else {}), **part})
    return {name: found[name] for name in names if name in found and not _is_own_id(name, found[name])}


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
    made = message.content_blocks
    # Behind those of the content, langchain-core may tell of a refusal.
    blocks = [*map(standard, content, made), *made[len(content) :]]
    told = {**message.response_metadata, "output_version": "v1"}
    return message.model_copy(update={"content": blocks, "response_metadata": told})


def _is_own_id(name: str, value: Any) -> bool:
    """Tells whether a field is the id that langchain-core gives a block."""
    return name == "id" and isinstance(value, str) and value.startswith("lc_")
