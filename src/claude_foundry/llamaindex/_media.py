"""From LlamaIndex's image and document blocks to the sources of the Messages API.

Sources: https://platform.claude.com/docs/en/build-with-claude/vision,
https://platform.claude.com/docs/en/build-with-claude/pdf-support
"""

import base64
import binascii
import mimetypes
from contextlib import suppress
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from llama_index.core.base.llms.types import DocumentBlock, ImageBlock

from claude_foundry._media import IMAGE_TYPES, PDF, is_text, media_type_of_base64
from claude_foundry.errors import ConfigurationError

Source = dict[str, Any]

_UNTOLD = "application/octet-stream"
_LONGEST_WORD = 64
_LEAST_READ = 0.7


class Encoded(bytes):
    """Base64 of which that is certain."""


def image_source(block: ImageBlock) -> Source:
    """Gives the source of an image; the service fetches a URL itself.

    Raises:
        ConfigurationError: it holds nothing, or is of a kind Claude does not see.
    """
    data = _held(block.image) or _inline(block.url)
    if data is None:
        return _remote(block.url, named="ImageBlock")
    kind = media_type_of_base64(data) or block.image_mimetype
    if kind not in IMAGE_TYPES:
        raise ConfigurationError(f"ImageBlock holds {kind or 'no known image type'}: give JPEG, PNG, GIF or WebP.")
    return _base64(data, kind)


def document_source(block: DocumentBlock) -> Source:
    """Gives the source of a document: PDF as it is, other text as plain text.

    LlamaIndex takes bytes that are valid base64 for encoded ones. Where they read as text only before decoding, as
    ``b"test"``, they are the text; text that reads either way, as ``b"aGVsbG8="``, is decoded: encode such text.

    Raises:
        ConfigurationError: it holds nothing, or is neither PDF nor text.
    """
    data = _held(block.data) or _inline(block.url)
    named = mimetypes.guess_type(urlsplit(str(block.path or block.url or "")).path)[0]
    kind = block.document_mimetype or named
    if data is None:
        return _remote_pdf(block.url, kind)
    if media_type_of_base64(data) == PDF:
        return _base64(data, PDF)
    return {"type": "text", "media_type": "text/plain", "data": _text(block, data, kind)}


def _held(data: Any) -> bytes | None:
    """The base64 of the bytes a block holds: LlamaIndex encodes them, unless they were assigned later."""
    if not data:
        return None
    if isinstance(data, Encoded):
        return data
    try:
        base64.b64decode(data, validate=True)
    except binascii.Error:
        return base64.b64encode(data)
    return bytes(data)


def _inline(url: Any) -> bytes | None:
    text = str(url or "")
    if not text.startswith("data:"):
        return None
    head, _, data = text.partition(",")
    return data.encode() if head.endswith(";base64") else base64.b64encode(unquote_to_bytes(data))


def _remote(url: Any, *, named: str) -> Source:
    text = str(url or "")
    if not text.startswith(("https://", "http://")):
        raise ConfigurationError(f"{named} holds no bytes, no file and no http(s) URL.")
    return {"type": "url", "url": text}


def _remote_pdf(url: Any, kind: str | None) -> Source:
    source = _remote(url, named="DocumentBlock")
    if kind not in (None, PDF, _UNTOLD):
        raise ConfigurationError(f"DocumentBlock holds a URL of {kind}: the service fetches PDFs only; give its text.")
    return source


def _base64(data: bytes, kind: str) -> Source:
    return {"type": "base64", "media_type": kind, "data": data.decode("ascii")}


def _text(block: DocumentBlock, data: bytes, kind: str | None) -> str:
    decoded = base64.b64decode(data)
    if not isinstance(block.data, Encoded) and len(data) <= _LONGEST_WORD and not _reads(decoded):
        decoded = data
    # A name alone tells little: .ts is a film to some.
    if block.document_mimetype is None or is_text(block.document_mimetype):
        with suppress(UnicodeDecodeError):
            return _said(decoded.decode("utf-8"))
    what = kind or "neither PDF nor UTF-8 text"
    raise ConfigurationError(f"DocumentBlock holds {what}: give a PDF or UTF-8 text; convert other formats first.")


def _said(text: str) -> str:
    if not text.strip():
        raise ConfigurationError("DocumentBlock holds no text but white space, which the API refuses: leave it out.")
    return text


def _reads(decoded: bytes) -> bool:
    """Tells whether bytes are text, in UTF-8 or an encoding like it."""
    text = decoded.decode("utf-8", "replace")
    return sum(each != "\ufffd" and (each.isprintable() or each.isspace()) for each in text) >= _LEAST_READ * len(text)
