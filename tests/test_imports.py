"""What an import loads, and which module may import which."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = ("langchain_core", "llama_index", "azure", "aiohttp", "typer", "starlette", "uvicorn", "vcr", "anthropic")


def modules_loaded_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


def loaded_by(statement: str) -> set[str]:
    return {name.partition(".")[0] for name in modules_loaded_by(statement)}


def test_core_is_light() -> None:
    """Importing the package loads no framework, no sign-in library, no second HTTP library, no server."""
    assert not loaded_by("import claude_foundry") & set(HEAVY)


@pytest.mark.parametrize(
    ("module", "foreign"),
    [
        ("claude_foundry.langchain", ("llama_index", "azure", "anthropic", "starlette")),
        ("claude_foundry.llamaindex", ("langchain_core", "azure", "anthropic", "starlette")),
        ("claude_foundry.emulator", ("langchain_core", "llama_index", "azure", "anthropic", "starlette", "uvicorn")),
    ],
)
def test_adapters_know_their_own_framework_only(module: str, foreign: tuple[str, ...]) -> None:
    """An adapter loads its own framework and nothing of the others."""
    assert not loaded_by(f"import {module}") & set(foreign)


def test_chat_model_without_what_it_may_not_need() -> None:
    """A chat model is made and asked without structured output, tools, events and middlewares, which load when used."""
    made = "ChatClaudeFoundry(model='m', resource='r', api_key='k')"

    loaded = modules_loaded_by(f"from claude_foundry.langchain import ChatClaudeFoundry; {made}")

    unused = {f"claude_foundry.langchain.{name}" for name in ("_structured", "_parser", "_events", "_middleware")}
    assert "claude_foundry.langchain._chat_model" in loaded
    assert not loaded & {*unused, "langchain", "langgraph", "langchain_core.tools.base"}


def test_contracts() -> None:
    """Imports point down only, and the pure modules do no I/O."""
    command = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    assert command is not None
    done = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
