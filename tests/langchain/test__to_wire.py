"""LangChain's messages as turns of a conversation with Claude."""

import copy
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from claude_foundry import ConfigurationError
from claude_foundry._models import MODELS, UNKNOWN
from claude_foundry._translation import tool_id
from claude_foundry.langchain._to_wire import request, split

USE = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 1}}
EXPECTED = pytest.mark.filterwarnings("ignore:A system message that", "ignore:A message of the user")
CALL = {"name": "add", "args": {"a": 1}, "id": "toolu_1"}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "2"}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def turns(*messages: BaseMessage) -> list[dict[str, Any]]:
    return split(messages)[1]


def asked(*messages: BaseMessage, model: Any = UNKNOWN, **call: Any) -> dict[str, Any]:
    return request(messages or [HumanMessage("Hi")], call={"model": "m", "max_tokens": 9, **call}, model=model)


@EXPECTED
def test_roles() -> None:
    """Each kind of message has its place; every system message is part of the one system prompt."""
    system, conversation = split(
        [
            SystemMessage("Be brief."),
            HumanMessage("Hi"),
            AIMessage("Hello"),
            SystemMessage("Be kind."),
            HumanMessage("Bye"),
        ]
    )

    assert system == [text("Be brief."), text("Be kind.")]
    assert conversation == [
        {"role": "user", "content": [text("Hi")]},
        {"role": "assistant", "content": [text("Hello")]},
        {"role": "user", "content": [text("Bye")]},
    ]


@pytest.mark.parametrize(
    ("role", "place"), [("user", "user"), ("human", "user"), ("assistant", "assistant"), ("ai", "assistant")]
)
def test_chat_messages(role: str, place: str) -> None:
    """A ChatMessage stands where its role says."""
    assert turns(ChatMessage("Hi", role=role)) == [{"role": place, "content": [text("Hi")]}]


@pytest.mark.parametrize("role", ["system", "developer"])
def test_chat_messages_of_the_system(role: str) -> None:
    """A ChatMessage of the system or developer is part of the system prompt."""
    assert split([ChatMessage("Hi", role=role)]) == ([text("Hi")], [])


@pytest.mark.parametrize("message", [ChatMessage("Hi", role="critic"), FunctionMessage("2", name="add")])
def test_messages_without_a_place(message: BaseMessage) -> None:
    """A message that has no place in the API is refused by its kind."""
    with pytest.raises(ConfigurationError, match=type(message).__name__):
        turns(message)


def test_neighbours_of_one_role_are_one_turn() -> None:
    """Neighbouring messages of one role become one turn."""
    assert turns(HumanMessage("A"), HumanMessage("B")) == [{"role": "user", "content": [text("A"), text("B")]}]


def test_tool_results_come_first() -> None:
    """Results of parallel calls are one turn with what the user says next, and stand before it."""
    calls = [{"name": "add", "args": {}, "id": name} for name in ("a", "b")]
    conversation = turns(
        AIMessage("", tool_calls=calls),
        ToolMessage("1", tool_call_id="a"),
        HumanMessage("So?"),
        ToolMessage("2", tool_call_id="b"),
    )

    assert [block["type"] for block in conversation[1]["content"]] == ["tool_result", "tool_result", "text"]
    assert [block.get("tool_use_id") for block in conversation[1]["content"]] == ["a", "b", None]


def test_calls_come_from_the_list_of_calls() -> None:
    """A call stands once: in its place in the content, with the arguments of the message's own list."""
    edited = {**CALL, "args": {"a": 5}}
    message = AIMessage([text("Well."), {**USE, "caller": {"type": "direct"}, "index": 1}], tool_calls=[edited])

    assert turns(message)[0]["content"] == [text("Well."), {**USE, "input": {"a": 5}, "caller": {"type": "direct"}}]
    assert turns(AIMessage("Well.", tool_calls=[CALL]))[0]["content"] == [text("Well."), USE]


def test_cut_calls() -> None:
    """A call that was cut is left out, unless a result answers it: then it stands, without its arguments."""
    cut = {"name": "add", "args": '{"a', "id": "toolu_1", "error": "cut"}
    message = AIMessage([text("Well."), {**USE, "input": {}, "partial_json": '{"a'}], invalid_tool_calls=[cut])

    alone, answered = turns(message), turns(message, ToolMessage("2", tool_call_id="toolu_1"))

    assert alone[0]["content"] == [text("Well.")]
    assert answered[0]["content"] == [text("Well."), {**USE, "input": {}}]


def test_failed_results_are_text() -> None:
    """A failed result is marked, and holds text only."""
    image = {"type": "image", "source": {"type": "url", "url": "https://a/b.png"}}
    failed = ToolMessage([text("No."), image], tool_call_id="toolu_1", status="error")

    assert turns(failed)[0]["content"] == [{**RESULT, "content": [text("No.")], "is_error": True}]


def test_foreign_ids() -> None:
    """Ids of other providers are made acceptable, the same way in call and result."""
    conversation = turns(
        AIMessage("", tool_calls=[{**CALL, "id": "call|1.x"}]), ToolMessage("2", tool_call_id="call|1.x")
    )

    assert conversation[0]["content"][0]["id"] == conversation[1]["content"][0]["tool_use_id"] == tool_id("call|1.x")


@pytest.mark.parametrize("messages", [[], [HumanMessage("")], [SystemMessage("Be brief."), HumanMessage(" ")]])
@EXPECTED
def test_nothing_said(messages: list[BaseMessage]) -> None:
    """A conversation in which nothing is said is refused before it is sent."""
    with pytest.raises(ConfigurationError, match="human message"):
        request(messages, call={"model": "m"}, model=UNKNOWN)


