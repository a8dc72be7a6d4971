"""Whole answers as LlamaIndex's responses."""

from typing import Any

import pytest
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    CitationBlock,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)
from llama_index.core.callbacks.token_counting import get_tokens_from_response

from claude_foundry._wire import decoded
from claude_foundry.llamaindex._content import VERBATIM
from claude_foundry.llamaindex._from_wire import (
    chat_response,
    completion,
    tool_selections,
    with_one_call,
)
from claude_foundry.llamaindex._to_wire import Request
from tests.llamaindex.faces import message

IDS = {"request_id": "req_1", "apim_request_id": "apim_1"}
REQUEST = Request(fields={"model": "my-deployment"}, names={"my_tool": "my tool"})
TEXT = {"type": "text", "text": "Hello"}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "my_tool", "input": {"a": 1}}
CITED = {"type": "char_location", "cited_text": "q", "document_index": 2, "document_title": None, "start_char_index": 1}


def answer(*content: dict[str, Any], **fields: Any) -> ChatResponse:
    return chat_response(decoded(message(*content, **fields), ids=IDS), request=REQUEST)


def test_text() -> None:
    """Text is one block; the response tells tokens, cost, the stop reason, both ids, retries and the deployment."""
    response = answer(TEXT)
    assert response.message == ChatMessage(role="assistant", content="Hello")
    assert response.additional_kwargs == {
        "prompt_tokens": 110,
        "completion_tokens": 5,
        "total_tokens": 115,
        "cache_read_input_tokens": 100,
        "stop_reason": "end_turn",
        "retries_taken": 0,
        "deployment": "my-deployment",
        "cost_usd": pytest.approx((10 * 1 + 100 * 0.1 + 5 * 5) / 1_000_000),
        **IDS,
    }


def test_raw_is_a_plain_dict_that_token_counters_read() -> None:
    """``raw`` is the API's message, with its own counts untouched and the inclusive ones beside them."""
    response = answer(TEXT)
    assert isinstance(response.raw, dict)
    assert response.raw["usage"] == {
        "input_tokens": 10,
        "output_tokens": 5,
        "cache_read_input_tokens": 100,
        "prompt_tokens": 110,
        "completion_tokens": 5,
        "total_tokens": 115,
    }
    assert get_tokens_from_response(response) == (110, 5)


def test_answer_without_content() -> None:
    """An empty answer is legal and gives an empty message."""
    response = answer(stop_reason="refusal", usage={})
    assert response.message.blocks == []
    assert completion(response).text == ""
    assert response.additional_kwargs["stop_reason"] == "refusal"


def test_texts_that_citations_set_apart_are_one() -> None:
    """Adjacent texts are one block, followed by what they cite."""
    cited = {"type": "text", "text": "grass is green", "citations": [CITED]}
    blocks = answer({"type": "text", "text": "The "}, cited, {"type": "text", "text": "."}).message.blocks
    assert blocks[0] == TextBlock(text="The grass is green.")
    assert blocks[1:-1] == [
        CitationBlock(
            cited_content="q",
            source="document 2",
            title="document 2",
            additional_location_info={"document_index": 2, "start_char_index": 1},
        )
    ]


@pytest.mark.parametrize(
    ("citation", "source", "title"),
    [
        ({"type": "page_location", "document_index": 0, "document_title": "D"}, "D", "D"),
        ({"type": "content_block_location", "document_index": 0, "document_title": None}, "document 0", "document 0"),
        ({"type": "search_result_location", "source": "S", "title": "T", "search_result_index": 0}, "S", "T"),
        ({"type": "web_search_result_location", "url": "https://a", "title": None}, "https://a", "https://a"),
    ],
)
def test_citations_of_every_kind(citation: dict[str, Any], source: str, title: str) -> None:
    """Each kind of citation names its source and a title."""
    block = answer({**TEXT, "citations": [{"cited_text": "q", **citation}]}).message.blocks[1]
    assert (block.source, block.title) == (source, title)


