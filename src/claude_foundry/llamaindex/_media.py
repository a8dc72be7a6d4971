"""From LlamaIndex's image and document blocks to the sources of the Messages API.

Sources: https://platform.claude.com/docs/en/build-with-claude/vision,
https://platform.claude.com/docs/en/build-with-claude/pdf-support
"""

import base64
import binascii
import mimetypes
from typing import Any
from urllib.parse import unquote_to_bytes

from llama_index.core.base.llms.types import DocumentBlock, ImageBlock

from claude_foundry._media import IMAGE_TYPES, PDF, is_text, media_type_of_base64
from claude_foundry.errors import ConfigurationError

Source = dict[str, Any]


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

    Raises:
        ConfigurationError: it holds nothing, or is neither PDF nor text.
    """
    data = _held(block.data) or _inline(block.url)
    if data is None:
        return _remote(block.url, named="DocumentBlock")
    named = mimetypes.guess_type(str(block.path or block.url or ""))[0]
    kind = media_type_of_base64(data) or block.document_mimetype or named or "text/plain"
    if kind == PDF:
        return _base64(data, kind)
    return {"type": "text", "media_type": "text/plain", "data": _decoded(data, kind)}


def _held(data: Any) -> bytes | None:
    """The base64 of the bytes a block holds: LlamaIndex encodes them, unless they were assigned later."""
    if not data:
        return None
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


def _base64(data: bytes, kind: str) -> Source:
    return {"type": "base64", "media_type": kind, "data": data.decode("ascii")}


def _decoded(data: bytes, kind: str) -> str:
    if is_text(kind):
        try:
            return base64.b64decode(data).decode("utf-8")
        except UnicodeDecodeError:
            pass
    raise ConfigurationError(f"DocumentBlock holds {kind}: give a PDF or UTF-8 text; convert other formats first.")
