"""What is uploaded, in pieces, and where downloads go."""

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry._upload import MAX_BYTES, Target, Upload, upload
from claude_foundry.errors import ConfigurationError

PIECE = 256 * 1024
LARGE = bytes(range(256)) * 3000


def read(whole: Upload) -> bytes:
    return b"".join(whole.pieces())


async def asynchronously(whole: Upload) -> list[bytes]:
    return [piece async for piece in whole.async_pieces()]


def of(file: Any, **named: Any) -> Upload:
    return upload(file, **{"filename": None, "content_type": None, **named})


class Unseekable(io.BytesIO):
    """A stream that goes forward only, such as a pipe."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: object) -> int:
        raise io.UnsupportedOperation


def later(size: int) -> io.BytesIO:
    file = io.BytesIO(b"skipped" + LARGE[:size])
    file.seek(7)
    return file


SOURCES = {
    "bytes": (lambda: LARGE, len(LARGE), True),
    "bytearray": (lambda: bytearray(LARGE), len(LARGE), True),
    "file": (lambda: later(len(LARGE)), len(LARGE), True),
    "pipe": (lambda: Unseekable(LARGE), None, False),
    "list": (lambda: [LARGE[:5], b"", LARGE[5:]], None, True),
    "iterator": (lambda: iter([LARGE[:5], b"", LARGE[5:]]), None, False),
}


@pytest.mark.parametrize(("make", "size", "repeatable"), SOURCES.values(), ids=SOURCES)
def test_sources(make: Any, size: int | None, repeatable: bool) -> None:
    """Each kind of file gives its bytes in pieces of bounded size, and says whether it can do so again."""
    whole = of(make())

    pieces = list(whole.pieces())

    assert b"".join(pieces) == LARGE
    assert max(map(len, pieces)) <= PIECE
    assert (whole.size, whole.repeatable) == (size, repeatable)
    assert not repeatable or read(whole) == LARGE


@pytest.mark.parametrize(("make", "size", "repeatable"), SOURCES.values(), ids=SOURCES)
def test_sources_in_a_loop(make: Any, size: int | None, repeatable: bool) -> None:
    """In an event loop each kind gives the same."""
    pieces = asyncio.run(asynchronously(of(make())))

    assert b"".join(pieces) == LARGE
    assert max(map(len, pieces)) <= PIECE


def test_path(tmp_path: Path) -> None:
    """A path gives its file, under its name and the media type that the name tells."""
    path = tmp_path / "report.pdf"
    path.write_bytes(LARGE)

    whole = of(path)

    assert read(of(str(path))) == read(whole) == read(whole) == LARGE
    assert (whole.size, whole.repeatable) == (len(LARGE), True)
    assert b'filename="report.pdf"\r\nContent-Type: application/pdf\r\n' in whole.head


def test_asynchronous_iterator() -> None:
    """An asynchronous iterator gives its bytes, once."""

    async def pieces() -> AsyncIterator[bytes]:
        yield LARGE[:5]
        yield LARGE[5:]

    whole = of(pieces())

    assert (whole.size, whole.repeatable) == (None, False)
    assert b"".join(asyncio.run(asynchronously(whole))) == LARGE


def test_left_early() -> None:
    """A source that is left early is closed, with and without a loop."""
    closed: list[str] = []

    def pieces(name: str) -> Iterator[bytes]:
        try:
            yield b"a"
            yield b"b"
        finally:
            closed.append(name)

    async def leave() -> None:
        running = of(pieces("asynchronous")).async_pieces()
        await anext(running)
        await running.aclose()

    running = of(pieces("plain")).pieces()
    next(running)
    running.close()
    asyncio.run(leave())

    assert closed == ["plain", "asynchronous"]


def test_threads_of_their_own(tmp_path: Path) -> None:
    """A file is read and written though all threads that anyio shares are taken, by whoever waits for it perhaps."""

    async def copied() -> int:
        shared = anyio.to_thread.current_default_thread_limiter()
        shared.total_tokens = 1
        async with shared:
            with anyio.fail_after(10):
                (piece,) = await asynchronously(of(io.BytesIO(b"abc")))
                with Target(tmp_path / "copy") as target:
                    return await target.async_write(piece)

    assert asyncio.run(copied()) == 3


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=40))
def test_names(name: str) -> None:
    """A name cannot break out of its place in the head."""
    head = of(b"", filename=name).head.decode()

    assert head.count("\r\n") == 4
    assert head.split('filename="')[1].split("\r\n")[0].count('"') == 1


def test_headers() -> None:
    """The length is announced when it is known."""
    known, unknown = of(b"abc"), of(iter([b"abc"]))

    assert int(known.headers()["content-length"]) == len(known.head) + 3 + len(known.tail)
    assert "content-length" not in unknown.headers()
    assert known.headers()["content-type"] == f"multipart/form-data; boundary={known.boundary}"
    assert known.boundary != unknown.boundary


@pytest.mark.parametrize(
    ("file", "named", "said"),
    [
        (io.StringIO("text"), {}, "mode 'rb'"),
        (3, {}, "file is int"),
        (None, {}, "file is NoneType"),
        (b"", {"filename": ""}, "filename="),
        (b"", {"filename": "a\r\nb"}, "filename="),
        (b"", {"filename": "a" * 501}, "filename="),
        (b"", {"content_type": "text/plain\r\nx: y"}, "content_type="),
        (b"", {"content_type": 3}, "content_type is int"),
        ({b"a": b"b"}, {}, "file is dict"),
    ],
)
def test_refused(file: Any, named: dict[str, Any], said: str) -> None:
    """What cannot be sent is refused by name."""
    with pytest.raises(ConfigurationError, match=said):
        of(file, **named)


def test_pieces_are_bytes() -> None:
    """An iterable of something else is refused."""
    with pytest.raises(ConfigurationError, match="file gives str"):
        read(of(["text"]))


def test_too_large(tmp_path: Path) -> None:
    """A file that is too large is refused before it is read."""
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)

    with pytest.raises(ConfigurationError, match="524,288,001 bytes"):
        of(path)


def test_no_such_file(tmp_path: Path) -> None:
    """A file that is not there is told as Python tells it."""
    with pytest.raises(FileNotFoundError):
        of(tmp_path / "none.pdf")


def test_target(tmp_path: Path) -> None:
    """The path appears when all is written, with what the last attempt wrote."""
    path = tmp_path / "a.bin"
    with Target(path) as target:
        target.write(b"of the first attempt")
        target.restart()
        assert target.write(b"abc") == 3
        assert not path.exists()

    assert path.read_bytes() == b"abc"
    assert [file.name for file in tmp_path.iterdir()] == ["a.bin"]


def test_target_of_a_failure(tmp_path: Path) -> None:
    """A failure leaves what was there before, and nothing beside it."""
    path = tmp_path / "a.bin"
    path.write_bytes(b"before")

    def write() -> None:
        with Target(path) as target:
            target.write(b"abc")
            raise KeyError

    with pytest.raises(KeyError):
        write()

    assert path.read_bytes() == b"before"
    assert [file.name for file in tmp_path.iterdir()] == ["a.bin"]
