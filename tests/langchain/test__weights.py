"""What an estimate counts of the blocks of messages."""

import base64
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from tests.langchain.ways import model

LETTERS = "A" * 200_000
TEXT = base64.b64encode(b"word " * 660).decode()


def estimated(*messages: BaseMessage) -> int:
    return model().estimate_num_tokens(list(messages))


@pytest.mark.parametrize(
    "part",
    [
        {"type": "file", "base64": LETTERS, "mime_type": "application/pdf"},
        {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{LETTERS}"}},
        {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": LETTERS}},
    ],
)
def test_documents(part: dict[str, Any]) -> None:
    """A document takes what its pages take, four of this size, wherever it stands, and not the length of its data."""
    in_result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [part]}

    counts = [
        estimated(HumanMessage([part])),
        estimated(ToolMessage([part], tool_call_id="toolu_1")),
        estimated(HumanMessage([in_result])),
    ]

    assert all(4 * 3200 <= count < 4 * 3200 + 20 for count in counts)


@pytest.mark.parametrize(
    "part",
    [
        {"type": "file", "base64": TEXT, "mime_type": "text/plain"},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "word " * 660}},
        {"type": "text-plain", "text": "word " * 660},
        {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "word " * 660}]}},
    ],
)
def test_texts(part: dict[str, Any]) -> None:
    """A text document takes what its text takes."""
    assert 1000 <= estimated(HumanMessage([part])) < 1020


def test_documents_elsewhere() -> None:
    """A document by its URL or id counts as one page, of which no size is known."""
    for part in ({"type": "file", "url": "https://a.example/b.pdf"}, {"type": "file", "file_id": "file_1"}):
        assert 3200 <= estimated(HumanMessage([part])) < 3220


@pytest.mark.parametrize(
    "part",
    [
        {"type": "thinking", "thinking": "So.", "signature": LETTERS},
        {"type": "redacted_thinking", "data": LETTERS},
        {"type": "web_search_tool_result", "content": [{"title": "A", "encrypted_content": LETTERS}]},
        {"type": "reasoning", "reasoning": "So.", "extras": {"signature": LETTERS}},
        {"type": "text", "text": "So.", "citations": [{"cited_text": "a", "encrypted_index": LETTERS}]},
    ],
)
def test_seals(part: dict[str, Any]) -> None:
    """Signatures and encrypted contents are no text, and the caller's message stays as it was."""
    message = AIMessage([part])

    assert estimated(message) < 100
    assert LETTERS in str(message.content)
