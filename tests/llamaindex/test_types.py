"""What type checkers say of the LLM's arguments, which editors complete: right ones pass, wrong ones are refused."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.types.test_checked import BESIDE_PYTHON, checked

FILE = Path(__file__).with_name("checked.py")


@pytest.mark.timeout(300)
def test_mypy(tmp_path: Path) -> None:
    """To mypy, the arguments of the documentation are right and the wrong ones wrong, each in its line."""
    command = (sys.executable, "-m", "mypy", "--strict", "--follow-imports", "silent")
    checked(*command, "--cache-dir", str(tmp_path), files=[FILE])


@pytest.mark.timeout(300)
def test_pyright() -> None:
    """To pyright, which editors use, they are so as well."""
    command = shutil.which("pyright", path=BESIDE_PYTHON)
    if command is None or shutil.which("node") is None:
        pytest.skip("pyright or the node that runs it is not installed")
    checked(command, "--pythonpath", sys.executable, files=[FILE])
