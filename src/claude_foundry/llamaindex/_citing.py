"""Citations asked for of all documents and search results of a request, or of none, as the API demands.

Source: https://platform.claude.com/docs/en/build-with-claude/citations
"""

from collections.abc import Iterator, Sequence

from claude_foundry._mending import Block, Turn, with_content

_SOURCES = ("document", "search_result")


def aligned(turns: list[Turn]) -> list[Turn]:
    """Gives the turns, in which all sources are to be cited when one is."""
    asking = {
        bool((block.get("citations") or {}).get("enabled")) for turn in turns for block in _sources(turn["content"])
    }
    if asking != {True, False}:
        return turns
    return [with_content(turn, _cited(turn["content"])) for turn in turns]


def _sources(content: Sequence[Block]) -> Iterator[Block]:
    for block in content:
        if block["type"] in _SOURCES:
            yield block
        if block["type"] == "tool_result":
            yield from _sources(block.get("content") or ())


def _cited(content: Sequence[Block]) -> list[Block]:
    return [_with_citations(block) for block in content]


def _with_citations(block: Block) -> Block:
    match block:
        case {"type": "document" | "search_result"}:
            return {**block, "citations": {"enabled": True}}
        case {"type": "tool_result", "content": [*inner]}:
            return {**block, "content": _cited(inner)}
    return block
