"""Turns as the API demands them, whatever they were before."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry._mending import mended, nudged, without_refused, without_thinking
from claude_foundry._models import UNKNOWN, known
from claude_foundry._thinking import RefusedThinking
from claude_foundry.emulator._server_history import pairing

HELLO = {"type": "text", "text": "Hello"}
THOUGHT = {"type": "thinking", "thinking": "", "signature": "s"}
CURRENT = known("claude-opus-5-5")


def user(*content: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": list(content)}


def assistant(*content: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": list(content)}


def call(identifier: str = "toolu_1") -> dict[str, Any]:
    return {"type": "tool_use", "id": identifier, "name": "add", "input": {}}


def result(identifier: str = "toolu_1", text: str = "3") -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": identifier, "content": [{"type": "text", "text": text}]}


def test_neighbours_of_one_role_are_one_turn() -> None:
    """Messages of one role in a row become one turn, with tool results first."""
    turns = mended([user(HELLO), assistant(call()), user(HELLO), user(result())], model=CURRENT)
    assert turns == [user(HELLO), assistant(call()), user(result(), HELLO)]


def test_lone_question_stays() -> None:
    """One text of the user's, and nothing else, is what the API accepts already."""
    [turn] = mended(iter([question := user(HELLO)]), model=CURRENT)
    assert turn is question


def test_empty_messages_are_left_out() -> None:
    """A message without content disappears, and its neighbours meet."""
    assert mended([user(HELLO), assistant(), user(HELLO)], model=CURRENT) == [user(HELLO, HELLO)]


def test_call_without_result_gets_one() -> None:
    """A call that was never answered gets an error as its result."""
    turns = mended([user(HELLO), assistant(call("a"), call("b")), user(result("b"), HELLO)], model=CURRENT)
    [answered, missing, said] = turns[2]["content"]
    assert (answered["tool_use_id"], missing["tool_use_id"], missing["is_error"]) == ("b", "a", True)
    assert said == HELLO


def test_call_at_the_end_gets_a_result() -> None:
    """A conversation that ends with a call is completed by its result."""
    turns = mended([user(HELLO), assistant(call())], model=CURRENT)
    assert [block["type"] for block in turns[-1]["content"]] == ["tool_result"]


def test_results_without_an_id_answer_in_order() -> None:
    """A result that names no call answers the first that no other result names; one too many stays as text."""
    named, first, second = result("b", "of b"), result("", "of a"), result("", "of c")
    given = [user(HELLO), assistant(call("a"), call("b"), call("c")), user(named, first), user(second, result("", "?"))]
    turns = mended(given, model=CURRENT)
    [*answers, rest] = turns[2]["content"]
    told = {answer["tool_use_id"]: answer["content"][0]["text"] for answer in answers}
    assert told == {"b": "of b", "a": "of a", "c": "of c"}
    assert rest == {"type": "text", "text": "?"}


def test_result_without_call_is_text() -> None:
    """A result whose call is gone stays as text."""
    assert mended([user(result(text="3"))], model=CURRENT) == [user({"type": "text", "text": "3"})]


def test_empty_result_without_call_disappears() -> None:
    """A result whose call is gone and that holds nothing leaves no empty turn."""
    orphan = {"type": "tool_result", "tool_use_id": "gone"}
    turns = mended([user(HELLO), assistant(HELLO), user(orphan), assistant(HELLO), user(HELLO)], model=CURRENT)
    assert turns == [user(HELLO), assistant(HELLO, HELLO), user(HELLO)]


def test_one_id_for_many_calls() -> None:
    """Calls that share an id, as some providers give it, are told apart with their results."""
    history = [user(HELLO), assistant(call("f"), call("f")), user(result("f", "1"), result("f", "2"))]
    turns = mended([*history, assistant(call("f")), user(result("f", "3"))], model=CURRENT)
    called = [block["id"] for turn in turns for block in turn["content"] if block["type"] == "tool_use"]
    answered = [block for turn in turns for block in turn["content"] if block["type"] == "tool_result"]
    assert len(set(called)) == 3
    assert [block["tool_use_id"] for block in answered] == called
    assert [block["content"][0]["text"] for block in answered] == ["1", "2", "3"]


