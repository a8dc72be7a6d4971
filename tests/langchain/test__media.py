"""Files that are text."""

import base64
from typing import Any

import pytest

from claude_foundry import ConfigurationError
from claude_foundry.langchain._media import block

WORDS = "a,b\n1,é"
DATA = base64.b64encode(WORDS.encode()).decode()
TEXT = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": WORDS}}


@pytest.mark.parametrize(
    "part",
    [
        {"type": "file", "base64": DATA, "mime_type": "text/csv"},
        {"type": "file", "base64": DATA, "mime_type": "application/json"},
        {"type": "file", "base64": DATA, "mime_type": "application/csv"},
        {"type": "file", "base64": DATA, "mime_type": "application/geo+json"},
        {"type": "file", "source_type": "base64", "data": DATA, "mime_type": "text/plain"},
        {"type": "file", "source_type": "text", "text": WORDS},
        {"type": "file", "url": f"data:text/markdown;charset=utf-8;base64,{DATA}"},
        {"type": "file", "file": {"file_data": f"data:text/plain;base64,{DATA}", "filename": "a.txt"}},
        {"type": "text-plain", "text": WORDS},
        {"type": "text-plain", "base64": DATA},
    ],
)
def test_text(part: dict[str, Any]) -> None:
    """A file that is text is a document of that text, however it comes."""
    assert block(part) == TEXT


def test_beside_the_text() -> None:
    """Title, context and cache point of a file stand on its document."""
    beside = {"title": "T", "context": "C", "cache_control": {"type": "ephemeral"}}

    assert block({"type": "file", "base64": DATA, "mime_type": "text/plain", "extras": beside}) == {**TEXT, **beside}


@pytest.mark.parametrize("data", ["no base64!", base64.b64encode(b"\xff\xfe\x00").decode()])
def test_not_text(data: str) -> None:
    """What is called a text and is none is refused, and not shown."""
    with pytest.raises(ConfigurationError, match="not UTF-8 text") as caught:
        block({"type": "file", "base64": data, "mime_type": "text/plain"})
    assert data not in str(caught.value)


DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(("kind", "media_type"), [("file", DOCX), ("image", "image/svg+xml"), ("image", "image/heic")])
def test_types_that_are_not_taken(kind: str, media_type: str) -> None:
    """A file that is neither PDF nor text, and an image of another format, are refused with what is taken."""
    with pytest.raises(ConfigurationError, match=r"application/pdf.*text") as caught:
        block({"type": kind, "base64": DATA, "mime_type": media_type})
    assert media_type in str(caught.value)


@pytest.mark.parametrize("named", ["image/jpg", "application/octet-stream"])
def test_misnamed_images(named: str) -> None:
    """An image whose type the API does not know by that name goes out as what its bytes are."""
    data = base64.b64encode(b"\xff\xd8\xff\xe0....").decode()

    source = block({"type": "image", "base64": data, "mime_type": named})["source"]

    assert source == {"type": "base64", "media_type": "image/jpeg", "data": data}


def test_openai_file_id() -> None:
    """A file that OpenAI's form names by its id is named by it."""
    source = {"type": "file", "file_id": "file_1"}

    assert block({"type": "file", "file": {"file_id": "file_1"}}) == {"type": "document", "source": source}


def test_no_url() -> None:
    """An image without its URL is refused."""
    with pytest.raises(ConfigurationError, match="url"):
        block({"type": "image_url"})