def test_system_messages_are_text() -> None:
    """A system message that holds more than text is refused by the kind of what it holds."""
    image = {"type": "image", "url": "https://a.example/b"}

    with pytest.raises(ConfigurationError, match="'image'"):
        turns(SystemMessage([image]), HumanMessage("Hi"))


SECOND = SystemMessage("Be kind.")


@pytest.mark.parametrize(
    ("conversation", "roles", "hoisted"),
    [
        ([HumanMessage("Hi"), SECOND], ["user", "system"], 1),
        (
            [HumanMessage("Hi"), SECOND, AIMessage("Yes."), HumanMessage("So?")],
            ["user", "system", "assistant", "user"],
            1,
        ),
        ([HumanMessage("Hi"), SECOND, HumanMessage("So?")], ["user"], 2),
        ([HumanMessage("Hi"), AIMessage("Yes."), SECOND, HumanMessage("So?")], ["user", "assistant", "user"], 2),
        ([SECOND, HumanMessage("Hi")], ["user"], 2),
        (
            [HumanMessage("Hi"), AIMessage("", tool_calls=[CALL]), ToolMessage("2", tool_call_id="toolu_1"), SECOND],
            ["user", "assistant", "user", "system"],
            1,
        ),
    ],
)
@EXPECTED
def test_later_system_messages(conversation: list[BaseMessage], roles: list[str], hoisted: int) -> None:
    """Where a model takes it, a system message at the end of the user's turn stays there; any other is hoisted."""
    messages = [SystemMessage("Be brief."), *conversation]

    fields = request(messages, call={"model": "m"}, model=UNKNOWN, in_place=True)
    without = request(messages, call={"model": "m"}, model=UNKNOWN)

    assert [turn["role"] for turn in fields["messages"]] == roles
    assert [turn["content"] for turn in fields["messages"] if turn["role"] == "system"] == [[text("Be kind.")]][
        : 2 - hoisted
    ]
    assert len(fields["system"]) == hoisted
    assert without["system"] == [text("Be brief."), text("Be kind.")]


def test_cache_point_of_a_result() -> None:
    """A cache point inside a tool's result stands on the result, where the API counts it."""
    part = {"type": "text", "text": "2", "cache_control": {"type": "ephemeral"}}

    (turn,) = turns(ToolMessage([part], tool_call_id="toolu_1"))

    assert turn["content"] == [{**RESULT, "content": [text("2")], "cache_control": {"type": "ephemeral"}}]


@pytest.mark.parametrize("content", ["", " \n", [], [" "]])
def test_results_without_content(content: Any) -> None:
    """A result of nothing is sent without content."""
    assert turns(ToolMessage(content, tool_call_id="toolu_1"))[0]["content"] == [
        {"type": "tool_result", "tool_use_id": "toolu_1"}
    ]


def test_result_in_the_users_content() -> None:
    """A call in an answer's content stays when the result that answers it is in the user's content."""
    conversation = turns(AIMessage([USE]), HumanMessage([{**RESULT, "index": 0}]))

    assert [turn["content"] for turn in conversation] == [[USE], [RESULT]]


def test_answers_of_other_providers() -> None:
    """Of another provider's answer its text and its calls are sent; Claude cannot read the rest."""
    content = [
        {"type": "reasoning", "reasoning": "Hm.", "extras": {"signature": "theirs"}},
        {"type": "web_search_call", "id": "ws_1"},
        {"executable_code": "1"},
        {"type": "text", "text": "Well."},
    ]
    answer = AIMessage(content, tool_calls=[CALL], response_metadata={"model_provider": "other"})

    assert turns(answer)[0]["content"] == [text("Well."), USE]


@given(st.lists(st.sampled_from(["human", "ai", "system", "tool"]), max_size=8))
@EXPECTED
def test_roles_alternate(kinds: list[str]) -> None:
    """Whatever the order of messages, turns alternate, none is empty, and the messages stay as they were."""
    made = {
        "human": HumanMessage("Hi"),
        "ai": AIMessage([text("Yes.")], tool_calls=[CALL]),
        "system": SystemMessage("Be brief."),
        "tool": ToolMessage("2", tool_call_id="toolu_1"),
    }
    messages = [made[kind] for kind in kinds]
    before = copy.deepcopy(messages)

    conversation = turns(*messages)

    assert all(one["role"] != next_["role"] for one, next_ in pairwise(conversation))
    assert all(turn["content"] for turn in conversation)
    assert messages == before


def test_nothing_empty_is_sent() -> None:
    """What is not set is not sent."""
    assert asked(thinking=None, stop_sequences=[], betas=None, tools=[]) == {
        "model": "m",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": [text("Hi")]}],
    }


@pytest.mark.parametrize("name", ["temperature", "top_p", "top_k"])
def test_sampling(name: str) -> None:
    """A sampling parameter is refused by its name where the model does not take it, and sent elsewhere."""
    assert asked(model=MODELS["claude-haiku-4-5"], **{name: 0})[name] == 0
    with pytest.raises(ConfigurationError, match=f"{name}.*claude-opus-5-5"):
        asked(model=MODELS["claude-opus-5-5"], **{name: 0})


def test_response_format() -> None:
    """The structured output that LangChain's agents ask for is the API's own; another form is refused."""
    schema = {"type": "object", "properties": {}}

    fields = asked(response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": schema}})

    assert fields["output_config"]["format"] == {
        "type": "json_schema",
        "schema": {**schema, "additionalProperties": False},
    }
    assert "response_format" not in fields
    with pytest.raises(ConfigurationError, match="response_format"):
        asked(response_format={"type": "json_object"})
