"""Context, files, memory and histories of others against recorded traffic."""

from pathlib import Path
from typing import Any

import pytest

from claude_foundry import FoundryClient, context_management, server_tools
from claude_foundry.client_tools import FolderMemory, memory_tool

MODEL = "claude-opus-5-5"
ASKED: dict[str, Any] = {
    "model": MODEL,
    "max_tokens": 300,
    "messages": [{"role": "user", "content": "What does a lighthouse do?"}],
}
pytestmark = pytest.mark.vcr


@pytest.fixture
def client(foundry_endpoint: dict[str, Any]) -> FoundryClient:
    return FoundryClient(**foundry_endpoint)


def test_files(client: FoundryClient) -> None:
    """A file is stored, listed, read and deleted."""
    file = client.files.upload(b"The lamp turns.", filename="lamp.txt", content_type="text/plain")
    listed = [each.id for each in client.files.list()]
    known = client.files.metadata(file.id)
    gone = client.files.delete(file.id)

    assert file.id in listed
    assert (known.filename, known.size_bytes, gone.id) == ("lamp.txt", 15, file.id)


def test_context_editing(client: FoundryClient) -> None:
    """A request that lets old tool results be cleared is answered."""
    edits = {"edits": [context_management.clear_tool_uses(above_input_tokens=50_000)]}

    answer = client.messages.create(**ASKED, context_management=edits)

    assert answer.text


def test_compaction(client: FoundryClient) -> None:
    """A request that lets a long conversation be compacted is answered."""
    edits = {"edits": [context_management.compact(above_input_tokens=100_000)]}

    answer = client.messages.create(**ASKED, context_management=edits)

    assert answer.text


def test_memory(client: FoundryClient, tmp_path: Path) -> None:
    """Claude looks into a memory that lies in a folder here."""
    run = client.messages.run_tools(
        **{**ASKED, "messages": [{"role": "user", "content": "View the memory directory, then say hello."}]},
        tools=[memory_tool(FolderMemory(tmp_path))],
    )

    assert run.steps[0].message.tool_calls[0].input == {"command": "view", "path": "/memories"}
    assert run.final.stop_reason == "end_turn"


def test_skills(client: FoundryClient) -> None:
    """A request with a skill of Anthropic's is answered, in a container."""
    answer = client.messages.create(
        **{**ASKED, "model": "claude-sonnet-4-6"},
        tools=[server_tools.code_execution()],
        container=server_tools.skills("pptx"),
    )

    assert answer.text