def test_thinking_keeps_its_signature() -> None:
    """Reasoning carries its signature, also when its text is not shown."""
    thought = {"type": "thinking", "thinking": "", "signature": "s"}
    assert answer(thought, TEXT).message.blocks[0] == ThinkingBlock(
        content="", additional_information={"signature": "s"}
    )


def test_block_without_class_is_carried() -> None:
    """A block that LlamaIndex has no class for is carried in its place, and is no part of the text."""
    block = {"type": "redacted_thinking", "data": "x"}
    response = answer(TEXT, block, TEXT)
    assert response.message.blocks[1] == ThinkingBlock(additional_information={VERBATIM: block})
    assert response.message.content == "Hello\nHello"


def test_call_under_the_tools_own_name() -> None:
    """A call comes back under the name that the tool has in LlamaIndex."""
    [selection] = tool_selections(answer(CALL))
    assert (selection.tool_id, selection.tool_name, selection.tool_kwargs) == ("toolu_1", "my tool", {"a": 1})


def test_call_made_by_a_program_is_carried_whole() -> None:
    """A call with more than a name and arguments is kept whole beside its block."""
    caller = {"type": "code_execution_20260120", "tool_id": "srvtoolu_1"}
    carrier, call = answer({**CALL, "caller": caller, "toolset_name": None}).message.blocks
    # The API refuses such a field in a request when it is null.
    assert carrier.additional_information[VERBATIM] == {**CALL, "caller": caller}
    assert isinstance(call, ToolCallBlock)
    assert len(answer({**CALL, "caller": {"type": "direct"}}).message.blocks) == 1


@pytest.mark.parametrize("reason", ["max_tokens", "model_context_window_exceeded", "refusal"])
def test_call_that_ends_a_cut_answer_is_not_handed_on(reason: str) -> None:
    """The last call of a cut answer is told as incomplete; calls before it stay."""
    cut = {**CALL, "id": "toolu_2", "input": {}}
    response = answer(TEXT, CALL, cut, stop_reason=reason)
    assert [call.tool_id for call in tool_selections(response)] == ["toolu_1"]
    [told] = response.additional_kwargs["incomplete_tool_calls"]
    assert told == {"id": "toolu_2", "name": "my tool", "partial_json": "{}"}


def test_message_survives_json() -> None:
    """A message with everything in it is the same after JSON, as memory and workflows store it."""
    thought = {"type": "thinking", "thinking": "t", "signature": "s"}
    search = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}}
    sent = answer(thought, search, {**TEXT, "citations": [CITED]}, CALL).message
    assert ChatMessage.model_validate_json(sent.model_dump_json()) == sent


def test_half_written_arguments_never_fail() -> None:
    """Calls are read from blocks with a dict, with half a JSON text, with none and with nonsense."""
    blocks = [ToolCallBlock(tool_name="add", tool_kwargs=given) for given in ({"a": 1}, '{"a": "x', "", "[", "3")]
    response = ChatResponse(message=ChatMessage(role="assistant", blocks=blocks))
    assert [call.tool_kwargs for call in tool_selections(response)] == [{"a": 1}, {"a": "x"}, {}, {}, {}]


def test_one_call_of_several() -> None:
    """Where one call is allowed the first stays, with everything else in its place."""
    response = answer(TEXT, CALL, {**CALL, "id": "toolu_2"})
    kept = with_one_call(response)
    assert [block.block_type for block in kept.message.blocks] == ["text", "tool_call"]
    assert len(response.message.blocks) == 3


def test_answer_that_is_nothing_but_thinking() -> None:
    """An answer that ends at its limit before a word was said is told of: agents would take it for empty."""
    thought = {"type": "thinking", "thinking": "hm", "signature": "s"}
    with pytest.warns(UserWarning, match="raise max_tokens"):
        answer(thought, stop_reason="max_tokens")
    answer(thought, TEXT, stop_reason="max_tokens")
    answer(thought)


def test_cost_of_an_unknown_model() -> None:
    """Where no price is known no cost is told."""
    assert "cost_usd" not in answer(TEXT, model="own-name").additional_kwargs
