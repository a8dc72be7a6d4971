"""What the service refuses in the citations of a text that is sent back: they have less than those of an answer.

Sources: https://platform.claude.com/docs/en/build-with-claude/citations,
https://platform.claude.com/docs/en/build-with-claude/search-results
"""

from collections.abc import Mapping
from typing import Any

from claude_foundry.emulator._fields import Complaints, Shape, tagged

_DOCUMENT = ("type", "cited_text", "document_index", "document_title")
_BLOCKS = ("start_block_index", "end_block_index")
_LOCATIONS = {
    "char_location": Shape((*_DOCUMENT, "start_char_index", "end_char_index")),
    "page_location": Shape((*_DOCUMENT, "start_page_number", "end_page_number")),
    "content_block_location": Shape((*_DOCUMENT, *_BLOCKS)),
    "search_result_location": Shape(("type", "cited_text", "source", "title", "search_result_index", *_BLOCKS)),
    "web_search_result_location": Shape(("type", "cited_text", "url", "title", "encrypted_index")),
}
_TEXTS = frozenset({"cited_text", "source", "url", "encrypted_index"})
# They must be there, and may be null.
_TITLES = frozenset({"document_title", "title"})


def complaints(block: Mapping[str, Any], path: str) -> Complaints:
    """Gives what is wrong with the citations of a text block."""
    listed = block.get("citations") or []
    if not isinstance(listed, list):
        yield f"{path}.citations: Input should be a valid list"
    for place, citation in enumerate(listed):
        at = f"{path}.citations.{place}"
        yield from tagged(citation, _LOCATIONS, at)
        yield from _values(citation, f"{at}.{citation['type']}")


def _values(citation: Mapping[str, Any], path: str) -> Complaints:
    for name, value in citation.items():
        if name in _TEXTS or name in _TITLES:
            if not isinstance(value, str) and not (value is None and name in _TITLES):
                yield f"{path}.{name}: Input should be a valid string"
        elif name != "type" and (isinstance(value, bool) or not isinstance(value, int)):
            yield f"{path}.{name}: Input should be a valid integer"
