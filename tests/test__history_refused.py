"""What a conversation leaves out or refuses to take."""

from collections.abc import Callable
from typing import Any

import pytest

from claude_foundry import ConfigurationError, Conversation
from tests.test__history import ASKED, CALLS, SEARCH, accepts, answer, result


@pytest.mark.parametrize(
    ("content", "stop_reason"), [({"type": "text", "text": ""}, "end_turn"), (CALLS[0], "max_tokens")]
)
def test_answer_with_nothing_in_it(content: dict[str, Any], stop_reason: str) -> None:
    """An answer of which nothing may be sent back is left out."""
    conversation = Conversation("Hello")

    conversation.add_answer(answer(content, stop_reason=stop_reason))

    assert conversation == [ASKED]


@pytest.mark.parametrize("content", [{"type": "text", "text": "I"}, SEARCH, CALLS[0]], ids=["text", "search", "call"])
def test_refused_answer(content: dict[str, Any]) -> None:
    """What there is of a refused answer is left out, and the conversation goes on."""
    conversation = Conversation("Hello")

    conversation.add_answer(answer(content, stop_reason="refusal"))
    conversation.add_user("Something else")

    assert conversation == [ASKED, {"role": "user", "content": "Something else"}]
    assert accepts(conversation)


@pytest.mark.parametrize("waits", [False, True], ids=["paused", "waiting for results"])
def test_refused_after_a_pause(waits: bool) -> None:
    """When a turn is refused after a pause, its earlier parts go too: the service would never end them."""
    conversation = Conversation("Hello")
    conversation.add_answer(answer({"type": "text", "text": "Hi."}))
    conversation.add_user("Search")
    conversation.add_answer(
        answer(SEARCH, *CALLS[: 1 if waits else 0], stop_reason="tool_use" if waits else "pause_turn")
    )
    if waits:
        conversation.add_tool_results([result(1)])

    conversation.add_answer(answer({"type": "text", "text": "I"}, stop_reason="refusal"))
    conversation.add_user("Something else")

    assert [message["content"] for message in conversation if message["role"] == "user"] == [
        "Hello",
        "Search",
        "Something else",
    ]
    assert accepts(conversation)


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (lambda it: it.add_user(None), "content is NoneType"),
        (lambda it: it.add_user({"type": "text", "text": "A"}), "content is dict"),
        (lambda it: it.add_user(b"A"), "content is bytes"),
        (lambda it: it.add_user(" \n"), "content is blank"),
        (lambda it: it.add_answer({"role": "assistant", "content": "A"}), "answer is dict"),
        (lambda it: it.add_tool_results("done"), "results is str"),
        (lambda it: it.add_tool_results(result(1)), "results is dict"),
        (lambda it: it.add_tool_results([{"type": "tool_result"}]), "tool_use_id"),
        (lambda it: it.add_tool_results([None]), "tool_use_id"),
        (lambda it: it.add_tool_results([{"type": "text", "text": "A", "tool_use_id": "toolu_1"}]), "of that type"),
        (lambda it: it.add_user([{"type": "text", "text": "A"}, 2]), r"content\[1\] is int"),
    ],
)
def test_arguments_are_named(use: Callable[[Conversation], None], said: str) -> None:
    """What cannot be added is refused by its name, and nothing is added."""
    conversation = Conversation("Hello")

    with pytest.raises(ConfigurationError, match=said):
        use(conversation)

    assert conversation == [ASKED]


@pytest.mark.parametrize(
    "opening", [None, 5, b"Hello", {"role": "user", "content": "Hello"}, "", [5], [{"role": "user"}]]
)
def test_openings_that_are_none(opening: Any) -> None:
    """What opens no conversation is refused by its name."""
    with pytest.raises(ConfigurationError, match="opening"):
        Conversation(opening)
