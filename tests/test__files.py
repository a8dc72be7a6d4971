"""The Files API, asked of both clients."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from email import message_from_bytes
from pathlib import Path
from typing import Any

import httpx
import pytest

from claude_foundry import (
    APIStatusError,
    APITimeoutError,
    AsyncFoundryClient,
    ConfigurationError,
)
from claude_foundry._upload import MAX_BYTES
from tests.answers import refused, whole
from tests.shells import FakeTime, Script, Shell, SyncShell, both

Kind = type[Shell]

FILE = "file_011CNha8iCJcU1wXNR6q4V8w"
LARGE = bytes(range(256)) * 4000
METADATA = {
    "id": FILE,
    "type": "file",
    "filename": "a.txt",
    "mime_type": "text/plain",
    "size_bytes": 3,
    "created_at": "2026-11-02T10:00:00.123456Z",
    "downloadable": False,
}


def numbered(number: int) -> dict[str, Any]:
    return {**METADATA, "id": f"file_{number}"}


def part_of(request: httpx.Request) -> tuple[str | None, str, bytes]:
    """The name, media type and content of the one part, as the standard library reads it."""
    head = f"content-type: {request.headers['content-type']}\r\n\r\n".encode()
    (part,) = message_from_bytes(head + request.content).get_payload()  # type: ignore[misc]
    content = part.get_payload(decode=True)
    return part.get_filename(), part.get_content_type(), content


@both
def test_upload(shell: Kind) -> None:
    """A file goes up as multipart, under the beta's name, and its metadata come back typed, with both ids."""
    service = Script(whole(METADATA))

    file = shell(service, FakeTime(), default_headers={"anthropic-beta": "other-2026-01-01"}).ask(
        lambda client: client.files.upload(b"abc\r\n--", filename="a.txt")
    )

    request = service.requests[0]
    assert (file.id, file.size_bytes, file.created_at.year, file.downloadable) == (FILE, 3, 2026, False)
    assert (file.request_id, file.apim_request_id) == ("req_1", "apim-1")
    assert (request.method, request.url.path) == ("POST", "/anthropic/v1/files")
    assert request.headers["anthropic-beta"] == "other-2026-01-01,files-api-2025-04-14"
    assert request.headers["x-api-key"] == "key"
    assert part_of(request) == ("a.txt", "text/plain", b"abc\r\n--")
    assert int(request.headers["content-length"]) == len(request.content)


@both
def test_upload_of_a_path(shell: Kind, tmp_path: Path) -> None:
    """A path goes up under its name, with the type that the name tells or that is given."""
    path = tmp_path / "report.pdf"
    path.write_bytes(LARGE)
    service = Script(whole(METADATA), whole(METADATA))

    shell(service, FakeTime()).ask(lambda client: client.files.upload(path))
    shell(service, FakeTime()).ask(
        lambda client: client.files.upload(path, filename="b.txt", content_type="text/markdown")
    )

    assert part_of(service.requests[0])[:2] == ("report.pdf", "application/pdf")
    assert part_of(service.requests[1])[:2] == ("b.txt", "text/markdown")
    assert service.requests[0].content.count(LARGE) == 1


@both
def test_upload_of_an_iterator(shell: Kind) -> None:
    """An iterator goes up without a length, as far as it goes."""
    service = Script(whole(METADATA))

    shell(service, FakeTime()).ask(lambda client: client.files.upload(iter([b"ab", b"", b"c"])))

    request = service.requests[0]
    assert part_of(request) == ("unnamed", "application/octet-stream", b"abc")
    assert "content-length" not in request.headers


@both
def test_progress(shell: Kind) -> None:
    """Progress is told in bytes of the file, up to its end; a stream of unknown length has no total."""
    told: list[tuple[int, int | None]] = []
    service = Script(whole(METADATA), whole(METADATA))
    asked = shell(service, FakeTime())

    asked.ask(lambda client: client.files.upload(LARGE, on_progress=lambda *it: told.append(it)))
    known, told = told, []
    asked.ask(lambda client: client.files.upload(iter([b"ab", b"c"]), on_progress=lambda *it: told.append(it)))

    assert known == [(262_144, 1_024_000), (524_288, 1_024_000), (786_432, 1_024_000), (1_024_000, 1_024_000)]
    assert told == [(2, None), (3, None)]


@both
@pytest.mark.parametrize("fault", [529, 500, httpx.ReadError("reset"), httpx.WriteError("reset")], ids=str)
def test_upload_is_retried(shell: Kind, fault: int | Exception) -> None:
    """What can be read again goes up again, from where it stood."""
    file = io.BytesIO(b"skipped" + b"abc")
    file.seek(7)
    service = Script(refused(fault) if isinstance(fault, int) else fault, whole(METADATA))

    shell(service, FakeTime()).ask(lambda client: client.files.upload(file))

    assert [part_of(request)[2] for request in service.requests] == [b"abc", b"abc"]
    assert not file.closed


