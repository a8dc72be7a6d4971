"""Requests to the emulator's pure core, and its answers read."""

import json
from typing import Any

from claude_foundry._sse import EventDecoder
from claude_foundry.emulator._respond import Reply, State, respond

HEADERS = {"x-api-key": "emulator", "anthropic-version": "2023-06-01", "content-type": "application/json"}
MODEL = "claude-sonnet-4-5"
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
NUMBERS = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
    "required": ["a", "b"],
}
WEATHER = {"name": "get_weather", "description": "Weather of a city.", "input_schema": CITY}
TIME = {"name": "get_time", "description": "Local time of a city.", "input_schema": CITY}
ADD = {"name": "add", "description": "Adds two numbers.", "input_schema": NUMBERS}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Oslo"}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "12 degrees and rain"}


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def assistant(content: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content}


def send(
    *messages: dict[str, Any],
    path: str = "/anthropic/v1/messages",
    headers: dict[str, str] | None = None,
    state: State | None = None,
    **fields: Any,
) -> Reply:
    """Sends a request; a field that is given replaces the usual one, None takes it out."""
    usual = {"model": MODEL, "max_tokens": 1000, "messages": list(messages) or [user("Hello")]}
    body = {name: value for name, value in {**usual, **fields}.items() if value is not None}
    return respond("POST", path, {**HEADERS, **(headers or {})}, json.dumps(body).encode(), state=state or State())


def answer(*messages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Gives the message that answers a request."""
    reply = send(*messages, **fields)
    assert isinstance(reply.body, bytes)
    assert reply.status == 200, reply.body
    return dict(json.loads(reply.body))


def text(*messages: dict[str, Any], **fields: Any) -> str:
    """Gives the text of the answer to a request."""
    return "".join(block["text"] for block in answer(*messages, **fields)["content"] if block["type"] == "text")


def calls(*messages: dict[str, Any], **fields: Any) -> list[tuple[str, dict[str, Any]]]:
    """Gives the calls in the answer to a request."""
    content = answer(*messages, **fields)["content"]
    return [(block["name"], block["input"]) for block in content if block["type"] == "tool_use"]


def complaint(*messages: dict[str, Any], **fields: Any) -> str:
    """Gives the words in which Anthropic's layer refuses a request as invalid."""
    reply = send(*messages, **fields)
    assert isinstance(reply.body, bytes)
    assert reply.status == 400, reply.body
    body = json.loads(reply.body)
    assert body["type"] == "error"
    assert body["error"]["type"] == "invalid_request_error"
    assert body["request_id"] == reply.headers["request-id"]
    return str(body["error"]["message"])


def events(*messages: dict[str, Any], **fields: Any) -> list[dict[str, Any]]:
    """Gives the events of a streamed answer."""
    reply = send(*messages, stream=True, **fields)
    assert isinstance(reply.body, list), reply.body
    decoder = EventDecoder()
    return [dict(event) for chunk in reply.body for event in decoder.feed(chunk)]
