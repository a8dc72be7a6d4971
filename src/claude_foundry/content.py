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
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar, cast

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

Uploaded: TypeAlias = ImageBlockParam | DocumentBlockParam | ContainerUploadBlockParam
Source: TypeAlias = str | Path | bytes
T = TypeVar("T", bound=Mapping[str, Any])


def text(words: str) -> TextBlockParam:
    """Gives a text block."""
    return {"type": "text", "text": words}


def image(source: Source) -> ImageBlockParam:
    """Gives an image block.

    Args:
        source: the path of a file, its bytes, or an ``https://`` URL, which the service fetches itself.

    Raises:
        ConfigurationError: it is not a JPEG, PNG, GIF or WebP image.
        OSError: the file cannot be read.
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
        ConfigurationError: it is neither a PDF nor a text in UTF-8.
        OSError: the file cannot be read.
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
    """
    if isinstance(words, str):
        return _document(_plain(words), title=title, context=context, citations=citations)
    source: Any = {"type": "content", "content": [text(passage) for passage in words]}
    return _document(source, title=title, context=context, citations=citations)


def uploaded(file_id: str, *, kind: Literal["image", "document", "container_upload"]) -> Uploaded:
    """Gives a block that refers to a file of the Files API, on deployments hosted on Anthropic.

    Args:
        file_id: as the upload gave it.
        kind: what the file is to be; ``container_upload`` puts it where code runs.
    """
    if kind == "container_upload":
        return {"type": kind, "file_id": file_id}
    source: FileSourceParam = {"type": "file", "file_id": file_id}
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
    """
    passages = [words] if isinstance(words, str) else list(words)
    content = [text(passage) for passage in passages]
    block: SearchResultBlockParam = {"type": "search_result", "source": source, "title": title, "content": content}
    if citations:
        block["citations"] = {"enabled": True}
    return block


def cached(block: T, *, ttl: Literal["5m", "1h"] = "5m") -> T:
    """Gives a copy of a block, or of a tool, up to which the prompt is cached. A request has at most four of them.

    Args:
        block: a content block, system block or tool.
        ttl: how long it is kept after its last use.

    Raises:
        ConfigurationError: the API caches no such block.
    """
    if block.get("type") in ("thinking", "redacted_thinking") or block.get("text") == "":
        raise ConfigurationError(f"A block of type {block['type']!r} that is thinking or empty cannot be cached.")
    return cast(T, {**block, "cache_control": {"type": "ephemeral", "ttl": ttl}})


def _is_url(source: Source) -> bool:
    return isinstance(source, str) and source.startswith(("https://", "http://"))


def _bytes(source: Source) -> bytes:
    return source if isinstance(source, bytes) else Path(source).read_bytes()


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
        return _plain(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise ConfigurationError("source is neither a PDF nor a text in UTF-8: convert it first.") from None


def _document(source: Any, *, title: str | None, context: str | None, citations: bool) -> DocumentBlockParam:
    told = {"title": title, "context": context, "citations": {"enabled": True} if citations else None}
    block: Any = {"type": "document", "source": source, **told}
    return cast(DocumentBlockParam, {name: value for name, value in block.items() if value is not None})
