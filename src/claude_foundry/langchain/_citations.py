"""Citations in LangChain's standard form, back to those of the Messages API.

Sources: https://docs.langchain.com/oss/python/langchain/messages (citations),
https://platform.claude.com/docs/en/build-with-claude/citations
"""

from collections.abc import Mapping
from typing import Any

from claude_foundry._fields import present
from claude_foundry.types._citation_params import as_sent

# The field that only one kind of citation has, that kind, and the name that its title has there.
_KINDS = (
    ("encrypted_index", "web_search_result_location", "title"),
    ("start_char_index", "char_location", "document_title"),
    ("start_page_number", "page_location", "document_title"),
    ("search_result_index", "search_result_location", "title"),
    ("start_block_index", "content_block_location", "document_title"),
)


def citations(part: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Gives the citations of a text block, whichever form it has them in; those of other providers are left out."""
    found = part.get("citations") or [_of_annotation(note) for note in part.get("annotations") or []]
    return [as_sent(citation) for citation in found if citation is not None]


def _of_annotation(note: Mapping[str, Any]) -> dict[str, Any] | None:
    if note.get("type") == "non_standard_annotation":
        return dict(note["value"])
    beside = note.get("extras") or {}
    for telling, kind, title in _KINDS:
        if telling in beside:
            known = present({"cited_text": note.get("cited_text"), "url": note.get("url")})
            return {"type": kind, **known, title: note.get("title"), **beside}
    return None
