"""Fields of a text that are not known here, from an answer to the next request."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.load import dumpd, load
from langchain_core.messages import (
    AIMessage,
    ChatMessage,
    HumanMessage,
    merge_message_runs,
    messages_from_dict,
    messages_to_dict,
)

from claude_foundry._refusal import ids
from claude_foundry._sse import encode
from claude_foundry._stream import events
from claude_foundry._wire import decoded
from claude_foundry.langchain._chunk_reader import ChunkReader
from claude_foundry.langchain._from_wire import message
from claude_foundry.langchain._to_wire import split
from claude_foundry.langchain._whole_texts import UNKNOWN_TEXT_FIELDS, in_standard_form, named, standard, unknown
from tests.answers import IDS, pieces_of, whole
from tests.answers import message as document
from tests.answers import streamed as stream_of
from tests.langchain import generated
from tests.langchain.test__call_chunks import delta
from tests.langchain.test__events import output, told
from tests.langchain.test__from_wire import THOUGHT, USE, streamed
from tests.langchain.test_blocks import CITATION
from tests.langchain.ways import Ask, answers, every_way, model, sent, streams
from tests.shells import Script

pytestmark = pytest.mark.filterwarnings("ignore:.*is in beta:langchain_core._api.beta_decorator.LangChainBetaWarning")

PLAIN = {"type": "text", "text": "A."}
MARKED = {"type": "text", "text": "It is green.", "origin": {"share": 0.5, "of": [None, "a"]}, "id": "blk_1"}
CITED = {"type": "text", "text": "B.", "citations": [CITATION], "level": 1}
CONTENT = [THOUGHT, {**MARKED, "level": None}, CITED, PLAIN]
BACK = [THOUGHT, MARKED, CITED, PLAIN]
OURS = {"model_provider": "anthropic"}
UNKNOWN = st.dictionaries(
    generated.WORDS.map("of_tomorrow_{}".format), generated.VALUES.filter(lambda value: value is not None), max_size=3
)


def back(answer: AIMessage) -> list[dict[str, Any]]:
    """Gives the blocks in which an answer goes back."""
    [turn] = split([answer])[1]
    return turn["content"]


def standard_of(answer: dict[str, Any]) -> AIMessage:
    made = in_standard_form(message(decoded(answer, ids=ids(IDS))))
    # langchain-core's own step.
    told = {**made.response_metadata, "output_version": "v1"}
    return made.model_copy(update={"content": made.content_blocks, "response_metadata": told})


FORMS: dict[str, Any] = {
    "whole": lambda answer: message(decoded(answer, ids=ids(IDS))),
    "streamed": lambda answer: streamed(list(events(answer, split=generated.pieces(3)))),
    "standard": standard_of,
    "protocol": lambda answer: output(told(list(events(answer, split=generated.pieces(3))))),
}


@given(UNKNOWN, st.sampled_from(sorted(FORMS)))
def test_unknown_fields_go_back(fields: dict[str, Any], form: str) -> None:
    """Fields of a text that are not known here go back as they came, whatever they are and in every form."""
    content = [{**PLAIN, **fields}, {**THOUGHT}, {**CITED, **fields}]

    answer = load(dumpd(FORMS[form](document(*content))), allowed_objects="messages")

    assert back(answer) == content


@every_way
@pytest.mark.parametrize("version", ["v0", "v1"])
def test_next_request(ask: Ask, version: str) -> None:
    """The next request has the texts of an answer with their unknown fields, and no null one."""
    service = Script(answers(ask, *CONTENT), whole())
    llm = model(service, output_version=version)

    answer = ask(llm, "Hi")
    llm.invoke([HumanMessage("Hi"), *messages_from_dict(messages_to_dict([answer])), HumanMessage("Go on.")])

    assert sent(service)[1]["messages"][1] == {"role": "assistant", "content": BACK}


@pytest.mark.parametrize("way", ["sync", "async"])
def test_next_request_after_protocol_events(way: str) -> None:
    """The message that events of version 3 make up has a text's unknown fields, and the next request too."""

    async def asked() -> AIMessage:
        return await (await llm.astream_events("Hi", version="v3")).output

    service = Script(stream_of(pieces_of(document(*CONTENT))), whole())
    llm = model(service)

    answer = llm.stream_events("Hi", version="v3").output if way == "sync" else asyncio.run(asked())
    llm.invoke([HumanMessage("Hi"), answer, HumanMessage("Go on.")])

    assert sent(service)[1]["messages"][1] == {"role": "assistant", "content": BACK}


