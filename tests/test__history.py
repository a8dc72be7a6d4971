"""Conversations in the order that the API takes."""

import copy
import json
import pickle
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry import ConfigurationError, Conversation, FoundryClient, Message
from claude_foundry.emulator import EmulatorTransport
from tests.answers import message
from tests.recorded import exchanges, recorded, told

CALLS = [{"type": "tool_use", "id": f"toolu_{number}", "name": "f", "input": {}} for number in (1, 2)]
ASKED = {"role": "user", "content": "Hello"}


def stands_alone(content: list[dict[str, Any]]) -> bool:
    """Tells whether an answer can go on in a conversation of its own, on Foundry."""
    # The advisor is a tool that Foundry does not have.
    is_here = not any("advisor" in block["type"] for block in content)
    begun = {block.get("id") for block in content}
    # A turn that was taken up again has results of calls that stand before it.
    return is_here and all(block["tool_use_id"] in begun for block in content if "tool_use_id" in block)


ROWS = [
    case
    for case in [*exchanges(stream=False), *exchanges(stream=True)]
    if stands_alone(told(case.values[0])["content"])
]


def answer(*content: dict[str, Any], stop_reason: str = "end_turn") -> Message:
    return Message.model_validate(message(*content, stop_reason=stop_reason))


def result(number: int, content: Any = "x", **fields: Any) -> Any:
    return {"type": "tool_result", "tool_use_id": f"toolu_{number}", "content": content, **fields}


def called() -> Conversation:
    """Gives a conversation whose last answer called two tools."""
    conversation = Conversation("Hello")
    conversation.add_answer(answer(*CALLS, stop_reason="tool_use"))
    return conversation


def accepts(conversation: Conversation) -> bool:
    """Tells whether the service's rules let a conversation go on."""
    with (
        httpx.Client(transport=EmulatorTransport()) as http,
        FoundryClient(resource="a", api_key="emulator", http_client=http) as it,
    ):
        return it.messages.count_tokens(model="claude-opus-4-8", messages=conversation).input_tokens > 0


def test_turns() -> None:
    """Turns are added one after another, and stand in the list as the API takes them."""
    conversation = Conversation("Hello")
    conversation.add_answer(answer())
    conversation.add_user([{"type": "text", "text": "Go on"}])

    assert conversation == [
        ASKED,
        {"role": "assistant", "content": [{"type": "text", "text": "Hello there."}]},
        {"role": "user", "content": [{"type": "text", "text": "Go on"}]},
    ]


def test_earlier_messages() -> None:
    """A conversation goes on from messages that were kept."""
    kept = json.loads(json.dumps(called()))

    assert Conversation(kept).pending == ["toolu_1", "toolu_2"]


def test_typed_blocks() -> None:
    """Calls in an answer's own blocks are seen as well."""
    blocks = answer(*CALLS).content

    assert Conversation([{"role": "assistant", "content": blocks}]).pending == ["toolu_1", "toolu_2"]


def test_results_are_one_message() -> None:
    """Results stand in the order of the calls, before what the user says."""
    conversation = called()

    conversation.add_tool_results([result(2), result(1)], content="Which is right?")

    said = {"type": "text", "text": "Which is right?"}
    assert conversation[-1] == {"role": "user", "content": [result(1), result(2), said]}
    assert conversation.pending == []
    assert accepts(conversation)


@pytest.mark.parametrize(
    ("results", "told_of"),
    [
        ([result(1)], "toolu_2 have no result"),
        ([], "toolu_1, toolu_2 have no result"),
        ([result(1), result(2), result(3)], "toolu_3 are not calls"),
        ([result(1), result(2), result(2)], "toolu_2 have more than one"),
        ([result(1), result(2, [{"type": "image", "source": {}}], is_error=True)], "toolu_2: .* text only"),
    ],
)
def test_wrong_results(results: list[Any], told_of: str) -> None:
    """Wrong results are refused with the ids of their calls, and nothing is added."""
    conversation = called()

    with pytest.raises(ConfigurationError, match=told_of):
        conversation.add_tool_results(results)

    assert len(conversation) == 2


