"""Files that come down, asked of both clients."""

from pathlib import Path

import httpx
import pytest

from claude_foundry import APIConnectionError, ResponseFormatError
from claude_foundry._upload import Target
from tests.answers import IDS, refused
from tests.shells import Body, FakeTime, Script, Shell, both
from tests.test__files import FILE, LARGE

Kind = type[Shell]


@both
def test_download(shell: Kind) -> None:
    """A file's content comes as it is, after retries like every other answer."""
    service = Script(refused(529), httpx.ReadTimeout("late"), httpx.Response(200, headers=IDS, content=LARGE))

    content = shell(service, FakeTime()).ask(lambda client: client.files.download(FILE))

    assert content == LARGE
    assert service.requests[2].url.path == f"/anthropic/v1/files/{FILE}/content"
    assert service.requests[2].headers["accept-encoding"] == "identity"


@both
def test_download_to(shell: Kind, tmp_path: Path) -> None:
    """A file's content goes to a path as it comes; what a broken attempt wrote is not part of it."""
    broken, good = Body([b"abc", httpx.ReadError("reset")]), Body([b"ab", b"cdef"])
    service = Script(
        httpx.Response(200, headers=IDS, stream=broken),
        httpx.Response(200, headers={**IDS, "content-length": "6"}, stream=good),
    )
    told: list[tuple[int, int | None]] = []

    path = shell(service, FakeTime()).ask(
        lambda client: client.files.download_to(FILE, tmp_path / "a.bin", on_progress=lambda *it: told.append(it))
    )

    assert path == tmp_path / "a.bin"
    assert path.read_bytes() == b"abcdef"
    assert told == [(3, None), (2, 6), (6, 6)]
    assert broken.closed
    assert good.closed


@both
def test_download_to_a_folder(shell: Kind, tmp_path: Path) -> None:
    """A path that is a folder is refused before anything is sent, and nothing is left beside it."""
    service = Script()
    folder = tmp_path / "folder"
    folder.mkdir()

    with pytest.raises(IsADirectoryError):
        shell(service, FakeTime()).ask(lambda client: client.files.download_to(FILE, folder))

    assert service.requests == []
    assert list(tmp_path.iterdir()) == [folder]


@both
def test_failed_download_to(shell: Kind, tmp_path: Path) -> None:
    """A download that fails leaves the path as it was, and nothing beside it or open."""
    body = Body([b"abc", httpx.ReadError("reset")])
    path = tmp_path / "a.bin"
    path.write_bytes(b"before")
    service = Script(httpx.Response(200, headers=IDS, stream=body))

    with pytest.raises(APIConnectionError):
        shell(service, FakeTime(), max_retries=0).ask(lambda client: client.files.download_to(FILE, path))

    assert path.read_bytes() == b"before"
    assert [file.name for file in tmp_path.iterdir()] == ["a.bin"]
    assert body.closed


def test_a_full_disk(tmp_path: Path) -> None:
    """What the disk does not take at the end of a download leaves nothing behind."""
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, limits[1]))
    try:
        with pytest.raises(OSError, match="too large"), Target(tmp_path / "a.bin") as target:
            target.write(b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert list(tmp_path.iterdir()) == []


@both
def test_part_of_a_file(shell: Kind, tmp_path: Path) -> None:
    """A part of a file, which nobody asked for, is not taken for the whole, and leaves nothing."""
    part = {**IDS, "content-range": "bytes 0-2/6"}
    service = Script(*[httpx.Response(206, headers=part, content=b"abc") for _ in range(2)])
    asked = shell(service, FakeTime())

    with pytest.raises(ResponseFormatError, match="only a part"):
        asked.ask(lambda client: client.files.download(FILE))
    with pytest.raises(ResponseFormatError, match="only a part"):
        asked.ask(lambda client: client.files.download_to(FILE, tmp_path / "a.bin"))

    assert list(tmp_path.iterdir()) == []


@both
def test_part_that_was_asked_for(shell: Kind) -> None:
    """A caller who asks an endpoint for a part is given it."""
    service = Script(httpx.Response(206, headers=IDS, content=b"abc"))

    answer = shell(service, FakeTime()).ask(
        lambda client: client.request("GET", "v1/files/file_1/content", headers={"Range": "bytes=0-2"})
    )

    assert (answer.status_code, answer.content) == (206, b"abc")
