"""What the service refuses in images and documents.

Sources: https://platform.claude.com/docs/en/build-with-claude/vision,
https://platform.claude.com/docs/en/build-with-claude/pdf-support
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from claude_foundry._media import PDF, media_type
from claude_foundry.emulator import _fields
from claude_foundry.emulator._fields import Complaints, tagged

Block = Mapping[str, Any]


def complaints(block: Block, path: str) -> Complaints:
    """Gives what is wrong with an ``image`` or ``document`` block."""
    kind, source = block["type"], block["source"]
    yield from tagged(source, _fields.SOURCES, f"{path}.source")
    at = f"{path}.source.{source['type']}"
    if source["type"] not in _fields.SOURCES_OF[kind]:
        yield f"{path}.source: `{source['type']}` is not a source of `{kind}` blocks"
    allowed = _fields.MEDIA_TYPES.get((kind, source["type"]))
    if allowed and source["media_type"] not in allowed:
        yield f"{at}.media_type: Input should be {' or '.join(map(repr, allowed))}"
    match source:
        case {"type": "base64", "data": data, "media_type": named}:
            yield from _base64(data, named, at)
        case {"type": "text", "data": str(text)} if not text.strip():
            yield f"{at}.data: document text must be non-empty"
        case {"type": "text", "data": data} if not isinstance(data, str):
            yield f"{at}.data: Input should be a valid string"
        case {"type": "content", "content": content} if not isinstance(content, str | list):
            yield f"{at}.content: Input should be a valid string or list"
    yield from citations(block, path)


def citations(block: Block, path: str) -> Complaints:
    """Gives what is wrong with the wish for citations of a block."""
    wish = block.get("citations")
    if isinstance(wish, Mapping):
        yield from _fields.CITATIONS.complaints(wish, f"{path}.citations")
    elif wish is not None:
        yield f"{path}.citations: Input should be an object"


def _base64(data: Any, named: str, path: str) -> Complaints:
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, TypeError, ValueError):
        yield f"{path}.data: Input should be valid base64"
        return
    found = media_type(content)
    if named == PDF and found != named:
        yield f"{path}.data: The PDF specified was not valid."
    elif found is None:
        yield "Could not process image"
    elif found != named:
        yield (
            f"{path}.data: The image was specified using the {named} media type, but the image appears to be "
            f"a {found} image"
        )
