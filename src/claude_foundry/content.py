"""Content blocks from what a program has: files, bytes, URLs, texts.

The result is a plain dict of the API, to be put into the ``content`` of a message. A path is read at once; in
asynchronous code, read the file elsewhere and give its bytes.

Sources: https://platform.claude.com/docs/en/build-with-claude/vision,
https://platform.claude.com/docs/en/build-with-claude/pdf-support,
https://platform.claude.com/docs/en/build-with-claude/citations,
https://platform.claude.com/docs/en/build-with-claude/search-results,
https://platform.claude.com/docs/en/build-with-claude/prompt-caching
"""

import base64
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar, cast

from claude_foundry._fields import filled, listed, mapping, one_of, string
from claude_foundry._media import IMAGE_TYPES, PDF, media_type
from claude_foundry.errors import ConfigurationError
from claude_foundry.types import (
    ContainerUploadBlockParam,
    DocumentBlockParam,
    FileSourceParam,
    ImageBlockParam,
    SearchResultBlockParam,
    TextBlockParam,
)

__all__ = [
    "Source",
    "Uploaded",
    "cached",
    "document",
    "image",
    "search_result",
    "text",
    "text_document",
    "uploaded",
]

Uploaded: TypeAlias = ImageBlockParam | DocumentBlockParam | ContainerUploadBlockParam
Source: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview
T = TypeVar("T", bound=Mapping[str, Any])

_URL = re.compile(r"https://", re.IGNORECASE)
_OTHER_URL = re.compile(r"[a-z][a-z0-9+.-]+://|data:", re.IGNORECASE)


def text(words: str) -> TextBlockParam:
    """Gives a text block.

    Args:
        words: the text.

    Raises:
        ConfigurationError: it is no string, or blank: the API refuses blank texts.

    Source: https://platform.claude.com/docs/en/api/messages
    """
    return {"type": "text", "text": filled(words, argument="words")}


def image(source: Source) -> ImageBlockParam:
    """Gives an image block.

    Args:
        source: the path of a file, its bytes, or an ``https://`` URL, which the service fetches itself.

    Raises:
        ConfigurationError: it is none of these, or not a JPEG, PNG, GIF or WebP image.
        OSError: the file cannot be read.

    Source: https://platform.claude.com/docs/en/build-with-claude/vision
    """
    if _is_url(source):
        return {"type": "image", "source": _url(source)}
    data = _bytes(source)
    kind = media_type(data)
    if kind not in IMAGE_TYPES:
        raise ConfigurationError(f"source holds {kind or 'no known image'}: give a JPEG, PNG, GIF or WebP image.")
    return {"type": "image", "source": _base64(data, kind)}


def document(
    source: Source, *, title: str | None = None, context: str | None = None, citations: bool = False
) -> DocumentBlockParam:
    """Gives a document block: a PDF, or a text.

    Args:
        source: the path of a file, its bytes, or an ``https://`` URL of a PDF, which the service fetches itself.
        title: shown to the model, and in citations.
        context: further words on the document that are not cited.
        citations: whether the answer cites it; all documents of a request must agree.

    Raises:
        ConfigurationError: it is neither a PDF nor a text in UTF-8, or blank, or another argument is no string.
        OSError: the file cannot be read.

    Source: https://platform.claude.com/docs/en/build-with-claude/pdf-support
    """
    return _document(_document_source(source), title=title, context=context, citations=citations)


def text_document(
    words: str | Iterable[str], *, title: str | None = None, context: str | None = None, citations: bool = False
) -> DocumentBlockParam:
    """Gives a document block of a text, or of several passages that citations keep apart.

    Args:
        words: the text, or its passages.
        title: shown to the model, and in citations.
        context: further words on the document that are not cited.
        citations: whether the answer cites it; all documents of a request must agree.

    Raises:
        ConfigurationError: there is no text, a blank one, or another argument is no string.

    Source: https://platform.claude.com/docs/en/build-with-claude/citations
    """
    source: Any = (
        _plain(filled(words, argument="words"))
        if isinstance(words, str)
        else {"type": "content", "content": _passages(words)}
    )
    return _document(source, title=title, context=context, citations=citations)


