"""Every example that a reader may copy runs as it stands."""

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel

from claude_foundry import AsyncFoundryClient, FoundryClient
from claude_foundry.langchain import ChatClaudeFoundry
from claude_foundry.llamaindex import ClaudeFoundry

if TYPE_CHECKING:
    from claude_foundry.emulator import Emulator

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
TITLES = [snippet.split("\n")[0] for snippet in SNIPPETS]
POINTS = {
    "plain_client.py": ["tool call: days_between", "135 days"],
    "langchain_agent.py": ["tool call: days_between", "tool result: days_between -> 135"],
    "llamaindex_rag.py": ["within one hour", "source: security.txt", "190 euros"],
    "llamaindex_agent.py": ["2 calls to run", "-> 135", "-> 372", "growing: PartialOrder(city='Lisbon', count=None)"],
    "llamaindex_citations.py": ["within one hour", "security.txt: 'Security", "thought: ", "remote_work.txt: '"],
    "structured_extraction.py": ["parsed: Order(city='Lisbon', count=40", "growing: {'city': 'Lisbon'", "-> 135"],
    "citations.py": ["security.txt: 'A lost laptop is reported", "remote_work.txt: 'The company pays 400 euros"],
    "files.py": ["1,380,000 of 1,380,000 bytes", "listed: True", "the same bytes: True", "deleted: True"],
    "one_transport.py": ["one client below both: True", "with LangChain", "with LlamaIndex"],
}
EXAMPLES = sorted(path.name for path in (ROOT / "examples").glob("[a-z]*.py"))


# LlamaIndex's workflows look at every attribute of an agent, pydantic's deprecated ones among them.
@pytest.mark.filterwarnings("ignore::pydantic.PydanticDeprecationWarning")
@pytest.mark.parametrize("snippet", SNIPPETS, ids=TITLES)
def test_snippets(snippet: str, emulator: "Emulator", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A snippet of the README runs as printed, with the variables that the emulator tells to set."""
    monkeypatch.chdir(tmp_path)
    for name, value in emulator.environ().items():
        monkeypatch.setenv(name, value)

    exec(compile(snippet, "README.md", "exec"), {"__name__": "__main__"})


def words(face: Any) -> set[str]:
    return set(face.model_fields) if issubclass(face, BaseModel) else set(inspect.signature(face).parameters)


@pytest.mark.parametrize("face", [FoundryClient, AsyncFoundryClient, ChatClaudeFoundry, ClaudeFoundry])
def test_settings(face: type) -> None:
    """Every argument in the table of settings is one of both clients, of the chat model and of the LLM."""
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| ", README.partition("\n## Settings\n")[2], re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"\w+", row)}

    assert len(named) > 12
    assert named <= words(face)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples(name: str) -> None:
    """An example runs without any setting, says that the emulator answers, and shows usage, both ids and its point."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ANTHROPIC_")}

    done = subprocess.run(
        [sys.executable, ROOT / "examples" / name], env=environ, capture_output=True, text=True, timeout=50
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("embedded emulator") == 1
    for shown in ("request-id req_", "apim-request-id", "tokens", *POINTS[name]):
        assert shown in done.stdout
