"""Content blocks in each of LangChain's dialects."""

from typing import Any

import pytest

from claude_foundry import ConfigurationError
from claude_foundry._translation import tool_id
from claude_foundry.langchain._content import blocks

DATA = "aGk="
PNG = {"type": "base64", "media_type": "image/png", "data": DATA}
PDF = {"type": "base64", "media_type": "application/pdf", "data": DATA}
URL = {"type": "url", "url": "https://a.example/b"}
FILE = {"type": "file", "file_id": "file_1"}


@pytest.mark.parametrize(
    ("part", "block"),
    [
        ("Hi", {"type": "text", "text": "Hi"}),
        ({"type": "text", "text": "Hi", "index": 0, "id": "x"}, {"type": "text", "text": "Hi"}),
        (
            {"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}},
            {"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}},
        ),
        (
            {
                "type": "text",
                "text": "Hi",
                "citations": [{"type": "char_location", "cited_text": "H", "file_id": None}],
            },
            {"type": "text", "text": "Hi", "citations": [{"type": "char_location", "cited_text": "H"}]},
        ),
        (
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{DATA}"}},
            {"type": "image", "source": PNG},
        ),
        ({"type": "image_url", "image_url": "https://a.example/b"}, {"type": "image", "source": URL}),
        ({"type": "image", "base64": DATA, "mime_type": "image/png"}, {"type": "image", "source": PNG}),
        ({"type": "image", "url": "https://a.example/b"}, {"type": "image", "source": URL}),
        ({"type": "image", "file_id": "file_1"}, {"type": "image", "source": FILE}),
        (
            {"type": "image", "source_type": "base64", "data": DATA, "mime_type": "image/png"},
            {"type": "image", "source": PNG},
        ),
        ({"type": "image", "source": PNG, "index": 3}, {"type": "image", "source": PNG}),
        ({"type": "file", "base64": DATA, "mime_type": "application/pdf"}, {"type": "document", "source": PDF}),
        ({"type": "file", "base64": DATA}, {"type": "document", "source": PDF}),
        ({"type": "file", "url": "https://a.example/b"}, {"type": "document", "source": URL}),
        ({"type": "file", "source_type": "id", "id": "file_1"}, {"type": "document", "source": FILE}),
        (
            {"type": "file", "base64": DATA, "extras": {"title": "A", "citations": {"enabled": True}}},
            {"type": "document", "source": PDF, "title": "A", "citations": {"enabled": True}},
        ),
        (
            {"type": "text-plain", "text": "Hi", "title": "A"},
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Hi"}, "title": "A"},
        ),
        (
            {"type": "thinking", "thinking": "", "signature": "s", "index": 0},
            {"type": "thinking", "thinking": "", "signature": "s"},
        ),
        ({"type": "redacted_thinking", "data": "d"}, {"type": "redacted_thinking", "data": "d"}),
        (
            {"type": "reasoning", "reasoning": "Hm.", "extras": {"signature": "s"}},
            {"type": "thinking", "thinking": "Hm.", "signature": "s"},
        ),
        (
            {"type": "tool_call", "id": "a", "name": "f", "args": {"x": 1}},
            {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}},
        ),
        (
            {
                "type": "server_tool_use",
                "id": "a",
                "name": "web_search",
                "input": {},
                "partial_json": '{"q": 1}',
                "index": 1,
            },
            {"type": "server_tool_use", "id": "a", "name": "web_search", "input": {"q": 1}},
        ),
        (
            {"type": "server_tool_call", "id": "a", "name": "code_interpreter", "args": {}},
            {"type": "server_tool_use", "id": "a", "name": "code_execution", "input": {}},
        ),
        (
            {
                "type": "server_tool_call",
                "id": "a",
                "name": "remote_mcp",
                "args": {},
                "extras": {"tool_name": "t", "server_name": "s"},
            },
            {"type": "mcp_tool_use", "id": "a", "name": "t", "server_name": "s", "input": {}},
        ),
        (
            {
                "type": "server_tool_result",
                "tool_call_id": "a",
                "output": [],
                "extras": {"block_type": "web_fetch_tool_result"},
            },
            {"type": "web_fetch_tool_result", "tool_use_id": "a", "content": []},
        ),
        (
            {"type": "non_standard", "value": {"type": "compaction", "content": "x", "index": 0}},
            {"type": "compaction", "content": "x"},
        ),
        ({"type": "new_block", "deep": {"index": 1}}, {"type": "new_block", "deep": {"index": 1}}),
        ({"type": "container_upload", "file_id": "f", "index": 2}, {"type": "container_upload", "file_id": "f"}),
        (
            {"type": "reasoning", "reasoning": "", "extras": {"signature": "s", "new": 1}, "index": 0},
            {"type": "thinking", "thinking": "", "signature": "s", "new": 1},
        ),
        (
            {
                "type": "tool_call",
                "id": "a.b",
                "name": "f",
                "args": {},
                "extras": {"caller": {"type": "direct"}, "x": 1},
            },
            {"type": "tool_use", "id": tool_id("a.b"), "name": "f", "input": {}, "caller": {"type": "direct"}},
        ),
        (
            {"type": "tool_result", "tool_use_id": "a.b", "content": [{"type": "text", "text": "A", "index": 0}, " "]},
            {"type": "tool_result", "tool_use_id": tool_id("a.b"), "content": [{"type": "text", "text": "A"}]},
        ),
        (
            {"type": "text", "text": "A", "annotations": [{"type": "citation", "title": "T", "url": "https://a"}]},
            {"type": "text", "text": "A"},
        ),
        (
            {"type": "search_result", "source": "s", "title": "t", "content": []},
            {"type": "search_result", "source": "s", "title": "t", "content": []},
        ),
    ],
)
def test_dialects(part: Any, block: dict[str, Any]) -> None:
    """Each dialect's block becomes the API's."""
    assert blocks([part]) == [block]


@pytest.mark.parametrize(
    "part",
    [
        "",
        " \n",
        {"type": "text", "text": ""},
        {"type": "reasoning", "reasoning": "of another provider"},
        {"type": "input_json_delta", "partial_json": "{"},
        {"type": "invalid_tool_call", "name": "f", "args": "{", "id": "a", "error": "x"},
        {"type": "refusal", "refusal": "No."},
        {"type": "server_tool_use", "id": "a", "name": "web_search", "input": {}, "partial_json": '{"q'},
    ],
)
def test_left_out(part: Any) -> None:
    """What the API would refuse and means nothing is left out."""
    assert blocks([part]) == []


@pytest.mark.parametrize(
    ("part", "named"),
    [
        ({"type": "audio", "base64": DATA}, "audio"),
        ({"type": "video", "url": "https://a.example/b"}, "video"),
        ({"text": "no type"}, "without a type"),
        ({"type": "image"}, "base64, url, file_id"),
        ({"type": "image", "base64": DATA}, "mime_type"),
        ({"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}, "https://"),
    ],
)
def test_refused(part: dict[str, Any], named: str) -> None:
    """A block without counterpart is refused, naming what is wrong with it."""
    with pytest.raises(ConfigurationError, match=named):
        blocks([part])
