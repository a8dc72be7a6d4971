"""Calls of older histories, which stand beside the content."""

from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from llama_index.core.llms.llm import ToolSelection
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
    "Responses": {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "add", "arguments": '{"a": 1}'},
    "Bedrock's": {"toolUseId": "call_1", "name": "add", "input": {"a": 1}},
    "Cohere's": {"id": "call_1", "name": "add", "parameters": {"a": 1}},
    "ToolSelection": ToolSelection(tool_id="call_1", tool_name="add", tool_kwargs={"a": 1}),
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


@pytest.mark.parametrize("arguments", [None, "", {}])
def test_call_without_arguments(arguments: Any) -> None:
    """A call whose arguments are missing has none."""
    call = {"id": "call_1", "function": {"name": "add", "arguments": arguments}}
    assert sent(ChatMessage(role="user", content="Add"), spoken(call))[1]["content"][0]["input"] == {}


@pytest.mark.parametrize("identifier", [None, "", "add"])
@pytest.mark.parametrize("as_block", [False, True], ids=["beside", "block"])
def test_calls_without_ids(identifier: str | None, as_block: bool) -> None:
    """Calls that have no id, as Ollama's and Gemini's, have their results, whether these name the tool or nothing."""
    arguments = [{"a": 1}, {"a": 2}]
    calls = [{"function": {"name": "add", "arguments": given}} for given in arguments]
    blocks = [ToolCallBlock(tool_call_id=None, tool_name="add", tool_kwargs=given) for given in arguments]
    results = [
        ChatMessage(role="tool", content=text, additional_kwargs={"tool_call_id": identifier}) for text in ("2", "3")
    ]
    answer = spoken(blocks=blocks) if as_block else spoken(*calls)
    [_, asked, end] = sent(ChatMessage(role="user", content="Add"), answer, *results)
    assert [call["id"] for call in asked["content"]] == ["add", "add_2"]
    told = [(part["tool_use_id"], part["content"][0]["text"], part.get("is_error")) for part in end["content"]]
    assert told == [("add", "2", None), ("add_2", "3", None)]


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
