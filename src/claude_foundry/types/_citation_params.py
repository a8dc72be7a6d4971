"""Citations of an answer that is sent back.

Source: https://platform.claude.com/docs/en/build-with-claude/citations
"""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, TypedDict


class CitationCharLocationParam(TypedDict):
    """Characters of a plain text document."""

    type: Literal["char_location"]
    cited_text: str
    document_index: int
    document_title: str | None
    start_char_index: int
    end_char_index: int


class CitationPageLocationParam(TypedDict):
    """Pages of a PDF."""

    type: Literal["page_location"]
    cited_text: str
    document_index: int
    document_title: str | None
    start_page_number: int
    end_page_number: int


class CitationContentBlockLocationParam(TypedDict):
    """Blocks of a document of content blocks."""

    type: Literal["content_block_location"]
    cited_text: str
    document_index: int
    document_title: str | None
    start_block_index: int
    end_block_index: int


class CitationSearchResultLocationParam(TypedDict):
    """Blocks of a search result."""

    type: Literal["search_result_location"]
    cited_text: str
    source: str
    title: str | None
    search_result_index: int
    start_block_index: int
    end_block_index: int


class CitationWebSearchResultLocationParam(TypedDict):
    """A page that web search found."""

    type: Literal["web_search_result_location"]
    cited_text: str
    url: str
    title: str | None
    encrypted_index: str


TextCitationParam: TypeAlias = (
    CitationCharLocationParam
    | CitationPageLocationParam
    | CitationContentBlockLocationParam
    | CitationSearchResultLocationParam
    | CitationWebSearchResultLocationParam
)


def as_sent(citation: Mapping[str, Any]) -> dict[str, Any]:
    """Gives a citation of an answer as a request takes it: without its ``file_id``, and with a title that is null."""
    return {name: value for name, value in citation.items() if name != "file_id"}
