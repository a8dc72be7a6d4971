"""The calls of a stream as LangChain's chunks, and what they gather to."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import message_chunk_to_message, messages_from_dict, messages_to_dict

from claude_foundry._refusal import ids
from claude_foundry._sse import encode
from claude_foundry._stream import MessageAccumulator, events
from claude_foundry._wire import decoded
from claude_foundry.langchain._chunk_reader import ChunkReader
from claude_foundry.langchain._from_wire import message
from claude_foundry.langchain._to_wire import split
from tests.answers import IDS, pieces_of
from tests.answers import message as document
from tests.answers import streamed as stream_of
from tests.langchain.test__from_wire import USE, identifiers, streamed, whole_of, without_index
from tests.langchain.ways import agathered, gathered, model
from tests.shells import Script

TEXT = {"type": "text", "text": "So."}
CALLED = {**USE, "caller": {"type": "code_execution_20250825", "tool_id": "srvtoolu_1"}}
GATHERED = {
    "sum": lambda chunk: chunk,
    "message": message_chunk_to_message,
    "dict": lambda chunk: messages_from_dict(messages_to_dict([chunk]))[0],
}


def start(index: int = 0, **fields: Any) -> Any:
    block = {**USE, "id": f"toolu_{index + 1}", "input": {}, **fields}
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: int, **fields: Any) -> Any:
    return {"type": "content_block_delta", "index": index, "delta": {"type": "input_json_delta", **fields}}


def stop(index: int = 0) -> Any:
    return {"type": "content_block_stop", "index": index}


def ending(reason: str | None) -> list[Any]:
    told = {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {}}
    return [*([told] if reason else []), {"type": "message_stop"}]


def stream(*inside: Any, reason: str | None = "tool_use") -> list[Any]:
    return [next(events(document())), *inside, *ending(reason)]


def account(stream: list[Any]) -> Any:
    """Gives the message of what the core makes of a stream."""
    accumulator = MessageAccumulator()
    for event in stream:
        accumulator.add(event)
    return message(decoded(accumulator.snapshot() or {}, ids=ids(IDS)))


WHOLE = [start(0), delta(0, partial_json='{"a": 1}'), stop(0)]
CUT = [start(1), delta(1, partial_json='{"path": "/data/tm')]
CUTS = {
    "limit": stream(*WHOLE, *CUT, stop(1), reason="max_tokens"),
    "limit, open": stream(*WHOLE, *CUT, reason="max_tokens"),
    "looks whole": stream(*WHOLE, start(1), stop(1), reason="refusal"),
    "no JSON": stream(*WHOLE, *CUT, stop(1)),
    "open": stream(*WHOLE, *CUT, reason=None),
    "no JSON, in front": stream(*CUT, stop(1), start(2), delta(2, partial_json="{}"), stop(2)),
    "alone": stream(start(1), delta(1, partial_json='{"a'), reason="max_tokens"),
}
cuts = pytest.mark.parametrize("cut", list(CUTS.values()), ids=list(CUTS))


@cuts
@pytest.mark.parametrize("form", list(GATHERED.values()), ids=list(GATHERED))
def test_cut_call_is_invalid_and_nothing_else(cut: list[Any], form: Any) -> None:
    """A call that was cut stands in the invalid calls of a gathered stream and nowhere else, as in a whole answer."""
    answer = account(cut)

    made = form(streamed(cut))

    assert made.tool_calls == answer.tool_calls
    assert identifiers(made.invalid_tool_calls) == identifiers(answer.invalid_tool_calls) == ["toolu_2"]
    assert without_index(made.content_blocks) == answer.content_blocks
    assert without_index(made.content) == answer.content
    assert split([made]) == split([answer])


@cuts
@pytest.mark.parametrize("version", ["v0", "v1"])
async def test_cut_call_in_what_handlers_are_told(cut: list[Any], version: Any) -> None:
    """Nor has the message that langchain-core itself makes of a stream a cut call that could be run."""
    answer = account(cut)
    llm = model(Script(stream_of([encode(event) for event in cut])), output_version=version)

    ended = [event async for event in llm.astream_events("Hi", version="v2") if event["event"] == "on_chat_model_end"]

    made: Any = ended[0]["data"]["output"]
    assert made.tool_calls == answer.tool_calls
    called = [block for block in made.content_blocks if block["type"] == "tool_call"]
    assert [block["args"] for block in called] == [call["args"] for call in answer.tool_calls]


def chunks(*inside: Any) -> list[Any]:
    reader = ChunkReader()
    begun = [next(events(document())), *inside]
    return [chunk.message for event in begun for chunk in reader.feed(event)]


def test_arguments_while_they_come() -> None:
    """Each chunk of a call's arguments has them as a standard block too, named by the first."""
    first, *rest = [block for chunk in chunks(*WHOLE[:2]) for block in chunk.content_blocks]

    assert (first["type"], first["name"], first["id"]) == ("tool_call_chunk", "f", "toolu_1")
    assert [(block["type"], block["args"]) for block in rest] == [("tool_call_chunk", '{"a": 1}')]


