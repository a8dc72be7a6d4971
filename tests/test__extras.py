"""What a user is told whose installation lacks an extra."""

import subprocess
import sys

import pytest

from claude_foundry import ConfigurationError, MissingExtraError
from claude_foundry._extras import installation, needing

WAYS_IN = [
    ("langchain_core", "import claude_foundry.langchain", "langchain"),
    ("langchain", "from claude_foundry.langchain import FoundryPromptCachingMiddleware", "langchain-agents"),
    ("llama_index", "import claude_foundry.llamaindex", "llamaindex"),
    ("pytest_recording", "import claude_foundry.testing", "testing"),
    ("vcr", "import claude_foundry.testing", "testing"),
    ("uvicorn", "from claude_foundry.emulator import Emulator; Emulator().__enter__()", "emulator"),
]


@pytest.mark.parametrize(("missing", "statement", "extra"), WAYS_IN)
def test_ways_in(missing: str, statement: str, extra: str) -> None:
    """A part whose extra is missing says what to install, in its last line, and shows no foreign import error."""
    code = f"import sys; sys.modules[{missing!r}] = None; {statement}"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)

    assert done.stderr.splitlines()[-1].startswith("claude_foundry.errors.MissingExtraError: ")
    assert f'pip install "claude-foundry[{extra}]"' in done.stderr.splitlines()[-1]
    assert "ModuleNotFoundError" not in done.stderr


def test_a_chat_model_without_agents() -> None:
    """The chat model works where langchain's agents are not installed."""
    code = "import sys; sys.modules['langchain'] = None; import claude_foundry.langchain as it; it.ChatClaudeFoundry"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_both_trees() -> None:
    """A missing extra is an error of the configuration and one of the import."""
    with pytest.raises(MissingExtraError) as caught, needing("cli", part="It"):
        raise ModuleNotFoundError("No module named 'typer'", name="typer")

    assert isinstance(caught.value, ConfigurationError)
    assert isinstance(caught.value, ImportError)
    assert str(caught.value) == f"It needs `{installation('cli')}`."


@pytest.mark.parametrize("name", ["tenacity", "claude_foundry.langchain._gone", None])
def test_other_missing_modules(name: str | None) -> None:
    """A module that no extra holds is told of as Python does it: to install the extra would not help."""
    missing = ModuleNotFoundError("No module named so", name=name)

    with pytest.raises(ModuleNotFoundError) as caught, needing("langchain", part="It"):
        raise missing

    assert caught.value is missing
