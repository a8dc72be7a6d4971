"""Streamed answers as LlamaIndex's responses."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llama_index.core.base.llms.types import (
    ChatResponse,
)

from claude_foundry._stream import MessageAccumulator, events
from claude_foundry._wire import decoded
from claude_foundry.llamaindex._content import VERBATIM
from claude_foundry.llamaindex._from_wire import (
    ResponseStream,
    chat_response,
    tool_selections,
)
from tests.llamaindex.faces import closed, finished, grown, message, opened, started
from tests.llamaindex.test__from_wire import CALL, CITED, IDS, REQUEST, TEXT, answer


def played(*stream: dict[str, Any]) -> list[ChatResponse]:
    """The responses of a stream, the last one included."""
    account, responses, seen = MessageAccumulator(), ResponseStream(REQUEST), []
    for event in stream:
        account.add(event)
        seen.append(responses.add(event))
    final = chat_response(decoded(account.snapshot() or {}, ids=IDS), request=REQUEST, delta="")
    return [*(response for response in seen if response is not None), final]


def test_stream_of_text() -> None:
    """Text grows from response to response; the last one has all the accounts and no increment."""
    responses = played(
        started(input_tokens=10, output_tokens=1),
        opened(0, {"type": "text", "text": ""}),
        grown(0, type="text_delta", text="Hel"),
        grown(0, type="text_delta", text=""),
        grown(0, type="text_delta", text="lo"),
        closed(0),
        finished(output_tokens=7),
    )
    assert [(response.delta, response.message.content) for response in responses] == [
        ("Hel", "Hel"),
        ("lo", "Hello"),
        ("", "Hello"),
    ]
    assert "usage" not in responses[0].raw
    assert (responses[-1].additional_kwargs["prompt_tokens"], responses[-1].raw["usage"]["completion_tokens"]) == (
        10,
        7,
    )


def test_stream_of_thinking() -> None:
    """Reasoning is told beside the message, never as text, and ends with its signature."""
    responses = played(
        started(),
        opened(0, {"type": "thinking", "thinking": "", "signature": ""}),
        grown(0, type="thinking_delta", thinking="be"),
        grown(0, type="thinking_delta", thinking="cause"),
        grown(0, type="signature_delta", signature="s"),
        closed(0),
        opened(1, TEXT),
        closed(1),
        finished(),
    )
    assert [response.additional_kwargs.get("thinking_delta") for response in responses[:3]] == ["be", "cause", None]
    assert [response.delta for response in responses] == ["", "", "Hello", ""]
    assert responses[2].message.blocks[0].additional_information == {"signature": "s"}


def test_stream_of_calls() -> None:
    """Calls appear at once, grow with their arguments, and are told where LlamaIndex's programs look for them."""
    responses = played(
        started(),
        opened(0, {**CALL, "input": {}}),
        grown(0, type="input_json_delta", partial_json=""),
        grown(0, type="input_json_delta", partial_json='{"a": 1,'),
        grown(0, type="input_json_delta", partial_json=' "b": "x'),
        grown(0, type="input_json_delta", partial_json='y"}'),
        closed(0),
        opened(1, {"type": "tool_use", "id": "toolu_2", "name": "now", "input": {}}),
        closed(1),
        finished("tool_use"),
    )
    seen = [[(call.tool_name, call.tool_kwargs) for call in tool_selections(response)] for response in responses]
    grown_call = ("my tool", {"a": 1, "b": "xy"})
    assert seen == [
        [("my tool", {})],
        [("my tool", {"a": 1})],
        [("my tool", {"a": 1, "b": "x"})],
        [grown_call],
        [grown_call, ("now", {})],
        [grown_call, ("now", {})],
    ]
    assert responses[0].message.additional_kwargs == {"tool_calls": [{"id": "toolu_1", "name": "my tool", "input": {}}]}
    assert responses[-1].message.additional_kwargs == {}


def test_stream_of_a_call_that_came_whole() -> None:
    """A call whose arguments came with its start has them."""
    responses = played(started(), opened(0, CALL), closed(0), finished("tool_use"))
    assert [tool_selections(response)[0].tool_kwargs for response in responses] == [{"a": 1}, {"a": 1}]


@pytest.mark.parametrize("stop", [[closed(0)], []], ids=["closed", "open"])
def test_stream_of_a_cut_call(stop: list[dict[str, Any]]) -> None:
    """A call that was cut is not in the last message, and is told as incomplete."""
    responses = played(
        started(),
        opened(0, {**CALL, "input": {}}),
        grown(0, type="input_json_delta", partial_json='{"a": 1'),
        *stop,
        finished("max_tokens"),
    )
    assert tool_selections(responses[-1]) == []
    [told] = responses[-1].additional_kwargs["incomplete_tool_calls"]
    assert told == {"id": "toolu_1", "name": "my tool", "partial_json": '{"a": 1'}


def test_stream_of_arguments_that_are_no_json() -> None:
    """Arguments that are not JSON show nothing on the way, and make the call incomplete."""
    responses = played(
        started(),
        opened(0, {**CALL, "input": {}}),
        grown(0, type="input_json_delta", partial_json="a = 1"),
        closed(0),
        finished("tool_use"),
    )
    assert [len(tool_selections(response)) for response in responses] == [1, 0, 0]
    assert responses[-1].additional_kwargs["incomplete_tool_calls"][0]["partial_json"] == "a = 1"


