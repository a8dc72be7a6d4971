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
    chosen = [row for row in rows() if (row["stream"], row["path"], row["status"] < 300) == (stream, path, ok)]
    return [pytest.param(row, id=f"{row['source']}:{row['file'].rpartition('/')[2]}:{row['index']}") for row in chosen]


def answer(row: dict[str, Any]) -> httpx.Response:
    """Gives the recorded answer, with ids in place of those that were masked."""
    kind = "text/event-stream" if row["stream"] else "application/json"
    headers = {**row["response_headers"], "content-type": kind, "request-id": "req_1", "apim-request-id": "apim-1"}
    return httpx.Response(row["status"], headers=headers, content=row["response"].encode())


def told(row: dict[str, Any]) -> dict[str, Any]:
    """Gives the message that a recorded answer tells, put together in the plainest way."""
    if not row["stream"]:
        return json.loads(row["response"])
    data = [line[5:] for line in row["response"].splitlines() if line.startswith("data:")]
    message: dict[str, Any] = {}
    for event in map(json.loads, data):
        if event["type"] == "message_start":
            message = event["message"]
            continue
        tell(message, event)
    return message


def tell(message: dict[str, Any], event: dict[str, Any]) -> None:
    match event:
        case {"type": "content_block_start", "content_block": block}:
            message["content"].append(block)
        case {
            "type": "content_block_delta",
            "index": index,
            "delta": {"type": "input_json_delta", "partial_json": text},
        }:
            block = message["content"][index]
            block["json"] = block.get("json", "") + text
        case {
            "type": "content_block_delta",
            "index": index,
            "delta": {"type": "citations_delta", "citation": citation},
        }:
            message["content"][index].setdefault("citations", []).append(citation)
        case {"type": "content_block_delta", "index": index, "delta": delta}:
            for name in ("text", "thinking", "signature"):
                if name in delta:
                    message["content"][index][name] = message["content"][index].get(name, "") + delta[name]
        case {"type": "content_block_stop", "index": index} if text := message["content"][index].pop("json", ""):
            message["content"][index]["input"] = json.loads(text)
        case {"type": "message_delta", "delta": delta, "usage": usage}:
            message |= delta
            message["usage"] |= {name: value for name, value in usage.items() if value is not None}
