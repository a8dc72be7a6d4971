"""Every kind of block that an answer may hold, in LangChain's standard form, and back."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage

from claude_foundry._stream import events
from claude_foundry.langchain._to_wire import split
from tests.answers import message as document
from tests.answers import pieces_of
from tests.answers import streamed as stream_of
from tests.answers import whole as answer_of
from tests.langchain.test__from_wire import CITED, THOUGHT, USE, streamed, whole_of, without_index
from tests.langchain.ways import agathered, gathered, model
from tests.shells import Script

CITATION = {
    "type": "char_location",
    "cited_text": "a",
    "document_index": 0,
    "document_title": None,
    "start_char_index": 0,
    "end_char_index": 1,
}
SERVED = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}}
CODE = {"type": "server_tool_use", "id": "srvtoolu_2", "name": "code_execution", "input": {"code": "1"}}
CONNECTED = {"type": "mcp_tool_use", "id": "mcptoolu_1", "name": "t", "server_name": "s", "input": {"a": 1}}
FAILED = {"type": "web_search_tool_result_error", "error_code": "unavailable"}
EVERY_BLOCK: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"type": "text", "text": "A."}, {"type": "text", "text": "A."}),
    (
        {"type": "text", "text": "A.", "citations": [CITATION]},
        {
            "type": "text",
            "text": "A.",
            "annotations": [
                {
                    "type": "citation",
                    "cited_text": "a",
                    "title": None,
                    "extras": {"document_index": 0, "start_char_index": 0, "end_char_index": 1},
                }
            ],
        },
    ),
    (THOUGHT, {"type": "reasoning", "reasoning": "", "extras": {"signature": "sig"}}),
    (
        {"type": "redacted_thinking", "data": "d"},
        {"type": "non_standard", "value": {"type": "redacted_thinking", "data": "d"}},
    ),
    (USE, {"type": "tool_call", "id": "toolu_1", "name": "f", "args": USE["input"]}),
    (
        {**USE, "caller": {"type": "direct"}, "toolset_name": None},
        {
            "type": "tool_call",
            "id": "toolu_1",
            "name": "f",
            "args": USE["input"],
            "extras": {"caller": {"type": "direct"}},
        },
    ),
    (SERVED, {"type": "server_tool_call", "id": "srvtoolu_1", "name": "web_search", "args": {"query": "x"}}),
    (CODE, {"type": "server_tool_call", "id": "srvtoolu_2", "name": "code_interpreter", "args": {"code": "1"}}),
    (
        CONNECTED,
        {
            "type": "server_tool_call",
            "id": "mcptoolu_1",
            "name": "remote_mcp",
            "args": {"a": 1},
            "extras": {"tool_name": "t", "server_name": "s"},
        },
    ),
    (
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": FAILED},
        {
            "type": "server_tool_result",
            "tool_call_id": "srvtoolu_1",
            "status": "error",
            "output": FAILED,
            "extras": {"block_type": "web_search_tool_result"},
        },
    ),
    (
        {"type": "mcp_tool_result", "tool_use_id": "mcptoolu_1", "is_error": False, "content": [CITED]},
        {
            "type": "server_tool_result",
            "tool_call_id": "mcptoolu_1",
            "status": "success",
            "output": [CITED],
            "extras": {"block_type": "mcp_tool_result"},
        },
    ),
    *[
        (block, {"type": "non_standard", "value": block})
        for block in (
            {"type": "compaction", "content": None, "encrypted_content": "e"},
            {"type": "container_upload", "file_id": "file_1"},
            {"type": "fallback", "from": {"model": "a"}, "to": {"model": "b"}, "trigger": "refusal"},
            {"type": "block_of_tomorrow", "share": 0.5, "deep": {"x": [None]}},
        )
    ],
]


every_block = pytest.mark.parametrize(
    ("block", "standard"), EVERY_BLOCK, ids=[block["type"] for block, _ in EVERY_BLOCK]
)


@every_block
def test_standard_blocks(block: dict[str, Any], standard: dict[str, Any]) -> None:
    """Each kind of block is a standard block, of a whole answer and of a stream, and is sent back as it came."""
    text = {"type": "text", "text": "B."}
    answer = document(block, text)

    whole_, gathered = whole_of(answer), streamed(list(events(answer, split=list)))

    assert whole_.content_blocks == [standard, text]
    assert without_index(gathered.content_blocks) == [standard, text]
    for made in (whole_, gathered):
        again = AIMessage(content_blocks=without_index(made.content_blocks), response_metadata={"output_version": "v1"})
        assert split([made]) == split([again])


@every_block
@pytest.mark.parametrize("ask", [gathered, agathered])
def test_stream_of_standard_blocks(ask: Any, block: dict[str, Any], standard: dict[str, Any]) -> None:
    """A stream that is asked for in standard blocks gathers to the whole answer that is."""
    answer = document({"type": "text", "text": "B."}, block, {**USE, "id": "toolu_9"}, stop_reason="tool_use")

    whole = model(Script(answer_of(answer)), output_version="v1").invoke("Hi")
    made = ask(model(Script(stream_of(pieces_of(answer))), output_version="v1"), "Hi")

    assert without_index(made.content) == whole.content
    assert whole.content[1] == standard
    assert made.tool_calls == whole.tool_calls
