"""Calls of tools whose inputs Claude knows by itself."""

from typing import Any

import pytest

from claude_foundry import server_tools

from . import wire
from .wire import user

COMPUTER = {"type": "computer_20251124", "name": "computer", "display_width_px": 800, "display_height_px": 600}
BETA = {"anthropic-beta": "computer-use-2025-11-24"}


@pytest.mark.parametrize(
    ("tool", "question", "call"),
    [
        (server_tools.memory(), "Look into your memory.", {"command": "view", "path": "/memories"}),
        (server_tools.bash(), "Use bash to run 'ls -la'.", {"command": "ls -la"}),
        (
            server_tools.text_editor(),
            "Edit the file: path is notes.txt",
            {"command": "view", "path": "notes.txt"},
        ),
        (COMPUTER, "What does the computer show?", {"action": "screenshot"}),
    ],
)
def test_calls(tool: dict[str, Any], question: str, call: dict[str, Any]) -> None:
    """A question that speaks of the tool makes it look, with an input that the tool has."""
    assert wire.calls(user(question), tools=[tool], headers=BETA) == [(tool["name"], call)]


def test_nothing_to_do() -> None:
    """A question that does not speak of the tool is answered without."""
    assert wire.calls(user("Hello"), tools=[server_tools.memory()]) == []


def test_beside_other_tools() -> None:
    """A caller's own tools are called as before."""
    question = user("What is the weather in Oslo?")

    assert wire.calls(question, tools=[server_tools.memory(), wire.WEATHER]) == [("get_weather", {"city": "Oslo"})]
