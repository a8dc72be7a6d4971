"""The emulator's Files API."""

import json
from typing import Any

import pytest

from claude_foundry.emulator._door import MAX_FILE_BYTES
from claude_foundry.emulator._respond import Reply, State, respond

from . import wire

FILES = "/anthropic/v1/files"
HEADERS = {**wire.HEADERS, "anthropic-beta": "files-api-2025-04-14"}
MULTIPART = {**HEADERS, "content-type": 'multipart/form-data; boundary="b o"'}
PART = b'Content-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n'


def framed(*parts: bytes) -> bytes:
    return b"".join(b"--b o\r\n" + part + b"\r\n" for part in parts) + b"--b o--\r\n"


def ask(
    state: State, method: str, path: str = "", *, query: str = "", body: bytes = b"", headers: Any = HEADERS
) -> Reply:
    return respond(method, FILES + path, headers, body, state=state, query=query)


def fields(reply: Reply) -> Any:
    assert isinstance(reply.body, bytes)
    return json.loads(reply.body)


def upload(state: State, content: bytes = b"abc") -> Any:
    return fields(ask(state, "POST", body=framed(PART + content), headers=MULTIPART))


def test_upload() -> None:
    """A file is kept with what its part says of it."""
    file = upload(State(), b"abc\r\n\r\n--b\r\n")

    assert file["id"].startswith("file_01")
    assert file["created_at"].endswith("Z")
    told = {name: file[name] for name in ("type", "filename", "mime_type", "size_bytes", "downloadable")}
    assert told == {
        "type": "file",
        "filename": "a.txt",
        "mime_type": "text/plain",
        "size_bytes": 12,
        "downloadable": True,
    }


@pytest.mark.parametrize(
    ("head", "filename", "mime_type"),
    [
        (b'Content-Disposition: form-data; filename="C:\\x\\b.txt"; name=file', "b.txt", "application/octet-stream"),
        (b'content-disposition: form-data; name="file"; filename="d/e.pdf"', "e.pdf", "application/octet-stream"),
        (b'Content-Disposition: form-data; name="file"\r\ncontent-type: a/b', "unnamed", "a/b"),
    ],
)
def test_part(head: bytes, filename: str, mime_type: str) -> None:
    """The part that is the file is found among others; only the last step of its name counts."""
    other = b'Content-Disposition: form-data; name="purpose"; filename="no.txt"\r\n\r\nother'
    state = State()

    file = fields(ask(state, "POST", body=framed(other, head + b"\r\n\r\nabc"), headers=MULTIPART))

    assert (file["filename"], file["mime_type"], file["size_bytes"]) == (filename, mime_type, 3)
    assert ask(state, "GET", f"/{file['id']}/content").body == [b"abc"]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (MULTIPART, b""),
        (MULTIPART, framed()),
        (MULTIPART, framed(b'Content-Disposition: form-data; name="document"\r\n\r\nabc')),
        (MULTIPART, framed(PART + b"abc")[:-12]),
        (HEADERS, b"{}"),
        ({**HEADERS, "content-type": "multipart/form-data"}, framed(PART + b"abc")),
    ],
)
def test_no_file(headers: dict[str, str], body: bytes) -> None:
    """A body without a whole file is refused."""
    reply = ask(State(), "POST", body=body, headers=headers)

    assert reply.status == 400
    assert fields(reply)["error"]["message"] == "file: Field required"


def test_size() -> None:
    """A file may have 500 MB and no more; a message keeps its own limit."""
    state, most = State(), MAX_FILE_BYTES + 64 * 1024

    assert ask(state, "POST", body=bytes(most + 1), headers=MULTIPART).status == 413
    assert respond("POST", "/anthropic/v1/messages", HEADERS, bytes(most), state=state).status == 413
    assert ask(state, "POST", body=framed(PART + bytes(33_000_000)), headers=MULTIPART).status == 200


