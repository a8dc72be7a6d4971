"""LlamaIndex's blocks as wire blocks."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llama_index.core.base.llms.types import (
    AudioBlock,
    CacheControl,
    CachePoint,
    ChatMessage,
    CitableBlock,
    CitationBlock,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
    VideoBlock,
)

from claude_foundry.errors import ConfigurationError
from claude_foundry.llamaindex._content import VERBATIM, arguments, content, content_block

CITATION = CitationBlock(cited_content="Grass is green.", source="doc", title="Doc", additional_location_info={"a": 1})


def wire(*blocks: Any, assistant: bool = False) -> list[dict[str, Any]]:
    return content(blocks, names={}, assistant=assistant)


def answered(*blocks: Any) -> list[dict[str, Any]]:
    return wire(*blocks, assistant=True)


@pytest.mark.parametrize(
    "block",
    [
        ThinkingBlock(content="hm", additional_information={"signature": "s"}),
        ThinkingBlock(additional_information={VERBATIM: {"type": "redacted_thinking", "data": "x"}}),
        ToolCallBlock(tool_call_id="id", tool_name="add", tool_kwargs={}),
    ],
)
def test_what_only_the_model_says_is_not_the_users(block: Any) -> None:
    """Reasoning and calls in a message that is not the model's are left out: the API refuses them there."""
    assert wire(block, TextBlock(text="a")) == [{"type": "text", "text": "a"}]


def test_block_of_the_users_own_is_carried() -> None:
    """A block that LlamaIndex has no class for can be sent by the user in a carrier."""
    upload = {"type": "container_upload", "file_id": "file_1"}
    assert wire(ThinkingBlock(additional_information={VERBATIM: upload})) == [upload]


def test_text_that_says_nothing_is_left_out() -> None:
    """Empty text and white space are no blocks: the API refuses them."""
    assert wire(TextBlock(text="a"), TextBlock(text=""), TextBlock(text=" \n")) == [{"type": "text", "text": "a"}]


@pytest.mark.parametrize("thought", ["because", "", None])
def test_signed_thinking_is_sent_as_it_came(thought: str | None) -> None:
    """Reasoning goes back with its signature, also when its text is empty."""
    block = ThinkingBlock(content=thought, additional_information={"signature": "sig"})
    assert answered(block) == [{"type": "thinking", "thinking": thought or "", "signature": "sig"}]


def test_unsigned_thinking_is_left_out() -> None:
    """Another model's reasoning is not sent: it has no signature the service could check."""
    assert wire(ThinkingBlock(content="hm", additional_information={"type": "reasoning", "id": "rs_1"})) == []


def test_verbatim_block_is_sent_as_it_came() -> None:
    """A block that LlamaIndex has no class for comes out of its carrier unchanged."""
    block = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"encrypted_content": "x"}]}
    assert answered(ThinkingBlock(additional_information={VERBATIM: block})) == [block]


def test_content_block_is_sent_as_it_is() -> None:
    """A block of the API that LlamaIndex has no class for can be put into any message, and survives its storage."""
    upload = {"type": "document", "source": {"type": "file", "file_id": "file_1"}, "citations": {"enabled": True}}
    message = ChatMessage(role="user", blocks=[content_block(upload), TextBlock(text="a")])
    stored = ChatMessage.model_validate_json(message.model_dump_json())
    assert wire(*stored.blocks) == [upload, {"type": "text", "text": "a"}]
    assert message.content == "a"


@pytest.mark.parametrize("given_block", ["file_1", {"source": {}}, {"type": " "}])
def test_content_block_without_a_type_is_refused(given_block: Any) -> None:
    """What is no block of the API is refused by the argument's name."""
    with pytest.raises(ConfigurationError, match="block"):
        content_block(given_block)


def test_verbatim_call_stands_for_its_tool_call_block() -> None:
    """A call kept whole, with who made it, is sent once."""
    call = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {}, "caller": {"type": "code", "tool_id": "x"}}
    carrier = ThinkingBlock(additional_information={VERBATIM: call})
    assert answered(carrier, ToolCallBlock(tool_call_id="toolu_1", tool_name="add", tool_kwargs={})) == [call]


