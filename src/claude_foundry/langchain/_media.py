"""Images and files in each of LangChain's dialects, to image and document blocks of the Messages API.

Sources: https://docs.langchain.com/oss/python/langchain/messages (multimodal),
https://platform.claude.com/docs/en/build-with-claude/vision, https://platform.claude.com/docs/en/build-with-claude/files
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from claude_foundry._media import IMAGE_TYPES, PDF, is_text, media_type_of_base64
from claude_foundry.errors import ConfigurationError

Block = dict[str, Any]

_DATA_URL = re.compile(r"data:(?P<media_type>[\w.+-]+/[\w.+-]+)(?:;[\w.+-]+=[\w.+-]+)*;base64,(?P<data>.*)", re.DOTALL)
_DOCUMENT_KEYS = ("title", "context", "citations", "cache_control")
_BINARY = (*IMAGE_TYPES, PDF)
_NO_SOURCE = "has none of base64, url, file_id: give one of them."


def block(part: Mapping[str, Any]) -> Block:
    """Gives the image or document block; the text of a file that is text becomes the document's.

    Raises:
        ConfigurationError: the block names no data, or data that the API does not take.
    """
    match part:
        case {"type": "image_url", "image_url": {"url": str(url)} | str(url)}:
            return _placed(part, source=_of_url(url))
        case {"type": "image_url"}:
            raise ConfigurationError("A block of type 'image_url' has no url.")
        case {"type": "text-plain", "text": str(text)}:
            return _placed({**part, "type": "file"}, source=_of_text(text))
        case {"type": "text-plain"}:
            return _placed({**part, "type": "file"}, source=_source({"mime_type": "text/plain", **part}))
    return _placed(part, source=_source(part))


def cache_control(part: Mapping[str, Any]) -> Block:
    """Gives the cache point of a block, which LangChain's standard form holds among the extras."""
    found = part.get("cache_control") or (part.get("extras") or {}).get("cache_control")
    return {"cache_control": found} if found else {}


def _placed(part: Mapping[str, Any], *, source: Block) -> Block:
    if source.get("media_type", "").startswith("image/") or part["type"] != "file":
        return {"type": "image", "source": source, **cache_control(part)}
    found = {**part, **(part.get("extras") or {}), **(part.get("metadata") or {})}
    beside = {name: found[name] for name in _DOCUMENT_KEYS if found.get(name) is not None}
    return {"type": "document", "source": source, **beside}


def _source(part: Mapping[str, Any]) -> Block:
    match part:
        case {"base64": str(data)} | {"source_type": "base64", "data": str(data)}:
            return _of_base64(_media_type(part, data), data)
        case {"source_type": "text", "text": str(data)}:
            return _of_text(data)
        case {"file_id": str(identifier)} | {"source_type": "id", "id": str(identifier)}:
            return {"type": "file", "file_id": identifier}
        case {"url": str(url)} | {"file": {"file_data": str(url)}}:
            return _of_url(url)
        case {"file": {"file_id": str(identifier)}} | {"id": str(identifier)}:
            return {"type": "file", "file_id": identifier}
    raise ConfigurationError(f"A block of type {part['type']!r} {_NO_SOURCE}")


def _media_type(part: Mapping[str, Any], data: str) -> str:
    usual = None if part["type"] == "image" else PDF
    found = part.get("mime_type") or media_type_of_base64(data) or usual
    if found is None:
        raise ConfigurationError("An image block with base64 data has no mime_type: give one, such as 'image/png'.")
    return str(found)


def _of_url(url: str) -> Block:
    if data := _DATA_URL.fullmatch(url):
        return _of_base64(data["media_type"], data["data"])
    if not url.startswith(("https://", "http://")):
        raise ConfigurationError("An image or file URL is neither https:// nor data:<type>;base64,<data>.")
    return {"type": "url", "url": url}


def _of_base64(media_type: str, data: str) -> Block:
    taken = media_type if media_type in _BINARY else media_type_of_base64(data)
    if taken in _BINARY:
        return {"type": "base64", "media_type": taken, "data": data}
    if media_type.startswith("image/") or not is_text(media_type):
        raise ConfigurationError(f"A block holds {media_type!r}: give {', '.join(_BINARY)}, or text in UTF-8.")
    try:
        return _of_text(base64.b64decode(data, validate=True).decode())
    except (binascii.Error, UnicodeDecodeError):
        raise ConfigurationError(f"A file of type {media_type!r} is not UTF-8 text in base64.") from None


def _of_text(text: str) -> Block:
    # Whatever kind of text it is, the API takes it as plain text only.
    return {"type": "text", "media_type": "text/plain", "data": text}
