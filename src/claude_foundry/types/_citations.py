"""Where a text of an answer comes from, one model a kind of citation.

Source: https://platform.claude.com/docs/en/build-with-claude/citations
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from claude_foundry.types._wire_model import Unknown, WireModel


class _DocumentCitation(WireModel):
    cited_text: str
    document_index: int
    document_title: str | None = None
    file_id: str | None = None


class CitationCharLocation(_DocumentCitation):
    """Characters of a plain text document, counted from 0; the end is left out."""

    type: Literal["char_location"]
    start_char_index: int
    end_char_index: int


class CitationPageLocation(_DocumentCitation):
    """Pages of a PDF, counted from 1; the end is left out."""

    type: Literal["page_location"]
    start_page_number: int
    end_page_number: int


class CitationContentBlockLocation(_DocumentCitation):
    """Blocks of a document of content blocks, counted from 0; the end is left out."""

    type: Literal["content_block_location"]
    start_block_index: int
    end_block_index: int


class CitationSearchResultLocation(WireModel):
    """Blocks of a ``search_result`` of the request, counted from 0; the end is left out."""

    type: Literal["search_result_location"]
    cited_text: str
    source: str
    title: str | None = None
    search_result_index: int
    start_block_index: int
    end_block_index: int


class CitationWebSearchResultLocation(WireModel):
    """A page that web search found."""

    type: Literal["web_search_result_location"]
    cited_text: str
    url: str
    title: str | None = None
    encrypted_index: str


class UnknownCitation(Unknown):
    """A citation of any other kind, or in a form not known here, with all its fields."""


_Known = Annotated[
    CitationCharLocation
    | CitationPageLocation
    | CitationContentBlockLocation
    | CitationSearchResultLocation
    | CitationWebSearchResultLocation,
    Field(discriminator="type"),
]
TextCitation: TypeAlias = Annotated[_Known | UnknownCitation, Field(union_mode="left_to_right")]
