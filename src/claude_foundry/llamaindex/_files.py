"""Reading the files that messages refer to."""

import base64
from collections.abc import Iterable, Sequence
from io import IOBase
from pathlib import Path
from typing import Any, TypeVar

from llama_index.core.base.llms.types import ChatMessage, CitableBlock, ContentBlock, DocumentBlock, ImageBlock

from claude_foundry.errors import ConfigurationError
from claude_foundry.llamaindex._media import Encoded

B = TypeVar("B")


def unread(messages: Iterable[ChatMessage]) -> bool:
    """Tells whether a message refers to files that are not read yet."""
    return any(_is_file(block) for message in messages for block in _each(message.blocks))


def read(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """Gives the messages with the bytes of their files in place; the given ones are left as they are.

    Raises:
        ConfigurationError: a file is empty, or open as text.
    """
    return [message.model_copy(update={"blocks": [_read(block) for block in message.blocks]}) for message in messages]


def _each(blocks: Iterable[ContentBlock]) -> Iterable[ContentBlock]:
    for block in blocks:
        yield from block.content if isinstance(block, CitableBlock) else (block,)


def _is_file(block: ContentBlock) -> bool:
    match block:
        case ImageBlock(image=data) | DocumentBlock(data=data):
            return isinstance(data, IOBase) or (data is None and block.path is not None)
    return False


def _read(block: B) -> B:
    match block:
        case ImageBlock(image=data) if _is_file(block):
            return block.model_copy(update={"image": _bytes_of(data, block.path)})
        case DocumentBlock(data=data) if _is_file(block):
            return block.model_copy(update={"data": _bytes_of(data, block.path)})
        case CitableBlock(content=inner):
            return block.model_copy(update={"content": [_read(part) for part in inner]})
    return block


def _bytes_of(opened: Any, path: Path | str | None) -> Encoded:
    data = _read_from(opened) if isinstance(opened, IOBase) else Path(str(path)).read_bytes()
    if isinstance(data, str):
        raise ConfigurationError("A file of a block is open as text: open it in binary mode, as open(path, 'rb').")
    if not data:
        raise ConfigurationError(f"The file of a block{'' if path is None else f', {path},'} is empty: leave it out.")
    return Encoded(base64.b64encode(data))


def _read_from(opened: Any) -> Any:
    if opened.seekable():
        opened.seek(0)
    return opened.read()