@streams
@pytest.mark.parametrize("version", ["v0", "v1"])
@pytest.mark.parametrize("ends", [True, False], ids=["ended", "open"])
def test_deltas_of_unknown_kinds(ask: Ask, version: str, ends: bool) -> None:
    """What a text began with and deltas of unknown kinds changed goes back as the last of them left it."""
    stream = list(events(document({**PLAIN, "level": 0, "origin": []})))
    stream[2:2] = [delta(0, type="level_delta", level=level, note=note) for level, note in ((1, "a"), (2, None))]
    came = [event for event in stream if ends or event["type"] != "content_block_stop"]
    service = Script(stream_of([encode(event) for event in came]), whole())
    llm = model(service, output_version=version)

    answer = ask(llm, "Hi")
    llm.invoke([HumanMessage("Hi"), answer, HumanMessage("Go on.")])

    assert sent(service)[1]["messages"][1]["content"] == [{**PLAIN, "level": 2, "origin": []}]


@pytest.mark.parametrize("reader", [ChunkReader(), ChunkReader(standard=True)], ids=["v0", "v1"])
def test_text_that_a_message_begins_with(reader: ChunkReader) -> None:
    """A text that comes whole with the start of a message has its unknown fields, though they say nothing."""
    start: Any = {"type": "message_start", "message": document({"type": "text", "text": "", "level": 0}, MARKED)}

    content = [block for chunk in reader.feed(start) for block in chunk.message.content]

    assert [named(block, ["level", "origin", "id"]) for block in content] == [{"level": 0}, unknown(MARKED)]


@pytest.mark.parametrize(
    "made",
    [
        AIMessage([{**MARKED, "phase": "final", "extras": {"x": 1}}]),
        AIMessage([{**MARKED, "phase": "final", "extras": {"x": 1}}], response_metadata={"model_provider": "openai"}),
        AIMessage([{**MARKED, "extras": {"x": 1}}], response_metadata={"output_version": "v1"}),
        AIMessage([{**MARKED, "extras": {"x": 1}}], response_metadata=OURS),
        ChatMessage(role="assistant", content=[MARKED]),
    ],
    ids=["by hand", "of another provider", "by hand, in standard form", "of the application", "in a role"],
)
def test_of_others(made: Any) -> None:
    """A text that this service did not give goes back without the fields that are unknown here."""
    assert back(made) == [{"type": "text", "text": MARKED["text"]}]


def test_merged_with_an_answer_of_others() -> None:
    """In a message that holds an answer and another provider's, the fields of this one go back alone."""
    answer = FORMS["whole"](document({**PLAIN, "level": 1}))
    theirs = AIMessage([{**PLAIN, "id": "msg_1", "phase": "final"}], response_metadata={"model_provider": "openai"})

    [merged] = merge_message_runs([answer, theirs])

    assert back(merged) == [{**PLAIN, "level": 1}, PLAIN]


@pytest.mark.parametrize("reason", ["end_turn", "refusal"])
def test_standard_form_of_a_refusal(reason: str) -> None:
    """A text of a refusal keeps its fields in standard form, where langchain-core may tell of the refusal too."""
    made = FORMS["standard"](document({**PLAIN, "level": 1}, stop_reason=reason))

    assert back(made) == [{**PLAIN, "level": 1}]


def test_of_a_user() -> None:
    """A user's text is sent without the fields that are unknown here."""
    theirs = HumanMessage([MARKED], response_metadata={**OURS, UNKNOWN_TEXT_FIELDS: ["origin", "id"]})

    assert back(theirs) == [{"type": "text", "text": MARKED["text"]}]


def test_fields_of_langchain() -> None:
    """What langchain-core adds to a text of an answer stays out of the request."""
    added = {"index": 0, "annotations": [], "partial_json": "", "extras": {"index": 1, "none": None}, "id": "lc_1"}

    assert back(AIMessage([{**PLAIN, **added}], response_metadata={**OURS, UNKNOWN_TEXT_FIELDS: ["id"]})) == [PLAIN]


def test_cache_point_of_an_answer() -> None:
    """A cache point that was set on a text of an answer is sent with it, in either form."""
    point = {"cache_control": {"type": "ephemeral"}}

    for part in ({**PLAIN, **point}, {**PLAIN, "extras": point}):
        assert back(AIMessage([part], response_metadata=OURS)) == [{**PLAIN, **point}]


def test_ordinary_answer_is_left_to_langchain() -> None:
    """An answer without unknown fields is left as it is: langchain-core makes standard blocks of it."""
    for content in ("A.", [THOUGHT, PLAIN, {**PLAIN, "citations": [CITATION], "index": 0}, USE]):
        made = AIMessage(content, response_metadata=OURS)

        assert in_standard_form(made) is made


def test_standard_block_of_another_kind() -> None:
    """Of a block that is no text the standard block is langchain-core's."""
    translated = {"type": "reasoning", "reasoning": "", "extras": {"signature": "sig"}}

    assert standard({**THOUGHT, "level": 1}, translated) == translated
