"""Files that messages refer to."""

import base64
from io import BytesIO, UnsupportedOperation
from pathlib import Path

import pytest
from llama_index.core.base.llms.types import ChatMessage, CitableBlock, DocumentBlock, ImageBlock, TextBlock

from claude_foundry.errors import ConfigurationError
from claude_foundry.llamaindex._content import content
from claude_foundry.llamaindex._files import read, unread

PNG = b"\x89PNG\r\n\x1a\n" + bytes(24)


def test_file_is_read(tmp_path: Path) -> None:
    """An image on disk is read, and the caller's message stays as it was."""
    path = tmp_path / "a.png"
    path.write_bytes(PNG)
    message = ChatMessage(role="user", blocks=[TextBlock(text="Look"), ImageBlock(path=path)])
    [loaded] = read([message])
    assert content(loaded.blocks, names={})[1]["source"]["data"] == base64.b64encode(PNG).decode()
    assert message.blocks[1].image is None


def test_open_file_is_read_from_its_start() -> None:
    """An open file is read whole, each time."""
    message = ChatMessage(role="user", blocks=[DocumentBlock(data=BytesIO(b"words"), document_mimetype="text/plain")])
    for _ in range(2):
        [loaded] = read([message])
        assert content(loaded.blocks, names={})[0]["source"]["data"] == "words"


def test_file_in_citable_content_is_read(tmp_path: Path) -> None:
    """A file inside a citable block is read, too."""
    path = tmp_path / "a.txt"
    path.write_text("words")
    message = ChatMessage(
        role="user", blocks=[CitableBlock(title="T", source="S", content=[DocumentBlock(path=str(path))])]
    )
    assert unread([message])
    [loaded] = read([message])
    assert not unread([loaded])
    assert content(loaded.blocks, names={})[0]["source"]["data"] == "words"


def test_messages_without_files() -> None:
    """Text and URLs need no reading."""
    blocks = [TextBlock(text="a"), ImageBlock(url="https://example.com/a.png"), ImageBlock(image=PNG)]
    assert not unread([ChatMessage(role="user", blocks=blocks)])


def test_file_that_is_open_as_text(tmp_path: Path) -> None:
    """A file open as text is refused, with what to do instead."""
    path = tmp_path / "a.txt"
    path.write_text("words")
    with path.open() as opened, pytest.raises(ConfigurationError, match="'rb'"):
        read([ChatMessage(role="user", blocks=[DocumentBlock(data=opened, document_mimetype="text/plain")])])


def test_file_that_is_empty(tmp_path: Path) -> None:
    """An empty file is refused by its path."""
    path = tmp_path / "a.txt"
    path.touch()
    with pytest.raises(ConfigurationError, match=r"a\.txt, is empty"):
        read([ChatMessage(role="user", blocks=[DocumentBlock(path=path)])])


def test_stream_that_cannot_be_rewound() -> None:
    """What can be read but once is read once."""

    class Pipe(BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: int) -> int:
            raise UnsupportedOperation

    [loaded] = read([ChatMessage(role="user", blocks=[ImageBlock(image=Pipe(PNG), image_mimetype="image/png")])])
    assert content(loaded.blocks, names={})[0]["source"]["data"] == base64.b64encode(PNG).decode()