def test_user_speaks_first() -> None:
    """A conversation that an assistant's greeting begins gets a user turn before it."""
    assert [turn["role"] for turn in mended([assistant(HELLO), user(HELLO)], model=CURRENT)] == [
        "user",
        "assistant",
        "user",
    ]


def test_user_speaks_last_where_prefill_is_refused() -> None:
    """A current model is asked to go on; it does not continue its own words."""
    turns = mended([user(HELLO), assistant(HELLO)], model=CURRENT)
    assert turns == [user(HELLO), assistant(HELLO), user({"type": "text", "text": "Continue."})]


def test_prefill_where_it_is_accepted() -> None:
    """An older model continues the last words, which must not end in white space or reasoning."""
    begun = assistant({"type": "text", "text": "The answer is "}, THOUGHT)
    turns = mended([user(HELLO), begun], model=known("claude-haiku-4-5"))
    assert turns[-1] == assistant({"type": "text", "text": "The answer is"})


def test_last_words_of_an_unknown_model() -> None:
    """A model of which nothing is known is asked to continue, as one that refuses to continue its own words."""
    for model in (CURRENT, UNKNOWN):
        turns = mended([user(HELLO), assistant(HELLO)], model=model)
        assert turns == [user(HELLO), assistant(HELLO), user({"type": "text", "text": "Continue."})]


def test_refused_reasoning_is_left_out() -> None:
    """Reasoning that was refused is left out, neighbours meet, and turns without any are given as they are."""
    refused, newer = RefusedThinking(), {**THOUGHT, "signature": "newer"}
    turns = [user(HELLO), assistant(THOUGHT), user(HELLO), assistant(newer, HELLO)]
    assert without_refused(turns, refused) is turns
    refused.take_in(turns[:2])
    assert without_refused(turns, refused) == [user(HELLO, HELLO), assistant(newer, HELLO)]
    rest = turns[2:]
    assert without_refused(rest, refused) is rest


def test_paused_turn_goes_back_as_it_is() -> None:
    """A turn that the service paused in its own tool is sent back to be taken up again."""
    paused = assistant(HELLO, {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}})
    assert mended([user(HELLO), paused], model=CURRENT) == [user(HELLO), paused]


def served(identifier: str = "srvtoolu_1") -> dict[str, Any]:
    return {"type": "server_tool_use", "id": identifier, "name": "web_search", "input": {}}


def found(identifier: str = "srvtoolu_1") -> dict[str, Any]:
    return {"type": "web_search_tool_result", "tool_use_id": identifier, "content": []}


@pytest.mark.parametrize(
    "content",
    [[HELLO, served()], [found(), HELLO], [served("srvtoolu_2"), HELLO, found("srvtoolu_1")], [served(), HELLO]],
)
def test_halves_of_served_calls(content: list[dict[str, Any]]) -> None:
    """A call of the service that the conversation left behind goes, and so does a result without its call."""
    turns = mended([user(HELLO), assistant(*content), user(HELLO)], model=CURRENT)

    assert turns == [user(HELLO), assistant(HELLO), user(HELLO)]


def test_served_calls_that_are_whole() -> None:
    """A call of the service and its result stay, in one turn and in two with the caller's results between."""
    turns = [
        user(HELLO),
        assistant(served("srvtoolu_1"), call()),
        user(result()),
        assistant(found("srvtoolu_1"), served("srvtoolu_2"), found("srvtoolu_2"), HELLO),
        user(HELLO),
    ]

    assert mended(turns, model=CURRENT) == turns


def test_served_call_that_waits_for_the_callers_result() -> None:
    """Code that waits for the results of the calls it made goes on; once the user says more, its calls are plain."""
    caller = {"caller": {"type": "code_execution_20250825", "tool_id": "srvtoolu_1"}}
    waiting = [user(HELLO), assistant(served(), call() | caller), user(result())]

    assert mended(waiting, model=CURRENT) == waiting
    assert mended([*waiting, user(HELLO)], model=CURRENT) == [user(HELLO), assistant(call()), user(result(), HELLO)]


def test_half_a_served_call_and_nothing_else() -> None:
    """A turn of nothing but a call that was left behind disappears."""
    assert mended([user(HELLO), assistant(served()), user(HELLO)], model=CURRENT) == [user(HELLO, HELLO)]


