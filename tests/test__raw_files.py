"""Answers of the Files API as they came over HTTP."""

import pickle
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.answers import refused, whole
from tests.shells import FakeTime, Script, Shell, both

Kind = type[Shell]

FILE = "file_011CNha8iCJcU1wXNR6q4V8w"
METADATA = {
    "id": FILE,
    "type": "file",
    "filename": "a.txt",
    "mime_type": "text/plain",
    "size_bytes": 3,
    "created_at": "2026-11-02T10:00:00.123456Z",
}
PAGE = {"data": [METADATA], "has_more": True, "last_id": FILE}


@both
@pytest.mark.parametrize(
    ("use", "answer", "told"),
    [
        (lambda raw: raw.upload(b"abc", filename="a.txt"), METADATA, lambda it: it.filename == "a.txt"),
        (lambda raw: raw.metadata(FILE), METADATA, lambda it: it.size_bytes == 3),
        (lambda raw: raw.delete(FILE), {"id": FILE}, lambda it: it.id == FILE),
        (lambda raw: raw.list(limit=1), PAGE, lambda it: it.has_more and it.data[0].id == FILE),
    ],
    ids=["upload", "metadata", "delete", "list"],
)
def test_raw(shell: Kind, use: Callable[[Any], Any], answer: dict[str, Any], told: Callable[[Any], bool]) -> None:
    """The answer comes with status, headers and both ids, and gives the typed one when asked; both tell the retries."""
    service = Script(refused(529), whole(answer, headers={"x-ms-region": "westus"}))

    raw = shell(service, FakeTime()).ask(lambda client: use(client.files.with_raw_response))

    assert (raw.status_code, raw.headers["x-ms-region"], raw.retries_taken) == (200, "westus", 1)
    assert told(raw.parse())
    assert (raw.parse().request_id, raw.parse().retries_taken) == ("req_1", 1)
    assert pickle.loads(pickle.dumps(raw)).parse() == raw.parse()


@both
def test_raw_download(shell: Kind) -> None:
    """The content of a file comes with the headers that tell its media type."""
    service = Script(httpx.Response(200, headers={"content-type": "image/png"}, content=b"\x89PNG"))

    raw = shell(service, FakeTime()).ask(lambda client: client.files.with_raw_response.download(FILE))

    assert (raw.headers["content-type"], raw.parse(), raw.content) == ("image/png", b"\x89PNG", b"\x89PNG")


@both
def test_retries_of_listed_files(shell: Kind) -> None:
    """Files of a listing tell the retries of the page that they came with."""
    service = Script(refused(529), whole({"data": [METADATA]}))

    (file,) = shell(service, FakeTime()).ask(lambda client: client.files.list())

    assert file.retries_taken == 1
