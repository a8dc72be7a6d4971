"""Histories of every sort as requests that the service accepts."""

import copy
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from claude_foundry._models import MODELS
from claude_foundry._refusal import ids
from claude_foundry._stream import MessageAccumulator, events
from claude_foundry._wire import decoded
from claude_foundry.emulator import _checks
from claude_foundry.langchain._chunk_reader import ChunkReader
from claude_foundry.langchain._from_wire import message
from claude_foundry.langchain._to_wire import request
from tests.answers import IDS
from tests.langchain import generated

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
HEADERS = {
    "anthropic-version": "2023-06-01",
    "anthropic-beta": "compact-2026-01-12,files-api-2025-04-14,mcp-client-2025-11-20",
}
# What the emulator knows nothing of, it takes for a mistake, as the service would that does not know it.
NOT_CHECKED = ("block_of_tomorrow",)

SPACED = st.text(max_size=8) | st.sampled_from(["", " ", "\n", "Hi ", " Hi\n"])
PARTS = st.sampled_from(
    [
        {"type": "text", "text": "Hi", "index": 0, "id": "x"},
        {"type": "text", "text": " "},
        {"type": "image", "base64": PIXEL, "mime_type": "image/png"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
        {"type": "image", "url": "https://a.example/b.png"},
        {"type": "file", "base64": "aGk=", "mime_type": "text/csv"},
        {"type": "text-plain", "text": "Hi", "title": "T"},
        {"type": "non_standard", "value": {"type": "container_upload", "file_id": "file_1", "index": 3}},
    ]
)
CONTENT = SPACED | st.lists(PARTS | SPACED, max_size=3)
IDENTIFIERS = st.sampled_from(["toolu_1", "call|1.x", "call:1.x", "é", ""])
CALLS = st.builds(
    lambda identifier, args: {"name": "f", "args": args, "id": identifier}, IDENTIFIERS, generated.ARGUMENTS
)
INVALID = st.builds(lambda identifier: {"name": "f", "args": '{"a', "id": identifier, "error": "cut"}, IDENTIFIERS)


def as_answered(document: dict[str, Any], way: str) -> AIMessage:
    whole = message(decoded(document, ids=ids(IDS)))
    match way:
        case "whole":
            return whole
        case "standard":
            known = {"tool_calls": whole.tool_calls, "response_metadata": {"output_version": "v1"}}
            return AIMessage(content=whole.content_blocks, **known)
    account, reader, chunks = MessageAccumulator(), ChunkReader(), []
    for event in events(document, split=generated.pieces(3)):
        account.add(event)
        chunks += reader.feed(event)
    chunks += reader.finish(decoded(account.snapshot() or {}, ids=ids(IDS)))
    return sum((chunk.message for chunk in chunks[1:]), chunks[0].message)


ANSWERS = st.builds(
    as_answered,
    generated.answers().filter(lambda answer: not any(part["type"] in NOT_CHECKED for part in answer["content"])),
    st.sampled_from(["whole", "standard", "streamed"]),
)
OTHERS = st.builds(
    lambda content, calls, cut: AIMessage(content, tool_calls=calls, invalid_tool_calls=cut),
    SPACED,
    st.lists(CALLS, max_size=2),
    st.lists(INVALID, max_size=1),
)
HALVES = st.builds(
    lambda number, side, before: AIMessage([*before, generated.served(number, {}, 1)[side]]),
    st.integers(0, 10**9),
    st.sampled_from([0, 1]),
    st.lists(st.just({"type": "text", "text": "So"}), max_size=1),
)
MESSAGES: st.SearchStrategy[BaseMessage] = st.one_of(
    st.builds(HumanMessage, CONTENT),
    st.builds(SystemMessage, SPACED),
    st.builds(ToolMessage, CONTENT.filter(lambda content: "file_1" not in str(content)), tool_call_id=IDENTIFIERS),
    st.builds(lambda identifier: ToolMessage("No.", tool_call_id=identifier, status="error"), IDENTIFIERS),
    st.builds(ChatMessage, SPACED, role=st.sampled_from(["user", "assistant", "system"])),
    OTHERS,
    HALVES,
    ANSWERS,
)


def served(messages: list[BaseMessage]) -> list[str]:
    """Gives the ids of the calls that the service made itself."""
    blocks = [block for message in messages for block in message.content if isinstance(block, dict)]
    return [block["id"] for block in blocks if block["type"] in ("server_tool_use", "mcp_tool_use", "server_tool_call")]


def complaint(fields: dict[str, Any], model: Any) -> str | None:
    refused = _checks.refusal({**fields, "max_tokens": 64}, HEADERS, model=model, counting=False)
    return None if refused is None else str(refused)


@pytest.mark.filterwarnings("ignore:A system message that", "ignore:A message of the user")
@settings(max_examples=300)
@given(st.lists(MESSAGES, max_size=6), st.sampled_from(["claude-opus-5-5", "claude-haiku-4-5", "claude-sonnet-4-6"]))
def test_any_history_is_accepted(messages: list[BaseMessage], name: str) -> None:
    """Any history becomes a request that the service accepts, and is itself left as it was."""
    # The service gives no two of its own calls one id, and takes none.
    assume(len(set(served(messages))) == len(served(messages)))
    history, model = [*messages, HumanMessage("So?")], MODELS[name]
    before = copy.deepcopy(history)

    fields = request(history, call={"model": name}, model=model)

    assert complaint(fields, model) is None
    assert history == before


@given(
    st.lists(st.lists(st.sampled_from(["toolu_1", "call|1.x", None]), min_size=1, max_size=4), max_size=3), st.data()
)
def test_no_call_is_lost(rounds: list[list[str | None]], data: st.DataObject) -> None:
    """Each call of a history stands in the request with its own result, though several have one id, or none."""
    history: list[BaseMessage] = [HumanMessage("Hi")]
    for number, identifiers in enumerate(rounds):
        names = [f"{number}-{place}" for place, _ in enumerate(identifiers)]
        calls = [{"name": "f", "args": {"n": name}, "id": it} for name, it in zip(names, identifiers, strict=True)]
        in_content = [{"type": "tool_use", "id": it["id"], "name": "f", "input": it["args"]} for it in calls]
        results = [ToolMessage(name, tool_call_id=it or "") for name, it in zip(names, identifiers, strict=True)]
        history.append(AIMessage(in_content if data.draw(st.booleans()) else "", tool_calls=calls))
        # Results of different ids come in any order, those of one id in that of their calls.
        history += sorted(results, key=lambda result: result.tool_call_id) if data.draw(st.booleans()) else results

    turns = request(history, call={"model": "m"}, model=MODELS["claude-sonnet-5"])["messages"]

    blocks = [block for turn in turns for block in turn["content"]]
    called = {block["id"]: block["input"]["n"] for block in blocks if block["type"] == "tool_use"}
    answered = {block["tool_use_id"]: block["content"] for block in blocks if block["type"] == "tool_result"}
    assert answered == called
    assert sorted(called.values()) == sorted(f"{i}-{j}" for i, ids in enumerate(rounds) for j, _ in enumerate(ids))
