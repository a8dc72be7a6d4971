"""Messages and settings as the fields of a request."""

import copy
from typing import Any

import pytest
from llama_index.core.base.llms.types import (
    CacheControl,
    CachePoint,
    ChatMessage,
    ImageBlock,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)

from claude_foundry._models import known
from claude_foundry._translation import tool_id
from claude_foundry.errors import ConfigurationError
from claude_foundry.llamaindex._to_wire import Options, conversation, request

OLD, NEW = known("claude-haiku-4-5"), known("claude-opus-5-5")
SETTINGS = {"model": "m", "max_tokens": 100}
POINT = CachePoint(cache_control=CacheControl(type="ephemeral"))
ADD = {"name": "add", "input_schema": {"type": "object", "properties": {}}}


def say(text: str, role: str = "user", **extra: Any) -> ChatMessage:
    return ChatMessage(role=role, content=text, additional_kwargs=extra)


def fields(messages: list[ChatMessage], *, model: Any = NEW, **call: Any) -> dict[str, Any]:
    return request(messages, settings=SETTINGS, call=call, model=model).fields


def test_plain_question() -> None:
    """A user's message is one turn, and nothing is sent that was not set."""
    assert fields([say("Hello")]) == {
        "model": "m",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}],
    }


def test_system_messages_are_hoisted() -> None:
    """System and developer messages, wherever they stand, are the system prompt, with their cache points."""
    first = ChatMessage(role="system", blocks=[TextBlock(text="Be brief."), POINT])
    sent = fields([first, say("Hello"), say("Be kind.", "developer")])
    assert sent["system"] == [
        {"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}},
        {"type": "text", "text": "Be kind."},
    ]
    assert [turn["role"] for turn in sent["messages"]] == ["user"]


def test_empty_system_prompt_is_not_sent() -> None:
    """A system message that says nothing is left out."""
    assert "system" not in fields([say("", "system"), say("Hello")])


def test_system_prompt_takes_text_only() -> None:
    """An image in a system message is refused."""
    picture = ChatMessage(role="system", blocks=[ImageBlock(url="https://example.com/a.png")])
    with pytest.raises(ConfigurationError, match="system message"):
        fields([picture, say("Hello")])


@pytest.mark.parametrize("messages", [[], [say("Only this.", "system")], [say(" ")]], ids=["none", "system", "blank"])
def test_nothing_to_answer_is_refused(messages: list[ChatMessage]) -> None:
    """A request without a word of the user is refused before it is sent."""
    with pytest.raises(ConfigurationError, match="messages"):
        fields(messages)


@pytest.mark.parametrize("role", ["assistant", "chatbot", "model"])
def test_roles_of_the_model(role: str) -> None:
    """The names that providers have for the model's role are all ``assistant``."""
    assert [turn["role"] for turn in fields([say("a"), say("b", role), say("c")])["messages"]] == [
        "user",
        "assistant",
        "user",
    ]


@pytest.mark.parametrize("role", [MessageRole.TOOL, MessageRole.FUNCTION])
def test_tool_messages_are_results_in_one_turn(role: MessageRole) -> None:
    """Tool messages in a row become one user turn, each a result of its call."""
    calls = [ToolCallBlock(tool_call_id=identifier, tool_name="add", tool_kwargs={}) for identifier in ("a", "b")]
    results = [
        ChatMessage(role=role, content=text, additional_kwargs={"tool_call_id": identifier})
        for identifier, text in (("a", "1"), ("b", ""))
    ]
    sent = fields([say("Add"), ChatMessage(role="assistant", blocks=calls), *results, say("Go on")])
    assert sent["messages"][2]["content"] == [
        {"type": "tool_result", "tool_use_id": "a", "content": [{"type": "text", "text": "1"}]},
        {"type": "tool_result", "tool_use_id": "b"},
        {"type": "text", "text": "Go on"},
    ]


def test_tool_message_without_id_is_text() -> None:
    """A tool message that names no call is said as text."""
    [turn] = fields([say("Add"), say("3", "tool")])["messages"]
    assert [part["text"] for part in turn["content"]] == ["Add", "3"]


def test_failed_result_is_text_only() -> None:
    """A result that is marked as an error says so, and holds text alone as the API demands."""
    blocks = [TextBlock(text="no"), ImageBlock(url="https://example.com/a.png")]
    kwargs = {"tool_call_id": "a", "is_error": True}
    call = ToolCallBlock(tool_call_id="a", tool_name="add", tool_kwargs={})
    history = [
        say("Add"),
        ChatMessage(role="assistant", blocks=[call]),
        ChatMessage(role="tool", blocks=blocks, additional_kwargs=kwargs),
    ]
    [result] = fields(history)["messages"][2]["content"]
    assert (result["is_error"], result["content"]) == (True, [{"type": "text", "text": "no"}])


def test_cache_point_of_a_result_stands_on_the_result() -> None:
    """A cache point in a tool message marks the result, and counts as one."""
    call = ToolCallBlock(tool_call_id="a", tool_name="add", tool_kwargs={})
    tool = ChatMessage(role="tool", blocks=[TextBlock(text="1"), POINT], additional_kwargs={"tool_call_id": "a"})
    [result] = fields([say("Add"), ChatMessage(role="assistant", blocks=[call]), tool])["messages"][2]["content"]
    assert result["cache_control"] == {"type": "ephemeral"}
    assert result["content"] == [{"type": "text", "text": "1"}]


def test_cache_control_of_a_message() -> None:
    """The mark that LlamaIndex's extractor puts on a message stands on its last block; other extras are not sent."""
    [turn] = fields([say("Hello", cache_control={"type": "ephemeral"}, usage={"a": 1})])["messages"]
    assert turn["content"] == [{"type": "text", "text": "Hello", "cache_control": {"type": "ephemeral"}}]


def test_four_cache_points() -> None:
    """Of five cache points the first in the conversation goes, which is told; that of the system prompt stays."""
    messages = [ChatMessage(role="system", blocks=[TextBlock(text="s"), POINT])]
    messages += [ChatMessage(role="user", blocks=[TextBlock(text=str(at)), POINT]) for at in range(4)]
    with pytest.warns(UserWarning, match="1 are not sent"):
        sent = fields(messages)
    assert "cache_control" in sent["system"][0]
    marked = ["cache_control" in block for block in sent["messages"][0]["content"]]
    assert marked == [False, True, True, True]


def test_nothing_given_is_changed() -> None:
    """The caller's messages and arguments stay as they were."""
    call = ToolCallBlock(tool_call_id="a.b", tool_name="my tool", tool_kwargs="{}")
    messages = [say("Hello", cache_control={"type": "ephemeral"}), ChatMessage(role="assistant", blocks=[call])]
    arguments = {"tools": [{**ADD, "name": "my tool"}], "tool_choice": "my tool", "stop": "x"}
    before = copy.deepcopy((messages, arguments))
    fields(messages, **arguments)
    assert (messages, arguments) == before


def test_names_of_tools_are_made_good_and_read_back() -> None:
    """A tool's name is sent as the API takes it, in the list, the choice and the history alike."""
    call = ToolCallBlock(tool_call_id="a", tool_name="my tool", tool_kwargs={})
    made = request(
        [say("Go"), ChatMessage(role="assistant", blocks=[call])],
        settings=SETTINGS,
        call={"tools": [{**ADD, "name": "my tool"}], "tool_choice": {"type": "tool", "name": "my tool"}},
        model=OLD,
    )
    assert made.fields["tools"][0]["name"] == "my_tool"
    assert made.fields["tool_choice"] == {"type": "tool", "name": "my_tool"}
    assert made.fields["messages"][1]["content"][0]["name"] == "my_tool"
    assert made.names == {"my_tool": "my tool"}


def test_forced_choice_becomes_words_where_it_is_refused() -> None:
    """A model that refuses a forced choice is asked in its last user turn, never in the system prompt."""
    sent = fields([say("Be brief.", "system"), say("Hello")], tools=[ADD], tool_choice="any")
    assert sent["tool_choice"] == {"type": "auto"}
    assert sent["messages"][-1]["content"][-1]["text"] == "Answer by calling the tool add."
    assert sent["system"] == [{"type": "text", "text": "Be brief."}]


def test_no_tools_no_fields() -> None:
    """Without tools neither list nor choice is sent."""
    sent = fields([say("Hello")], tools=[], tool_choice="auto")
    assert not {"tools", "tool_choice"} & set(sent)


def test_history_of_another_provider() -> None:
    """Calls and results of another provider keep their pairing under ids that the API accepts."""
    call = ToolCallBlock(tool_call_id="call.1|x", tool_name="functions.add", tool_kwargs="{}")
    result = ChatMessage(role="tool", content="3", additional_kwargs={"tool_call_id": "call.1|x"})
    _, turns = conversation([say("a"), ChatMessage(role="assistant", blocks=[call]), result], names={}, model=NEW)
    assert turns[1]["content"][0]["name"] == "functions_add"
    assert turns[1]["content"][0]["id"] == turns[2]["content"][0]["tool_use_id"] == tool_id("call.1|x")


def test_id_of_a_call_that_is_no_text() -> None:
    """A result whose call is named by something else than a text is refused by name."""
    with pytest.raises(ConfigurationError, match=r"tool_call_id.* is int"):
        fields([say("Add"), say("3", "tool", tool_call_id=7)])


CODE = {"type": "code_execution_20260120", "name": "code_execution"}
THOUGHT = ThinkingBlock(content="", additional_information={"signature": "s"})


def test_reasoning_may_be_left_out() -> None:
    """With ``replay_thinking`` off no reasoning goes back, and an answer that held nothing else is left out."""
    history = [say("a"), ChatMessage(role="assistant", blocks=[THOUGHT]), say("b")]
    for replay, roles in ((True, ["user", "assistant", "user"]), (False, ["user"])):
        options = Options(replay_thinking=replay)
        made = request(history, settings=SETTINGS, call={}, model=NEW, options=options)
        assert [turn["role"] for turn in made.fields["messages"]] == roles


def test_tools_may_be_cached() -> None:
    """With ``cache_tools`` the last tool of every prompt carries a cache point; a deferred one does not."""
    options, deferred = Options(cache_tools="1h"), {**ADD, "name": "later", "defer_loading": True}
    made = request([say("a")], settings=SETTINGS, call={"tools": [ADD, deferred]}, model=NEW, options=options)
    assert [tool.get("cache_control") for tool in made.fields["tools"]] == [{"type": "ephemeral", "ttl": "1h"}, None]
    bare = request([say("a")], settings=SETTINGS, call={}, model=NEW, options=options)
    assert "tools" not in bare.fields


def test_budget_where_memory_lost_the_reasoning() -> None:
    """With a budget, the answer to a result whose reasoning is lost is made without thinking."""
    call = ToolCallBlock(tool_call_id="a", tool_name="add", tool_kwargs={})
    result = say("3", "tool", tool_call_id="a")
    for blocks, thinks in (([call], False), ([THOUGHT, call], True)):
        history = [say("Add"), ChatMessage(role="assistant", blocks=blocks), result]
        sent = fields(history, model=OLD, max_tokens=5_000, thinking={"type": "enabled", "budget_tokens": 2_000})
        assert ("thinking" in sent) is thinks


def test_container_of_the_conversation() -> None:
    """The container in which an earlier answer ran code is named again."""
    held = {"claude_block": {"type": "server_tool_use", "id": "srvtoolu_1", "name": "code_execution", "input": {}}}
    own = ThinkingBlock(additional_information={**held, "claude_container": {"id": "container_1"}})
    history = [say("a"), ChatMessage(role="assistant", blocks=[own, TextBlock(text="b")]), say("c")]
    assert fields(history, tools=[CODE])["container"] == "container_1"
    assert "container" not in fields(history)


def test_force_where_thinking_has_a_budget() -> None:
    """A budget rules a forced choice out, as the setting is translated for the model."""
    sent = fields([say("a")], model=OLD, max_tokens=5_000, thinking="low", tools=[ADD], tool_choice="any")
    assert sent["thinking"] == {"type": "enabled", "budget_tokens": 2_048}
    assert sent["tool_choice"] == {"type": "auto"}


def test_cache_control_of_a_result() -> None:
    """A tool's message that is to be cached to its end is, on the result."""
    call = ToolCallBlock(tool_call_id="a", tool_name="add", tool_kwargs={})
    result = say("3", "tool", tool_call_id="a", cache_control={"type": "ephemeral"})
    sent = fields([say("Add"), ChatMessage(role="assistant", blocks=[call]), result])
    [block] = sent["messages"][-1]["content"]
    assert (block["type"], block["cache_control"]) == ("tool_result", {"type": "ephemeral"})
