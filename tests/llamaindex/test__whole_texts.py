"""Texts that are more than their text, kept beside it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llama_index.core.base.llms.types import ChatMessage, ContentBlock, TextBlock

from claude_foundry._stream import events
from claude_foundry.llamaindex._content import content
from claude_foundry.llamaindex._whole_texts import kept, texts
from tests.llamaindex.faces import Face, both, llm_on, message, sent, streamed, whole
from tests.shells import Script

CITED = {"type": "char_location", "cited_text": "Grass is green.", "document_index": 0, "document_title": None}
PLAIN = {"type": "text", "text": "The grass is "}
QUOTING = {"type": "text", "text": "green", "citations": [CITED]}


def back(text: str, *answer: dict[str, Any]) -> list[dict[str, Any]]:
    blocks: list[ContentBlock] = [TextBlock(text=text), *kept(answer)]
    # Memory stores messages as JSON.
    stored = ChatMessage.model_validate_json(ChatMessage(role="assistant", blocks=blocks).model_dump_json())
    return content(stored.blocks, names={}, assistant=True)


def test_citations_go_back_with_their_text() -> None:
    """The text of an answer is sent in the blocks it came in, each with what it cites."""
    assert back("The grass is green", PLAIN, QUOTING) == [PLAIN, QUOTING]


def test_file_of_a_citation_stays() -> None:
    """The file that an answer's citation names has no place in a request."""
    named = {**QUOTING, "citations": [{**CITED, "file_id": "file_1"}]}
    assert back("green", named) == [QUOTING]


def test_text_that_was_changed_is_sent_as_it_is() -> None:
    """A text that is not the answer's any more goes without its citations."""
    assert back("The grass is blue", PLAIN, QUOTING) == [{"type": "text", "text": "The grass is blue"}]


def test_blank_text_between_citations_is_left_out() -> None:
    """Text of white space alone, which the API refuses, is not sent."""
    assert back("green\n", QUOTING, {"type": "text", "text": "\n"}) == [QUOTING]


def test_texts_that_calls_set_apart_are_kept_apart() -> None:
    """Each text between blocks of other kinds has its own citations, also where two are the same words."""
    bare = {"type": "text", "text": "green"}
    [block] = kept([bare, {"type": "tool_use"}, QUOTING, {"type": "tool_use"}, PLAIN, QUOTING])
    assert texts([block]) == {"green": [[bare], [QUOTING]], "The grass is green": [[PLAIN, QUOTING]]}
    again = [TextBlock(text="green"), TextBlock(text="green"), TextBlock(text="green"), block]
    assert content(again, names={}, assistant=True) == [bare, QUOTING, bare]


@pytest.mark.parametrize("more", [{}, {"citations": None}, {"citations": []}, {"origin": None}])
def test_plain_answer(more: dict[str, Any]) -> None:
    """An answer without citations and unknown fields holds no more than its text."""
    assert kept([PLAIN, {**PLAIN, **more}, {"type": "tool_use", "id": "toolu_1"}]) == []


def test_user_cites_nothing() -> None:
    """What an answer cited stays out of a user's message, where the API refuses citations."""
    blocks = [TextBlock(text="green"), *kept([QUOTING])]
    assert content(blocks, names={}) == [{"type": "text", "text": "green"}]


JSON = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(st.none() | inner) | st.dictionaries(st.text(), st.none() | inner),
    max_leaves=5,
)


@given(st.dictionaries(st.text(min_size=1).map("of_tomorrow_{}".format), JSON, max_size=3))
def test_unknown_fields_go_back(unknown: dict[str, Any]) -> None:
    """Fields of a text that are not known here go back as they came, whatever they are."""
    said = {**QUOTING, **unknown}
    assert back("The grass is green", {**PLAIN, **unknown}, said) == [{**PLAIN, **unknown}, said]


@both
@pytest.mark.parametrize("way", ["whole", "streamed"])
def test_next_request(face: Face, way: str) -> None:
    """The next request has the texts of an answer with their unknown fields, and no null one."""
    marked = {"type": "text", "text": "It is green.", "origin": {"share": 0.5, "of": [None, "a"]}}
    content = [{**PLAIN, "origin": None}, marked]
    script = Script(
        whole(message(*content)) if way == "whole" else streamed([*events(message(*content))][:-1]),
        whole(message(PLAIN)),
    )
    llm, ask = llm_on(script), ChatMessage(role="user", content="Hi")
    answer = face.chat(llm, [ask]) if way == "whole" else face.stream_chat(llm, [ask])[-1]
    face.chat(llm, [ask, answer.message, ask])
    assert answer.message.content == "The grass is It is green."
    assert sent(script)[1]["messages"][1] == {"role": "assistant", "content": [PLAIN, marked]}
