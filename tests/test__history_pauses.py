"""Conversations whose turns the service pauses, and calls that its code waits for."""

import pytest

from claude_foundry import ConfigurationError, Conversation
from tests.test__history import CALLS, SEARCH, answer, result

FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}


CODE = {"type": "server_tool_use", "id": "srvtoolu_2", "name": "code_execution", "input": {"code": "f()"}}


def test_paused_turn_goes_on_as_it_is() -> None:
    """While the service has a call of its own under way nothing may be said; its next answer goes on with it."""
    conversation = Conversation("Hello")
    conversation.add_answer(answer(SEARCH, stop_reason="pause_turn"))

    with pytest.raises(ConfigurationError, match="srvtoolu_1: send the messages as they are"):
        conversation.add_user("Hurry")
    paused = conversation.is_paused
    conversation.add_answer(answer(FOUND, {"type": "text", "text": "Found."}))
    conversation.add_user("Thanks")

    assert (paused, conversation.is_paused) == (True, False)
    assert [message["role"] for message in conversation] == ["user", "assistant", "assistant", "user"]


def test_pause_between_steps() -> None:
    """A pause after a step that is ended leaves the choice: to let it go on, or to say something."""
    conversation = Conversation("Hello")
    conversation.add_answer(answer(SEARCH, FOUND, stop_reason="pause_turn"))

    assert not conversation.is_paused
    conversation.add_user("Enough")


def test_results_that_code_waits_for() -> None:
    """Beside the results that code in the service's container waits for, nothing may be said."""
    caller = {"type": "code_execution_20260120", "tool_id": "srvtoolu_2"}
    conversation = Conversation("Hello")
    conversation.add_answer(answer(CODE, {**CALLS[0], "caller": caller}, stop_reason="tool_use"))

    with pytest.raises(ConfigurationError, match="code of the service waits"):
        conversation.add_tool_results([result(1)], content="Hurry")
    conversation.add_tool_results([result(1)])
    with pytest.raises(ConfigurationError, match="send the messages as they are"):
        conversation.add_user("Hurry")

    assert [block["type"] for block in conversation[-1]["content"]] == ["tool_result"]  # type: ignore[index, union-attr]
