"""What type checkers say of calls: right ones pass, wrong ones are refused."""

import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

CHECKED = sorted(Path(__file__).parent.glob("checked*.py"))
ROOT = Path(__file__).parents[2]
BESIDE_PYTHON = str(Path(sys.executable).parent)


def checked(*command: str, files: Iterable[Path] = CHECKED) -> None:
    done = subprocess.run([*command, *map(str, files)], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.timeout(300)
def test_mypy(tmp_path: Path) -> None:
    """To mypy, the calls of the documentation are right and the wrong ones wrong, each in its line."""
    checked(sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), "--follow-imports", "silent")


@pytest.mark.timeout(300)
def test_pyright() -> None:
    """To pyright, which editors use, they are so as well."""
    command = shutil.which("pyright", path=BESIDE_PYTHON)
    if command is None or shutil.which("node") is None:
        pytest.skip("pyright or the node that runs it is not installed")
    checked(command, "--pythonpath", sys.executable)


def test_marker() -> None:
    """Type checkers read the package's types, because it says that it has them."""
    assert (ROOT / "src" / "claude_foundry" / "py.typed").is_file()
