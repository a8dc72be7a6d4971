"""Files that messages refer to."""

import base64
from io import BytesIO
from pathlib import Path

from llama_index.core.base.llms.types import ChatMessage, CitableBlock, DocumentBlock, ImageBlock, TextBlock

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
