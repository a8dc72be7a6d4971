"""Tools of Anthropic's definition with their handlers, asked of both clients."""

import base64
from pathlib import Path
from typing import Any

import pytest

from claude_foundry import ConfigurationError, FoundryClient, content, server_tools
from claude_foundry._tool_loop import Call
from claude_foundry.client_tools import (
    FolderMemory,
    ToolError,
    bash_tool,
    computer_tool,
    memory_tool,
    text_editor_tool,
)
from claude_foundry.types import ToolUseBlock
from tests import answers
from tests.runs import asked, body, shell_of
from tests.shells import REQUEST, AsyncShell, Script, Shell, SyncShell, both

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SIZE = {"display_width_px": 800, "display_height_px": 600}


class Editor:
    """An editor of files that are kept in a dict."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}

    def view(self, path: str, view_range: list[int] | None = None) -> str:
        if path not in self.files:
            raise ToolError(f"{path} not found")
        return self.files[path]

    def create(self, path: str, file_text: str) -> str:
        self.files[path] = file_text
        return "made"

    def str_replace(self, path: str, old_str: str, new_str: str = "") -> str:
        return self.create(path, self.view(path).replace(old_str, new_str))

    def insert(self, path: str, insert_line: int, insert_text: str) -> str:
        return "inserted"


class AsyncEditor:
    """The same, to be awaited."""

    def __init__(self) -> None:
        self.editor = Editor()

    async def view(self, path: str) -> str:
        return self.editor.view(path)

    async def create(self, path: str, file_text: str) -> str:
        return self.editor.create(path, file_text)

    async def str_replace(self, path: str, old_str: str, new_str: str = "") -> str:
        return self.editor.str_replace(path, old_str, new_str)

    async def insert(self, path: str, insert_line: int, insert_text: str) -> str:
        return self.editor.insert(path, insert_line, insert_text)


class Screen:
    """A screen that shows one pixel."""

    def __init__(self) -> None:
        self.clicks: list[tuple[int, int]] = []

    def screenshot(self) -> list[Any]:
        return [content.image(PNG)]

    def left_click(self, coordinate: tuple[int, int], text: str | None = None) -> str:
        self.clicks.append(coordinate)
        return "clicked"


def run(shell_kind: type[Shell], tool: Any, *inputs: dict[str, Any]) -> tuple[Any, list[Any]]:
    """Gives what was offered, and what was sent back for calls with these inputs."""
    name = tool.definition["name"]
    calls = [{"type": "tool_use", "id": f"toolu_{at}", "name": name, "input": it} for at, it in enumerate(inputs)]
    turns = [answers.whole(answers.message(call, stop_reason="tool_use")) for call in calls]
    script = Script(*turns, answers.whole())
    asked(shell_of(shell_kind, script), "run_tools", tools=[tool], **REQUEST)
    sent = [body(request) for request in script.requests]
    return sent[0]["tools"][0], [request["messages"][-1]["content"][0] for request in sent[1:]]


@both
def test_memory(shell: type[Shell], tmp_path: Path) -> None:
    """What Claude stores lies in the folder, and is there for the next question."""
    tool = memory_tool(FolderMemory(tmp_path))

    offered, results = run(
        shell,
        tool,
        {"command": "create", "path": "/memories/a.txt", "file_text": "tea"},
        {"command": "view", "path": "/memories/a.txt"},
        {"command": "create", "path": "/memories/../b.txt", "file_text": "x"},
    )

    assert offered == server_tools.memory()
    assert (tmp_path / "a.txt").read_text() == "tea"
    assert results[1]["content"].endswith("     1\ttea")
    assert results[2]["is_error"] is True
    assert results[2]["content"].startswith("Error: The path /memories/../b.txt")


@both
def test_text_editor(shell: type[Shell]) -> None:
    """Each command calls its method; a ToolError is told by its text alone."""
    editor = Editor()

    offered, results = run(
        shell,
        text_editor_tool(editor, max_characters=99, cache_control={"type": "ephemeral"}),
        {"command": "create", "path": "/a", "file_text": "blue"},
        {"command": "str_replace", "path": "/a", "old_str": "blue", "new_str": "green"},
        {"command": "view", "path": "/b"},
    )

    assert offered == {**server_tools.text_editor(max_characters=99), "cache_control": {"type": "ephemeral"}}
    assert editor.files == {"/a": "green"}
    assert [result["content"] for result in results] == ["made", "made", "/b not found"]


def test_async_handler() -> None:
    """A handler whose methods are async is awaited."""
    handler = AsyncEditor()

    run(AsyncShell, text_editor_tool(handler), {"command": "create", "path": "/a", "file_text": "blue"})

    assert handler.editor.files == {"/a": "blue"}


def test_async_handler_without_loop() -> None:
    """Without an event loop there is nobody to await it."""
    with pytest.raises(ConfigurationError, match="AsyncFoundryClient"):
        run(SyncShell, text_editor_tool(AsyncEditor()), {})


@both
def test_bash(shell: type[Shell]) -> None:
    """The handler gets the command; what it does not take, Claude is told."""
    offered, results = run(
        shell, bash_tool(lambda command: f"ran {command}"), {"command": "ls"}, {"restart": True}, {"command": 5}
    )

    assert offered == server_tools.bash()
    assert results[0]["content"] == "ran ls"
    assert results[1]["is_error"] is True
    assert "restart" in results[1]["content"]


@both
def test_computer(shell: type[Shell]) -> None:
    """Each action calls its method; pictures go back as pictures, and an action that is missing is told."""
    screen = Screen()

    offered, results = run(
        shell,
        computer_tool(screen, **SIZE),
        {"action": "screenshot"},
        {"action": "left_click", "coordinate": [3, 4]},
        {"action": "type", "text": "a"},
        {"action": "left_click", "coordinate": "here"},
    )

    assert offered == server_tools.computer(**SIZE)
    assert results[0]["content"][0]["type"] == "image"
    assert screen.clicks == [(3, 4)]
    assert results[2]["content"] == "ValueError: action: give one of screenshot, left_click"
    assert "coordinate" in results[3]["content"]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: memory_tool(Editor()), "tool memory: its handler has no method delete, rename"),
        (lambda: text_editor_tool(print), "no method view, create"),
        (lambda: computer_tool(Editor(), **SIZE), "no method screenshot"),
        (lambda: computer_tool(Screen(), enable_zoom=True, **SIZE), "no method zoom"),
        (lambda: bash_tool(lambda *words: ""), "name every parameter"),
        (lambda: text_editor_tool(Mixed()), "all async, or none"),
    ],
)
def test_handlers_that_cannot_be_used(make: Any, said: str) -> None:
    """A handler that lacks what Claude may ask for is refused before anything is sent."""
    with pytest.raises(ConfigurationError, match=said):
        make()


class Mixed(Editor):
    """Half plain, half async."""

    async def view(self, path: str, view_range: list[int] | None = None) -> str:  # type: ignore[override]
        return ""


@pytest.mark.parametrize("error", [ToolError("as it is"), ToolError()])
def test_tool_error(error: ToolError) -> None:
    """Any tool may tell Claude a text of its own."""
    call = Call(block=ToolUseBlock(type="tool_use", id="t", name="f", input={}), tool=None)

    assert call.failed(error)["content"] == (str(error) or "ToolError")


def test_definition_without_a_handler() -> None:
    """The bare definition is refused with the way to give its handler."""
    client = FoundryClient(resource="r", api_key="k")

    with pytest.raises(ConfigurationError, match="client_tools"):
        client.messages.run_tools(**REQUEST, tools=[server_tools.bash()])


@pytest.mark.parametrize("tool", [bash_tool(lambda command: ""), computer_tool(Screen(), **SIZE)], ids=repr)
def test_tools_are_accepted(tool: Any, emulator_settings: dict[str, str]) -> None:
    """A run with the tool passes the service's checks."""
    with FoundryClient(**emulator_settings) as client:
        assert client.messages.run_tools(**REQUEST, tools=[tool]).steps
