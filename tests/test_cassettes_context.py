"""Context, files, memory and long conversations against recorded traffic."""

from pathlib import Path
from typing import Any

import pytest

from claude_foundry import Conversation, context_management, server_tools
from claude_foundry.client_tools import FolderMemory, bash_tool, memory_tool, text_editor_tool
from tests.cassette_shells import CassetteShell
from tests.long_conversations import (
    CLEARING,
    FORGETTING,
    NAME,
    NOTES,
    PAUSING,
    QUESTIONS,
    READ_LOG,
    READINGS,
    SUMMING_UP,
)

MODEL = "claude-opus-5-5"
ASKED: dict[str, Any] = {
    "model": MODEL,
    "max_tokens": 300,
    "messages": [{"role": "user", "content": "What does a lighthouse do?"}],
}
pytestmark = pytest.mark.vcr


def asked(content: Any) -> dict[str, Any]:
    return {**ASKED, "messages": [{"role": "user", "content": content}]}


def test_files(recorded: CassetteShell) -> None:
    """A file is stored, listed, read and deleted."""
    file = recorded.ask(lambda it: it.files.upload(b"The lamp turns.", filename="lamp.txt", content_type="text/plain"))
    listed = [each.id for each in recorded.ask(lambda it: it.files.list())]
    known = recorded.ask(lambda it: it.files.metadata(file.id))
    gone = recorded.ask(lambda it: it.files.delete(file.id))

    assert file.id in listed
    assert (known.filename, known.size_bytes, gone.id) == ("lamp.txt", 15, file.id)


def test_downloads(recorded: CassetteShell, tmp_path: Path) -> None:
    """What was stored is given out again, as bytes and into a file, and both hooks of its progress are told."""
    sent: list[tuple[int, int | None]] = []
    received: list[tuple[int, int | None]] = []
    file = recorded.ask(
        lambda it: it.files.upload(b"The lamp turns.", filename="lamp.txt", on_progress=lambda *seen: sent.append(seen))
    )

    content = recorded.ask(lambda it: it.files.download(file.id))
    path = recorded.ask(
        lambda it: it.files.download_to(file.id, tmp_path / "l.txt", on_progress=lambda *seen: received.append(seen))
    )
    recorded.ask(lambda it: it.files.delete(file.id))

    assert content == path.read_bytes() == b"The lamp turns."
    assert (sent[-1], received[-1][0]) == ((15, 15), 15)


def test_cleared_tool_results(recorded: CassetteShell) -> None:
    """Old results are cleared, and the answer tells how many, and how many tokens that saved."""
    answer = recorded.create(**{**ASKED, "messages": READINGS}, tools=[READ_LOG], context_management=CLEARING)

    managed: Any = answer.context_management
    [edit] = managed.applied_edits
    assert (edit.type, edit.cleared_tool_uses) == ("clear_tool_uses_20250919", 1)
    assert edit.cleared_input_tokens > 1_000
    assert (answer.usage.input_tokens or 0) < edit.cleared_input_tokens
    assert answer.text


def test_cleared_thinking(recorded: CassetteShell) -> None:
    """Thinking of older turns is cleared, also of a stream, which tells it at its end."""
    fields: dict[str, Any] = {"model": MODEL, "max_tokens": 2000, "context_management": FORGETTING}
    fields["thinking"] = {"type": "adaptive", "display": "summarized"}
    conversation = Conversation("What is 17 times 23? Think it through.")
    for question in ("And half of it? Think it through.", "And a tenth of that?"):
        conversation.add_answer(recorded.create(**fields, messages=conversation))
        conversation.add_user(question)

    answer = recorded.stream(**fields, messages=conversation)

    managed: Any = answer.context_management
    assert [edit.cleared_thinking_turns for edit in managed.applied_edits] == [1]
    assert answer.text


