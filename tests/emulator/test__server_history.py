"""What the emulator refuses in blocks of the service's own tools."""

from typing import Any

import pytest

from . import web, wire
from .web import SEARCH
from .wire import assistant, user

HIT = {"type": "web_search_result", "url": "https://a.example", "title": "A", "encrypted_content": "EugC"}
CALL = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "a"}}
RESULT = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [HIT]}
MCP_CALL = {"type": "mcp_tool_use", "id": "mcptoolu_1", "name": "ask", "server_name": "docs", "input": {}}
MCP_RESULT = {"type": "mcp_tool_result", "tool_use_id": "mcptoolu_1", "is_error": False, "content": "yes"}
TEXT = {"type": "text", "text": "Found."}
HI, AND = user("Hi"), user("And?")
OPEN = "`web_search` tool use with id `srvtoolu_1` was found without a corresponding `web_search_tool_result` block"
NAMES = {
    "web_search": "web_search_tool_result",
    "web_fetch": "web_fetch_tool_result",
    "code_execution": "code_execution_tool_result",
    "bash_code_execution": "bash_code_execution_tool_result",
    "text_editor_code_execution": "text_editor_code_execution_tool_result",
    "tool_search_tool_regex": "tool_search_tool_result",
    "tool_search_tool_bm25": "tool_search_tool_result",
}


@pytest.mark.parametrize("name", NAMES)
def test_pairs_are_taken_back(name: str) -> None:
    """A call with the result of its kind is taken back, and the conversation goes on."""
    result = {"type": NAMES[name], "tool_use_id": "srvtoolu_1", "content": {"type": "x", "error_code": "unavailable"}}
    assert wire.send(HI, assistant([{**CALL, "name": name}, result, TEXT]), AND).status == 200


def test_mcp_pairs_are_taken_back() -> None:
    """A call to an MCP server is taken back with its result."""
    assert wire.send(HI, assistant([MCP_CALL, MCP_RESULT, TEXT]), AND).status == 200


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({**CALL, "id": "toolu_1"}, "server_tool_use.id: String should match pattern '^srvtoolu_[a-zA-Z0-9_]+$'"),
        ({**CALL, "input": "{}"}, "server_tool_use.input: Input should be a valid dictionary"),
        ({**CALL, "name": "browse"}, "server_tool_use.name: Input should be 'web_search'"),
        ({**CALL, "index": 1}, "server_tool_use.index: Extra inputs are not permitted"),
        ({**RESULT, "content": "text"}, "web_search_tool_result.content: Input should be an object"),
        (
            {**RESULT, "content": [{**HIT, "rank": 1}]},
            "content.0.web_search_result.rank: Extra inputs are not permitted",
        ),
        ({**RESULT, "content": [{"type": "hit"}]}, "Input tag 'hit' found using 'type'"),
        ({**MCP_RESULT, "content": 7}, "mcp_tool_result.content: Input should be a valid string or list"),
    ],
)
def test_fields(block: dict[str, Any], said: str) -> None:
    """Calls and results have their fields, and ids of their own kind."""
    assert said in wire.complaint(HI, assistant([block, TEXT]), AND)


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([HI, assistant([CALL, TEXT]), AND], f"messages.1: {OPEN}"),
        ([HI, assistant([CALL]), AND], f"messages.1: {OPEN}"),
        ([HI, assistant([CALL, wire.CALL]), user([wire.RESULT, TEXT])], f"messages.1: {OPEN}"),
        ([HI, assistant([RESULT, TEXT]), AND], "unexpected `tool_use_id` found in `web_search_tool_result` blocks"),
        (
            [HI, assistant([RESULT, CALL, TEXT]), AND],
            "unexpected `tool_use_id` found in `web_search_tool_result` blocks",
        ),
        (
            [HI, assistant([{**CALL, "name": "web_fetch"}, RESULT, TEXT]), AND],
            "unexpected `tool_use_id` found in `web_search_tool_result` blocks",
        ),
        ([HI, assistant([CALL, RESULT, RESULT, TEXT]), AND], "unexpected `tool_use_id` found"),
        ([HI, assistant([CALL, RESULT, CALL, TEXT]), AND], "messages: `server_tool_use` ids must be unique"),
        (
            [HI, assistant([CALL]), user([{"type": "tool_result", "tool_use_id": "srvtoolu_1"}])],
            "unexpected `tool_use_id` found in `tool_result` blocks: srvtoolu_1",
        ),
        ([HI, assistant([MCP_CALL, TEXT]), AND], "`mcp` tool use with id `mcptoolu_1` was found without"),
    ],
)
def test_pairing(messages: list[dict[str, Any]], said: str) -> None:
    """Every call that is left behind has its result after it, of its kind, once; the caller gives none."""
    assert said in wire.complaint(*messages, tools=[SEARCH, wire.WEATHER])


@pytest.mark.parametrize("model", ["claude-opus-5-5", "claude-sonnet-4-5"])
@pytest.mark.parametrize(
    "messages",
    [
        [HI, assistant([CALL])],
        [HI, assistant([CALL, RESULT])],
        [HI, assistant([TEXT, CALL]), assistant([RESULT])],
        [HI, assistant([CALL, wire.CALL]), user([wire.RESULT])],
        [HI, assistant([CALL, wire.CALL]), user([wire.RESULT]), assistant([RESULT, TEXT]), AND],
    ],
)
def test_turns_that_go_on(messages: list[dict[str, Any]], model: str) -> None:
    """A paused turn may end the conversation; a call that is open beside the caller's is answered later."""
    reply = wire.send(*messages, tools=[SEARCH, wire.WEATHER], model=model, state=web.state())
    assert reply.status == 200, reply.body


def test_a_finished_turn_is_a_prefill() -> None:
    """A turn that ends in text is finished: models without prefill do not go on with it."""
    said = wire.complaint(HI, assistant([CALL, RESULT, TEXT]), tools=[SEARCH], model="claude-opus-5-5")
    assert said.startswith("This model does not support assistant message prefill.")


CODE = {"type": "server_tool_use", "id": "srvtoolu_2", "name": "code_execution", "input": {"code": ""}}
BY_CODE = {**wire.CALL, "caller": {"type": "code_execution_20260120", "tool_id": "srvtoolu_2"}}
WAITING = [HI, assistant([CODE, BY_CODE])]


@pytest.mark.parametrize(
    ("content", "fields", "said"),
    [
        ([wire.RESULT], {}, "container_id is required when there are pending tool uses generated by code execution"),
        ([wire.RESULT, TEXT], {"container": "container_1"}, "`code_execution` tool use with id `srvtoolu_2`"),
        ([wire.RESULT], {"container": "container_1"}, None),
    ],
)
def test_code_that_waits(content: list[Any], fields: dict[str, Any], said: str | None) -> None:
    """Code that waits is answered by results alone, in its container."""
    asked: dict[str, Any] = {"tools": [wire.WEATHER], **fields}
    if said is None:
        assert wire.send(*WAITING, user(content), **asked).status == 200
    else:
        assert said in wire.complaint(*WAITING, user(content), **asked)