def test_prefill_after_a_served_call() -> None:
    """A last turn that goes on after a call of the service without a result leaves the call out."""
    turns = [user(HELLO), assistant(served(), HELLO)]

    assert mended(turns, model=known("claude-haiku-4-5")) == [user(HELLO), assistant(HELLO)]


def test_without_thinking_nothing_else_goes() -> None:
    """Removing reasoning leaves all else, and no empty turn."""
    turns = [user(HELLO), assistant(THOUGHT), user(HELLO), assistant(THOUGHT, call()), user(result())]
    assert without_thinking(turns) == [user(HELLO, HELLO), assistant(call()), user(result())]


def test_nudge_stands_in_the_last_user_turn() -> None:
    """A nudge is the last thing the user says, and the caller's turns stay as they were."""
    turns = [user(HELLO)]
    assert nudged(turns, "Call.") == [user(HELLO, {"type": "text", "text": "Call."})]
    assert turns == [user(HELLO)]


def test_nudge_leaves_a_turn_that_is_taken_up_again() -> None:
    """Nothing is said after a turn that the service goes on with."""
    turns = [user(HELLO), assistant(HELLO)]
    assert nudged(turns, "Call.") == turns


SERVED = ("server_tool_use", "web_search_tool_result")
BLOCKS = st.one_of(
    st.just(HELLO),
    st.just(THOUGHT),
    st.builds(call, st.sampled_from("ab")),
    st.builds(result, st.sampled_from("ab")),
    st.builds(served, st.sampled_from("ab")),
    st.builds(found, st.sampled_from("ab")),
)


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, Any]]:
    turns = draw(st.lists(st.tuples(st.sampled_from(["user", "assistant"]), st.lists(BLOCKS, max_size=4)), max_size=6))
    kinds = {"user": ("text", "tool_result"), "assistant": ("text", "thinking", "tool_use", *SERVED)}
    return [{"role": role, "content": [part for part in parts if part["type"] in kinds[role]]} for role, parts in turns]


@given(histories())
def test_any_history_becomes_legal(history: list[dict[str, Any]]) -> None:
    """Roles alternate, the user begins and ends, every call has its one result in the next turn, results first.

    The service's own calls and results stand in pairs.
    """
    turns = mended(history, model=CURRENT)
    assert [turn["role"] for turn in turns] == ["user", "assistant"] * (len(turns) // 2) + ["user"] * (len(turns) % 2)
    assert not turns or turns[-1]["role"] == "user" or turns[-1]["content"][-1]["type"] in SERVED
    seen: list[str] = []
    calls: list[str] = []
    for turn in turns:
        assert turn["content"]
        kinds = [block["type"] for block in turn["content"]]
        if turn["role"] == "user":
            results = [block["tool_use_id"] for block in turn["content"] if block["type"] == "tool_result"]
            assert sorted(results) == sorted(calls)
            assert kinds[: len(results)] == ["tool_result"] * len(results)
        calls = [block["id"] for block in turn["content"] if block["type"] == "tool_use"]
        seen.extend(calls)
    assert len(seen) == len(set(seen))
    # The service gives no two of its own calls one id.
    assert not [complaint for complaint in pairing(turns or [user(HELLO)]) if "must be unique" not in complaint]


@given(histories())
def test_mending_twice_changes_nothing(history: list[dict[str, Any]]) -> None:
    """A legal history stays as it is."""
    once = mended(history, model=CURRENT)
    assert mended(once, model=CURRENT) == once


def test_nothing_is_copied_that_stays() -> None:
    """Turns that are in order are handed on as they are, however long the conversation."""
    turns = [user(HELLO), assistant(call()), user(result()), assistant(HELLO), user(HELLO)]

    assert all(given is kept for given, kept in zip(turns, mended(turns, model=CURRENT), strict=True))


def test_nothing_that_was_given_is_changed() -> None:
    """Turns that are not in order are mended in copies."""
    turns = [assistant(call(), call()), user(HELLO, result(), result("toolu_9")), user(HELLO), assistant(HELLO)]
    before = copy.deepcopy(turns)

    mended(turns, model=UNKNOWN)

    assert turns == before
