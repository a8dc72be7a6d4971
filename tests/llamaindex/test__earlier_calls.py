"""Calls of older histories, which stand beside the content."""

from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from pydantic import BaseModel

from claude_foundry._models import known
from claude_foundry.llamaindex._earlier_calls import with_calls
from claude_foundry.llamaindex._to_wire import request


class Function(BaseModel):
    name: str = "add"
    arguments: str = '{"a": 1}'


class OpenAICall(BaseModel):
    id: str = "call_1"
    type: str = "function"
    function: Function = Function()


OPENAI = {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
FORMS = {
    "OpenAI's dict": OPENAI,
    "OpenAI's object": OpenAICall(),
    "OpenAI's dict with read arguments": {**OPENAI, "function": {"name": "add", "arguments": {"a": 1}}},
    "Anthropic's block": {"type": "tool_use", "id": "call_1", "name": "add", "input": {"a": 1}},
    "of a streamed response": {"id": "call_1", "name": "add", "input": {"a": 1}},
}


def spoken(*calls: Any, blocks: Any = (), role: str = "assistant") -> ChatMessage:
    return ChatMessage(role=role, blocks=list(blocks), additional_kwargs={"tool_calls": list(calls)})


def sent(*messages: ChatMessage, names: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    tools = [{"name": name, "input_schema": {"type": "object"}} for name in names]
    settings = {"model": "m", "max_tokens": 100}
    return request(messages, settings=settings, call={"tools": tools}, model=known("claude-opus-5-5")).fields[
        "messages"
    ]


@pytest.mark.parametrize("form", FORMS)
def test_call_is_sent(form: str) -> None:
    """A call in whichever form is one of the API's, and its result belongs to it."""
    result = ChatMessage(role="tool", content="2", additional_kwargs={"tool_call_id": "call_1"})
    [_, answer, end] = sent(ChatMessage(role="user", content="Add"), spoken(FORMS[form]), result)
    assert answer["content"] == [{"type": "tool_use", "id": "call_1", "name": "add", "input": {"a": 1}}]
    assert end["content"] == [
        {"type": "tool_result", "tool_use_id": "call_1", "content": [{"type": "text", "text": "2"}]}
    ]


def test_message_stays_as_it_is() -> None:
    """The caller's message is not changed."""
    message = spoken(OPENAI)
    assert with_calls(message) is not message
    assert message.blocks == []


def test_call_that_is_a_block_counts_once() -> None:
    """Where the content holds calls, those beside it are the same ones."""
    block = ToolCallBlock(tool_call_id="toolu_1", tool_name="add", tool_kwargs={})
    assert with_calls(spoken(OPENAI, blocks=[block])).blocks == [block]


def test_names_and_ids_of_others() -> None:
    """A name and an id that the API does not take are translated, in the call as in its result."""
    call = {"id": "call:1", "function": {"name": "add numbers", "arguments": "{"}}
    result = ChatMessage(role="tool", content="2", additional_kwargs={"tool_call_id": "call:1"})
    [_, answer, end] = sent(ChatMessage(role="user", content="Add"), spoken(call), result, names=("add numbers",))
    [made] = answer["content"]
    assert (made["name"], made["input"]) == ("add_numbers", {"unparsed_arguments": "{"})
    assert end["content"][0]["tool_use_id"] == made["id"]


@pytest.mark.parametrize("calls", [[], ["add"], [{"id": "call_1"}], [None]])
def test_what_is_no_call_is_left_out(calls: list[Any]) -> None:
    """What stands there in no form that is known makes no block."""
    assert with_calls(spoken(*calls)).blocks == []


def test_calls_are_the_models() -> None:
    """A user's message holds no calls, whatever stands beside its content."""
    asked = ChatMessage(role="user", content="Hi", additional_kwargs={"tool_calls": [OPENAI]})
    assert sent(asked) == [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]
