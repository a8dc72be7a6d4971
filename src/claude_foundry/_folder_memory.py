"""Memory for the memory tool, kept as files below one folder.

Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/memory-tool (commands, texts, path traversal)
"""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from claude_foundry._forks import lock_of
from claude_foundry._functions import ToolError
from claude_foundry.errors import ConfigurationError

_ROOT = "/memories"
_MOST_LINES = 999_999
_HIDDEN = "node_modules"
_AROUND = 2
"""Lines shown before and after a change."""


class FolderMemory:
    """What Claude remembers, as text files below a folder; for ``client_tools.memory_tool``.

    Claude calls the folder ``/memories``. A path that is not below it, has ``..`` in it, or leads out of it by a
    symbolic link is refused. Commands run one after another, also when several conversations use one object.

    Args:
        path: the folder; it is made when something is first stored.

    Raises:
        ConfigurationError: ``path`` is no path.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        if not isinstance(path, str | os.PathLike):
            raise ConfigurationError(f"path is {type(path).__name__}: give the path of a folder.")
        self._folder = Path(path)
        self._lock = lock_of(self)

    def view(self, path: str, view_range: list[int] | None = None) -> str:
        """Shows a file with line numbers, or what lies in a folder, two levels deep.

        Args:
            path: below ``/memories``.
            view_range: first and last line to show, counted from 1; -1 is the last line of the file.

        Raises:
            ToolError: there is nothing at ``path``, it is no text, or it has no such lines.
        """
        with self._at(path) as place:
            if not place.exists() and _parts(path):
                raise ToolError(f"The path {path} does not exist. Please provide a valid path.")
            return _shown(_lines(_text(place, path)), path, view_range) if place.is_file() else _listing(place, path)

    def create(self, path: str, file_text: str) -> str:
        """Makes a file.

        Args:
            path: below ``/memories``.
            file_text: what it holds.

        Raises:
            ToolError: there is something at ``path``.
        """
        with self._at(path) as place:
            if place.exists() or not _parts(path):
                raise ToolError(f"Error: File {path} already exists")
            place.parent.mkdir(parents=True, exist_ok=True)
            _write(place, file_text)
            return f"File created successfully at: {path}"

    def str_replace(self, path: str, old_str: str, new_str: str = "") -> str:
        """Replaces a text that stands in a file exactly once.

        Args:
            path: below ``/memories``.
            old_str: the text.
            new_str: what takes its place.

        Raises:
            ToolError: there is no such file, or the text stands in it never or more than once.
        """
        with self._at(path) as place:
            if not place.is_file():
                raise ToolError(f"Error: The path {path} does not exist. Please provide a valid path.")
            text = _text(place, path)
            found = _line_of_only(old_str, text, path)
            changed = text.replace(old_str, new_str)
            _write(place, changed)
            first, last = max(found - _AROUND, 1), found + new_str.count("\n") + _AROUND
            snippet = "\n".join(_numbered(_lines(changed)[first - 1 : last], first))
            return f"The memory file has been edited.\n{snippet}"

    def insert(self, path: str, insert_line: int, insert_text: str) -> str:
        """Inserts text below a line of a file.

        Args:
            path: below ``/memories``.
            insert_line: the line, counted from 1; 0 is the beginning of the file.
            insert_text: one line or more.

        Raises:
            ToolError: there is no such file or line.
        """
        with self._at(path) as place:
            if not place.is_file():
                raise ToolError(f"Error: The path {path} does not exist")
            lines = _lines(_text(place, path))
            if not 0 <= insert_line <= len(lines):
                raise ToolError(
                    f"Error: Invalid `insert_line` parameter: {insert_line}. "
                    f"It should be within the range of lines of the file: [0, {len(lines)}]"
                )
            lines[insert_line:insert_line] = insert_text.removesuffix("\n").split("\n")
            _write(place, "\n".join(lines) + "\n")
            return f"The file {path} has been edited."

    def delete(self, path: str) -> str:
        """Deletes a file, or a folder with all that is in it.

        Args:
            path: below ``/memories``.

        Raises:
            ToolError: there is nothing at ``path``, or it is ``/memories`` itself.
        """
        with self._at(path, entry=True) as place:
            if place.is_dir() and not place.is_symlink():
                shutil.rmtree(place)
            else:
                place.unlink()
            return f"Successfully deleted {path}"

    def rename(self, old_path: str, new_path: str) -> str:
        """Renames or moves a file or folder.

        Args:
            old_path: below ``/memories``.
            new_path: below ``/memories``.

        Raises:
            ToolError: there is nothing at ``old_path``, or something at ``new_path``.
        """
        with self._at(old_path, entry=True) as old:
            new = self._place(new_path, entry=True)
            if os.path.lexists(new):
                raise ToolError(f"Error: The destination {new_path} already exists")
            new.parent.mkdir(parents=True, exist_ok=True)
            old.rename(new)
            return f"Successfully renamed {old_path} to {new_path}"

    @contextmanager
    def _at(self, path: str, *, entry: bool = False) -> Iterator[Path]:
        with self._lock:
            try:
                place = self._place(path, entry=entry)
                if entry and not os.path.lexists(place):
                    raise ToolError(f"Error: The path {path} does not exist")
                yield place
            except OSError as error:
                # Its own text names the folder on this machine.
                raise ToolError(f"Error: {path}: {error.strerror or 'the file system refused this'}") from None

    def _place(self, path: str, *, entry: bool) -> Path:
        """Gives the place a path names; of an ``entry``, the link itself if it is one."""
        root = self._folder.resolve()
        place = root.joinpath(*_parts(path))
        if entry and place == root:
            raise ToolError(f"Error: {_ROOT} itself cannot be deleted, renamed or replaced")
        resolved = place.parent.resolve() / place.name if entry else place.resolve()
        if not resolved.is_relative_to(root):
            raise ToolError(f"Error: The path {path} leads out of {_ROOT}")
        return resolved


def _parts(path: str) -> list[str]:
    first, *parts = path.removesuffix("/").removeprefix("/").split("/")
    if not path.startswith("/") or f"/{first}" != _ROOT:
        raise ToolError(f"Error: The path {path} is not in {_ROOT}")
    # A backslash and a drive's colon are separators on Windows.
    if any(part in ("", ".", "..") or set(part) & {"\\", "\0", ":"} for part in parts):
        raise ToolError(f"Error: The path {path} is not plain: use names and '/' only")
    return parts


def _text(place: Path, path: str) -> str:
    try:
        return place.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise ToolError(f"Error: {path} is not a text file") from None


def _write(place: Path, text: str) -> None:
    # A reader never sees half of it.
    beside = place.with_name(f".{uuid.uuid4().hex}")
    try:
        beside.write_bytes(text.encode("utf-8", "replace"))
        beside.replace(place)
    finally:
        beside.unlink(missing_ok=True)


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    return lines[:-1] if not lines[-1] else lines


def _numbered(lines: list[str], first: int) -> Iterator[str]:
    return (f"{number:6}\t{line}" for number, line in enumerate(lines, first))


def _shown(lines: list[str], path: str, view_range: list[int] | None) -> str:
    if len(lines) > _MOST_LINES:
        raise ToolError(f"File {path} exceeds maximum line limit of {_MOST_LINES:,} lines.")
    first, last = view_range if view_range and len(view_range) == 2 else (1, -1)
    if (view_range and len(view_range) != 2) or first < 1 or (last != -1 and last < first):
        raise ToolError(f"Error: Invalid `view_range` parameter: {view_range}. It should be two lines from 1 on")
    shown = lines[first - 1 : None if last == -1 else last]
    return "\n".join([f"Here's the content of {path} with line numbers:", *_numbered(shown, first)])


def _line_of_only(wanted: str, text: str, path: str) -> int:
    lines = list(_lines_with(wanted, text)) if wanted else []
    if not lines:
        raise ToolError(f"No replacement was performed, old_str `{wanted}` did not appear verbatim in {path}.")
    if len(lines) > 1:
        raise ToolError(
            f"No replacement was performed. Multiple occurrences of old_str `{wanted}` in lines: "
            f"{', '.join(map(str, lines))}. Please ensure it is unique"
        )
    return lines[0]


def _lines_with(wanted: str, text: str) -> Iterator[int]:
    """Gives the number of the line in which each occurrence begins, those too that overlap."""
    line, seen, place = 1, 0, text.find(wanted)
    while place >= 0:
        line += text.count("\n", seen, place)
        yield line
        seen, place = place, text.find(wanted, place + 1)


def _listing(place: Path, path: str) -> str:
    head = f"Here're the files and directories up to 2 levels deep in {path}, excluding hidden items and {_HIDDEN}:"
    rows = [f"{_size(place)}\t{path}", *_entries(place, path.removesuffix("/"), levels=2)]
    return "\n".join([head, *rows])


def _entries(place: Path, path: str, *, levels: int) -> Iterator[str]:
    if not levels or not place.is_dir():
        return
    visible = [it for it in place.iterdir() if not it.name.startswith(".") and it.name != _HIDDEN]
    for item in sorted(visible):
        # What a link leads to may lie elsewhere.
        if item.is_symlink():
            continue
        is_folder = item.is_dir()
        yield f"{_size(item)}\t{path}/{item.name}{'/' if is_folder else ''}"
        if is_folder:
            yield from _entries(item, f"{path}/{item.name}", levels=levels - 1)


def _size(place: Path) -> str:
    files = (file for file in place.rglob("*") if not file.is_symlink()) if place.is_dir() else (place,)
    size: float = sum(file.stat().st_size for file in files if file.is_file())
    units = iter("BKMG")
    unit = next(units)
    while size >= 1024 and (larger := next(units, None)):
        size, unit = size / 1024, larger
    return f"{size:.0f}B" if unit == "B" else f"{size:.1f}{unit}"
