"""Small projects that use the plugin, and runs of their tests."""

import pytest

HELLO = '{"model": "claude-sonnet-4-5", "max_tokens": 200, "messages": [{"role": "user", "content": "Grüße, 世界 😀"}]}'

ONE = f"""
import pathlib

import httpx
import pytest

from claude_foundry import FoundryClient
from claude_foundry._asyncio_transport import AsyncioTransport
from claude_foundry.emulator import Emulator

HELLO = {HELLO}


@pytest.mark.vcr
def test_one(foundry_endpoint, foundry_service, record_mode):
    with FoundryClient(max_retries=0, **foundry_endpoint) as client:
"""


def with_calls(project: pytest.Pytester, body: str) -> None:
    """Gives the project one test, or replaces it."""
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    project.makepyfile(test_one=ONE + lines)


SEND = "client.messages.create(**HELLO)"


def record(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Runs the tests of a project against an emulator."""
    return project.runpytest_inprocess("--record-mode=rewrite", "-m", "vcr", *arguments)


def replay(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Runs the tests of a project where no network socket can be made, not even to loopback."""
    return project.runpytest_inprocess("--disable-socket", "--allow-unix-socket", *arguments)


def cassettes(project: pytest.Pytester) -> dict[str, str]:
    """The texts of all cassettes, by path."""
    folder = project.path / "cassettes"
    return {
        str(file.relative_to(folder)): file.read_text("utf-8") for file in sorted(folder.rglob("*")) if file.is_file()
    }
