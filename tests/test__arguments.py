"""Calls whose arguments are exact, or none."""

import json
from typing import Any

import httpx
import pytest

from claude_foundry._arguments import exact_arguments
from claude_foundry._sse import encode
from claude_foundry._stream import MessageAccumulator, events
from tests.answers import IDS, message, streamed
from tests.shells import REQUEST, FakeTime, Script, Shell, both

Kind = type[Shell]
NO_NUMBERS = ["NaN", "-Infinity", "1e999"]
FINE = {"type": "tool_use", "id": "toolu_2", "name": "f", "input": {"a": 1.5e300}}


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("", {}),
        ("{}", {}),
        ('{"a": 1}', {"a": 1}),
        (r'{"a": "\ud83d\ude00"}', {"a": "😀"}),
        ('{"a"', None),
        ("1", None),
    ],
)
def test_exact_arguments(text: str, arguments: dict[str, Any] | None) -> None:
    """Arguments are an object, exactly as written, or nothing."""
    assert exact_arguments(text) == arguments


@pytest.mark.parametrize(
    "text",
    [
        '{"a": NaN}',
        '{"a": 1e999}',
        '{"a": [-1e999]}',
        "[" * 100_000,
        '{"a": ' + "9" * 5000 + "}",
        "[1]",
        '{"a": 1',
        '{"a": 1}x',
        r'{"a": "\ud83d"}',
    ],
)
def test_arguments_are_exact_or_none(text: str) -> None:
    """What is no JSON object, to the letter and to the end, gives no arguments."""
    assert exact_arguments(text) is None


def spoilt(data: bytes, number: str) -> bytes:
    return data.replace(b'"SPOILT"', number.encode())


@both
@pytest.mark.parametrize("kind", ["tool_use", "server_tool_use", "mcp_tool_use"])
@pytest.mark.parametrize("number", NO_NUMBERS)
def test_whole_answers(shell: Kind, number: str, kind: str) -> None:
    """Of a whole answer only the calls that hold a number JSON cannot are no calls, and their arguments are told."""
    call = {"type": kind, "id": "toolu_1", "name": "f", "input": {"a": [{"b": "SPOILT"}]}}
    body = spoilt(json.dumps(message(call, FINE, stop_reason="tool_use")).encode(), number)
    service = Script(httpx.Response(200, headers=IDS, content=body))

    answer = shell(service, FakeTime()).create(**REQUEST)

    assert [block.type for block in answer.content] == ["invalid_tool_use", "tool_use"]
    assert [call.id for call in answer.tool_calls] == ["toolu_2"]
    assert exact_arguments(answer.content[0].partial_json) is None  # type: ignore[union-attr]


@both
@pytest.mark.parametrize("number", NO_NUMBERS)
def test_streamed_answers(shell: Kind, number: str) -> None:
    """So it is in a stream, whether arguments come in pieces or with the start of their call."""
    whole = message({**FINE, "input": {"a": "SPOILT"}}, FINE, stop_reason="tool_use")
    pieces = [encode(event) for event in events(whole)]
    at_start = [piece.replace(b'"input":{}', b'"input":{"a":"SPOILT"}') for piece in pieces if b"_json_" not in piece]
    written = [piece.replace(rb"\"SPOILT\"", number.encode()) for piece in pieces]

    started, pieced = (
        shell(Script(streamed(spoilt(piece, number) for piece in each)), FakeTime()).stream(**REQUEST)
        for each in (at_start, written)
    )

    assert {block.type for block in started.content} == {"invalid_tool_use"}
    assert [block.type for block in pieced.content] == ["invalid_tool_use", "tool_use"]


def test_turns_taken_up_again() -> None:
    """A call that stands in the beginning of a message is held to the same."""
    account = MessageAccumulator()
    begun: Any = {**FINE, "input": {"a": float("nan")}}

    account.add({"type": "message_start", "message": {"content": [begun, FINE]}})  # type: ignore[typeddict-item]

    assert [block["type"] for block in (account.snapshot() or {})["content"]] == ["invalid_tool_use", "tool_use"]
