"""A folder of files that stands for the web."""

from pathlib import Path

import pytest

from claude_foundry import ConfigurationError
from claude_foundry.emulator._folder import pages_below


def test_files_become_pages(tmp_path: Path) -> None:
    """Each file is the page at its path; an index is the page of its folder."""
    for name in ("a.example/index.html", "a.example/guide/lamp.html", "b.example/notes.md", "b.example/photo.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"Text of {name}.", encoding="utf-8")
    assert pages_below(tmp_path) == {
        "https://a.example": "Text of a.example/index.html.",
        "https://a.example/guide/lamp": "Text of a.example/guide/lamp.html.",
        "https://b.example/notes.md": "Text of b.example/notes.md.",
    }


def test_folders_that_cannot_be_used(tmp_path: Path) -> None:
    """What is no folder, holds no page or is not UTF-8 is told."""
    with pytest.raises(ConfigurationError, match="is not a folder"):
        pages_below(tmp_path / "missing")
    with pytest.raises(ConfigurationError, match="holds no page"):
        pages_below(tmp_path)
    (tmp_path / "a.example").mkdir()
    (tmp_path / "a.example" / "x.txt").write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match=r"x\.txt.* is not UTF-8"):
        pages_below(tmp_path)