@both
def test_upload_of_an_iterator_is_not_retried(shell: Kind) -> None:
    """What can be read once only goes up once only."""
    service = Script(refused(529))

    with pytest.raises(APIStatusError):
        shell(service, FakeTime()).ask(lambda client: client.files.upload(iter([b"abc"])))

    assert len(service.requests) == 1


@both
def test_late_upload_is_not_repeated(shell: Kind) -> None:
    """A file that is up, but not confirmed in time, is not sent a second time."""
    service = Script(httpx.ReadTimeout("late"))

    with pytest.raises(APITimeoutError):
        shell(service, FakeTime()).ask(lambda client: client.files.upload(b"abc"))

    assert len(service.requests) == 1


@both
@pytest.mark.parametrize("named", [{"filename": ""}, {"content_type": "a\nb"}, {"timeout": 0}])
def test_nothing_is_sent_for_bad_input(shell: Kind, named: dict[str, Any], tmp_path: Path) -> None:
    """A wrong argument, or a file that is too large, is named before anything is sent."""
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    asked = shell(Script(), FakeTime())

    for use in (
        lambda client: client.files.upload(b"abc", **named),
        lambda client: client.files.upload(large),
        lambda client: client.files.upload(b"abc", on_progress="often"),
        lambda client: client.files.download_to("file_1", tmp_path / "a", on_progress="often"),
        lambda client: client.files.download_to("file_1", None),
        lambda client: client.files.list(limit=0),
        lambda client: client.files.list(limit="many"),
        lambda client: client.files.metadata("../messages"),
        lambda client: client.files.download("file_1/content"),
        lambda client: client.files.download_to("", tmp_path / "a"),
        lambda client: client.files.delete(None),
    ):
        with pytest.raises(ConfigurationError):
            asked.ask(use)


def test_what_must_be_awaited(tmp_path: Path) -> None:
    """The synchronous client refuses sources and callbacks that it would have to await."""
    asked = SyncShell(Script(), FakeTime())

    async def pieces() -> AsyncIterator[bytes]:
        yield b"abc"

    async def tell(sent: int, total: int | None) -> None: ...

    for use, said in (
        (lambda client: client.files.upload(pieces()), "file is an asynchronous iterable"),
        (lambda client: client.files.upload(b"abc", on_progress=tell), "on_progress is asynchronous"),
        (lambda client: client.files.download_to(FILE, tmp_path / "a", on_progress=tell), "on_progress is asynch"),
    ):
        with pytest.raises(ConfigurationError, match=said):
            asked.ask(use)


@both
def test_list(shell: Kind) -> None:
    """All files come, page by page, whichever way the service names the next page."""
    first = {"data": [numbered(1), numbered(2)], "has_more": True, "first_id": "file_1", "last_id": "file_2"}
    second = {"data": [numbered(3)], "next_page": "page_abc"}
    service = Script(whole(first), whole(second), whole({"data": [], "has_more": True}))

    files = shell(service, FakeTime()).ask(lambda client: client.files.list(limit=2))

    assert [file.id for file in files] == ["file_1", "file_2", "file_3"]
    assert {(file.request_id, file.apim_request_id) for file in files} == {("req_1", "apim-1")}
    assert [dict(request.url.params) for request in service.requests] == [
        {"limit": "2"},
        {"limit": "2", "after_id": "file_2"},
        {"limit": "2", "page": "page_abc"},
    ]


@both
def test_metadata(shell: Kind) -> None:
    """A file's metadata come typed; what is not known yet is kept."""
    service = Script(whole({**METADATA, "expires_at": "2026-12-02T10:00:00Z", "scope": {"type": "session"}}))

    file = shell(service, FakeTime()).ask(lambda client: client.files.metadata(FILE))

    assert service.requests[0].url.path == f"/anthropic/v1/files/{FILE}"
    assert (file.filename, file.expires_at.month, file.scope) == ("a.txt", 12, {"type": "session"})
    assert json.loads(file.model_dump_json())["created_at"] == "2026-11-02T10:00:00.123456Z"


@both
def test_delete(shell: Kind) -> None:
    """A file is deleted by its id."""
    service = Script(whole({"id": FILE, "type": "file_deleted"}))

    gone = shell(service, FakeTime()).ask(lambda client: client.files.delete(FILE))

    assert (service.requests[0].method, gone.id, gone.type) == ("DELETE", FILE, "file_deleted")


async def test_asynchronous_progress() -> None:
    """The asynchronous client awaits its progress callback."""
    told: list[int] = []

    async def progress(sent: int, _: int | None) -> None:
        await asyncio.sleep(0)
        told.append(sent)

    http = httpx.AsyncClient(transport=httpx.MockTransport(Script(whole(METADATA))))
    await AsyncFoundryClient("a", api_key="k", http_client=http).files.upload(b"abc", on_progress=progress)

    assert told == [3]
