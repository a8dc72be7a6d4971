"""Messages that are moved, left out, or told apart by their order, and what is warned of then."""

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from claude_foundry._models import UNKNOWN
from claude_foundry.langchain._to_wire import request, split

CALL = {"name": "add", "args": {"a": 1}, "id": "toolu_1"}


def test_empty_messages_are_left_out() -> None:
    """Text that the API refuses as empty is not sent, nor a turn that held nothing else, which is warned of."""
    messages = [SystemMessage(""), HumanMessage("Hi"), AIMessage(""), HumanMessage(" \n")]

    with pytest.warns(UserWarning, match="says nothing and is left out") as warned:
        _, sent = split(messages)

    assert sent == [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]
    assert [told.filename for told in warned] == [__file__]


def test_nothing_is_warned_of_in_an_agents_loop() -> None:
    """An answer of calls alone, and results without content, are no empty messages."""
    messages = [HumanMessage("Hi"), AIMessage("", tool_calls=[CALL]), ToolMessage("", tool_call_id="toolu_1")]

    assert len(split(messages)[1]) == 3


def test_moved_system_messages_are_warned_of() -> None:
    """A system message that does not stay in its place is warned of, and those at the beginning are not."""
    first = [SystemMessage("Be brief."), SystemMessage("Be kind."), HumanMessage("Hi")]
    split(first)

    with pytest.warns(UserWarning, match="sent before them all") as warned:
        split([*first, SystemMessage("Be quick.")])

    assert [told.filename for told in warned] == [__file__]
    split([*first, SystemMessage("Be quick.")], in_place=True)


def test_results_without_ids() -> None:
    """Results that name no call answer the calls in order."""
    calls = [CALL, {**CALL, "id": "toolu_2"}]
    results = [ToolMessage(number, tool_call_id="") for number in "23"]

    history = [HumanMessage("Hi"), AIMessage("", tool_calls=calls), *results]
    answered = request(history, call={"model": "m"}, model=UNKNOWN)["messages"][-1]["content"]

    assert [(block["tool_use_id"], block["content"]) for block in answered] == [("toolu_1", "2"), ("toolu_2", "3")]
