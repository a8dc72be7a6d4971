"""Answers in the service's form, for tests that need one."""

import json
from collections.abc import Iterable
from typing import Any

import httpx

from claude_foundry._sse import encode
from claude_foundry._stream import events
from tests.shells import Body

IDS = {"request-id": "req_1", "apim-request-id": "apim-1"}
SSE = {"content-type": "text/event-stream; charset=utf-8", **IDS}


def message(*content: dict[str, Any], stop_reason: str = "end_turn", **fields: Any) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-opus-5-5",
        "content": list(content) or [{"type": "text", "text": "Hello there."}],
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": {"input_tokens": 3, "output_tokens": 4},
        **fields,
    }


def whole(document: Any = None, *, status: int = 200, headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.Response(status, headers={**IDS, **(headers or {})}, json=message() if document is None else document)


def refused(status: int, *, kind: str = "api_error", headers: dict[str, str] | None = None) -> httpx.Response:
    return whole({"type": "error", "error": {"type": kind, "message": "No."}}, status=status, headers=headers)


def pieces_of(document: dict[str, Any]) -> list[bytes]:
    return [encode(event) for event in events(document, split=lambda text: list(text))]


def streamed(pieces: Iterable[bytes | Exception] | None = None) -> httpx.Response:
    return httpx.Response(200, headers=SSE, stream=Body(pieces_of(message()) if pieces is None else pieces))


def error_event(kind: str = "overloaded_error") -> bytes:
    return (
        b"event: error\ndata: "
        + json.dumps({"type": "error", "error": {"type": kind, "message": "No."}}).encode()
        + b"\n\n"
    )