def test_compaction(recorded: CassetteShell) -> None:
    """A long conversation is summed up and answered, and goes on from its summary."""
    conversation = Conversation(f"{NOTES}\n{QUESTIONS[0]}")
    first = recorded.stream(**{**ASKED, "messages": conversation}, context_management=SUMMING_UP)
    later = Conversation([first.to_param()])
    later.add_user(NAME)

    second = recorded.create(**{**ASKED, "messages": later}, context_management=SUMMING_UP)

    assert [block.type for block in first.content] == ["compaction", "text"]
    iterations: Any = first.usage.iterations
    assert [each.type for each in iterations] == ["compaction", "message"]
    assert iterations[0].input_tokens > 50_000 > (first.usage.input_tokens or 0)
    assert "Vesna" in second.text
    assert [block.type for block in second.content] == ["text"]


def test_paused_compaction(recorded: CassetteShell) -> None:
    """An answer that pauses after its summary goes on when it is sent back."""
    conversation = Conversation(f"{NOTES}\n{NAME}")
    paused = recorded.create(**{**ASKED, "messages": conversation}, context_management=PAUSING)

    answer = recorded.create(**{**ASKED, "messages": [paused.to_param()]}, context_management=PAUSING)

    assert (paused.stop_reason, [block.type for block in paused.content]) == ("compaction", ["compaction"])
    assert answer.stop_reason == "end_turn"
    assert answer.text


def test_edits_that_are_not_due(recorded: CassetteShell) -> None:
    """A short conversation is answered as it is, and the answer tells that nothing was edited."""
    edits = [
        context_management.clear_tool_uses(above_input_tokens=50_000),
        context_management.compact(above_input_tokens=100_000),
    ]

    answer = recorded.create(**ASKED, context_management={"edits": edits})

    managed: Any = answer.context_management
    assert managed.applied_edits == []
    assert answer.text


def test_memory(recorded: CassetteShell, tmp_path: Path) -> None:
    """Claude looks into a memory that lies in a folder here."""
    run = recorded.ask(
        lambda it: it.messages.run_tools(
            **asked("View the memory directory, then say hello."), tools=[memory_tool(FolderMemory(tmp_path))]
        )
    )

    assert run.steps[0].message.tool_calls[0].input == {"command": "view", "path": "/memories"}
    assert run.final.stop_reason == "end_turn"


class Editor:
    """An editor of one file, which can be looked at."""

    def view(self, path: str, view_range: list[int] | None = None) -> str:
        return "1\tThe lamp turns once in ten seconds."

    def create(self, path: str, file_text: str) -> str:
        return "done"

    def str_replace(self, path: str, old_str: str, new_str: str = "") -> str:
        return "done"

    def insert(self, path: str, insert_line: int, insert_text: str) -> str:
        return "done"


def test_text_editor(recorded: CassetteShell) -> None:
    """Claude looks into a file by a handler here."""
    question = "Use str_replace_based_edit_tool to view the file /srv/lamp.txt. How long does a turn of the lamp take?"

    run = recorded.ask(lambda it: it.messages.run_tools(**asked(question), tools=[text_editor_tool(Editor())]))

    assert run.steps[0].message.tool_calls[0].input["command"] == "view"
    assert "ten seconds" in run.final.text


def test_bash(recorded: CassetteShell) -> None:
    """A command runs in a handler here, and the answer tells what it wrote."""
    commands: list[str | None] = []

    def shell(command: str | None = None, restart: bool = False) -> str:
        commands.append(command)
        return "lighthouse-7"

    run = recorded.ask(
        lambda it: it.messages.run_tools(**asked("Run the bash command `hostname`."), tools=[bash_tool(shell)])
    )

    assert commands == ["hostname"]
    assert "lighthouse-7" in run.final.text


def test_skills(recorded: CassetteShell) -> None:
    """A request with a skill of Anthropic's is answered, in a container."""
    answer = recorded.create(
        **{**ASKED, "model": "claude-sonnet-4-6"},
        tools=[server_tools.code_execution()],
        container=server_tools.skills("pptx"),
    )

    assert answer.text
