"""The LLM by its LlamaIndex path: the second distribution, built and installed as a wheel beside its siblings."""

import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import claude_foundry

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "packages" / "llama-index-llms-claude-foundry"
SIBLINGS = ("llama-index-core", "llama-index-llms-anthropic")
[SNIPPET] = re.findall(r"```python\n(.*?)```", (PACKAGE / "README.md").read_text(encoding="utf-8"), re.DOTALL)
PROGRAM = (
    SNIPPET
    + """
import llama_index.core, llama_index.llms.anthropic, llama_index.llms.claude_foundry as portion
from claude_foundry.llamaindex import ClaudeFoundry as same
assert ClaudeFoundry is same
print(llama_index.core.__file__, llama_index.llms.anthropic.__file__, portion.__file__, sep="\\n")
"""
)


def run(*command: object, **environ: str) -> str:
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        env={**os.environ, **environ},
        cwd=ROOT.anchor,
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the sources without a network."""
    target = tmp_path_factory.mktemp("wheel")
    options = ["--no-build-isolation", "--no-deps", "--no-index", "--disable-pip-version-check"]
    run("-m", "pip", "wheel", *options, "--wheel-dir", target, PACKAGE)
    [built] = target.glob("*.whl")
    return built


@pytest.fixture
def folder(wheel: Path, tmp_path: Path) -> Path:
    """A folder of installed packages that holds this one."""
    run("-m", "pip", "install", "--no-deps", "--no-index", "--disable-pip-version-check", "--target", tmp_path, wheel)
    return tmp_path


def put_beside(folder: Path, distribution: str) -> None:
    """Puts another distribution's files into the folder, as an installer does: none may be there already."""
    for file in importlib.metadata.files(distribution) or ():
        if file.parts[0] == "llama_index" and "__pycache__" not in file.parts:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).symlink_to(file.locate())


def test_files_of_the_wheel(wheel: Path) -> None:
    """The wheel holds the leaf, typed, and no file that would hide other LlamaIndex packages."""
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    leaf = "llama_index/llms/claude_foundry"
    assert names == {f"{leaf}/__init__.py", f"{leaf}/py.typed"}


@pytest.mark.parametrize("together", [True, False], ids=["in one folder", "in a folder of its own"])
def test_import_beside_siblings(folder: Path, together: bool, emulator_settings: dict[str, str]) -> None:
    """The README's program runs, and LlamaIndex's core and another integration are still found."""
    for distribution in SIBLINGS if together else ():
        put_beside(folder, distribution)
    answer, *places = run(
        "-W",
        "ignore",
        "-c",
        PROGRAM,
        PYTHONPATH=os.pathsep.join([str(folder), os.environ["PYTHONPATH"]]),
        ANTHROPIC_FOUNDRY_BASE_URL=emulator_settings["base_url"],
        ANTHROPIC_FOUNDRY_API_KEY=emulator_settings["api_key"],
    ).splitlines()
    assert answer
    assert [Path(place).is_relative_to(folder) for place in places] == [together, together, True]


def test_version() -> None:
    """Both distributions have one version, and one asks for the other in it."""
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    main = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == claude_foundry.__version__
    assert project["dependencies"] == [f"claude-foundry[llamaindex]=={claude_foundry.__version__}"]
    assert project["requires-python"] == main["requires-python"]


def test_licence() -> None:
    """The second distribution goes with the text of the same licence."""
    assert (PACKAGE / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
