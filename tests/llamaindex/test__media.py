"""Images and documents as sources of the API."""

import base64
from pathlib import Path

import pytest
from llama_index.core.base.llms.types import ChatMessage, DocumentBlock, ImageBlock

from claude_foundry.errors import ConfigurationError
from claude_foundry.llamaindex._files import read
from claude_foundry.llamaindex._media import document_source, image_source

PNG = b"\x89PNG\r\n\x1a\n" + bytes(24)
PDF = b"%PDF-1.7\n" + bytes(24)
HEADS = [
    (b"\xff\xd8\xff" + bytes(20), "image/jpeg"),
    (PNG, "image/png"),
    (b"GIF89a" + bytes(20), "image/gif"),
    (b"RIFF\x00\x00\x00\x00WEBP" + bytes(20), "image/webp"),
]


@pytest.mark.parametrize(("data", "kind"), HEADS, ids=[kind for _, kind in HEADS])
def test_image_type_is_read_from_its_bytes(data: bytes, kind: str) -> None:
    """The bytes tell an image's type, over the type it was given."""
    source = image_source(ImageBlock(image=data, image_mimetype="image/bmp"))
    assert source == {"type": "base64", "media_type": kind, "data": base64.b64encode(data).decode()}


def test_image_url_is_left_to_the_service() -> None:
    """A URL is passed on and not fetched."""
    assert image_source(ImageBlock(url="https://example.com/a.png"))["url"] == "https://example.com/a.png"


def test_inline_image() -> None:
    """A data URL is sent as its bytes."""
    source = image_source(ImageBlock(url="data:image/png;base64," + base64.b64encode(PNG).decode()))
    assert (source["type"], source["media_type"]) == ("base64", "image/png")


@pytest.mark.parametrize(
    "block",
    [
        ImageBlock(),
        ImageBlock(image=b"BM" + bytes(30)),
        ImageBlock(image=b"?" * 30),
        ImageBlock(image=b"?" * 30, image_mimetype="image/tiff"),
        ImageBlock(url="ftp://example.com/a.png"),
    ],
    ids=["empty", "bitmap", "unknown", "declared", "ftp"],
)
def test_image_that_cannot_be_sent_is_refused(block: ImageBlock) -> None:
    """An image without bytes, of another type or behind another scheme is refused by name."""
    with pytest.raises(ConfigurationError, match="ImageBlock"):
        image_source(block)


def test_pdf() -> None:
    """A PDF is sent as it is, whatever type was declared."""
    source = document_source(DocumentBlock(data=PDF, document_mimetype="text/plain"))
    assert source == {"type": "base64", "media_type": "application/pdf", "data": base64.b64encode(PDF).decode()}


@pytest.mark.parametrize(
    "kind",
    [None, "text/plain", "text/csv", "application/toml", "application/json; charset=utf-8", "application/ld+json"],
)
def test_text_document(kind: str | None) -> None:
    """Text of any kind is sent as plain text."""
    source = document_source(DocumentBlock(data="Größe: 3".encode(), document_mimetype=kind))
    assert source == {"type": "text", "media_type": "text/plain", "data": "Größe: 3"}


@pytest.mark.parametrize("words", ["test", "abcd", "Hello123", "CustomerID12", "deadbeef"])
@pytest.mark.parametrize("kind", [None, "text/plain"])
def test_text_that_could_be_base64(words: str, kind: str | None) -> None:
    """A word that LlamaIndex takes for base64 is sent as it is, where decoding it makes no sense."""
    assert document_source(DocumentBlock(data=words.encode(), document_mimetype=kind))["data"] == words


@pytest.mark.parametrize("words", ["hello", "Größe", "漢字"])
def test_text_that_is_encoded(words: str) -> None:
    """Text that comes as base64 is decoded."""
    data = base64.b64encode(words.encode())
    assert document_source(DocumentBlock(data=data, document_mimetype="text/plain"))["data"] == words


@pytest.mark.parametrize("suffix", ["sql", "ts", "toml", "tex", "sh", "unheard"])
def test_text_by_the_name_of_its_file(suffix: str, tmp_path: Path) -> None:
    """A file that holds UTF-8 text is text, whatever its name is taken for; short words in it too."""
    path = tmp_path / f"a.{suffix}"
    path.write_text("test")
    [message] = read([ChatMessage(role="user", blocks=[DocumentBlock(path=path)])])
    [block] = message.blocks
    assert isinstance(block, DocumentBlock)
    assert document_source(block)["data"] == "test"


@pytest.mark.parametrize(
    "block",
    [
        DocumentBlock(url="https://example.com/a.docx"),
        DocumentBlock(url="https://example.com/notes.txt?version=3"),
        DocumentBlock(url="https://example.com/a", document_mimetype="text/csv"),
    ],
    ids=["docx", "txt", "declared"],
)
def test_url_of_what_is_no_pdf(block: DocumentBlock) -> None:
    """A URL of which it is known that it leads to no PDF is refused."""
    with pytest.raises(ConfigurationError, match="DocumentBlock holds a URL of"):
        document_source(block)


@pytest.mark.parametrize(
    "url", ["https://example.com", "https://example.com/report", "https://example.com/a.pdf?b=c.txt"]
)
def test_url_that_may_be_a_pdf(url: str) -> None:
    """Any other URL is left to the service."""
    assert document_source(DocumentBlock(url=url)) == {"type": "url", "url": url}


def test_document_url() -> None:
    """A document's URL is passed on and not fetched."""
    assert document_source(DocumentBlock(url="https://example.com/a.pdf")) == {
        "type": "url",
        "url": "https://example.com/a.pdf",
    }


@pytest.mark.parametrize(
    "block",
    [
        DocumentBlock(data=b"PK\x03\x04" + bytes(40), document_mimetype="application/zip"),
        DocumentBlock(data=b"\xff\xfe\xfd not text", document_mimetype="text/plain"),
        DocumentBlock(data="Größe: 3".encode("latin-1"), document_mimetype="text/plain"),
        DocumentBlock(data=b" \n ", document_mimetype="text/plain"),
        DocumentBlock(),
    ],
    ids=["archive", "not utf-8", "latin-1", "blank", "empty"],
)
def test_document_that_cannot_be_sent_is_refused(block: DocumentBlock) -> None:
    """A document that is neither PDF nor text is refused by name."""
    with pytest.raises(ConfigurationError, match="DocumentBlock"):
        document_source(block)


def test_bytes_assigned_later_are_encoded() -> None:
    """Bytes that were put into a block after it was made are encoded, too."""
    block = ImageBlock(image=PNG)
    block.image = PNG
    assert image_source(block)["data"] == base64.b64encode(PNG).decode()
