"""Memory in a folder: the commands with the texts of the documentation, and nothing outside the folder."""

from pathlib import Path

import pytest

from claude_foundry import ConfigurationError
from claude_foundry.client_tools import FolderMemory, ToolError

NOTES = "/memories/notes.txt"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "memory"


@pytest.fixture
def memory(folder: Path) -> FolderMemory:
    return FolderMemory(folder)


def test_path_that_is_none() -> None:
    """What is no path is refused by its name."""
    with pytest.raises(ConfigurationError, match="path is int"):
        FolderMemory(5)  # type: ignore[arg-type]


def test_create_and_view(memory: FolderMemory, folder: Path) -> None:
    """A file is made with the folders above it, and shown with its lines numbered."""
    said = memory.create("/memories/a/notes.txt", "Hello World\nline two\n")

    assert said == "File created successfully at: /memories/a/notes.txt"
    assert (folder / "a" / "notes.txt").read_bytes() == b"Hello World\nline two\n"
    assert memory.view("/memories/a/notes.txt") == (
        "Here's the content of /memories/a/notes.txt with line numbers:\n     1\tHello World\n     2\tline two"
    )


@pytest.mark.parametrize(
    ("view_range", "shown"), [([2, 3], "     2\tb\n     3\tc"), ([3, -1], "     3\tc"), ([3, 9], "     3\tc")]
)
def test_view_of_some_lines(memory: FolderMemory, view_range: list[int], shown: str) -> None:
    """Lines are asked for by first and last; -1 is the end."""
    memory.create(NOTES, "a\nb\nc\n")

    assert memory.view(NOTES, view_range).partition(":\n")[2] == shown


@pytest.mark.parametrize("view_range", [[0, 1], [2], [1, 2, 3], [3, 2]])
def test_view_of_no_lines(memory: FolderMemory, view_range: list[int]) -> None:
    """Lines that cannot be are refused."""
    memory.create(NOTES, "a\nb\nc\n")

    with pytest.raises(ToolError, match="view_range"):
        memory.view(NOTES, view_range)


def test_view_of_a_file_that_is_too_long(memory: FolderMemory) -> None:
    """A file of a million lines is refused in the words of the documentation."""
    memory.create(NOTES, "\n" * 1_000_000)

    with pytest.raises(ToolError, match=f"^File {NOTES} exceeds maximum line limit of 999,999 lines.$"):
        memory.view(NOTES)


def test_view_of_a_folder(memory: FolderMemory, folder: Path) -> None:
    """A folder is listed two levels deep, with sizes, without hidden files, node_modules and links."""
    for path in ("b.txt", "a/c.txt", "a/d/e.txt", ".hidden", "node_modules/x"):
        memory.create(f"/memories/{path}", "x" * 1536)
    (folder / "link").symlink_to(folder / "b.txt")

    head, *rows = memory.view("/memories").split("\n")

    assert head == (
        "Here're the files and directories up to 2 levels deep in /memories, excluding hidden items and node_modules:"
    )
    assert rows == [
        "7.5K\t/memories",
        "3.0K\t/memories/a/",
        "1.5K\t/memories/a/c.txt",
        "1.5K\t/memories/a/d/",
        "1.5K\t/memories/b.txt",
    ]


def test_view_of_nothing_yet(memory: FolderMemory, folder: Path) -> None:
    """A memory in which nothing was stored is empty, and looking makes no folder."""
    assert memory.view("/memories").split("\n")[1:] == ["0B\t/memories"]
    assert not folder.exists()


def test_str_replace(memory: FolderMemory, folder: Path) -> None:
    """A text that stands there once is replaced, and the lines around are shown."""
    memory.create(NOTES, "1\n2\n3\nold\n5\n6\n7\n")

    said = memory.str_replace(NOTES, "old", "new\nnewer")

    assert (folder / "notes.txt").read_text() == "1\n2\n3\nnew\nnewer\n5\n6\n7\n"
    assert said == (
        "The memory file has been edited.\n     2\t2\n     3\t3\n     4\tnew\n     5\tnewer\n     6\t5\n     7\t6"
    )


@pytest.mark.parametrize(
    ("old", "said"),
    [
        ("x", f"No replacement was performed, old_str `x` did not appear verbatim in {NOTES}."),
        ("", f"No replacement was performed, old_str `` did not appear verbatim in {NOTES}."),
        (
            "a",
            "No replacement was performed. Multiple occurrences of old_str `a` in lines: 1, 3. "
            "Please ensure it is unique",
        ),
    ],
)
def test_str_replace_of_not_one(memory: FolderMemory, old: str, said: str) -> None:
    """A text that stands there never or more than once changes nothing."""
    memory.create(NOTES, "a\nb\na\n")

    with pytest.raises(ToolError) as caught:
        memory.str_replace(NOTES, old, "z")

    assert str(caught.value) == said
    assert memory.view(NOTES).endswith("     1\ta\n     2\tb\n     3\ta")


