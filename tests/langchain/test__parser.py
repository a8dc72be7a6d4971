"""Structured output read from answers, whole and while they come."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise
from typing import Any

import httpx
import pytest
from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage, AIMessageChunk
from pydantic import BaseModel

from claude_foundry._sse import encode
from claude_foundry.langchain._parser import OutputParser
from tests.answers import streamed as stream_of
from tests.langchain.test__call_chunks import delta, start, stop, stream
from tests.langchain.test__from_wire import CITED, THOUGHT, USE
from tests.langchain.test__turn import LACKING
from tests.langchain.ways import Ask, agathered, answers, every_way, gathered, model, streams
from tests.shells import Script


class Order(BaseModel):
    """An order."""

    path: str


def last(structured: Any, prompt: Any) -> Any:
    return list(structured.stream(prompt))[-1]


def alast(structured: Any, prompt: Any) -> Any:
    async def read() -> Any:
        return [output async for output in structured.astream(prompt)][-1]

    return asyncio.run(read())


def asked(structured: Any, ask: Ask) -> Any:
    """Gives the output of one answer; that of a stream is the last that comes."""
    return {gathered: last, agathered: alast}.get(ask, ask)(structured, "Hi")


@every_way
@pytest.mark.parametrize("schema", [Order, Order.model_json_schema()], ids=["class", "dict"])
@pytest.mark.parametrize("method", ["json_schema", "json_mode"])
@pytest.mark.parametrize("stopped", ["stop_sequence", "end_turn", "a_reason_of_tomorrow"])
@pytest.mark.parametrize("text", ['{"path": "/data/tmp', '{"path": "/data", "o', '```json\n{"path": "/da', '"abc'])
def test_cut_output_is_not_mended(ask: Ask, schema: Any, method: Any, stopped: str, text: str) -> None:
    """An output that is cut is no output, whatever the answer says of its end."""
    service = Script(answers(ask, {"type": "text", "text": text}, stop_reason=stopped))
    structured = model(service, model="claude-sonnet-5").with_structured_output(schema, method=method)

    with pytest.raises(OutputParserException, match="not JSON"):
        asked(structured, ask)


@streams
@pytest.mark.parametrize("ends", [[stop()], []], ids=["no JSON", "open"])
def test_cut_output_of_a_tool_is_not_mended(ask: Ask, ends: list[Any]) -> None:
    """So is one that a tool in place of the API's format takes."""
    inside = [start(name="give_answer"), delta(0, partial_json='{"path": "/data/tmp'), *ends]
    service = Script(httpx.Response(400, json=LACKING), stream_of([encode(event) for event in stream(*inside)]))
    structured = model(service, model="claude-sonnet-5").with_structured_output(Order, method="json_schema")

    with pytest.raises(OutputParserException, match="not JSON"):
        asked(structured, ask)


@pytest.mark.parametrize(
    "text",
    [
        '{"path": "a"}',
        '\n```json\n{"path": "a"}\n```',
        '```\n{"path": "a"}\n```\n',
        '```JSON\n{"path": "a"}\n```',
        'So:\n```json\n{"path": "a"}```!',
    ],
)
def test_whole_output(text: str) -> None:
    """An output is read as it stands, or as the code that a text shows."""
    assert OutputParser(output_type=Order).invoke(AIMessage(text)) == Order(path="a")
    assert OutputParser().parse(text) == {"path": "a"}


SAID = {"type": "text", "text": 'I search for [{"path": "b"}.'}
SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "a"}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
SEALED = {"type": "redacted_thinking", "data": "x"}
PARTS = [{**CITED, "text": '{"path": '}, {"type": "text", "text": '"a"}'}]


@every_way
@pytest.mark.parametrize("version", ["v0", "v1"])
@pytest.mark.parametrize(
    "content",
    [
        [SAID, SEARCH, FOUND, *PARTS],
        [THOUGHT, SAID, SEARCH, FOUND, THOUGHT, PARTS[0], SEALED, PARTS[1]],
        [SAID, SEARCH, FOUND, {**SAID, "text": "{"}, {"type": "new"}, *PARTS],
        [*PARTS, USE],
    ],
    ids=["search", "thinking", "unknown block", "call"],
)
def test_output_after_what_the_service_did(ask: Ask, version: Any, content: list[Any]) -> None:
    """The output is the text after the service's last call or result: what was said before is no part of it."""
    llm = model(Script(answers(ask, *content)), model="claude-sonnet-5", output_version=version)

    assert asked(llm.with_structured_output(Order, method="json_schema"), ask) == Order(path="a")


