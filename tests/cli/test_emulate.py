"""The command ``claude-foundry emulate``, as a process of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from claude_foundry import FoundryClient, __version__, server_tools
from claude_foundry.cli.emulate import instructions

# Ctrl-C reaches the command also where the tests themselves were started without it, as in the background of a script.
HEARING = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
COMMAND = [sys.executable, "-c", f"{HEARING}; from claude_foundry.cli import main; main()"]
ENVIRON = {"ANTHROPIC_FOUNDRY_BASE_URL": "http://127.0.0.1:1/anthropic", "ANTHROPIC_FOUNDRY_API_KEY": "emulator"}


@contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "200"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=30)


def until_ready(process: subprocess.Popen[str]) -> dict[str, str]:
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if line.startswith("Ready."):
            break
    return dict(re.findall(r"export (\w+)=(\S+)", "".join(said)))


def test_emulate(monkeypatch: pytest.MonkeyPatch) -> None:
    """It prints how to reach it, answers there, and ends on Ctrl-C without a word."""
    monkeypatch.delenv("ANTHROPIC_FOUNDRY_ALLOW_INSECURE_LOOPBACK")
    with running("emulate", "--port", "0") as process:
        for name, value in until_ready(process).items():
            monkeypatch.setenv(name, value)
        with FoundryClient() as client:
            message = client.messages.create(
                model="claude-opus-5", max_tokens=50, messages=[{"role": "user", "content": "Hello"}]
            )
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=30)
    assert message.text == "You asked: Hello"
    assert (rest, errors) == ("", "")
    assert process.returncode == 0


def test_pages(tmp_path: Path) -> None:
    """A folder of pages is the web that its searches see."""
    (tmp_path / "lights.example").mkdir()
    (tmp_path / "lights.example" / "lamp.html").write_text("<p>The lamp turns once in ten seconds.</p>", "utf-8")
    with running("emulate", "--port", "0", "--pages", str(tmp_path)) as process:
        printed = until_ready(process)
        with FoundryClient(
            base_url=printed["ANTHROPIC_FOUNDRY_BASE_URL"], api_key=printed["ANTHROPIC_FOUNDRY_API_KEY"]
        ) as client:
            message = client.messages.create(
                model="claude-opus-5",
                max_tokens=500,
                tools=[server_tools.web_search()],
                messages=[{"role": "user", "content": "How fast does the lamp turn?"}],
            )
    assert [citation.url for citation in message.citations] == ["https://lights.example/lamp"]


def test_missing_pages(tmp_path: Path) -> None:
    """A folder that is not there is told in one line, and the command fails."""
    with running("emulate", "--pages", str(tmp_path / "missing")) as process:
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert errors.startswith("claude-foundry: pages=")
    assert errors.count("\n") == 1


def test_port_in_use() -> None:
    """A port that is taken is told in one line, and the command fails."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with running("emulate", "--port", port) as process:
            _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert errors.startswith(f"claude-foundry: port={port} cannot be used")
    assert errors.count("\n") == 1


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_wrong_port(port: str) -> None:
    """What is no port is refused before anything listens."""
    with running("emulate", "--port", port) as process:
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "--port" in errors


def test_without_typer() -> None:
    """Without its library the command names the extra to install, in one line."""
    code = "import sys; sys.modules['typer'] = None; from claude_foundry.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr == 'claude-foundry: The command line needs `pip install "claude-foundry[cli]"`.\n'


def test_version() -> None:
    """The version is told in one line."""
    with running("--version") as process:
        said, _ = process.communicate(timeout=30)

    assert (process.returncode, said) == (0, f"claude-foundry {__version__}\n")


def test_help() -> None:
    """Without a command it lists them."""
    with running("--help") as process:
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "emulate" in said


@pytest.mark.parametrize(
    ("platform", "line"),
    [
        ("linux", "  export ANTHROPIC_FOUNDRY_API_KEY=emulator"),
        ("win32", '  $env:ANTHROPIC_FOUNDRY_API_KEY = "emulator"'),
    ],
)
def test_instructions(platform: str, line: str) -> None:
    """The lines are those of the platform's shell."""
    assert line in list(instructions(ENVIRON, platform=platform))