def uploaded(file_id: str, *, kind: Literal["image", "document", "container_upload"]) -> Uploaded:
    """Gives a block that refers to a file of the Files API, on deployments hosted on Anthropic.

    Args:
        file_id: as the upload gave it.
        kind: what the file is to be; ``container_upload`` puts it where code runs.

    Raises:
        ConfigurationError: ``file_id`` is no id, or ``kind`` is none of these.

    Source: https://platform.claude.com/docs/en/build-with-claude/files
    """
    one_of(("image", "document", "container_upload"), kind, argument="kind")
    identifier = filled(file_id, argument="file_id")
    if kind == "container_upload":
        return {"type": kind, "file_id": identifier}
    source: FileSourceParam = {"type": "file", "file_id": identifier}
    return {"type": "image", "source": source} if kind == "image" else {"type": "document", "source": source}


def search_result(
    words: str | Iterable[str], *, source: str, title: str, citations: bool = False
) -> SearchResultBlockParam:
    """Gives a search result, for a user message or a tool result.

    Args:
        words: the text, or its passages.
        source: where it comes from, such as a URL.
        title: of what was found.
        citations: whether the answer cites it; all search results of a request must agree.

    Raises:
        ConfigurationError: there is no text, a blank one, or another argument is no string.

    Source: https://platform.claude.com/docs/en/build-with-claude/search-results
    """
    block: SearchResultBlockParam = {
        "type": "search_result",
        "source": string(source, argument="source"),
        "title": string(title, argument="title"),
        "content": _passages([words] if isinstance(words, str) else words),
    }
    if citations:
        block["citations"] = {"enabled": True}
    return block


def cached(block: T, *, ttl: Literal["5m", "1h"] = "5m") -> T:
    """Gives a copy of a block, or of a tool, up to which the prompt is cached. A request has at most four of them.

    Args:
        block: a content block, system block or tool.
        ttl: how long it is kept after its last use.

    Raises:
        ConfigurationError: the API caches no such block, ``block`` is no dict, or ``ttl`` is neither.

    Source: https://platform.claude.com/docs/en/build-with-claude/prompt-caching
    """
    given = mapping(block, argument="block", instead="give a dict; for a function, tool(..., cache_control={...})")
    if given.get("type") in ("thinking", "redacted_thinking") or given.get("text") == "":
        raise ConfigurationError(
            f"block of type {given.get('type')!r}: neither thinking nor an empty text is cached; mark another block."
        )
    kept = one_of(("5m", "1h"), ttl, argument="ttl")
    return cast(T, {**given, "cache_control": {"type": "ephemeral", "ttl": kept}})


def _passages(words: Iterable[str]) -> list[TextBlockParam]:
    passages = listed(words, argument="words")
    if not passages:
        raise ConfigurationError("words is empty: give a text, or passages.")
    return [text(passage) for passage in passages]


def _is_url(source: Source) -> bool:
    return isinstance(source, str) and _URL.match(source) is not None


def _bytes(source: Source) -> bytes:
    match source:
        case bytes() | bytearray() | memoryview():
            return bytes(source)
        case str() if not source or _OTHER_URL.match(source):
            raise ConfigurationError("source is no path and no https:// URL: give one of these, or bytes.")
        case str() | os.PathLike():
            return Path(source).read_bytes()
    raise ConfigurationError(f"source is {type(source).__name__}: give a path, bytes or an https:// URL.")


def _url(source: Source) -> Any:
    return {"type": "url", "url": source}


def _base64(data: bytes, kind: str) -> Any:
    return {"type": "base64", "media_type": kind, "data": base64.b64encode(data).decode("ascii")}


def _plain(words: str) -> Any:
    return {"type": "text", "media_type": "text/plain", "data": words}


def _document_source(source: Source) -> Any:
    if _is_url(source):
        return _url(source)
    data = _bytes(source)
    if media_type(data) == PDF:
        return _base64(data, PDF)
    try:
        words = data.decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigurationError("source is neither a PDF nor a text in UTF-8: convert it first.") from None
    return _plain(filled(words, argument="source"))


def _document(source: Any, *, title: str | None, context: str | None, citations: bool) -> DocumentBlockParam:
    told = {"title": title, "context": context}
    named = {name: string(words, argument=name) for name, words in told.items() if words is not None}
    marked = {"citations": {"enabled": True}} if citations else {}
    return cast(DocumentBlockParam, {"type": "document", "source": source, **named, **marked})
