"""What is distributed, and what it asks for."""

import os
import re
import subprocess
import sys
import tarfile
import tomllib
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
BUILD = "import hatchling.build, sys; print(hatchling.build.build_sdist(sys.argv[1]))"


def is_left_out(name: str) -> bool:
    ignored = (ROOT / ".gitignore").read_text("utf-8").split()
    return name == ".git" or any(fnmatch(name, pattern.rstrip("/")) for pattern in ignored)


def test_sdist(tmp_path: Path) -> None:
    """The source distribution holds the whole project, so that its tests run from it."""
    done = subprocess.run(
        [sys.executable, "-c", BUILD, tmp_path],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr

    with tarfile.open(tmp_path / done.stdout.split()[-1]) as archive:
        held = {Path(name).parts[1] for name in archive.getnames()}

    assert held == {path.name for path in ROOT.iterdir() if not is_left_out(path.name)} | {"PKG-INFO"}


def test_all_extras() -> None:
    """The extra ``all`` has every other one, be it by way of another."""
    found, waiting = set(), ["all"]
    while waiting:
        extra = waiting.pop()
        found.add(extra)
        waiting += re.findall(r"[a-z-]+", "".join(re.findall(r"claude-foundry\[(.*?)\]", " ".join(EXTRAS[extra]))))

    assert found == set(EXTRAS)