def test_output_that_begins_anew() -> None:
    """Of a stream comes the output that follows the service's last call, and nothing of what was said before it."""
    searching = AIMessageChunk([{**SEARCH, "index": 1}])

    found = told(OutputParser(), iter([*texts('{"path": "b"'), searching, *texts('{"path": "a"}', index=2)]))

    assert found == [{"path": ""}, {"path": "b"}, {"path": ""}, {"path": "a"}]


@pytest.mark.parametrize(
    "content", ['{"path": "a"}', ['{"path": ', '"a"}'], [{"type": "text", "text": '{"path": "a"}'}]]
)
def test_forms_of_text(content: Any) -> None:
    """Text is read from a message in whichever form it has it."""
    assert OutputParser().invoke(AIMessage(content)) == {"path": "a"}


@pytest.mark.parametrize("text", ['{"path": "a"} and more', '{"path": "a"}{"path": "b"}', '{"path": NaN}', "``", "```"])
def test_text_that_is_no_document(text: str) -> None:
    """What is more than one document, or JSON has no word for, is no output."""
    with pytest.raises(OutputParserException, match="not JSON"):
        OutputParser().invoke(AIMessage(text))


def test_null() -> None:
    """A text that says null is told as what it is."""
    with pytest.raises(OutputParserException, match="its text is null"):
        OutputParser(output_type=Order).invoke(AIMessage("null"))


def texts(document: str, *, index: int = 0) -> Iterator[AIMessageChunk]:
    for letter in document:
        yield AIMessageChunk([{"type": "text", "text": letter, "index": index}])


def calls(document: str) -> Iterator[AIMessageChunk]:
    named: Any = {"name": "Order", "args": "", "id": "toolu_1", "index": 3, "type": "tool_call_chunk"}
    yield AIMessageChunk([], tool_call_chunks=[{**named, "name": "other", "args": "[", "index": 1}])
    yield AIMessageChunk([], tool_call_chunks=[named])
    for letter in document:
        yield AIMessageChunk([], tool_call_chunks=[{**named, "name": None, "id": None, "args": letter}])


def told(parser: OutputParser, chunks: Iterator[Any]) -> list[Any]:
    """Gives what a parser gives of a stream, and sees that it gives the same under an event loop."""

    async def awaited() -> list[Any]:
        async def given() -> AsyncIterator[Any]:
            for chunk in received:
                yield chunk

        return [output async for output in parser.atransform(given())]

    received = list(chunks)
    plain = list(parser.transform(iter(received)))
    assert asyncio.run(awaited()) == plain
    return plain


ways = pytest.mark.parametrize(
    ("cut", "parser"), [(texts, OutputParser()), (calls, OutputParser(tool="Order"))], ids=["text", "call"]
)


@ways
def test_output_that_grows(cut: Any, parser: OutputParser) -> None:
    """Of a stream comes the output as far as it has come, and the whole one at the end, each once."""
    found = told(parser, cut(json.dumps({"path": "ab", "n": [1, 2]})))

    assert found == [{"path": ""}, {"path": "a"}, {"path": "ab"}, {"path": "ab", "n": []}, *found[4:]]
    assert found[-1] == {"path": "ab", "n": [1, 2]}
    assert all(one != other for one, other in pairwise(found))


@ways
def test_long_output_is_read_a_few_times(cut: Any, parser: OutputParser) -> None:
    """What has come is not read at every chunk: only when it has grown by a tenth."""
    found = told(parser, cut(json.dumps({"path": "x" * 2000})))

    assert len(found) < 100
    assert len(found[-1]["path"]) == 2000


def test_output_of_a_class_that_grows() -> None:
    """Of a class comes what fits it."""
    found = told(OutputParser(output_type=Order), texts('{"path": "ab"}'))

    assert found[-1] == Order(path="ab")
    assert all(isinstance(output, Order) for output in found)


def test_stream_of_plain_text() -> None:
    """Texts are read as well as messages, and nothing gives nothing."""
    assert told(OutputParser(), iter(['{"a"', ": 1}"]))[-1] == {"a": 1}
    assert told(OutputParser(), iter([])) == []
