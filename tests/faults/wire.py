"""Answers as bytes, right and wrong ones, written here in the plainest way."""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

TEXT = "Grüße, 世界 🌍: all is well."
IDS = "request-id: req_1\r\napim-request-id: apim-1\r\n"
PIECE = 5
"""Letters in one delta."""


def head(
    status: int | str = 200, *, kind: str | None = "text/event-stream", headers: str = "", http: str = "1.1"
) -> bytes:
    """Gives the head of an answer; ``headers`` are whole lines."""
    kind_line = f"content-type: {kind}\r\n" if kind else ""
    return f"HTTP/{http} {status}{' X' if isinstance(status, int) else ''}\r\n{kind_line}{IDS}{headers}\r\n".encode()


def sized(body: bytes, *, status: int = 200, kind: str = "application/json", headers: str = "") -> bytes:
    """Gives an answer with a Content-Length."""
    return head(status, kind=kind, headers=f"content-length: {len(body)}\r\n{headers}") + body


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def chunked(
    pieces: Iterable[bytes], *, ended: bool = True, kind: str = "text/event-stream", headers: str = ""
) -> bytes:
    """Gives an answer in chunks; not ``ended`` leaves out the last, empty one."""
    body = b"".join(map(chunk, pieces))
    return head(kind=kind, headers=f"transfer-encoding: chunked\r\n{headers}") + body + (b"0\r\n\r\n" if ended else b"")


def document(value: Any, *, status: int = 200, headers: str = "") -> bytes:
    return sized(json.dumps(value).encode(), status=status, headers=headers)


def message(*content: dict[str, Any], text: str = TEXT, stop_reason: str = "end_turn") -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-opus-5-5",
        "content": list(content) or [{"type": "text", "text": text}],
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": {"input_tokens": 3, "output_tokens": 4},
    }


def event(value: dict[str, Any], *, named: bool = True, end: str = "\n") -> bytes:
    """Gives one event of a stream, its lines ended as told."""
    name = f"event: {value['type']}{end}" if named else ""
    return f"{name}data: {json.dumps(value, ensure_ascii=False)}{end}{end}".encode()


OPENING: dict[str, Any] = {
    "type": "message_start",
    "message": {**message(), "content": [], "stop_reason": None, "usage": {"input_tokens": 3, "output_tokens": 1}},
}
PING: dict[str, Any] = {"type": "ping"}
STOP: dict[str, Any] = {"type": "message_stop"}


def ending(reason: str = "end_turn") -> dict[str, Any]:
    return {
        "type": "message_delta",
        "delta": {"stop_reason": reason, "stop_sequence": None},
        "usage": {"output_tokens": 4},
    }


def start(index: int = 0, block: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": block or {"type": "text", "text": ""}}


def delta(text: str, index: int = 0) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": text}}


def arguments(text: str, index: int = 0) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": "input_json_delta", "partial_json": text}}


def stop(index: int = 0) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


def split(text: str, size: int = PIECE) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def told(text: str = TEXT) -> list[dict[str, Any]]:
    """Gives the events of a stream that tells a text."""
    return [OPENING, PING, start(), *map(delta, split(text)), stop(), ending(), STOP]


def called(*pieces: str) -> list[dict[str, Any]]:
    """Gives the events of a stream that calls a tool with arguments in these pieces."""
    block = {"type": "tool_use", "id": "toolu_1", "name": "delete_path", "input": {}}
    return [OPENING, start(block=block), *map(arguments, pieces), stop(), ending("tool_use"), STOP]


def encoded(events: Iterable[dict[str, Any]], *, named: bool = True, end: str = "\n") -> list[bytes]:
    return [event(value, named=named, end=end) for value in events]


def stream(events: Sequence[dict[str, Any]] | None = None, **how: Any) -> bytes:
    """Gives a whole streamed answer, a chunk an event."""
    return chunked(encoded(told() if events is None else events, **how))


def raw_stream(body: bytes, **how: Any) -> bytes:
    """Gives a streamed answer of any bytes, in one chunk."""
    return chunked([body] if body else [], **how)


def drip(data: bytes, *, pause: float, size: int = 1) -> Iterator[bytes | float]:
    """Gives data piece by piece, with a silence after each."""
    for at in range(0, len(data), size):
        yield data[at : at + size]
        yield pause


def failure_event(kind: str = "overloaded_error", text: str = "No.") -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": text}}


def refusal(status: int, kind: str = "api_error", text: str = "No.", headers: str = "") -> bytes:
    """Gives a refusal in Anthropic's dialect."""
    error = {"type": "error", "error": {"type": kind, "message": text}, "request_id": "req_1"}
    return document(error, status=status, headers=headers)


def gateway_refusal(status: int, code: str, text: str = "No.", headers: str = "") -> bytes:
    """Gives a refusal in Azure's dialect."""
    return document({"error": {"code": code, "message": text}}, status=status, headers=headers)


def squeezed(body: bytes, *, more: bytes = b"", status: int = 200, kind: str = "text/event-stream") -> bytes:
    """Gives an answer whose body is compressed; ``more`` of it in a second member."""
    members = gzip.compress(body, 6) + (gzip.compress(more, 6) if more else b"")
    return sized(members, status=status, kind=kind, headers="content-encoding: gzip\r\n")


EMPTY_PIECE = b"\x00\x00\x00\xff\xff"
"""A block of compressed data that holds nothing."""


def squeezed_beginning(body: bytes) -> bytes:
    """Gives the beginning of an answer whose body is compressed: what is sent of it can be read."""
    compressor = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    return head(headers="content-encoding: gzip\r\n") + compressor.compress(body) + compressor.flush(zlib.Z_SYNC_FLUSH)