@pytest.mark.parametrize(
    ("given_arguments", "sent"),
    [
        ({"a": 1}, {"a": 1}),
        ('{"a": 1}', {"a": 1}),
        ("", {}),
        ('{"a": ', {"unparsed_arguments": '{"a": '}),
        ("[1]", {"unparsed_arguments": "[1]"}),
        pytest.param("[" * 60_000, {"unparsed_arguments": "[" * 60_000}, id="deep"),
    ],
)
def test_arguments_are_an_object(given_arguments: Any, sent: dict[str, Any]) -> None:
    """The arguments of a call are sent as an object, however they are held."""
    call = ToolCallBlock(tool_call_id="id", tool_name="add", tool_kwargs=given_arguments)
    assert answered(call) == [{"type": "tool_use", "id": "id", "name": "add", "input": sent}]


@given(st.text())
def test_arguments_never_fail(text: str) -> None:
    """Whatever text stands where arguments should be, an object comes out."""
    assert isinstance(arguments(text), dict)


def test_citation_of_an_answer_is_not_sent_back() -> None:
    """What an answer cites stays out of the next request; its text is there already."""
    assert wire(TextBlock(text="a"), CITATION, assistant=True) == [{"type": "text", "text": "a"}]


def test_citation_of_a_user_is_text() -> None:
    """A quotation that a user hands in is text."""
    assert wire(CITATION) == [{"type": "text", "text": "Grass is green."}]


@pytest.mark.parametrize(("ttl", "control"), [("5m", {}), ("1h", {"ttl": "1h"})])
def test_cache_point_marks_the_block_before(ttl: str, control: dict[str, str]) -> None:
    """A cache point becomes a mark on the block before it."""
    point = CachePoint(cache_control=CacheControl(type="default", ttl=ttl))
    blocks = wire(TextBlock(text="a"), point, TextBlock(text="b"))
    assert blocks[0]["cache_control"] == {"type": "ephemeral", **control}
    assert "cache_control" not in blocks[1]


def test_cache_point_skips_thinking() -> None:
    """Reasoning cannot carry a cache point: the block before it does."""
    point = CachePoint(cache_control=CacheControl(type="ephemeral"))
    blocks = answered(TextBlock(text="a"), ThinkingBlock(content="t", additional_information={"signature": "s"}), point)
    assert ["cache_control" in block for block in blocks] == [True, False]


def test_citable_text_is_a_search_result() -> None:
    """Citable text is a search result whose citations are switched on."""
    [block] = wire(CitableBlock(title="T", source="S", content="text"))
    assert block == {
        "type": "search_result",
        "source": "S",
        "title": "T",
        "content": [{"type": "text", "text": "text"}],
        "citations": {"enabled": True},
    }


@pytest.mark.parametrize("parts", [[], [TextBlock(text=" ")]], ids=["none", "blank"])
def test_citable_block_that_says_nothing_is_left_out(parts: list[TextBlock]) -> None:
    """A passage without text, which the API refuses, is not sent."""
    assert content([CitableBlock(title="T", source="s", content=parts)], names={}) == []


def test_citable_document_keeps_its_source() -> None:
    """A citable document is a document whose citations are switched on."""
    document = DocumentBlock(data=b"%PDF-1.7 text", document_mimetype="application/pdf")
    [block] = wire(CitableBlock(title="T", source="S", content=[document]))
    assert (block["type"], block["title"], block["citations"]) == ("document", "T", {"enabled": True})
    assert block["source"]["media_type"] == "application/pdf"


def test_citable_text_and_image_is_a_document_of_parts() -> None:
    """Citable text with an image is a document made of both."""
    image = ImageBlock(url="https://example.com/a.png")
    [block] = wire(CitableBlock(title="T", source="S", content=[TextBlock(text="a"), image]))
    assert (block["type"], block["context"]) == ("document", "S")
    assert [part["type"] for part in block["source"]["content"]] == ["text", "image"]


def test_citable_document_among_others_is_refused() -> None:
    """A document beside other citable parts has no form on the wire, and is refused by name."""
    parts = [TextBlock(text="a"), DocumentBlock(data=b"b", document_mimetype="text/plain")]
    with pytest.raises(ConfigurationError, match="CitableBlock"):
        wire(CitableBlock(title="T", source="S", content=parts))


@pytest.mark.parametrize("block", [AudioBlock(audio=b"x"), VideoBlock(video=b"x")], ids=["audio", "video"])
def test_sound_and_film_are_refused(block: Any) -> None:
    """Audio and video are refused with the block's name."""
    with pytest.raises(ValueError, match=type(block).__name__):
        wire(block)


def test_document_title() -> None:
    """A title is sent, the one that LlamaIndex makes up is not."""
    named = DocumentBlock(data=b"a", document_mimetype="text/plain", title="Report")
    [first, second] = wire(named, DocumentBlock(data=b"a", document_mimetype="text/plain"))
    assert first["title"] == "Report"
    assert "title" not in second
