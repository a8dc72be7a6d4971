"""Calls that were cut, or whose arguments are no object, in LangChain's messages, whole and streamed."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from claude_foundry._arguments import exact_arguments
from claude_foundry._refusal import ids
from claude_foundry._stream import events
from claude_foundry._wire import decoded
from claude_foundry.langchain._from_wire import message
from tests.answers import IDS
from tests.answers import message as document
from tests.langchain.test__from_wire import USE, identifiers, streamed, whole_of


@pytest.mark.parametrize("arguments", [{}, {"a": 1}])
@pytest.mark.parametrize("reason", ["max_tokens", "model_context_window_exceeded", "refusal"])
def test_last_call_of_an_answer_that_was_ended(reason: str, arguments: dict[str, Any]) -> None:
    """A call at the end of an answer that a limit or a refusal ended may lack arguments: it is no call in any form."""
    answer = document(USE, {**USE, "id": "toolu_2", "input": arguments}, stop_reason=reason)

    for made in (whole_of(answer), streamed(list(events(answer, split=list)))):
        assert identifiers(made.tool_calls) == ["toolu_1"]
        assert identifiers(made.invalid_tool_calls) == ["toolu_2"]
        assert [json.loads(call["args"]) for call in made.response_metadata["invalid_tool_calls"]] == [arguments]


def test_cut_call_of_an_answer_that_was_streamed_below() -> None:
    """A call that was cut in a whole answer is an invalid call, with what had come of its arguments."""
    cut = {"type": "invalid_tool_use", "id": "toolu_1", "name": "f", "partial_json": '{"pa'}

    answer = message(decoded(document(cut, stop_reason="max_tokens"), ids=ids(IDS)))

    assert answer.tool_calls == []
    assert [(call["id"], call["args"]) for call in answer.invalid_tool_calls] == [("toolu_1", '{"pa')]


@given(st.text(alphabet='{}[]",:a1\\ ', max_size=20))
@example('{"a": NaN}')
@example('{"a": 1e999}')
def test_arguments_that_are_no_object(text: str) -> None:
    """Arguments that are no object of JSON make an invalid call and never a call; the metadata tell them exactly."""
    start = {"type": "content_block_start", "index": 0, "content_block": {**USE, "input": {}}}
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": text}}
    ends = [{"type": "content_block_stop", "index": 0}, *list(events(document(stop_reason="tool_use")))[-2:]]

    gathered = streamed([next(events(document())), start, delta, *ends])

    if exact_arguments(text) is None:
        told = gathered.response_metadata["invalid_tool_calls"]
        assert gathered.tool_calls == []
        assert identifiers(gathered.invalid_tool_calls) == identifiers(told) == ["toolu_1"]
        assert told[0]["args"] == text
    else:
        assert "invalid_tool_calls" not in gathered.response_metadata
        assert [call["args"] for call in gathered.tool_calls] == [exact_arguments(text)]
