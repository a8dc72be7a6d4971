"""How an object is asked for, and how it is read while it comes."""

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, TextBlock, ToolCallBlock
from pydantic import BaseModel, Field

from claude_foundry._features import capabilities
from claude_foundry.llamaindex import content_block
from claude_foundry.llamaindex._output import Asking, Growing, NotPredictedError, StructuredMode, asking

ASK = ChatMessage(role="user", content="Which?")


class Item(BaseModel):
    """A thing."""

    name: str
    size: int = Field(alias="sizeInMetres")


def asked(mode: StructuredMode = "auto", **call: object) -> Asking[Item]:
    deployment = capabilities("claude-haiku-4-5", base_model=None, refused=frozenset())
    return asking(Item, [ASK], mode=mode, call=call, settings={}, deployment=deployment)


def shown(*blocks: TextBlock | ToolCallBlock) -> ChatResponse:
    return ChatResponse(message=ChatMessage(role="assistant", blocks=list(blocks)), delta="more")


def test_partial_has_the_classes_own_names() -> None:
    """A field that the schema calls otherwise is found under its own name before the object is whole."""
    [partial] = Growing(asked()).add(shown(TextBlock(text='{"sizeInMetres": 3, ')))
    assert (partial.size, partial.name) == (3, None)
    assert not isinstance(partial, Item)


@pytest.mark.parametrize("cites", [True, False])
def test_documents_that_are_to_be_cited(cites: bool) -> None:
    """Beside documents that are to be cited an object is asked for by a tool, in whichever block they stand."""
    document = {"type": "document", "source": {"type": "file", "file_id": "file_1"}, "citations": {"enabled": cites}}
    messages = [ChatMessage(role="user", blocks=[content_block(document)])]
    deployment = capabilities("claude-haiku-4-5", base_model=None, refused=frozenset())
    made = asking(Item, messages, mode="auto", call={}, settings={}, deployment=deployment)
    assert made.way == ("forced" if cites else "json_schema")


def test_call_of_another_tool() -> None:
    """Arguments of another tool are no part of the object."""
    growing = Growing(asked("function_calling"))
    other = ToolCallBlock(tool_call_id="1", tool_name="other", tool_kwargs={"name": "No"})
    own = ToolCallBlock(tool_call_id="2", tool_name="Item", tool_kwargs={"name": "Yes"})
    assert list(growing.add(shown(other))) == []
    assert [partial.name for partial in growing.add(shown(other, own))] == ["Yes"]
    assert list(growing.add(shown(other, own))) == []


def test_words_before_the_object() -> None:
    """Words that are no JSON tell nothing."""
    assert list(Growing(asked()).add(shown(TextBlock(text="Let me see")))) == []


@given(name=st.text(max_size=30), size=st.integers(), step=st.integers(1, 9))
def test_growth_ends_in_the_object(name: str, size: int, step: int) -> None:
    """However the text is cut, each partial object's name begins the whole one, and no whole object is another one."""
    text = json.dumps({"name": name, "sizeInMetres": size})
    growing = Growing(asked())
    for end in [*range(step, len(text), step), len(text)]:
        for partial in growing.add(shown(TextBlock(text=text[:end]))):
            assert partial.name is None or name.startswith(partial.name)
            assert partial.size is None or str(size).startswith(str(partial.size))


def test_error_pickles() -> None:
    """The error goes between processes with the answer it holds."""
    raw = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [],
        "stop_reason": "refusal",
        "usage": {"input_tokens": 1, "output_tokens": 1, "prompt_tokens": 1},
    }
    response = ChatResponse(message=ChatMessage(role="assistant"), raw=raw, additional_kwargs={"request_id": "req_1"})
    with pytest.raises(NotPredictedError) as raised:
        asked().read(response)
    copy = pickle.loads(pickle.dumps(raised.value))
    assert (str(copy), copy.stop_reason, copy.message.request_id) == (str(raised.value), "refusal", "req_1")


def test_output_format_of_the_users_own() -> None:
    """A format given for the call contradicts the class."""
    with pytest.raises(ValueError, match=r"output_config\.format"):
        asked(output_config={"format": {"type": "json_schema", "schema": {}}}).arguments()


@pytest.mark.parametrize(("mode", "way"), [("auto", "json_schema"), ("function_calling", "forced")])
def test_way_of_a_mode(mode: StructuredMode, way: str) -> None:
    """Each mode asks in its own way: by the API's format, or by a tool."""
    made = asked(mode)
    assert made.way == way
    assert ("tools" in made.arguments()) is (way == "forced")
    assert ("output_config" in made.arguments()) is (way == "json_schema")
