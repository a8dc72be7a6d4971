"""The life of a message: what it says, what is to be run, and how it is sent back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry.types import (
    CitationCharLocation,
    CodeExecutionResult,
    Container,
    FallbackBlock,
    Message,
    TextCitationParam,
    ToolUseBlock,
    UnknownBlock,
    UnknownCitation,
    UnknownResult,
    WebSearchToolResultError,
)
from tests.answers import message
from tests.types.params import complaints

CALL = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"x": 1}}
OTHER = CALL | {"id": "toolu_2"}
CITATION = {
    "type": "char_location",
    "cited_text": "A",
    "document_index": 0,
    "document_title": None,
    "file_id": "file_1",
    "start_char_index": 0,
    "end_char_index": 1,
}
UNTITLED = [
    {"type": "web_search_result_location", "cited_text": "A", "url": "u", "title": None, "encrypted_index": "e"},
    {
        "type": "search_result_location",
        "cited_text": "A",
        "source": "s",
        "title": None,
        "search_result_index": 0,
        "start_block_index": 0,
        "end_block_index": 1,
    },
]
ERROR = {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"}
SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
FETCHED = {
    "type": "web_fetch_tool_result",
    "tool_use_id": "srvtoolu_1",
    "content": {"type": "web_fetch_tool_result_error", "error_code": "unavailable"},
}
PROTECTED = [
    {"type": "thinking", "thinking": "", "signature": "s"},
    {"type": "redacted_thinking", "data": "d"},
    {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}, "caller": {"type": "direct"}},
    {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": ERROR, "new": None},
    {"type": "mcp_tool_use", "id": "mcptoolu_1", "name": "f", "server_name": "s", "input": {}},
    {"type": "mcp_tool_result", "tool_use_id": "mcptoolu_1", "is_error": False, "content": "x"},
    {"type": "compaction", "content": None, "encrypted_content": "e"},
    {"type": "connector_text", "text": "", "x": None},
]
ENDINGS = ("max_tokens", "model_context_window_exceeded", "refusal")


def read(*content: dict[str, Any], **fields: Any) -> Message:
    return Message.model_validate(message(*content, **fields))


def test_tool_calls() -> None:
    """All calls of an answer that stopped for them are to be run."""
    assert [call.id for call in read(CALL, OTHER, stop_reason="tool_use").tool_calls] == ["toolu_1", "toolu_2"]


@pytest.mark.parametrize("stop_reason", ENDINGS)
def test_last_call_of_a_cut_answer(stop_reason: str) -> None:
    """A call that ends a cut answer is neither to be run nor sent back; those before it are."""
    answer = read(CALL, OTHER, stop_reason=stop_reason)

    assert [call.id for call in answer.tool_calls] == ["toolu_1"]
    assert answer.to_param()["content"] == [CALL]


@pytest.mark.parametrize("stop_reason", ENDINGS)
def test_call_before_the_end_of_a_cut_answer(stop_reason: str) -> None:
    """A call that was whole before the answer was cut is to be run."""
    assert [call.id for call in read(CALL, {"type": "text", "text": "x"}, stop_reason=stop_reason).tool_calls]


def test_thinking() -> None:
    """Thinking that can be read is given a paragraph a block."""
    thoughts = [{"type": "thinking", "thinking": text, "signature": "s"} for text in ("One.", "", "Two.")]

    assert read(*thoughts).thinking == "One.\n\nTwo."


def test_citations() -> None:
    """Citations of all texts come typed and in order; a kind not known here comes whole."""
    new = {"type": "dream_location", "depth": 3}
    texts = [{"type": "text", "text": "A", "citations": [CITATION, new]}, {"type": "text", "text": "B"}]

    first, second = read(*texts, {"type": "text", "text": "C", "citations": None}).citations

    assert isinstance(first, CitationCharLocation)
    assert first.end_char_index == 1
    assert isinstance(second, UnknownCitation)
    assert second.model_dump() == new


def test_results_of_the_service() -> None:
    """Results come typed, errors as well; one in a form not known here comes whole."""
    ran = {"type": "code_execution_result", "stdout": "1", "stderr": "", "return_code": 0, "content": []}
    results = [
        {"type": "web_search_tool_result", "tool_use_id": "a", "content": ERROR},
        {"type": "code_execution_tool_result", "tool_use_id": "b", "content": ran},
        {"type": "code_execution_tool_result", "tool_use_id": "c", "content": ran | {"return_code": "0"}},
        {"type": "web_search_tool_result", "tool_use_id": "d", "content": [{"type": "new"}]},
    ]

    answer = read(*results)

    kinds = [WebSearchToolResultError, CodeExecutionResult, UnknownResult, list]
    assert [type(block.content) for block in answer.content] == kinds  # type: ignore[union-attr]
    assert answer.model_dump()["content"] == results


def test_details() -> None:
    """Caller, container and cache counts are typed."""
    answer = read(
        CALL | {"caller": {"type": "code_execution_20260120", "tool_id": "srvtoolu_1"}},
        container={"id": "container_1", "expires_at": "2026-01-01T00:00:00Z"},
        usage={"input_tokens": 1, "cache_creation": {"ephemeral_5m_input_tokens": 2}},
    )

    call = answer.content[0]
    assert isinstance(call, ToolUseBlock)
    assert call.caller is not None
    assert call.caller.tool_id == "srvtoolu_1"
    assert isinstance(answer.container, Container)
    assert answer.usage.cache_creation is not None
    assert answer.usage.cache_creation.ephemeral_5m_input_tokens == 2


def test_fallback() -> None:
    """The models of a fallback are read, and dumped under the names of the wire."""
    block = {"type": "fallback", "from": {"model": "a"}, "to": {"model": "b"}, "trigger": {"type": "refusal"}}

    answer = read(block)

    assert isinstance(answer.content[0], FallbackBlock)
    assert answer.content[0].from_.model == "a"
    for by_alias in (True, False):
        assert answer.model_dump(by_alias=by_alias)["content"] == [block]


def test_values_are_not_converted() -> None:
    """A block whose values are not of the type known here is kept as it came."""
    block = CALL | {"id": 5}

    answer = read(block)

    assert isinstance(answer.content[0], UnknownBlock)
    assert answer.model_dump()["content"] == [block]
    assert answer.tool_calls == []


def test_protected_blocks() -> None:
    """What the service refuses changed is sent back as it came."""
    assert read(*PROTECTED).to_param() == {"role": "assistant", "content": PROTECTED}


@pytest.mark.parametrize(
    ("block", "sent"),
    [
        ({"type": "text", "text": "A", "citations": None}, [{"type": "text", "text": "A"}]),
        ({"type": "text", "text": " \n"}, []),
        (CALL | {"caller": None, "toolset_name": None}, [CALL]),
        (SEARCH | {"caller": None}, [SEARCH]),
        (FOUND | {"caller": None}, [FOUND]),
        (FETCHED | {"caller": None}, [FETCHED]),
        ({"type": "invalid_tool_use", "id": "a", "name": "f", "partial_json": "{"}, []),
        ({"type": "thinking", "thinking": "Cut", "signature": ""}, []),
        ({"type": "thinking", "thinking": "Cut"}, []),
    ],
)
def test_what_is_not_sent_back(block: dict[str, Any], sent: list[dict[str, Any]]) -> None:
    """Null fields, null callers, blank texts, cut calls and unsigned thinking are left out."""
    assert read(block).to_param()["content"] == sent


@pytest.mark.parametrize("citation", [CITATION, *UNTITLED])
def test_citations_are_sent_back_without_file_id(citation: dict[str, Any]) -> None:
    """The API takes back a citation but for the id of its file; its title must be there, also when it is null."""
    sent: Any = read({"type": "text", "text": "A", "citations": [citation]}).to_param()["content"]

    kept = {name: value for name, value in citation.items() if name != "file_id"}
    assert sent == [{"type": "text", "text": "A", "citations": [kept]}]
    assert list(complaints(kept, TextCitationParam)) == []


def test_sending_back_changes_nothing() -> None:
    """The message stays as it came."""
    document = message({"type": "text", "text": "A", "citations": [CITATION]})
    answer = Message.model_validate(document)

    answer.to_param()

    assert answer.model_dump() == document


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner))
FIELDS = {name for block in PROTECTED for name in block} | {"text", "citations"}


@given(
    st.sampled_from([*PROTECTED, CALL, {"type": "text", "text": "A", "citations": [CITATION]}]),
    st.dictionaries(st.sampled_from(sorted(FIELDS - {"type"})), JSON, max_size=3),
)
def test_any_form_of_a_block_is_kept(block: dict[str, Any], changed: dict[str, Any]) -> None:
    """Whatever a block holds, the answer is read, kept whole and can be sent back."""
    document = message(block | changed)

    answer = Message.model_validate(document)

    assert answer.model_dump() == document
    assert answer.to_param()["role"] == "assistant"
