"""Every example that a reader may copy runs as it stands."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from claude_foundry.emulator import Emulator

ROOT = Path(__file__).parent.parent
SNIPPETS = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
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
