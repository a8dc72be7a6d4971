"""The answers that the benchmark server gives, as bytes made before the first request."""

import json
from collections.abc import Iterator
from typing import Any

MODEL = "claude-sonnet-4-5"
WORD = "seventeen letters "
TOOL = {
    "name": "write_report",
    "description": "Stores a report.",
    "input_schema": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
}
_USAGE = {"input_tokens": 12, "output_tokens": 34, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}


def whole() -> bytes:
    """Gives a short answer."""
    return json.dumps(
        {**_message(), "content": [{"type": "text", "text": WORD}], "stop_reason": "end_turn", "stop_sequence": None}
    ).encode()


def events(kind: str, count: int) -> Iterator[bytes]:
    """Gives a streamed answer: ``count`` deltas of text, or of the arguments of one tool call."""
    start: dict[str, Any] = {"type": "text", "text": ""}
    pieces = [WORD] * count
    if kind == "tool":
        start = {"type": "tool_use", "id": "toolu_01", "name": TOOL["name"], "input": {}}
        pieces = ['{"text": "', *[WORD] * (count - 2), '"}']
    yield _event({"type": "message_start", "message": {**_message(), "content": []}})
    yield _event({"type": "content_block_start", "index": 0, "content_block": start})
    for piece in pieces:
        yield _event({"type": "content_block_delta", "index": 0, "delta": _delta(kind, piece)})
    yield _event({"type": "content_block_stop", "index": 0})
    ending = {"stop_reason": "tool_use" if kind == "tool" else "end_turn", "stop_sequence": None}
    yield _event({"type": "message_delta", "delta": ending, "usage": _USAGE})
    yield _event({"type": "message_stop"})


def characters(kind: str, count: int) -> int:
    """Gives the length of the text, or of the tool's one argument, in such a stream."""
    return len(WORD) * (count if kind == "text" else count - 2)


def history(count: int) -> list[dict[str, Any]]:
    """Gives ``count`` messages of a conversation in which every second question needs a tool, as the API has them."""
    messages: list[dict[str, Any]] = []
    for turn in range(count // 4):
        call = {"type": "tool_use", "id": f"toolu_{turn}", "name": TOOL["name"], "input": {"text": WORD * 4}}
        result = {"type": "tool_result", "tool_use_id": f"toolu_{turn}", "content": WORD * 8}
        messages += [
            {"role": "user", "content": f"Question {turn}: {WORD * 4}"},
            {"role": "assistant", "content": [{"type": "text", "text": "Let me see."}, call]},
            {"role": "user", "content": [result]},
            {"role": "assistant", "content": [{"type": "text", "text": WORD * 8}]},
        ]
    return [*messages[:-1], {"role": "user", "content": "And now?"}]


def _message() -> dict[str, Any]:
    return {"id": "msg_01", "type": "message", "role": "assistant", "model": MODEL, "usage": _USAGE}


def _delta(kind: str, piece: str) -> dict[str, str]:
    if kind == "tool":
        return {"type": "input_json_delta", "partial_json": piece}
    return {"type": "text_delta", "text": piece}


def _event(event: dict[str, Any]) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
