"""Content blocks from files, bytes, URLs and texts."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from claude_foundry import ConfigurationError, FoundryClient, content
from claude_foundry._media import media_type, media_type_of_base64
from tests.langchain.test_standard import PAGE, PIXEL

URL = "https://a.example/b"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PIXEL, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", None),
        (PAGE, "application/pdf"),
        (b"hello", None),
        (b"", None),
    ],
)
def test_media_types(data: bytes, kind: str | None) -> None:
    """Bytes are what they begin as, encoded or not."""
    assert media_type(data) == kind
    assert media_type_of_base64(base64.b64encode(data)) == kind


def test_no_base64() -> None:
    """What is no base64 has no media type."""
    assert media_type_of_base64("not base64!") is None


@pytest.mark.parametrize("form", [bytes, str, Path], ids=["bytes", "str", "Path"])
def test_files(form: type, tmp_path: Path) -> None:
    """Images, PDFs and texts come from bytes and from files by their path."""

    def given(data: bytes) -> Any:
        path = tmp_path / "file"
        path.write_bytes(data)
        return data if form is bytes else form(path)

    assert content.image(given(PIXEL))["source"] == {
        "type": "base64",
        "media_type": "image/png",
        "data": base64.b64encode(PIXEL).decode(),
    }
    assert content.document(given(PAGE))["source"]["media_type"] == "application/pdf"
    assert content.document(given("Grün.".encode()))["source"] == {
        "type": "text",
        "media_type": "text/plain",
        "data": "Grün.",
    }


@pytest.mark.parametrize("form", [bytearray, memoryview])
def test_bytes_of_any_kind(form: Callable[[bytes], Any]) -> None:
    """Whatever holds bytes is as good as bytes."""
    assert content.image(form(PIXEL)) == content.image(PIXEL)
    assert content.document(form(PAGE)) == content.document(PAGE)


def test_urls() -> None:
    """A URL is left to the service to fetch, however its scheme is written."""
    assert content.image("HTTPS://a.example/b")["source"]["type"] == "url"
    assert content.image(URL) == {"type": "image", "source": {"type": "url", "url": URL}}
    assert content.document(URL, title="B") == {"type": "document", "source": {"type": "url", "url": URL}, "title": "B"}


@pytest.mark.parametrize(
    "make", [lambda: content.image(b"text"), lambda: content.image(PAGE), lambda: content.document(b"\xff\xfe\x00")]
)
def test_refused(make: Callable[[], Any]) -> None:
    """What Claude cannot see or read is refused."""
    with pytest.raises(ConfigurationError, match="source"):
        make()


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: content.image(None), "source is NoneType"),  # type: ignore[arg-type]
        (lambda: content.image(""), "source is no path"),
        (lambda: content.image("data:image/png;base64,aGk="), "source is no path"),
        (lambda: content.document("ftp://a.example/b"), "source is no path"),
        (lambda: content.image("http://a.example/b.png"), "no https:// URL"),
        (lambda: content.document(b""), "source is blank"),
        (lambda: content.document(b"x", title=5), "title is int"),  # type: ignore[arg-type]
        (lambda: content.text(""), "words is blank"),
        (lambda: content.text(b"x"), "words is bytes"),  # type: ignore[arg-type]
        (lambda: content.text_document(" "), "words is blank"),
        (lambda: content.text_document(["A.", ""]), r"words\[1\] is blank"),
        (lambda: content.text_document([]), "words is empty"),
        (lambda: content.search_result(b"A", source="S", title="T"), "words is bytes"),  # type: ignore[arg-type]
        (lambda: content.search_result("A", source=None, title="T"), "source is NoneType"),  # type: ignore[arg-type]
        (lambda: content.uploaded("", kind="image"), "file_id is blank"),
        (lambda: content.uploaded("file_1", kind="video"), "kind='video'"),  # type: ignore[arg-type]
        (lambda: content.cached(content.text, ttl="5m"), "block is function"),  # type: ignore[type-var]
        (lambda: content.cached(content.text("A"), ttl="2h"), "ttl='2h'"),  # type: ignore[arg-type]
    ],
)
def test_arguments_are_named(make: Callable[[], Any], named: str) -> None:
    """An argument that the API would refuse is refused by its name."""
    with pytest.raises(ConfigurationError, match=named):
        make()


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is Python's own error."""
    with pytest.raises(FileNotFoundError):
        content.image(tmp_path / "none.png")


def test_passages() -> None:
    """Passages of a document or a search result stay apart, for citations to name."""
    passages = [{"type": "text", "text": "A."}, {"type": "text", "text": "B."}]

    document = content.text_document(["A.", "B."], title="T", context="C", citations=True)
    result = content.search_result(["A.", "B."], source="S", title="T", citations=True)

    assert document["source"] == {"type": "content", "content": passages}
    assert (document["title"], document["context"], document["citations"]) == ("T", "C", {"enabled": True})
    assert (result["content"], result["citations"]) == (passages, {"enabled": True})


def test_uploaded() -> None:
    """A file of the Files API is referred to by its id."""
    assert content.uploaded("file_1", kind="image")["source"] == {"type": "file", "file_id": "file_1"}
    assert content.uploaded("file_1", kind="container_upload") == {"type": "container_upload", "file_id": "file_1"}


def test_cached() -> None:
    """A block is marked for the cache in a copy; thinking and empty text are not."""
    block = content.text("Long.")

    assert content.cached(block, ttl="1h") == {**block, "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    assert "cache_control" not in block
    for refused in ({"type": "thinking", "thinking": "x"}, {"type": "text", "text": ""}, {"text": ""}):
        with pytest.raises(ConfigurationError, match="cached"):
            content.cached(refused)


def test_accepted(emulator_settings: dict[str, str]) -> None:
    """A request of such blocks passes the service's checks, and the answer cites its documents."""
    blocks = [
        content.image(PIXEL),
        content.cached(content.document(PAGE, title="Page", citations=True)),
        content.text_document("Lighthouses warn ships.", title="Lighthouses", citations=True),
        content.search_result("Lighthouses guide ships.", source=URL, title="Ships", citations=True),
        content.text("What do lighthouses warn?"),
    ]
    with FoundryClient(**emulator_settings) as client:
        answer = client.messages.create(
            model="claude-opus-5-5", max_tokens=200, messages=[{"role": "user", "content": blocks}]
        )

    assert "warn ships" in answer.text