def test_interleaved_blocks_are_kept_apart() -> None:
    """Deltas go to the block of their index, in whatever order they come."""
    responses = played(
        started(),
        opened(0, {**CALL, "input": {}}),
        opened(1, {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}),
        grown(1, type="input_json_delta", partial_json='{"query": "q"}'),
        grown(0, type="input_json_delta", partial_json='{"a": 2}'),
        closed(1),
        closed(0),
        finished("tool_use"),
    )
    assert tool_selections(responses[-1])[0].tool_kwargs == {"a": 2}
    assert responses[-1].message.blocks[1].additional_information[VERBATIM]["input"] == {"query": "q"}


def test_unknown_events_and_deltas_are_passed_over() -> None:
    """Events, blocks and deltas of later versions disturb nothing, and unknown blocks are kept."""
    responses = played(
        started(),
        {"type": "ping"},
        {"type": "news"},
        opened(0, {"type": "text", "text": ""}),
        grown(0, type="sparkle_delta", sparkle="x"),
        grown(0, type="text_delta", text="Hello"),
        closed(0),
        opened(1, {"type": "sparkle", "shape": "star"}),
        closed(1),
        finished(),
    )
    assert [response.delta for response in responses] == ["Hello", ""]
    assert responses[-1].message.blocks[1].additional_information[VERBATIM] == {"type": "sparkle", "shape": "star"}


def test_turn_that_is_taken_up_again() -> None:
    """Blocks that come whole with the start of the message are shown at once."""
    start = started()
    start["message"]["content"] = [TEXT, {"type": "redacted_thinking", "data": "x"}, TEXT, CALL]
    [first, last] = played(start, finished("tool_use"))
    assert first.delta == "Hello\nHello" == last.message.content
    assert first.message.blocks == last.message.blocks


def test_parts_of_a_paused_turn() -> None:
    """The blocks of a second stream go on where those of the first ended, and text adds up over both."""
    stream, told = ResponseStream(REQUEST), ""
    for text in ("Hel", "lo"):
        for event in (opened(0, {"type": "text", "text": ""}), grown(0, type="text_delta", text=text), closed(0)):
            if (response := stream.add(event)) is not None:
                told += response.delta or ""
                assert told == response.message.content
        stream.next_part()
    assert told == "Hello"


def test_parts_whose_indexes_have_holes() -> None:
    """Text adds up over the parts of a paused turn whose indexes have holes, as the blocks follow each other."""
    stream, told = ResponseStream(REQUEST), ""
    for texts in ({0: "a", 2: "b", 4: "c"}, {0: "d", 1: "e", 2: "f"}):
        for index, text in texts.items():
            stream.add(opened(index, {"type": "text", "text": ""}))
            response = stream.add(grown(index, type="text_delta", text=text))
            told += text
            assert response is not None
            assert response.message.content == told
        stream.next_part()
    assert told == "abcdef"


def test_kept_responses_do_not_change() -> None:
    """Responses that a caller keeps stay as they were when later ones come."""
    responses = played(
        started(),
        opened(0, {"type": "text", "text": ""}),
        *(grown(0, type="text_delta", text=letter) for letter in "abc"),
        finished(),
    )
    assert [response.message.content for response in responses] == ["a", "ab", "abc", "abc"]


def test_long_arguments_are_read_in_proportion() -> None:
    """A call of many small deltas gives responses by growth, not one a delta, and ends exact."""
    arguments = json.dumps({"text": "word " * 2000})
    pieces = [arguments[at : at + 10] for at in range(0, len(arguments), 10)]
    deltas = [grown(0, type="input_json_delta", partial_json=piece) for piece in pieces]
    responses = played(started(), opened(0, {**CALL, "input": {}}), *deltas, closed(0), finished("tool_use"))
    assert len(pieces) > 1000
    assert 20 < len(responses) < 150
    assert tool_selections(responses[-2])[0].tool_kwargs == json.loads(arguments)


TEXTS = st.text(alphabet="ab \n", max_size=6)
CONTENT = st.lists(
    st.one_of(
        st.builds(lambda text: {"type": "text", "text": text}, TEXTS),
        st.builds(lambda text: {"type": "thinking", "thinking": text, "signature": "s"}, TEXTS),
        st.builds(lambda name, text: {**CALL, "name": name, "input": {"x": text}}, st.sampled_from(["f", "g"]), TEXTS),
        st.just({"type": "redacted_thinking", "data": "x"}),
        st.just({**TEXT, "citations": [CITED]}),
    ),
    max_size=6,
)


@pytest.mark.filterwarnings("ignore:The answer ended at max_tokens")
@given(CONTENT, st.sampled_from(["end_turn", "max_tokens"]))
def test_stream_and_whole_answer_agree(content: list[dict[str, Any]], reason: str) -> None:
    """The last response of a stream is that of the whole answer, and the deltas add up to the text at any moment."""
    body = message(*content, stop_reason=reason)
    responses = played(*events(body, split=list))
    told = ""
    for response in responses:
        told += response.delta or ""
        assert told == (response.message.content or "")
    assert responses[-1].message == answer(*content, stop_reason=reason).message


def test_calls_that_come_whole_before_other_blocks() -> None:
    """A call among the blocks that a turn begins with is shown, whatever follows it."""
    searched = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
    start = started()
    start["message"]["content"] = [CALL, searched]
    response = ResponseStream(REQUEST).add(start)
    assert response is not None
    assert [call.tool_name for call in tool_selections(response)] == ["my tool"]