def test_call_is_told_as_whole_once_it_is_known() -> None:
    """The block of a call comes when a later block begins: before it, a limit may have cut the call."""
    assert [chunk.content for chunk in chunks(*WHOLE)] == [[], []]
    assert chunks(*WHOLE, start(1))[2].content == [{**USE, "input": {"a": 1}, "index": 0}]


@pytest.mark.parametrize("content", [[TEXT, USE, TEXT], [USE, TEXT, CALLED | {"id": "toolu_2"}, TEXT], [CALLED]])
def test_order_of_blocks(content: list[dict[str, Any]]) -> None:
    """Calls and what is said between them gather in the order of the answer, each call with its caller."""
    answer = document(*content)

    made = streamed(list(events(answer, split=list)))

    assert without_index(made.content) == content
    assert split([made]) == split([whole_of(answer)])


@pytest.mark.parametrize("ask", [gathered, agathered])
def test_caller_in_standard_blocks(ask: Any) -> None:
    """Who called stands beside a call in a stream of standard blocks, which goes back as it came."""
    pieces = pieces_of(document(TEXT, CALLED, stop_reason="tool_use"))

    made = ask(model(Script(stream_of(pieces)), output_version="v1"), "Hi")

    assert made.content_blocks[1]["extras"] == {"caller": CALLED["caller"]}
    assert split([made])[1][0]["content"] == [TEXT, CALLED]


CHANGES = {
    "input at the start, and arguments": [start(input={"z": 1}), delta(0, partial_json='{"p": 1}')],
    "input at the start": [start(input={"z": 1})],
    "input of an unknown delta": [start(), delta(0, type="input_delta", input={"p": 1})],
    "arguments of an unknown delta": [start(), delta(0, type="x", partial_json='{"p": 1}')],
    "further field": [start(), delta(0, type="x", caller={"type": "direct"}), delta(0, partial_json='{"p": 1}')],
}


@pytest.mark.parametrize("changes", list(CHANGES.values()), ids=list(CHANGES))
def test_arguments_are_those_of_the_whole_answer(changes: list[Any]) -> None:
    """However the arguments of a call come, a stream runs no others than a whole answer does."""
    came = stream(*changes, stop())

    made, answer = streamed(came), account(came)

    assert made.tool_calls == answer.tool_calls != []
    assert without_index(made.content_blocks) == answer.content_blocks
    assert split([made]) == split([answer])


@pytest.mark.parametrize("field", ["id", "name"])
@pytest.mark.parametrize("reason", ["tool_use", "max_tokens"])
def test_call_that_becomes_another(field: str, reason: str) -> None:
    """A call that is no more the one whose arguments were handed on is an invalid one."""
    made = streamed(
        stream(start(), delta(0, partial_json="{}"), delta(0, type="x", **{field: "b"}), stop(), reason=reason)
    )

    assert (made.tool_calls, made.content) == ([], [])
    assert identifiers(made.invalid_tool_calls) == ["toolu_1"]


DELTAS = st.sampled_from(
    [
        *[{"partial_json": text} for text in ("", '{"a": 1}', '{"a"', ": 2}", "{}")],
        *[{"type": "x", "input": given} for given in ({}, {"b": 1}, {"c": [1]})],
        *[{"type": "x", "partial_json": text} for text in ("", "{}", '{"d"')],
        *[{"type": "x", **fields} for fields in ({"id": "other"}, {"name": "g"}, {"note": "a"})],
    ]
)


@given(st.lists(DELTAS, max_size=4), st.booleans(), st.sampled_from(["tool_use", "max_tokens"]))
def test_no_call_but_those_of_the_whole_answer(given: list[Any], ended: bool, reason: str) -> None:
    """Whatever changes a call on its way, a stream has it as a whole answer has it, or has no call."""
    came = stream(start(input={"z": 1}), *(delta(0, **fields) for fields in given), *([stop()] if ended else []))

    made, answer = streamed(came), account(came)

    assert made.tool_calls in ([], answer.tool_calls)
    assert len(made.tool_calls) + len(made.invalid_tool_calls) == 1
    assert len(made.content) == len(made.tool_calls)


INTERLEAVED = [start(0), start(1), delta(0, partial_json="{}"), delta(1, partial_json="{}"), stop(1), stop(0)]
BACKWARDS = [start(1), stop(1), start(0), stop(0)]


@pytest.mark.parametrize("came", [INTERLEAVED, BACKWARDS], ids=["interleaved", "backwards"])
@pytest.mark.parametrize("reason", ["tool_use", "max_tokens", "refusal"])
def test_calls_in_any_order(came: list[Any], reason: str) -> None:
    """The last call is the one of the highest index, in whatever order the blocks come."""
    made, answer = streamed(stream(*came, reason=reason)), account(stream(*came, reason=reason))

    assert sorted(identifiers(made.tool_calls)) == identifiers(answer.tool_calls)
    assert identifiers(made.invalid_tool_calls) == identifiers(answer.invalid_tool_calls)
    assert without_index(made.content) == answer.content


def test_calls_of_one_id() -> None:
    """A cut call that has the id of a whole one does not take it along."""
    came = stream(*WHOLE, start(1, id="toolu_1"), delta(1, partial_json='{"a'), stop(1))

    made = streamed(came)

    assert [call["args"] for call in made.tool_calls] == [{"a": 1}]
    assert len(made.invalid_tool_calls) == 1