@pytest.mark.parametrize("content", ["Failed.", [{"type": "text", "text": "Failed."}]])
def test_failed_call(content: Any) -> None:
    """The result of a failed call is text."""
    conversation = called()

    conversation.add_tool_results([result(1), result(2, content, is_error=True)])

    assert accepts(conversation)


def test_user_before_results() -> None:
    """What the user says has to wait for the results."""
    with pytest.raises(ConfigurationError, match=r"toolu_1, toolu_2 .*add_tool_results"):
        called().add_user("Well?")


def test_answer_before_results() -> None:
    """The next answer has to wait for the results."""
    with pytest.raises(ConfigurationError, match="toolu_1, toolu_2"):
        called().add_answer(answer())


def test_answer_without_question() -> None:
    """A conversation begins with the user."""
    with pytest.raises(ConfigurationError, match="user message"):
        Conversation().add_answer(answer())


@pytest.mark.parametrize("content", ["", []])
def test_nothing_said(content: Any) -> None:
    """A message without content is refused."""
    with pytest.raises(ConfigurationError, match="content"):
        Conversation().add_user(content)


SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "a"}}


def test_paused_answer() -> None:
    """After a pause the answer goes on in a second message; its calls count together."""
    conversation = Conversation("Hello")
    conversation.add_answer(answer({"type": "text", "text": "Wait"}, stop_reason="pause_turn"))
    conversation.add_answer(answer(*CALLS, stop_reason="tool_use"))

    conversation.add_tool_results([result(1), result(2)])

    assert accepts(conversation)


def test_content_is_read_once() -> None:
    """Content that can be read only once is kept."""
    conversation = Conversation()

    conversation.add_user(block for block in [{"type": "text", "text": "Hello"}])

    assert conversation == [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}]


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_copies(copied: Any) -> None:
    """A copy goes on by itself."""
    conversation = called()

    copied(conversation).add_tool_results([result(1), result(2)])

    assert len(conversation) == 2


@given(st.lists(st.sampled_from(["say", "answer", "call", "pause", "results", "empty", "cut"]), max_size=12))
def test_any_order_is_legal_or_refused(moves: list[str]) -> None:
    """Whatever is tried in whatever order, what the conversation holds is what the service takes."""
    conversation, made = Conversation("Hello"), 0
    for move in moves:
        made += 1
        call = CALLS[0] | {"id": f"toolu_{made}"}
        try:
            match move:
                case "say":
                    conversation.add_user("More")
                case "answer":
                    conversation.add_answer(answer())
                case "call":
                    conversation.add_answer(answer(call, stop_reason="tool_use"))
                case "pause":
                    conversation.add_answer(answer({"type": "text", "text": "Wait"}, stop_reason="pause_turn"))
                case "results":
                    conversation.add_tool_results(
                        [{"type": "tool_result", "tool_use_id": it} for it in conversation.pending]
                    )
                case "empty":
                    conversation.add_answer(answer({"type": "text", "text": " "}))
                case "cut":
                    conversation.add_answer(answer(call, stop_reason="max_tokens"))
        except ConfigurationError:
            continue
    finish(conversation)

    assert accepts(conversation)


def finish(conversation: Conversation) -> None:
    if conversation.pending:
        conversation.add_tool_results([{"type": "tool_result", "tool_use_id": it} for it in conversation.pending])
    if not conversation.is_paused:
        conversation.add_user("Go on")


SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "a"}}


def test_empty_result_of_a_failed_call() -> None:
    """A failed call may have a result without content."""
    conversation = Conversation("Hello")
    conversation.add_answer(answer(CALLS[0], stop_reason="tool_use"))

    conversation.add_tool_results([{**result(1), "is_error": True, "content": None}])  # type: ignore[typeddict-item]

    assert conversation.pending == []


@recorded
@pytest.mark.parametrize("row", ROWS)
def test_recorded_answers_go_on(row: dict[str, Any]) -> None:
    """After any recorded answer the conversation can go on."""
    meant = told(row)
    meant["content"] = [block for block in meant["content"] if "json" not in block]
    conversation = Conversation("Hello")

    conversation.add_answer(Message.model_validate(meant))
    finish(conversation)

    assert accepts(conversation)
