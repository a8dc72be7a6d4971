"""Citations, and the texts that have them, of an answer that is sent back.

Source: https://platform.claude.com/docs/en/build-with-claude/citations
"""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, TypedDict

from claude_foundry.types._wire_model import present


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


def text_as_sent(text: Mapping[str, Any]) -> dict[str, Any]:
    """Gives a text of an answer as a request takes it: all that it came with, but null fields, and files of citations.

    Fields that are not known here are what the service gave, and stay.
    """
    fields = present(text)
    if isinstance(cited := fields.get("citations"), list):
        fields["citations"] = [as_sent(citation) if isinstance(citation, dict) else citation for citation in cited]
    return fields
