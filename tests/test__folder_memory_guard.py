"""What lies outside of a memory's folder is never touched."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry.client_tools import FolderMemory, ToolError

OUTSIDE = [
    "/etc/passwd",
    "notes.txt",
    "",
    "/",
    "/memory",
    "/memoriesx/a",
    "/memories/../secret.txt",
    "/memories/a/../../secret.txt",
    "/memories/./a",
    "/memories//etc/passwd",
    "//memories/a",
    "/memories/..\\secret.txt",
    "/memories/C:/secret.txt",
    "/memories/a\0b",
    "/memories/link/secret.txt",
    "/memories/file-link",
    "/memories/dangling",
]


@pytest.fixture
def guarded(tmp_path: Path) -> FolderMemory:
    """A memory with links out of it, beside what must not be reached."""
    folder = tmp_path / "memory"
    folder.mkdir()
    (folder.parent / "secret.txt").write_text("secret")
    (folder / "link").symlink_to(folder.parent, target_is_directory=True)
    (folder / "file-link").symlink_to(folder.parent / "secret.txt")
    (folder / "dangling").symlink_to(folder.parent / "new.txt")
    return FolderMemory(folder)


@pytest.mark.parametrize("path", OUTSIDE)
def test_nothing_outside(guarded: FolderMemory, tmp_path: Path, path: str) -> None:
    """No command reads, makes, changes or moves what is not below the folder."""
    guarded.create("/memories/mine.txt", "mine")
    commands = [
        lambda: guarded.view(path),
        lambda: guarded.create(path, "x"),
        lambda: guarded.str_replace(path, "secret", "x"),
        lambda: guarded.insert(path, 0, "x"),
        lambda: guarded.rename("/memories/mine.txt", path),
    ]

    for command in commands:
        with pytest.raises(ToolError) as caught:
            command()
        assert str(tmp_path) not in str(caught.value)

    assert sorted(file.name for file in tmp_path.iterdir()) == ["memory", "secret.txt"]
    assert (tmp_path / "secret.txt").read_text() == "secret"


@pytest.mark.parametrize("path", ["/memories/file-link", "/memories/dangling", "/memories/link"])
def test_delete_of_a_link(guarded: FolderMemory, tmp_path: Path, path: str) -> None:
    """A link is deleted, and not what it leads to."""
    guarded.delete(path)

    assert not (tmp_path / "memory" / path.rpartition("/")[2]).is_symlink()
    assert (tmp_path / "secret.txt").read_text() == "secret"


@given(path=st.text("./\\a:~%\0" + "2e", max_size=20))
def test_no_path_leads_out(tmp_path_factory: pytest.TempPathFactory, path: str) -> None:
    """Whatever follows /memories, what is made lies in the folder or is refused."""
    around = tmp_path_factory.mktemp("around")
    memory = FolderMemory(around / "memory")

    try:
        memory.create(f"/memories/{path}", "x")
    except ToolError:
        assert list(around.rglob("*.txt")) == []

    assert {item.name for item in around.iterdir()} <= {"memory"}
