"""Recorded traffic of the Messages API, where a folder of it is named; tests skip without."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

FOLDER = os.environ.get("RECORDED_TRAFFIC")
recorded = pytest.mark.skipif(FOLDER is None, reason="RECORDED_TRAFFIC names no folder of recordings")


@cache
def rows() -> list[dict[str, Any]]:
    if FOLDER is None:
        return []
    return [json.loads(line) for line in Path(FOLDER, "exchanges.jsonl").read_text(encoding="utf-8").splitlines()]


def exchanges(*, stream: bool, path: str = "/v1/messages", ok: bool = True) -> list[Any]:
    """Gives the rows of one kind as parameters of a test."""
    wanted = (stream, path, ok)
    chosen = [row for row in rows() if (row["stream"], row["path"], row["status"] < 300) == wanted]
    return [pytest.param(row, id=f"{row['source']}:{row['file'].rpartition('/')[2]}:{row['index']}") for row in chosen]


def answer(row: dict[str, Any]) -> httpx.Response:
    """Gives the recorded answer, with ids in place of those that were masked."""
    kind = "text/event-stream" if row["stream"] else "application/json"
    headers = {**row["response_headers"], "content-type": kind, "request-id": "req_1", "apim-request-id": "apim-1"}
    return httpx.Response(row["status"], headers=headers, content=row["response"].encode())


def events_of(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Gives the events of a recorded stream, read in the plainest way."""
    data = [line[5:].strip() for line in row["response"].splitlines() if line.startswith("data:")]
    return [json.loads(text) for text in data if text != "[DONE]"]


def told(row: dict[str, Any]) -> dict[str, Any]:
    """Gives the message that a recorded answer tells, put together in the plainest way."""
    if not row["stream"]:
        return json.loads(row["response"])
    first, *rest = (event for event in events_of(row) if event["type"] != "ping")
    message, blocks = first["message"], dict(enumerate(first["message"]["content"]))
    for event in rest:
        tell(message, blocks, event)
    return message | {"content": [blocks[index] for index in sorted(blocks)]}


def tell(message: dict[str, Any], blocks: dict[int, dict[str, Any]], event: dict[str, Any]) -> None:
    match event:
        case {"type": "content_block_start", "index": index, "content_block": block}:
            blocks[index] = block
        case {"type": "content_block_delta", "index": index, "delta": delta}:
            grow(blocks[index], delta)
        case {"type": "content_block_stop", "index": index} if text := blocks[index].pop("json", ""):
            blocks[index]["input"] = json.loads(text)
        case {"type": "message_delta", "delta": delta, **beside}:
            usage = beside.pop("usage", None) or {}
            message |= delta | beside
            message["usage"] |= {name: value for name, value in usage.items() if value is not None}


def grow(block: dict[str, Any], delta: dict[str, Any]) -> None:
    match delta:
        case {"type": "input_json_delta", "partial_json": text}:
            block["json"] = block.get("json", "") + text
        case {"type": "citations_delta", "citation": citation}:
            block["citations"] = [*(block.get("citations") or []), citation]
        case {"type": kind, **fields}:
            joined = kind in ("text_delta", "thinking_delta", "signature_delta")
            for name, value in fields.items():
                block[name] = (block.get(name) or "") + value if joined else value
