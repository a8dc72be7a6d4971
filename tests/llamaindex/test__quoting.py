"""What an answer cites, kept beside its text."""

from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ContentBlock, TextBlock

from claude_foundry.llamaindex._content import content
from claude_foundry.llamaindex._quoting import kept, texts

CITED = {"type": "char_location", "cited_text": "Grass is green.", "document_index": 0, "document_title": None}
PLAIN = {"type": "text", "text": "The grass is "}
QUOTING = {"type": "text", "text": "green", "citations": [CITED]}


def sent(text: str, *answer: dict[str, Any]) -> list[dict[str, Any]]:
    blocks: list[ContentBlock] = [TextBlock(text=text), *kept(answer)]
    # Memory stores messages as JSON.
    stored = ChatMessage.model_validate_json(ChatMessage(role="assistant", blocks=blocks).model_dump_json())
    return content(stored.blocks, names={}, assistant=True)


def test_citations_go_back_with_their_text() -> None:
    """The text of an answer is sent in the blocks it came in, each with what it cites."""
    assert sent("The grass is green", PLAIN, QUOTING) == [PLAIN, QUOTING]


def test_file_of_a_citation_stays() -> None:
    """The file that an answer's citation names has no place in a request."""
    named = {**QUOTING, "citations": [{**CITED, "file_id": "file_1"}]}
    assert sent("green", named) == [QUOTING]


def test_text_that_was_changed_is_sent_as_it_is() -> None:
    """A text that is not the answer's any more goes without its citations."""
    assert sent("The grass is blue", PLAIN, QUOTING) == [{"type": "text", "text": "The grass is blue"}]


def test_blank_text_between_citations_is_left_out() -> None:
    """Text of white space alone, which the API refuses, is not sent."""
    assert sent("green\n", QUOTING, {"type": "text", "text": "\n"}) == [QUOTING]


def test_texts_that_calls_set_apart_are_kept_apart() -> None:
    """Each text between blocks of other kinds has its own citations, also where two are the same words."""
    bare = {"type": "text", "text": "green"}
    [block] = kept([bare, {"type": "tool_use"}, QUOTING, {"type": "tool_use"}, PLAIN, QUOTING])
    assert texts([block]) == {"green": [[bare], [QUOTING]], "The grass is green": [[PLAIN, QUOTING]]}
    again = [TextBlock(text="green"), TextBlock(text="green"), TextBlock(text="green"), block]
    assert content(again, names={}, assistant=True) == [bare, QUOTING, bare]


def test_answer_that_cites_nothing() -> None:
    """An answer without citations holds no more than its text."""
    assert kept([PLAIN, {**PLAIN, "citations": None}]) == []


def test_user_cites_nothing() -> None:
    """What an answer cited stays out of a user's message, where the API refuses citations."""
    blocks = [TextBlock(text="green"), *kept([QUOTING])]
    assert content(blocks, names={}) == [{"type": "text", "text": "green"}]
