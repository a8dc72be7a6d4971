"""Texts of an answer with all that came with them, kept in the message beside its text, and sent back in its place.

LlamaIndex's blocks of text hold text alone, and its blocks for citations not all of what the API wants back.

Source: https://platform.claude.com/docs/en/build-with-claude/citations
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from llama_index.core.base.llms.types import ContentBlock, ThinkingBlock

from claude_foundry.types._citation_params import text_as_sent

Block = dict[str, Any]
_KEPT = "claude_text"
_PLAIN = ("type", "text")


def kept(content: Sequence[Mapping[str, Any]]) -> list[ContentBlock]:
    """Gives the block that holds the texts of an answer one of which is more than its text, or nothing.

    What a text may have beside it are citations, and fields that are not known here.

    Args:
        content: of the answer, as it came.
    """
    if not any(_is_text(block) and _has_more(block) for block in content):
        return []
    runs = [[_as_sent(text) for text in run] for is_text, run in groupby(content, key=_is_text) if is_text]
    return [ThinkingBlock(additional_information={_KEPT: runs})]


def texts(blocks: Iterable[ContentBlock]) -> dict[str, list[list[Block]]]:
    """Gives what stands for the texts of a message that keeps them: the API's blocks, by the text they make up.

    A text that occurs more than once has as many of them, in order.
    """
    found: dict[str, list[list[Block]]] = {}
    for block in blocks:
        match block:
            case ThinkingBlock(additional_information={"claude_text": [*runs]}):
                for run in runs:
                    # The API refuses text blocks of white space alone.
                    said = [dict(text) for text in run if text["text"].strip()]
                    found.setdefault("".join(text["text"] for text in run), []).append(said)
    return found


def _is_text(block: Mapping[str, Any]) -> bool:
    return bool(block["type"] == "text")


def _has_more(text: Mapping[str, Any]) -> bool:
    return any(name not in _PLAIN for name in _as_sent(text))


def _as_sent(text: Mapping[str, Any]) -> Block:
    return text_as_sent({**text, "citations": text.get("citations") or None})
