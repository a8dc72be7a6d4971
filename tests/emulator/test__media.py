"""What the emulator refuses in images and documents."""

import base64
from typing import Any

import pytest

from . import wire

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(40)).decode()
PDF = base64.b64encode(b"%PDF-1.7\n" + bytes(40)).decode()


def source(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, **fields}


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("image", source("base64", media_type="image/png", data=PNG)),
        ("image", source("url", url="https://example.com/a.png")),
        ("document", source("base64", media_type="application/pdf", data=PDF)),
        ("document", source("text", media_type="text/plain", data="Grass is green.")),
        ("document", source("content", content=[{"type": "text", "text": "Grass is green."}])),
    ],
)
def test_sources_that_are_taken(kind: str, given: dict[str, Any]) -> None:
    """Images and documents are taken from each source that the API names."""
    assert wire.send(wire.user([{"type": kind, "source": given}])).status == 200


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        ("image", source("base64", media_type="image/png", data="data:image/png;base64,AA"), "valid base64"),
        ("image", source("base64", media_type="image/jpeg", data=PNG), "appears to be a image/png image"),
        ("image", source("base64", media_type="image/png", data="AAAA"), "Could not process image"),
        ("image", source("base64", media_type="image/bmp", data=PNG), "media_type: Input should be 'image/jpeg'"),
        ("image", source("text", media_type="text/plain", data="x"), "`text` is not a source of `image` blocks"),
        ("image", source("base64", data=PNG), "media_type: Field required"),
        ("document", source("base64", media_type="application/pdf", data=PNG), "The PDF specified was not valid."),
        ("document", source("text", media_type="text/plain", data=" "), "document text must be non-empty"),
        ("document", source("base64", media_type="text/plain", data=PDF), "Input should be 'application/pdf'"),
    ],
)
def test_sources_that_are_refused(kind: str, given: dict[str, Any], said: str) -> None:
    """What a source names and what it holds must agree."""
    assert said in wire.complaint(wire.user([{"type": kind, "source": given}]))


def test_citations() -> None:
    """The wish for citations has one field."""
    block = {"type": "document", "source": source("text", media_type="text/plain", data="Grass is green.")}
    said = wire.complaint(wire.user([{**block, "citations": {"on": True}}]))
    assert said == "messages.0.content.0.document.citations.on: Extra inputs are not permitted"
