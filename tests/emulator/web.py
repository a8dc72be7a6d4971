"""A small web for the emulator, and what a test asks of its answers."""

from typing import Any

from claude_foundry.emulator._respond import State
from claude_foundry.emulator._settings import resources

BERGEN, OSLO = "https://lights.example/bergen", "https://docs.lights.example/oslo"
PAGES = {
    BERGEN: "<html><head><title>Bergen light</title></head><body><p>The lamp of Bergen turns once in ten seconds.</p>"
    f"<p>The tower is white.</p><script>var lamp;</script><a href='{OSLO}'>{OSLO}</a></body></html>",
    OSLO: "# Oslo light\nThe lamp of Oslo is red.",
}
SEARCH = {"type": "web_search_20250305", "name": "web_search"}
FETCH = {"type": "web_fetch_20250910", "name": "web_fetch"}
HOSTED_ON_ANTHROPIC = "claude-sonnet-4-6"


def state(**given: Any) -> State:
    """Gives an emulator's state with that web, or with the settings that are given."""
    return State(resources=resources(**({"pages": PAGES} | given)))


def kinds(answer: dict[str, Any]) -> list[str]:
    return [block["type"] for block in answer["content"]]


def block(answer: dict[str, Any], kind: str) -> dict[str, Any]:
    """Gives the first block of a type."""
    return dict(next(block for block in answer["content"] if block["type"] == kind))
