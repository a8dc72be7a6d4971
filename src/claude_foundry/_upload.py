"""What is uploaded and where a download goes: files and streams in pieces, so that none is held whole.

Sources: https://platform.claude.com/docs/en/build-with-claude/files, RFC 7578 (multipart/form-data)
"""

import errno
import io
import mimetypes
import os
import secrets
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Generator, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self, TypeAlias, TypeVar

from claude_foundry._fields import string
from claude_foundry.errors import ConfigurationError

T = TypeVar("T")

MAX_BYTES = 500 * 1024 * 1024
_PIECE = 256 * 1024
_LONGEST_NAME = 500

FileSource: TypeAlias = str | os.PathLike[str] | bytes | IO[bytes] | Iterable[bytes]
Progress: TypeAlias = Callable[[int, int | None], object]
AsyncProgress: TypeAlias = Callable[[int, int | None], object | Awaitable[object]]
AsyncFileSource: TypeAlias = FileSource | AsyncIterable[bytes]


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A multipart body with one file: what stands before it, its pieces, and what stands after."""

    head: bytes
    tail: bytes
    boundary: str
    read: Callable[[], Iterable[bytes] | AsyncIterable[bytes]]
    size: int | None
    """Bytes of the file; None when only its end will tell."""
    repeatable: bool
    """Whether it can be read a second time."""

    def headers(self) -> dict[str, str]:
        """Gives the headers that describe the body."""
        kind = {"content-type": f"multipart/form-data; boundary={self.boundary}"}
        if self.size is None:
            return kind
        return {**kind, "content-length": str(len(self.head) + self.size + len(self.tail))}

    def pieces(self) -> Generator[bytes]:
        """Gives the file piece by piece; those that are too large are cut."""
        for piece in self.read():  # type: ignore[union-attr]
            yield from _cut(piece)

    async def async_pieces(self) -> AsyncGenerator[bytes]:
        """Gives the file likewise; what blocks is read in a thread."""
        source = self.read()
        if isinstance(source, AsyncIterable):
            async for piece in source:
                for part in _cut(piece):
                    yield part
            return
        pieces = self.pieces()
        try:
            while piece := await _in_thread(lambda: next(pieces, b"")):
                yield piece
        finally:
            # A thread that is still reading ends by itself, and the file with it.
            with suppress(ValueError):
                pieces.close()


def upload(file: Any, *, filename: str | None, content_type: str | None, in_loop: bool = True) -> Upload:
    """Gives what is to be sent of a path, bytes, a binary file or an iterable of bytes.

    Raises:
        ConfigurationError: it is none of these, it is too large, a name cannot be sent, or it must be awaited where
            there is no event loop.
        OSError: the file cannot be found.
    """
    if isinstance(file, AsyncIterable) and not isinstance(file, Iterable) and not in_loop:
        raise ConfigurationError("file is an asynchronous iterable: give a synchronous one, or use AsyncFoundryClient.")
    read, size, repeatable, own_name = _source(file)
    if size is not None:
        checked_size(size)
    name = _checked_name(filename if filename is not None else own_name)
    given = string(content_type or "", argument="content_type")
    kind = given or mimetypes.guess_type(name)[0] or "application/octet-stream"
    if not kind.isascii() or not kind.isprintable():
        raise ConfigurationError(f"content_type={content_type!r}: give a media type such as 'application/pdf'.")
    boundary = secrets.token_hex(16)
    quoted = name.replace("\\", "%5C").replace('"', "%22")
    named = f'form-data; name="file"; filename="{quoted}"'
    head = f"--{boundary}\r\nContent-Disposition: {named}\r\nContent-Type: {kind}\r\n\r\n"
    return Upload(
        head=head.encode(),
        tail=f"\r\n--{boundary}--\r\n".encode(),
        boundary=boundary,
        read=read,
        size=size,
        repeatable=repeatable,
    )


def checked_size(size: int) -> int:
    """Gives the size back when the service takes files of it."""
    if size > MAX_BYTES:
        raise ConfigurationError(f"file has {size:,} bytes or more: the Files API takes at most {MAX_BYTES:,}.")
    return size


def _source(file: Any) -> tuple[Callable[[], Any], int | None, bool, str]:
    match file:
        case str() | os.PathLike():
            path = Path(file)
            return lambda: _of_path(path), path.stat().st_size, True, path.name
        case bytes() | bytearray() | memoryview():
            whole = bytes(file)
            return lambda: [whole], len(whole), True, "unnamed"
        case io.TextIOBase():
            raise ConfigurationError("file is open as text: open it with mode 'rb'.")
        case object(read=read) if callable(read):
            return _of_file(file)
        case Iterable() if not isinstance(file, Mapping):
            return lambda: file, None, iter(file) is not file, "unnamed"
        case AsyncIterable():
            return lambda: file, None, aiter(file) is not file, "unnamed"
    raise ConfigurationError(
        f"file is {type(file).__name__}: give a path, bytes, a file open in binary mode, or an iterable of bytes."
    )


def _of_path(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _of_file(file: Any) -> tuple[Callable[[], Any], int | None, bool, str]:
    own_name = getattr(file, "name", None)
    name = Path(own_name).name if isinstance(own_name, str) else "unnamed"
    seekable = getattr(file, "seekable", None)
    start = file.tell() if seekable is not None and seekable() else None
    size = None
    if start is not None:
        size = file.seek(0, os.SEEK_END) - start
        file.seek(start)

    def read() -> Iterator[bytes]:
        if start is not None:
            file.seek(start)
        while piece := file.read(_PIECE):
            yield piece

    return read, size, start is not None, name


def _cut(piece: Any) -> Iterator[bytes]:
    if not isinstance(piece, bytes | bytearray | memoryview):
        raise ConfigurationError(f"file gives {type(piece).__name__}: it must give bytes.")
    for start in range(0, len(piece), _PIECE):
        yield bytes(piece[start : start + _PIECE])


def _checked_name(name: str) -> str:
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise ConfigurationError(f"filename={name!r}: give a name of 1 to {_LONGEST_NAME} printable characters.")
    return name


class Target:
    """Where a download goes: the path holds the whole file once it is whole, and nothing of it before."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        if not isinstance(path, str | os.PathLike):
            raise ConfigurationError(f"path is {type(path).__name__}: give the path of a file.")
        self.path = Path(path)
        self._part = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}.part")

    def __enter__(self) -> Self:
        if self.path.is_dir():
            # Else it would show only once all is written.
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(self.path))
        self._file = self._part.open("xb")
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            # What a full disk does not take shows at the end only.
            self._file.close()
            if kind is None:
                self._part.replace(self.path)
        finally:
            self._part.unlink(missing_ok=True)

    def restart(self) -> None:
        """Forgets what an attempt that failed had written."""
        self._file.seek(0)
        self._file.truncate()

    def write(self, chunk: bytes) -> int:
        """Writes a chunk and tells how many bytes there are now."""
        self._file.write(chunk)
        return self._file.tell()

    async def async_write(self, chunk: bytes) -> int:
        """Writes a chunk in a thread."""
        return await _in_thread(lambda: self.write(chunk))


async def _in_thread(work: Callable[[], T]) -> T:
    from anyio import CapacityLimiter
    from anyio.to_thread import run_sync

    # Those that anyio has to share may all be waiting for this very file.
    return await run_sync(work, limiter=CapacityLimiter(1))
