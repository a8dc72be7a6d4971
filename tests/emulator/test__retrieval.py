"""Answers from documents."""

from typing import Any

import pytest

from . import wire
from .wire import assistant, user

FACTS = "Oslo is the capital of Norway. It rains a lot.\n\nParis lies on the Seine. Paris is the capital of France!"


def document(text: str = FACTS, **fields: Any) -> dict[str, Any]:
    source = {"type": "text", "media_type": "text/plain", "data": text}
    return {"type": "document", "source": source, **fields}


def ask(question: str) -> dict[str, Any]:
    return {"type": "text", "text": question}


PROMPTS = {
    "text_qa": (
        "Context information is below.\n---------------------\n{facts}\n---------------------\nGiven the context "
        "information and not prior knowledge, answer the query.\nQuery: {question}\nAnswer: "
    ),
    "refine": (
        "The original query is as follows: {question}\nWe have provided an existing answer: Nobody knows.\nWe have the "
        "opportunity to refine the existing answer (only if needed) with some more context below.\n------------\n"
        "{facts}\n------------\nGiven the new context, refine the original answer to better answer the query. If the "
        "context isn't useful, return the original answer.\nRefined Answer: "
    ),
    "chat_refine": (
        "You are an expert Q&A system that strictly operates in two modes when refining existing answers.\n"
        "New Context: {facts}\nQuery: {question}\nOriginal Answer: Nobody knows.\nNew Answer: "
    ),
    "tags": "<context>\n{facts}\n</context>\n\n{question}",
    "question_first": "Question: {question}\nContext: {facts}\nAnswer:",
    "context_first": "Use this context.\nContext: {facts}\nQuestion: {question}\nHelpful Answer:",
}


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("What is the capital of Norway?", "Oslo is the capital of Norway."),
        ("What is the capital of France?", "Paris is the capital of France!"),
        ("Which town is on the Seine?", "Paris lies on the Seine."),
    ],
)
def test_prompts_of_frameworks(prompt: str, question: str, sentence: str) -> None:
    """From a prompt that holds documents and question, the sentence that fits best is the answer."""
    assert wire.text(user(PROMPTS[prompt].format(facts=FACTS, question=question))) == sentence


@pytest.mark.parametrize("prompt", ["refine", "chat_refine"])
def test_existing_answer_stays(prompt: str) -> None:
    """An answer that the new documents do not better is kept."""
    asked = PROMPTS[prompt].format(facts=FACTS, question="Who wrote Faust?")
    assert wire.text(user(asked)) == "Nobody knows."


def test_nothing_found() -> None:
    """When no document bears on the question, the answer says so."""
    said = wire.text(user(PROMPTS["text_qa"].format(facts=FACTS, question="Who wrote Faust?")))
    assert said == "The documents do not contain an answer to this question."
    assert wire.text(user([document(), ask("Who wrote Faust?")])) == said


@pytest.mark.parametrize(
    "system",
    [
        f"Answer from the following context:\n\n{FACTS}",
        f"Use the context information below.\n--------------------\n{FACTS}\n--------------------\n",
        f"Be brief. <context>{FACTS}</context>",
    ],
)
def test_documents_in_the_system_prompt(system: str) -> None:
    """Documents may stand in the system prompt and the question in the conversation."""
    assert wire.text(user("What is the capital of Norway?"), system=system) == "Oslo is the capital of Norway."


def test_citations() -> None:
    """With citations, each sentence says where it stands: the cited text is what the document has there."""
    titled = document(title="Facts", citations={"enabled": True})
    other = document("Grass is green.", citations={"enabled": True})
    content = wire.answer(user([other, titled, ask("What is the capital of France, and the capital of Norway?")]))[
        "content"
    ]
    citations = [citation for block in content for citation in block["citations"]]
    assert [citation["cited_text"] for citation in citations] == [
        "Oslo is the capital of Norway.",
        "Paris is the capital of France!",
    ]
    for citation in citations:
        assert citation["type"] == "char_location"
        assert (citation["document_index"], citation["document_title"]) == (1, "Facts")
        assert FACTS[citation["start_char_index"] : citation["end_char_index"]] == citation["cited_text"]


def test_citations_are_streamed() -> None:
    """In a stream a citation comes as a delta of its text block."""
    events = wire.events(user([document(citations={"enabled": True}), ask("Which town is on the Seine?")]))
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    cited = [delta["citation"]["cited_text"] for delta in deltas if delta["type"] == "citations_delta"]
    assert cited == ["Paris lies on the Seine."]


def test_no_citations_unless_asked() -> None:
    """A document that does not ask for citations is answered from without them."""
    (block,) = wire.answer(user([document(), ask("Which town is on the Seine?")]))["content"]
    assert block == {"type": "text", "text": "Paris lies on the Seine."}


def test_document_of_blocks() -> None:
    """A document given as blocks is cited by block."""
    parts = [{"type": "text", "text": "Grass is green."}, {"type": "text", "text": "Paris lies on the Seine."}]
    block = {"type": "document", "source": {"type": "content", "content": parts}, "citations": {"enabled": True}}
    (answer,) = wire.answer(user([block, ask("Which town is on the Seine?")]))["content"]
    (citation,) = answer["citations"]
    assert citation["type"] == "content_block_location"
    assert (citation["start_block_index"], citation["end_block_index"]) == (1, 2)


@pytest.mark.parametrize("from_tool", [False, True])
def test_search_results(from_tool: bool) -> None:
    """Search results are answered from and cited, whether the user or a tool brings them."""
    result = {
        "type": "search_result",
        "source": "https://example.com/paris",
        "title": "Paris",
        "content": [{"type": "text", "text": "Paris lies on the Seine."}],
        "citations": {"enabled": True},
    }
    question = "Which town is on the Seine?"
    brought = {**wire.RESULT, "content": [result]}
    history = (
        [user(question), assistant([wire.CALL]), user([brought])] if from_tool else [user([result, ask(question)])]
    )
    (answer,) = wire.answer(*history, tools=[wire.WEATHER])["content"]
    (citation,) = answer["citations"]
    assert citation["type"] == "search_result_location"
    assert citation["source"] == "https://example.com/paris"
    assert citation["cited_text"] == "Paris lies on the Seine."


def test_documents_of_earlier_turns() -> None:
    """A document stays known for later questions."""
    history = [user([document(), ask("Hello")]), assistant("Hello")]
    assert wire.text(*history, user("What is the capital of Norway?")) == "Oslo is the capital of Norway."
