"""Structured output by a tool, as the text that LangChain reads it from."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry._stream import MessageAccumulator, events
from claude_foundry.langchain._output_tool import TextEvents, as_text, by_tool, is_asked, with_loose_tools
from claude_foundry.types import Message
from tests.answers import message

NAME = "give_answer"
SCHEMA = {"type": "object", "properties": {}}
FORMAT = {"format": {"type": "json_schema", "schema": SCHEMA}}
texts = st.builds(lambda text: {"type": "text", "text": text}, st.text(min_size=1))
values = st.dictionaries(st.text(), st.one_of(st.text(), st.integers(), st.lists(st.booleans())), max_size=3)
calls = st.builds(
    lambda name, value, number: {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": value},
    st.sampled_from([NAME, "other"]),
    values,
    st.integers(0, 99),
)
contents = st.lists(st.one_of(texts, calls), min_size=1, max_size=5)


def rewritten(document: dict[str, Any]) -> dict[str, Any]:
    """The message that the rewritten events of another add up to."""
    return rewritten_events(events(document, split=lambda text: list(text)))


def rewritten_events(stream: Iterable[Any]) -> dict[str, Any]:
    reader, account = TextEvents(NAME), MessageAccumulator()
    for event in stream:
        for told in reader.feed(event):
            account.add(told)
    for told in reader.flush():
        account.add(told)
    found = account.snapshot()
    assert found is not None
    return found


def meant(block: dict[str, Any]) -> Any:
    return json.loads(block["text"]) if block["type"] == "text" else block["input"]


@given(contents)
def test_streams_and_whole_answers_agree(content: list[dict[str, Any]]) -> None:
    """The rewritten stream adds up to the rewritten answer, whatever stands beside the output."""
    document = message(*content, stop_reason="tool_use")

    whole = as_text(Message.model_validate(document), NAME).model_dump()["content"]
    streamed = rewritten(document)["content"]

    if any(block.get("name") == NAME for block in content):
        assert [meant(block) for block in streamed] == [meant(block) for block in whole]
        assert [meant(block) for block in whole] == [block["input"] for block in content if block["type"] == "tool_use"]
        assert not any(block.get("name") == NAME for block in whole)
    else:
        assert streamed == whole == content


@pytest.mark.parametrize(("pieces", "meant"), [([], {"z": 1}), ([""], {"z": 1}), (["", '{"p"', ": 1}"], {"p": 1})])
def test_input_at_the_start(pieces: list[str], meant: Any) -> None:
    """An input that comes with the beginning of the call is the output, unless its text comes too."""
    call = {"type": "tool_use", "id": "a", "name": NAME, "input": {"z": 1}}
    begun, *_, ended, end = events(message(stop_reason="tool_use"))
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    inside = [
        {"type": "content_block_start", "index": 0, "content_block": call},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
    ]

    (block,) = rewritten_events([begun, *inside, ended, end])["content"]

    assert json.loads(block["text"]) == meant


def test_stop_reason() -> None:
    """An answer that only gives its output has ended; one that calls another tool too has not."""
    output = {"type": "tool_use", "id": "a", "name": NAME, "input": {}}
    other = {**output, "id": "b", "name": "other"}

    assert as_text(Message.model_validate(message(output, stop_reason="tool_use")), NAME).stop_reason == "end_turn"
    both = Message.model_validate(message(output, other, stop_reason="tool_use"))
    assert as_text(both, NAME).stop_reason == "tool_use"


def test_requests() -> None:
    """The format becomes a tool under a free name; all else of the request stays."""
    fields = {"model": "d", "output_config": {**FORMAT, "effort": "low"}, "tools": [{"name": NAME}]}

    asked, name = by_tool(fields)

    assert name == f"{NAME}_2"
    assert asked["output_config"] == {"effort": "low"}
    assert [tool["name"] for tool in asked["tools"]] == [NAME, name]
    assert asked["tools"][1]["input_schema"] == SCHEMA


def test_choices() -> None:
    """The tool is forced when alone or when no other may be called; a choice of another tool stays."""
    tools = {"tools": [{"name": "f"}]}
    forced = {"type": "tool", "name": NAME, "disable_parallel_tool_use": True}

    choices = [
        by_tool({"output_config": FORMAT, **more})[0]["tool_choice"]
        for more in (
            {},
            tools,
            {**tools, "tool_choice": {"type": "none"}},
            {**tools, "tool_choice": {"type": "tool", "name": "f"}},
        )
    ]

    assert choices == [forced, {"type": "any"}, forced, {"type": "tool", "name": "f"}]


def test_nothing_asked() -> None:
    """A request without a format or strict tools asks for nothing of this."""
    plain = {"model": "d", "tools": [{"name": "f"}], "output_config": {"effort": "low"}}

    assert not is_asked(plain)
    assert by_tool(plain) == (plain, None)
    assert with_loose_tools(plain) == plain
