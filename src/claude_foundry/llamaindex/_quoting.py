"""What an answer cites, kept in the message beside its text, and sent back with it.

LlamaIndex's blocks of text hold no citations, and its blocks for citations not all of what the API wants back.

Source: https://platform.claude.com/docs/en/build-with-claude/citations
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from llama_index.core.base.llms.types import ContentBlock, ThinkingBlock

from claude_foundry.types._citation_params import as_sent

Block = dict[str, Any]
_KEPT = "claude_text"


def kept(content: Iterable[Mapping[str, Any]]) -> list[ContentBlock]:
    """Gives the block that holds the texts of an answer which cite something, or nothing where none does.

    Args:
        content: of the answer, as it came.
    """
    runs = [[_as_sent(text) for text in run] for is_text, run in groupby(content, key=_is_text) if is_text]
    cites = any("citations" in text for run in runs for text in run)
    return [ThinkingBlock(additional_information={_KEPT: runs})] if cites else []


def texts(blocks: Sequence[ContentBlock]) -> dict[str, list[list[Block]]]:
    """Gives what stands for the texts of a message that cites something: the API's blocks, by the text they make up.

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


def _as_sent(text: Mapping[str, Any]) -> Block:
    cited = [as_sent(citation) for citation in text.get("citations") or ()]
    return {"type": "text", "text": text["text"], **({"citations": cited} if cited else {})}
