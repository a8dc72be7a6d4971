"""The chunks of a stream added up as langchain-core does it, and in fewer steps."""

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.load import dumpd
from langchain_core.messages import HumanMessage, HumanMessageChunk
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.outputs.chat_generation import merge_chat_generation_chunks

from claude_foundry._stream import MessageAccumulator, events
from claude_foundry.langchain._chunk_reader import ChunkReader
from claude_foundry.langchain._chunks import delta, recast, validated
from claude_foundry.langchain._gathering import Opening, joined
from claude_foundry.types import Message
from tests.langchain import generated
from tests.langchain.ways import answers, gathered, model
from tests.shells import Script


def chunks(answer: dict[str, Any], *, size: int) -> list[ChatGenerationChunk]:
    """Gives the chunks of an answer that came in deltas of that size."""
    reader, accumulator = ChunkReader(), MessageAccumulator()
    given: list[ChatGenerationChunk] = []
    for event in events(answer, split=generated.pieces(size)):
        accumulator.add(event)
        given += reader.feed(event)
    return [*given, *reader.finish(Message.model_validate(accumulator.snapshot()))]


def plain(stream: list[ChatGenerationChunk]) -> list[ChatGenerationChunk]:
    return [ChatGenerationChunk(message=chunk.message) for chunk in stream]


@given(generated.answers(), st.integers(1, 5))
def test_same_sum(answer: dict[str, Any], size: int) -> None:
    """Whatever a stream holds, its chunks add up to what langchain-core's own addition makes of them."""
    stream = chunks(answer, size=size)
    before = copy.deepcopy(stream)

    total = merge_chat_generation_chunks(stream)

    assert isinstance(stream[0], Opening) or len(stream) == 1
    assert total == merge_chat_generation_chunks(plain(stream))
    assert stream == before


@given(generated.answers(), st.integers(1, 5))
def test_same_sum_of_standard_content(answer: dict[str, Any], size: int) -> None:
    """So do chunks whose content langchain-core has replaced by its standard blocks."""
    stream = chunks(answer, size=size)
    for chunk in stream:
        chunk.message.content = chunk.message.content_blocks
        chunk.message.response_metadata = {**chunk.message.response_metadata, "output_version": "v1"}

    assert merge_chat_generation_chunks(stream) == merge_chat_generation_chunks(plain(stream))


def text(part: str, *, index: int = 0, identifier: str = "msg_1") -> ChatGenerationChunk:
    return delta({"type": "text", "text": part, "index": index}, identifier=identifier)


def arguments(part: str, *, index: int = 1) -> ChatGenerationChunk:
    return delta(None, identifier="msg_1", call=tool_call_chunk(args=part, index=index))


def test_runs() -> None:
    """A run of deltas of one block becomes one chunk; another block or another kind begins the next."""
    thought = delta({"type": "thinking", "thinking": "c", "index": 0}, identifier="msg_1")
    run = [text("a"), text("b"), thought, arguments('{"a'), arguments('": 1}'), arguments("{}", index=2), text("d")]

    fewer = list(joined(run))

    assert [(*chunk.message.content, *chunk.message.tool_call_chunks) for chunk in fewer] == [
        ({"type": "text", "text": "ab", "index": 0},),
        ({"type": "thinking", "thinking": "c", "index": 0},),
        (tool_call_chunk(args='{"a": 1}', index=1),),
        (tool_call_chunk(args="{}", index=2),),
        ({"type": "text", "text": "d", "index": 0},),
    ]


def extended(**fields: Any) -> ChatGenerationChunk:
    chunk = text("b")
    for name, value in fields.items():
        setattr(chunk.message, name, value)
    return chunk


@pytest.mark.parametrize(
    "chunk",
    [
        extended(additional_kwargs={"a": "b"}),
        extended(usage_metadata={"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}),
        extended(chunk_position="last"),
        extended(response_metadata={"model_provider": "anthropic", "more": "x"}),
        extended(content="b"),
        extended(content=[]),
        extended(content=[{"type": "text", "text": "b", "index": 0, "more": 1}]),
        extended(tool_call_chunks=[tool_call_chunk(args="b", index=0)]),
        text("b", identifier="msg_2"),
        ChatGenerationChunk(message=text("b").message, generation_info={"a": "b"}),
    ],
)
def test_what_stands_alone(chunk: ChatGenerationChunk) -> None:
    """A chunk that somebody has added to is joined with none, and nothing of it is lost."""
    run = [text("a"), chunk, text("c")]

    assert list(joined(run)) == run
    opening = Opening(message=text("").message)
    assert opening + run == ChatGenerationChunk(message=text("").message) + run


def test_other_messages() -> None:
    """Chunks of other messages than an assistant's are left as they are."""
    run = [ChatGenerationChunk(message=HumanMessageChunk("a"))] * 2

    assert list(joined(run)) == run


def test_opening() -> None:
    """The first chunk adds one chunk too, is written like any chunk, and survives pickle and copies."""
    opening = Opening(message=text("a").message)

    assert recast(text("a"), Opening) == opening
    assert opening + text("b") == text("a") + text("b")
    assert dumpd(opening) == dumpd(text("a"))
    assert pickle.loads(pickle.dumps(opening)) == copy.deepcopy(opening) == opening
    with pytest.raises(TypeError, match="unsupported operand"):
        opening.__add__([HumanMessage("a")])


def test_a_call_of_the_model() -> None:
    """What a tracer is told of a stream is one plain generation of the whole answer."""
    told: list[Any] = []

    class Tracer(BaseCallbackHandler):
        def on_llm_end(self, response: Any, **_: Any) -> None:
            told.extend(response.generations[0])

    service = Script(answers(gathered, {"type": "text", "text": "one two three"}))
    list(model(service, callbacks=[Tracer()]).stream("Hello"))

    assert [type(generation) for generation in told] == [ChatGenerationChunk]
    assert told[0].text == "one two three"


def test_long_streams() -> None:
    """However long a run of deltas is, one chunk is made of it."""
    assert len(list(joined([validated([], identifier="msg_1"), *(text("a") for _ in range(5000))]))) == 2
