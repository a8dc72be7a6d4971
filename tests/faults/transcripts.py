"""Whole streams to cut and to re-chunk: the emulator's always, recorded ones too where a folder of them is named."""

from functools import cache
from typing import Any

from tests import recorded
from tests.emulator.wire import ADD, WEATHER, send, user

_RECORDED = ("stop:max_tokens", "parallel_tool_use", "citations", "signature", "code_execution")
_DOCUMENT = {
    "type": "document",
    "source": {"type": "text", "media_type": "text/plain", "data": "Grass is green. The sky is blue."},
    "citations": {"enabled": True},
}
_ASKED: dict[str, dict[str, Any]] = {
    "text": {"messages": [user("Say: Grüße, 世界 🌍!")]},
    "call": {"messages": [user("What is the weather in Oslo?")], "tools": [WEATHER]},
    "calls": {"messages": [user("What is the weather in Oslo, and 2 plus 3?")], "tools": [WEATHER, ADD]},
    "citations": {"messages": [user([_DOCUMENT, {"type": "text", "text": "Which colour is the sky?"}])]},
    "thinking": {
        "messages": [user("Think, then say hello.")],
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "max_tokens": 2048,
    },
}


@cache
def transcripts() -> dict[str, bytes]:
    """Gives the bodies of streams by name."""
    return {**{f"emulator-{name}": _emulated(**asked) for name, asked in _ASKED.items()}, **_recorded()}


def _emulated(*, messages: list[dict[str, Any]], **fields: Any) -> bytes:
    reply = send(*messages, stream=True, **fields)
    assert isinstance(reply.body, list), reply.body
    return b"".join(reply.body)


def _recorded() -> dict[str, bytes]:
    whole = [row for row in recorded.rows() if row["stream"] and row["status"] == 200]
    found = {}
    for feature in _RECORDED:
        rows = sorted((row for row in whole if feature in row["features"]), key=lambda row: len(row["response"]))
        found.update({f"recorded-{feature}": row["response"].encode() for row in rows[:1]})
    return found