def test_metadata_content_deletion() -> None:
    """A file is there with its content until it is deleted."""
    state = State()
    file = upload(state, bytes(700_000))

    content = ask(state, "GET", f"/{file['id']}/content")

    assert fields(ask(state, "GET", f"/{file['id']}")) == file
    assert (b"".join(content.body), content.headers["content-type"]) == (bytes(700_000), "text/plain")  # type: ignore[arg-type]
    assert content.headers["content-length"] == "700000"
    assert content.headers["request-id"].startswith("req_")
    assert fields(ask(state, "DELETE", f"/{file['id']}")) == {"id": file["id"], "type": "file_deleted"}
    for method, path in (("GET", ""), ("GET", "/content"), ("DELETE", "")):
        gone = ask(state, method, f"/{file['id']}{path}")
        assert (gone.status, fields(gone)["error"]["type"]) == (404, "not_found_error")


def test_empty_file() -> None:
    """A file may be empty."""
    state = State()

    assert ask(state, "GET", f"/{upload(state, b'')['id']}/content").body == [b""]


def listed(state: State, query: str = "") -> Any:
    return fields(ask(state, "GET", query=query))


def test_list() -> None:
    """The newest come first, twenty a page unless another limit is asked for."""
    state = State()
    ids = [upload(state)["id"] for _ in range(22)][::-1]

    page, rest = listed(state), listed(state, f"after_id={ids[19]}")

    assert [file["id"] for file in page["data"]] == ids[:20]
    assert (page["has_more"], page["first_id"], page["last_id"]) == (True, ids[0], ids[19])
    assert [file["id"] for file in rest["data"]] == ids[20:]
    assert (rest["has_more"], rest["next_page"]) == (False, None)
    assert listed(state, f"page={page['next_page']}") == rest
    assert len(listed(state, "limit=1000")["data"]) == 22


def test_list_backwards() -> None:
    """A page before a file ends where that file stands."""
    state = State()
    ids = [upload(state)["id"] for _ in range(5)][::-1]

    page = listed(state, f"limit=2&before_id={ids[3]}")

    assert [file["id"] for file in page["data"]] == ids[1:3]
    assert page["has_more"]
    assert not listed(state, f"limit=3&before_id={ids[3]}")["has_more"]


def test_empty_list() -> None:
    """Without files the page is empty."""
    empty = {"data": [], "has_more": False, "first_id": None, "last_id": None, "next_page": None}
    assert listed(State()) == empty


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "after_id=file_x", "page=page_x", "before_id=x"])
def test_wrong_pages(query: str) -> None:
    """A limit out of range, or a cursor that names no file, is refused."""
    assert ask(State(), "GET", query=query).status == 400


def test_beta() -> None:
    """Under the first version of the API the beta must be named; under the later one it need not."""
    later = {**wire.HEADERS, "anthropic-version": "2026-10-21"}

    assert "files-api-2025-04-14" in fields(ask(State(), "GET", headers=wire.HEADERS))["error"]["message"]
    assert ask(State(), "GET", headers=later).status == 200


def test_a_kind_that_no_header_can_tell() -> None:
    """A file whose kind could not be told again when it is downloaded is refused."""
    body = framed(PART.replace(b"text/plain", b"text/\x00") + b"abc")

    assert ask(State(), "POST", body=body, headers=MULTIPART).status == 400


def test_sign_in() -> None:
    """Files are behind the same door."""
    reply = ask(State(), "GET", headers={**HEADERS, "x-api-key": "other"})

    assert (reply.status, fields(reply)["error"]["code"]) == (401, "401")


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", ""), ("POST", "/file_1"), ("GET", "/"), ("GET", "/file_1/x"), ("PATCH", "/file_1")]
)
def test_other_paths(method: str, path: str) -> None:
    """What the Files API does not have is not found."""
    assert ask(State(), method, path).status == 404


def test_remembered() -> None:
    """A request is remembered without the file in it."""
    state = State()
    upload(state)

    assert (state.requests[-1].path, state.requests[-1].body) == (FILES, None)
