"""Messages for an estimate of their tokens, in which nothing is counted as text that Claude does not read as text.

Sources: https://platform.claude.com/docs/en/build-with-claude/pdf-support (estimated costs),
https://platform.claude.com/docs/en/build-with-claude/vision (image costs)
"""

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from langchain_core.messages import BaseMessage

from claude_foundry._media import is_text

IMAGE_TOKENS = 1600
"""What an image takes at most."""
_LETTERS_A_PAGE = 50_000
"""Of a PDF in base64: how many pages it has cannot be told without reading it."""
_PICTURE = {"type": "image"}
_PAGE = [_PICTURE] * 2
"""A page is read as a picture and as its text, which take about as much."""
_UNREAD = frozenset({"signature", "encrypted_content", "encrypted_index", "encrypted_stdout"})


def readable(messages: Iterable[BaseMessage]) -> list[BaseMessage]:
    """Gives the messages with pictures for the pages of their documents, and without seals."""
    return [_readable(message) for message in messages]


def _readable(message: BaseMessage) -> BaseMessage:
    if isinstance(message.content, str):
        return message
    return message.model_copy(update={"content": _blocks(message.content)})


def _blocks(content: Sequence[Any]) -> list[Any]:
    return [made for block in content for made in (_block(block) if isinstance(block, Mapping) else [block])]


def _block(block: Mapping[str, Any]) -> Sequence[Any]:
    match block:
        case {"type": "text", **rest} if rest.keys() <= {"text"}:
            return [block]
        case {"type": "redacted_thinking"}:
            return []
        case {"type": "image" | "image_url" | "container_upload"}:
            return [_PICTURE]
        case {"type": "file" | "document" | "text-plain"}:
            return _document(block)
        case {"type": "tool_result", "content": [*content]}:
            return _blocks(content)
    return [_unsealed(block)]


def _document(block: Mapping[str, Any]) -> Sequence[Any]:
    held = {**block, **(block.get("file") or {}), **(block.get("source") or {})}
    kind = str(held.get("media_type") or held.get("mime_type") or "")
    match held:
        case {"text": str(text)}:
            return [{"type": "text", "text": text}]
        case {"content": [*content]}:
            return _blocks(content)
        case {"base64": str(data)} | {"data": str(data)} | {"file_data": str(data)}:
            return _of_data(data, kind)
    return _PAGE


def _of_data(data: str, kind: str) -> Sequence[Any]:
    head, _, inner = data.rpartition(",")
    kind = kind or head.removeprefix("data:")
    if not is_text(kind):
        return _PAGE * max(1, len(inner) // _LETTERS_A_PAGE)
    try:
        return [{"type": "text", "text": base64.b64decode(inner, validate=True).decode(errors="replace")}]
    except binascii.Error:
        # The API's own form holds texts as they are.
        return [{"type": "text", "text": data}]


def _unsealed(value: Any) -> Any:
    match value:
        case Mapping():
            return {name: _unsealed(inner) for name, inner in value.items() if name not in _UNREAD}
        case list():
            return [_unsealed(inner) for inner in value]
    return value
