"""The emulator's one way in: bytes to reply."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry._stream import MessageAccumulator
from claude_foundry.emulator._door import MAX_BYTES
from claude_foundry.emulator._respond import State, respond

from . import wire
from .wire import user

LONG = "x" * (MAX_BYTES // 4)
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def test_headers() -> None:
    """An answer carries both ids and no rate limits."""
    headers = wire.send().headers
    assert headers["content-type"] == "application/json"
    assert headers["request-id"].startswith("req_")
    assert UUID.fullmatch(headers["apim-request-id"])
    assert not [name for name in headers if "ratelimit" in name]
    assert wire.send(stream=True).headers["content-type"] == "text/event-stream; charset=utf-8"


def test_same_request_same_answer() -> None:
    """Two emulators answer the same request with the same bytes; one emulator with other ids each time."""
    assert wire.send() == wire.send()
    state = State()
    first, second = wire.answer(state=state), wire.answer(state=state)
    assert first["id"] != second["id"]
    assert {**first, "id": ""} == {**second, "id": ""}


QUESTION = user("Weather in Oslo?")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"tools": [wire.WEATHER]},
        {"tools": [{"name": "weather", "input_schema": {"type": "object"}}]},
        {"model": "claude-opus-5", "thinking": {"type": "adaptive"}, "tools": [wire.WEATHER]},
        {"model": "claude-opus-5", "thinking": {"type": "adaptive", "display": "summarized"}},
        {"max_tokens": 3},
        {"stop_sequences": ["Oslo"]},
    ],
)
def test_stream_and_whole_answer_agree(fields: dict[str, Any]) -> None:
    """A stream, put together, is the message that is answered without one."""
    account = MessageAccumulator()
    for event in wire.events(QUESTION, **fields):
        account.add(event)  # type: ignore[arg-type]
    assert account.stopped
    streamed, whole = account.snapshot(), wire.answer(QUESTION, **fields)
    assert streamed is not None
    ids = {"id": None, "content": None}
    assert {**streamed, **ids} == {**whole, **ids}
    for ours, theirs in zip(streamed["content"], whole["content"], strict=True):
        assert {**ours, "id": None} == {**theirs, "id": None}


def test_order_of_events() -> None:
    """A stream begins with its message and a ping, and comes in several pieces."""
    kinds = [event["type"] for event in wire.events(QUESTION)]
    assert kinds[:3] == ["message_start", "ping", "content_block_start"]
    assert kinds.count("content_block_delta") > 2
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]


def test_start_counts_the_prompt_only() -> None:
    """The first event has the tokens of the prompt; those of the answer come at its end."""
    events = wire.events(QUESTION)
    start, end = events[0]["message"]["usage"], events[-2]["usage"]
    assert start["input_tokens"] == end["input_tokens"] > 0
    assert start["output_tokens"] < end["output_tokens"]


def test_requests_are_recorded() -> None:
    """An emulator remembers each request, of refused ones the head, but no credential."""
    state = State()
    wire.send(headers={"authorization": "Bearer secret", "api-key": "secret", "x-own": "kept"}, state=state)
    wire.send(path="/v1/messages", state=state)
    respond("POST", "/anthropic/v1/messages", {"x-api-key": "secret"}, b"no json", state=state)
    first, second, third = state.requests
    assert first.body["model"] == wire.MODEL
    assert first.headers["x-own"] == "kept"
    assert second.path == "/v1/messages"
    assert third.body is None
    assert "secret" not in repr(state.requests)
    assert "emulator" not in repr(state.requests)


def test_no_more_is_remembered_than_there_is_room_for() -> None:
    """The oldest requests are let go where the bodies of all are large; a body that is refused is not kept."""
    state = State()
    for _ in range(5):
        wire.send(user(LONG), model="no-deployment", state=state)
    assert len(state.requests) == 3
    wire.send(user(LONG), headers={"x-api-key": "other"}, state=state)
    assert state.requests[-1].body is None
    assert len(state.requests) == 4


def test_a_schema_that_contains_itself_without_end() -> None:
    """A schema of which no value ends is refused."""
    endless = {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}
    tool = {**wire.WEATHER, "input_schema": endless}
    assert "too deep" in wire.complaint(tools=[tool], tool_choice={"type": "any"})


@pytest.mark.parametrize(
    "large",
    [
        {"type": "array", "minItems": 50_000_000, "items": {"type": "string"}},
        {"type": "array", "minItems": 900, "items": {"type": "array", "minItems": 900, "items": {"type": "integer"}}},
        {"type": "array", "minItems": 900, "items": {"const": "x" * 900}},
        {"type": "string", "minLength": 900_000_000},
        {"type": "object", "minProperties": 50_000_000},
        {"$ref": "#/$defs/0"},
    ],
)
def test_a_schema_that_asks_for_too_much(large: dict[str, Any]) -> None:
    """A small request for a value of many parts or letters is refused: it would take all of the memory."""
    doubling: dict[str, Any] = {str(place): {"allOf": [{"$ref": f"#/$defs/{place + 1}"}] * 2} for place in range(50)}
    schema = {"type": "object", "properties": {"a": large}, "required": ["a"], "$defs": doubling}
    tool = {**wire.WEATHER, "input_schema": schema}
    assert "more than the emulator makes up" in wire.complaint(tools=[tool], tool_choice={"type": "any"})


PICTURE = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}
FACTS = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Grass is green."}}
FOUND = {"type": "search_result", "source": "s", "title": "t", "content": [{"type": "text", "text": "Sky."}]}
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}
FULL = {
    "model": wire.MODEL,
    "max_tokens": 2000,
    "stream": False,
    "stop_sequences": ["x"],
    "system": [{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}}],
    "tools": [wire.WEATHER],
    "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
    "thinking": {"type": "enabled", "budget_tokens": 1024},
    "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
    "messages": [
        user([{"type": "text", "text": "Weather in Oslo?"}, PICTURE, FACTS, FOUND]),
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "x", "signature": "s"}, wire.CALL]},
        user([wire.RESULT, {"type": "text", "text": "What now?"}]),
    ],
}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield (*path, key)
        yield from places(part, (*path, key))


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from([[], {}, [1], [[]], [None], {"type": "text"}, {"type": "object"}, {"type": ["text"]}]),
    st.just("\ud800"),
)


CHANGES = st.lists(st.tuples(st.sampled_from(sorted(places(FULL), key=str)), JUNK), max_size=3)


@given(changes=CHANGES, taken_out=st.booleans())
def test_any_request_is_answered_or_refused(changes: list[tuple[tuple[Any, ...], Any]], *, taken_out: bool) -> None:
    """However a request is damaged, the reply is an answer or a refusal."""
    body = copy.deepcopy(FULL)
    for path, junk in changes:
        _damage(body, path, copy.deepcopy(junk), taken_out=taken_out)
    reply = respond("POST", "/anthropic/v1/messages", wire.HEADERS, json.dumps(body).encode(), state=State())
    assert reply.status in (200, 400, 404)


def _damage(body: Any, path: tuple[Any, ...], junk: Any, *, taken_out: bool) -> None:
    for key in path[:-1]:
        try:
            body = body[key]
        except (KeyError, IndexError, TypeError):
            return
    if taken_out and isinstance(body, dict):
        body.pop(path[-1], None)
    elif isinstance(body, dict) or (isinstance(body, list) and path[-1] in range(len(body))):
        body[path[-1]] = junk


def test_the_undamaged_request_is_answered() -> None:
    """The request that the test above damages is a good one."""
    reply = respond("POST", "/anthropic/v1/messages", wire.HEADERS, json.dumps(FULL).encode(), state=State())
    assert reply.status == 200
