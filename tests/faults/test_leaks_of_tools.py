"""A planted key and a planted token are in no cassette, in no copy, and in nothing that the command line writes."""

import copy
import itertools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from claude_foundry import AsyncFoundryClient, FoundryClient
from claude_foundry.langchain import ChatClaudeFoundry
from claude_foundry.llamaindex import ClaudeFoundry
from tests.faults.faces import MAX_TOKENS, MODEL
from tests.faults.test_leaks import KEY, SIGN_INS, TOKEN, failing, leaks

PROJECT = """
import os

import pytest

from claude_foundry import AsyncFoundryClient, FoundryClient

KEY, TOKEN = os.environ["CANARY_KEY"], os.environ["CANARY_TOKEN"]
REQUEST = {"model": "claude-opus-5-5", "max_tokens": 8, "messages": [{"role": "user", "content": "Hello"}]}


@pytest.mark.vcr
def test_key(foundry_endpoint):
    secrets = {"x-gateway-key": KEY, "ocp-apim-subscription-key": KEY, "cookie": f"session={KEY}"}
    with FoundryClient(**foundry_endpoint, default_headers=secrets) as client:
        client.messages.create(**REQUEST)
        with client.messages.stream(**REQUEST) as stream:
            stream.get_final_message()


@pytest.mark.vcr
@pytest.mark.asyncio
async def test_token(foundry_endpoint):
    signed = {"base_url": foundry_endpoint["base_url"], "azure_ad_token_provider": lambda: TOKEN}
    async with AsyncFoundryClient(**signed) as client:
        await client.messages.create(**REQUEST)


@pytest.mark.vcr
def test_refused(foundry_endpoint):
    with FoundryClient(base_url=foundry_endpoint["base_url"], api_key=KEY, max_retries=0) as client:
        with pytest.raises(Exception):
            client.messages.create(**REQUEST)
"""


def test_cassettes(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that a recording writes, to the disk or to the terminal, holds a secret of the requests."""
    monkeypatch.setenv("CANARY_KEY", KEY)
    monkeypatch.setenv("CANARY_TOKEN", TOKEN)
    pytester.makeconftest('pytest_plugins = ["claude_foundry.testing"]')
    pytester.makepyprojecttoml("[tool.pytest.ini_options]\nasyncio_default_fixture_loop_scope = 'function'\n")
    pytester.makepyfile(test_calls=PROJECT)

    # A process of its own: what is first imported in a run inside of this one would be imported twice.
    run = pytester.runpytest_subprocess("--record-mode=rewrite", "-m", "vcr", "-rA", "-s", "--log-level=DEBUG")

    run.assert_outcomes(passed=3)
    written = {str(file): file.read_bytes() for file in pytester.path.rglob("*") if file.is_file()}
    assert len([name for name in written if name.endswith(".yaml")]) == 3
    assert leaks({**written, "terminal": str(run.stdout) + str(run.stderr)}) == []


def test_command_line() -> None:
    """The emulator's command, with a secret in its environment, does not write it."""
    settings = {
        "ANTHROPIC_FOUNDRY_API_KEY": KEY,
        "ANTHROPIC_FOUNDRY_RESOURCE": "my-resource",
        "AZURE_CLIENT_SECRET": TOKEN,
    }
    command = [str(Path(sys.executable).with_name("claude-foundry")), "emulate", "--port", "0"]
    with subprocess.Popen(
        command, env={**os.environ, **settings}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        assert running.stdout is not None
        lines = list(itertools.takewhile(lambda line: not line.startswith("Ready."), running.stdout))
        # Not by Ctrl-C: a process that was started in the background may have been told to ignore it.
        running.terminate()
        said = "".join(lines) + running.communicate(timeout=20)[0]

    assert "127.0.0.1" in said
    assert leaks({"output": said}) == []


def model(**settings: Any) -> ChatClaudeFoundry:
    return ChatClaudeFoundry(model=MODEL, max_tokens=MAX_TOKENS, **settings)


def llm(**settings: Any) -> ClaudeFoundry:
    return ClaudeFoundry(model=MODEL, max_tokens=MAX_TOKENS, **settings)


@pytest.mark.parametrize("sign_in", SIGN_INS)
@pytest.mark.parametrize("kind", [FoundryClient, AsyncFoundryClient])
def test_copies_of_clients(kind: type[Any], sign_in: str) -> None:
    """A client is not copied and not pickled: it says so, and says nothing else (L10)."""
    error = failing(lambda: copy.deepcopy(kind("my-resource", **SIGN_INS[sign_in]())))

    assert isinstance(error, TypeError)
    assert leaks({"message": str(error), "repr": repr(error)}) == []


@pytest.mark.parametrize("kind", [model, llm])
def test_copies_of_models(kind: Any, emulator_settings: dict[str, str]) -> None:
    """A deep copy of a framework's model answers as the model does, and shows its secret no more than it (L10)."""
    original = kind(**emulator_settings, default_headers={"x-gateway-key": KEY})
    copied = copy.deepcopy(original)

    answers = [
        each.invoke("Hello").text if kind is model else each.complete("Hello").text for each in (original, copied)
    ]

    assert answers[0] == answers[1] != ""
    assert leaks({"representation": repr(copied), "dump": repr(copied.model_dump())}) == []