def test_occurrences_that_overlap(memory: FolderMemory) -> None:
    """Of occurrences that overlap each is named, by the line in which it begins."""
    memory.create(NOTES, "x\naaa\naa\n")

    with pytest.raises(ToolError, match=r"in lines: 2, 2, 3\."):
        memory.str_replace(NOTES, "aa", "z")


@pytest.mark.parametrize(
    ("line", "text", "whole"),
    [(0, "x\n", "x\na\nb\n"), (1, "x", "a\nx\nb\n"), (2, "x\ny\n", "a\nb\nx\ny\n")],
)
def test_insert(memory: FolderMemory, folder: Path, line: int, text: str, whole: str) -> None:
    """Text is inserted below a line; 0 is the beginning."""
    memory.create(NOTES, "a\nb\n")

    assert memory.insert(NOTES, line, text) == f"The file {NOTES} has been edited."

    assert (folder / "notes.txt").read_text() == whole


def test_insert_below_no_line(memory: FolderMemory) -> None:
    """A line that is not there is told with those that are."""
    memory.create(NOTES, "a\nb\n")

    with pytest.raises(ToolError) as caught:
        memory.insert(NOTES, 3, "x")

    assert str(caught.value) == (
        "Error: Invalid `insert_line` parameter: 3. It should be within the range of lines of the file: [0, 2]"
    )


def test_delete(memory: FolderMemory, folder: Path) -> None:
    """A file goes, and a folder with all that is in it."""
    memory.create("/memories/a/b.txt", "")
    memory.create(NOTES, "")

    assert memory.delete("/memories/a") == "Successfully deleted /memories/a"
    assert memory.delete(NOTES) == f"Successfully deleted {NOTES}"

    assert list(folder.iterdir()) == []


def test_rename(memory: FolderMemory, folder: Path) -> None:
    """A file moves, into a folder that is made for it."""
    memory.create(NOTES, "a")

    said = memory.rename(NOTES, "/memories/old/notes.txt")

    assert said == f"Successfully renamed {NOTES} to /memories/old/notes.txt"
    assert [file.name for file in folder.rglob("*.txt")] == ["notes.txt"]
    assert (folder / "old" / "notes.txt").read_text() == "a"


def test_nothing_is_overwritten(memory: FolderMemory) -> None:
    """What is there is neither made anew nor moved over."""
    memory.create(NOTES, "a")
    memory.create("/memories/b.txt", "b")

    with pytest.raises(ToolError, match=f"^Error: File {NOTES} already exists$"):
        memory.create(NOTES, "x")
    with pytest.raises(ToolError, match=r"^Error: The destination /memories/b.txt already exists$"):
        memory.rename(NOTES, "/memories/b.txt")

    assert memory.view(NOTES).endswith("\ta")


def test_what_is_not_there(memory: FolderMemory) -> None:
    """Each command says in the words of the documentation that there is nothing; a folder is no file to edit."""
    memory.create("/memories/folder/a.txt", "")
    missing = "/memories/x"

    with pytest.raises(ToolError, match=f"^The path {missing} does not exist. Please provide a valid path.$"):
        memory.view(missing)
    for path in (missing, "/memories/folder"):
        with pytest.raises(ToolError, match=f"^Error: The path {path} does not exist. Please provide a valid path.$"):
            memory.str_replace(path, "a", "b")
        with pytest.raises(ToolError, match=f"^Error: The path {path} does not exist$"):
            memory.insert(path, 0, "a")
    with pytest.raises(ToolError, match=f"^Error: The path {missing} does not exist$"):
        memory.delete(missing)
    with pytest.raises(ToolError, match=f"^Error: The path {missing} does not exist$"):
        memory.rename(missing, NOTES)


def test_what_is_no_text(memory: FolderMemory, folder: Path) -> None:
    """Bytes that are no text are refused, not shown broken."""
    memory.create(NOTES, "")
    (folder / "notes.txt").write_bytes(b"\xff\xfe\xfa")

    with pytest.raises(ToolError, match="not a text file"):
        memory.view(NOTES)


def test_what_the_file_system_refuses(memory: FolderMemory, folder: Path) -> None:
    """A refusal of the file system is told without the place of the folder on this machine."""
    memory.create(NOTES, "a")

    with pytest.raises(ToolError) as caught:
        memory.create(f"{NOTES}/below", "x")

    assert str(folder) not in str(caught.value)
    assert [file.name for file in folder.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("path", ["/memories", "/memories/"])
def test_memory_itself_stays(memory: FolderMemory, path: str) -> None:
    """The memory as a whole is neither deleted nor moved nor made a file."""
    for command in (
        lambda: memory.create(path, "x"),
        lambda: memory.delete(path),
        lambda: memory.rename(path, "/memories/a"),
    ):
        with pytest.raises(ToolError):
            command()
