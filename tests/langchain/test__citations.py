"""Citations on their way back to the service."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage

from claude_foundry.langchain._citations import citations

KINDS = [
    {
        "type": "web_search_result_location",
        "cited_text": "a",
        "url": "https://a.example",
        "title": "T",
        "encrypted_index": "e",
    },
    {
        "type": "char_location",
        "cited_text": "a",
        "document_index": 0,
        "document_title": None,
        "start_char_index": 0,
        "end_char_index": 1,
    },
    {
        "type": "page_location",
        "cited_text": "a",
        "document_index": 0,
        "document_title": "T",
        "start_page_number": 1,
        "end_page_number": 2,
    },
    {
        "type": "content_block_location",
        "cited_text": "a",
        "document_index": 0,
        "document_title": "T",
        "start_block_index": 0,
        "end_block_index": 1,
    },
    {
        "type": "search_result_location",
        "cited_text": "a",
        "source": "https://a.example",
        "title": "T",
        "search_result_index": 0,
        "start_block_index": 0,
        "end_block_index": 1,
    },
    {"type": "new_location", "cited_text": "a", "where": 1},
]
kinds = pytest.mark.parametrize("citation", KINDS, ids=[str(kind["type"]) for kind in KINDS])


@kinds
def test_there_and_back(citation: dict[str, Any]) -> None:
    """A citation that langchain-core made standard is sent back as it came; it names no file, which none may."""
    text = {"type": "text", "text": "A.", "citations": [{**citation, "file_id": "file_1"}]}
    standard = AIMessage([text], response_metadata={"model_provider": "anthropic"}).content_blocks[0]

    assert "citations" not in standard
    assert citations(standard) == [citation]
    assert citations(text) == [citation]


def test_of_another_provider() -> None:
    """A citation that says nothing the service could check is left out."""
    note = {"type": "citation", "url": "https://a.example", "title": "T"}

    assert citations({"type": "text", "text": "A.", "annotations": [note]}) == []
