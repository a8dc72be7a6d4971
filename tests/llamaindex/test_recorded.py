"""Real traffic through the adapter. Set RECORDED_TRAFFIC to the folder that holds ``exchanges.jsonl``."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, ThinkingBlock

from claude_foundry._models import UNKNOWN
from claude_foundry.llamaindex._to_wire import conversation
from tests.llamaindex.faces import Face, both, llm_on
from tests.shells import Script

FOLDER = os.environ.get("RECORDED_TRAFFIC")
ASK = ChatMessage(role="user", content="Hi")
CUT = "a call whose arguments were cut"

pytestmark = pytest.mark.skipif(FOLDER is None, reason="RECORDED_TRAFFIC names no folder")


def rows(*, streamed: tuple[bool, ...] = (True, False)) -> list[Any]:
    if FOLDER is None:
        return []
    lines = (Path(FOLDER) / "exchanges.jsonl").read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    kept = [
        row for row in found if row["path"] == "/v1/messages" and row["status"] == 200 and row["stream"] in streamed
    ]
    return [pytest.param(row, id=f"{row['source']}/{row['file']}#{row['index']}") for row in kept]


every_row = pytest.mark.parametrize("row", rows())
every_whole_row = pytest.mark.parametrize("row", rows(streamed=(False,)))


def answer(row: Mapping[str, Any]) -> httpx.Response:
    kind = "text/event-stream" if row["stream"] else "application/json"
    return httpx.Response(200, headers={"content-type": kind}, content=row["response"].encode())


def content_of(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The content blocks, read from the recording by plain means."""
    if not row["stream"]:
        blocks: list[dict[str, Any]] = json.loads(row["response"])["content"]
        return blocks
    return list(_told(row["response"]).values())


def _told(response: str) -> dict[int, dict[str, Any]]:
    blocks: dict[int, dict[str, Any]] = {}
    arguments: dict[int, str] = {}
    for event in _events(response):
        match event:
            case {"type": "message_start", "message": {"content": content}}:
                blocks.update(enumerate(content))
            case {"type": "content_block_start", "index": index, "content_block": block}:
                blocks[index] = dict(block)
            case {"type": "content_block_delta", "index": index, "delta": {"type": "input_json_delta"} as delta}:
                arguments[index] = arguments.get(index, "") + delta["partial_json"]
            case {"type": "content_block_delta", "index": index, "delta": {"type": "citations_delta"} as delta}:
                blocks[index].setdefault("citations", []).append(delta["citation"])
            case {"type": "content_block_delta", "index": index, "delta": delta}:
                for name, value in delta.items():
                    if name != "type":
                        blocks[index][name] = (blocks[index].get(name) or "") + value
    for index, text in arguments.items():
        try:
            blocks[index]["input"] = json.loads(text or "{}")
        except ValueError:
            blocks[index]["type"] = CUT
    return blocks


def _events(response: str) -> Iterator[dict[str, Any]]:
    for line in response.splitlines():
        if line.startswith("data:") and line[5:].strip() != "[DONE]":
            yield json.loads(line[5:])


def sent_back(message: ChatMessage) -> list[dict[str, Any]]:
    """The blocks of an answer as they go into the next request, after memory has stored it as JSON."""
    stored = ChatMessage.model_validate_json(message.model_dump_json())
    _, turns = conversation([ASK, stored, ASK], names={}, model=UNKNOWN)
    return [block for turn in turns if turn["role"] == "assistant" for block in turn["content"]]


def plain(block: Mapping[str, Any]) -> dict[str, Any]:
    """A block without what an answer may hold and a request need not repeat."""
    return {name: value for name, value in block.items() if value is not None and value != {"type": "direct"}}


def check(response: ChatResponse, content: list[dict[str, Any]]) -> None:
    blocks = response.message.blocks
    spoken = [block["text"] for block in content if block["type"] == "text"]
    assert "".join(block.text for block in blocks if block.block_type == "text") == "".join(spoken)
    called = [(block["id"], block["name"], block["input"]) for block in content if block["type"] == "tool_use"]
    assert [(block.tool_call_id, block.tool_name, block.tool_kwargs) for block in blocks if _is_call(block)] == called
    incomplete = response.additional_kwargs.get("incomplete_tool_calls", [])
    assert [call["id"] for call in incomplete] == [block["id"] for block in content if block["type"] == CUT]
    thoughts = [block for block in blocks if isinstance(block, ThinkingBlock) and block.content is not None]
    assert [(thought.content, thought.additional_information["signature"]) for thought in thoughts] == [
        (block["thinking"], block["signature"]) for block in content if block["type"] == "thinking"
    ]
    assert [plain(block) for block in sent_back(response.message) if block["type"] != "text"] == [
        plain(block) for block in _in_pairs(content) if block["type"] not in ("text", CUT)
    ]


def _in_pairs(content: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The blocks without calls of the service that the next message leaves behind, and without results of no call."""
    called = {block["id"] for block in content if block["type"] in ("server_tool_use", "mcp_tool_use")}
    lost = called ^ {block["tool_use_id"] for block in content if "tool_use_id" in block}
    kept = [block for block in content if not lost & {block.get("tool_use_id"), block.get("id")}]
    code_lost = [(block.get("caller") or {}).get("tool_id") in lost for block in kept]
    return [block | ({"caller": None} if gone else {}) for block, gone in zip(kept, code_lost, strict=True)]


def _is_call(block: Any) -> bool:
    return bool(block.block_type == "tool_call")


@both
@every_row
def test_streamed(face: Face, row: dict[str, Any]) -> None:
    """Every recorded answer, asked for as a stream, is told in full and goes back unchanged."""
    responses = face.stream_chat(llm_on(Script(answer(row)), continue_paused_turns=False), [ASK])
    told = ""
    for response in responses:
        told += response.delta or ""
        assert told == (response.message.content or "")
    check(responses[-1], content_of(row))


@both
@every_whole_row
def test_whole(face: Face, row: dict[str, Any]) -> None:
    """Every recorded answer that came whole is told in full, goes back unchanged, and equals its stream."""
    response = face.chat(llm_on(Script(answer(row)), continue_paused_turns=False), [ASK])
    check(response, content_of(row))
    streamed = face.stream_chat(llm_on(Script(answer(row)), continue_paused_turns=False), [ASK])[-1]
    assert streamed.message == response.message
    assert streamed.additional_kwargs == response.additional_kwargs


@every_row
def test_usage(row: dict[str, Any]) -> None:
    """The counts told are those of the recording, with the cache counted into the prompt."""
    counts: dict[str, Any] = {}
    bodies = [json.loads(row["response"])] if not row["stream"] else list(_events(row["response"]))
    for body in bodies:
        given = body.get("usage") or (body.get("message") or {}).get("usage") or {}
        counts.update({name: value for name, value in given.items() if value is not None})
    [*_, last] = llm_on(Script(answer(row)), continue_paused_turns=False).stream_chat([ASK])
    parts = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    assert last.additional_kwargs["prompt_tokens"] == sum(counts.get(name) or 0 for name in parts)
    assert last.additional_kwargs["completion_tokens"] == counts.get("output_tokens", 0)
