"""A turn in which the service runs tools."""

from typing import Any

import pytest

from claude_foundry.emulator._served import Resources, Turn, error_code

from . import wire
from .web import FETCH, SEARCH

CALL = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
RESULT = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}


def turn(*blocks: dict[str, Any], tools: Any = (SEARCH, FETCH), **fields: Any) -> Turn:
    conversation = [wire.user([{"type": "text", "text": "Hi"}])]
    request = {"tools": list(tools), **fields}
    return Turn(request=request, conversation=conversation, resources=Resources(), answer=blocks)


@pytest.mark.parametrize(
    ("choice", "offered", "forced"),
    [
        (None, True, False),
        ({"type": "auto"}, True, False),
        ({"type": "any"}, True, True),
        ({"type": "none"}, False, False),
        ({"type": "tool", "name": "web_search"}, True, True),
        ({"type": "tool", "name": "web_fetch"}, False, False),
    ],
)
def test_choices(choice: Any, offered: bool, forced: bool) -> None:
    """The choice says whether a tool may be called, and whether it must be, until it was."""
    asked = turn(tool_choice=choice)
    assert (asked.offered("web_search_") is not None, asked.is_forced(SEARCH)) == (offered, forced)
    assert not asked.having([CALL]).is_forced(SEARCH)


def test_open_calls() -> None:
    """A call is open until its result is there."""
    assert turn(CALL).pending() == [CALL]
    assert turn(CALL, RESULT).pending() == []
    assert turn(CALL, RESULT).results() == [("web_search", RESULT)]


@pytest.mark.parametrize(
    ("code", "over"), [("unavailable", True), ("max_uses_exceeded", True), ("url_not_allowed", False)]
)
def test_errors_that_last(code: str, over: bool) -> None:
    """After some errors the same tool is not called again."""
    failed = {**RESULT, "content": {"type": "web_search_tool_result_error", "error_code": code}}
    assert error_code(failed) == code
    assert turn(CALL, failed).is_over("web_search") is over
