"""What was said in the user's name to get an answer, kept in the answer, and said again before it.

Reasoning counts only behind the very words it was written for.

Source: https://platform.claude.com/docs/en/build-with-claude/preserved-thinking
"""

from collections.abc import Mapping, Sequence
from typing import Any

from llama_index.core.base.llms.types import ContentBlock, ThinkingBlock

Block = dict[str, Any]
KIND = "added_words"
"""Type of the block that stands for them until they are in the user's turn."""
_KEPT = "claude_added"


def kept(blocks: Sequence[ContentBlock], added: Sequence[str]) -> list[ContentBlock]:
    """Gives the blocks of an answer, the first of its reasoning holding what was added to its request."""
    at = next((at for at, block in enumerate(blocks) if isinstance(block, ThinkingBlock)), None)
    if not added or at is None:
        return list(blocks)
    return [_holding(block, added) if place == at else block for place, block in enumerate(blocks)]


def of(block: ThinkingBlock) -> list[Block]:
    """Gives the block that stands for the words kept in one of an answer, if it keeps any."""
    words = block.additional_information.get(_KEPT)
    return [{"type": KIND, "words": words}] if isinstance(words, list | tuple) else []


def texts(block: Mapping[str, Any]) -> list[Block]:
    """Gives the user's texts that such a block stands for; none for another."""
    return [{"type": "text", "text": text} for text in block["words"]] if block["type"] == KIND else []


def _holding(block: ContentBlock, added: Sequence[str]) -> ContentBlock:
    if not isinstance(block, ThinkingBlock):
        return block
    return block.model_copy(update={"additional_information": {**block.additional_information, _KEPT: [*added]}})
