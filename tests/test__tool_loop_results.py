"""What a tool gives or raises, as a result in the form the API takes."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from pydantic import BaseModel

from claude_foundry import tool
from claude_foundry._tool_loop import Call
from claude_foundry.types import ToolUseBlock
from tests.test__tool_loop import CALL, double


class Place(BaseModel):
    city: str


@dataclass
class Pair:
    first: date
    second: tuple[int, ...]


@pytest.mark.parametrize(
    ("value", "content"),
    [
        ("as it is", "as it is"),
        ("", ""),
        (None, "null"),
        (3.5, "3.5"),
        ([1, 2], "[1,2]"),
        ([], "[]"),
        (Place(city="Riva"), '{"city":"Riva"}'),
        (Pair(date(2026, 1, 2), (1, 2)), '{"first":"2026-01-02","second":[1,2]}'),
        ([{"type": "text", "text": "a"}], [{"type": "text", "text": "a"}]),
        ([{"type": "house"}], '[{"type":"house"}]'),
    ],
)
def test_results(value: Any, content: Any) -> None:
    """Strings and lists of content blocks are results as they are, other values as JSON."""
    call = Call(block=ToolUseBlock.model_validate(CALL), tool=tool(double))

    assert call.result(value) == {"type": "tool_result", "tool_use_id": "toolu_1", "content": content}


@pytest.mark.parametrize(
    ("error", "content"),
    [(KeyError("a"), "KeyError: 'a'"), (TimeoutError(), "TimeoutError"), (OSError("x" * 5000), None)],
)
def test_errors(error: Exception, content: str | None) -> None:
    """An error is a short text: its type and its message."""
    failed = Call(block=ToolUseBlock.model_validate(CALL), tool=tool(double)).failed(error)

    assert failed["is_error"] is True
    assert failed["content"] == (content or failed["content"])
    assert len(failed["content"]) <= 1000


def test_results_that_are_no_json() -> None:
    """A value that cannot be written as JSON is told as an error."""
    failed = Call(block=ToolUseBlock.model_validate(CALL), tool=tool(double)).result(object())

    assert (failed["is_error"], "cannot be written as JSON" in failed["content"]) == (True, True)


@pytest.mark.parametrize("value", ["file \udcff", [{"type": "text", "text": "\udcff"}]])
def test_results_that_utf_8_cannot_write(value: Any) -> None:
    """A result with half a character, as file names have at times, is told as an error that can be sent."""
    failed = Call(block=ToolUseBlock.model_validate(CALL), tool=tool(double)).result(value)

    assert failed["is_error"] is True
    assert failed["content"].encode("utf-8")


@pytest.mark.parametrize(
    "block",
    [
        {"type": "text", "text": "Four."},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Four."}},
        {"type": "tool_reference", "tool_name": "double"},
    ],
)
def test_one_block_is_a_result(block: dict[str, Any]) -> None:
    """A tool that gives one content block gives a list of one."""
    call = Call(block=ToolUseBlock.model_validate(CALL), tool=None)

    assert call.result(block)["content"] == call.result([block])["content"] == [block]


def test_data_that_is_no_block() -> None:
    """A dict that lacks what a block has is data."""
    call = Call(block=ToolUseBlock.model_validate(CALL), tool=None)

    assert call.result({"type": "document", "id": 3})["content"] == '{"type":"document","id":3}'
