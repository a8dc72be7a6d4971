"""The turns of a run of tools, decided without sending anything."""

from collections.abc import Callable
from typing import Any

import pytest

from claude_foundry import ConfigurationError, Message, ToolRunStoppedError
from claude_foundry._tool_loop import Call, ToolLoop
from tests import answers

QUESTION = {"role": "user", "content": "Hi"}
REQUEST: dict[str, Any] = {"model": "m", "max_tokens": 9, "messages": [QUESTION]}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "double", "input": {"number": 2}}
SECOND = {**CALL, "id": "toolu_2", "input": {"number": 3}}
TEXT = {"type": "text", "text": "Four."}
CUT = {"type": "invalid_tool_use", "id": "toolu_3", "name": "double", "partial_json": '{"num'}
SEARCH = {"type": "web_search_20250305", "name": "web_search"}


def double(number: int) -> int:
    """Doubles."""
    return 2 * number


async def later(number: int) -> int:
    return number


def loop(*, tools: Any = (double,), max_turns: int = 10, **fields: Any) -> ToolLoop:
    return ToolLoop({**REQUEST, **fields}, tools=tools, max_turns=max_turns)


def message(*content: dict[str, Any], stop_reason: str = "tool_use", **fields: Any) -> Message:
    return Message.model_validate(answers.message(*content, stop_reason=stop_reason, **fields))


def result(call: Call) -> dict[str, Any]:
    return call.result(call.bound()())


def turn(running: ToolLoop, answered: Message) -> list[Call]:
    assert running.request() is not None
    calls = running.take(answered)
    running.answer(answered, [result(call) for call in calls])
    return calls


def sent(running: ToolLoop) -> dict[str, Any]:
    request = running.request()
    assert request is not None
    return request


def test_calls_are_answered_in_one_message() -> None:
    """All results of an answer go back in one user message, in the order of the calls, below the answer itself."""
    running = loop()
    thinking = {"type": "thinking", "thinking": "", "signature": "s"}

    turn(running, message(thinking, TEXT, CALL, SECOND))

    assert sent(running)["messages"] == [
        QUESTION,
        {"role": "assistant", "content": [thinking, TEXT, CALL, SECOND]},
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "4"},
                {"type": "tool_result", "tool_use_id": "toolu_2", "content": "6"},
            ],
        },
    ]


def test_run_to_the_end() -> None:
    """The final answer ends the run; its messages hold all of it and the caller's list stays as it was."""
    running = loop()

    turn(running, message(CALL))
    turn(running, message(TEXT, stop_reason="end_turn"))

    assert running.request() is None
    assert running.run.final.text == "Four."
    assert [len(step.results) for step in running.run.steps] == [1, 0]
    assert [it["role"] for it in running.run.messages] == ["user", "assistant", "user", "assistant"]
    assert REQUEST["messages"] == [QUESTION]


def test_same_tools_each_turn() -> None:
    """Definitions, those of the service's tools among them, are the same in every turn."""
    running = loop(tools=[double, SEARCH])

    first = sent(running)["tools"]
    turn(running, message(CALL))

    assert [it["name"] for it in first] == ["double", "web_search"]
    assert sent(running)["tools"] == first
    assert first[1] == SEARCH


def test_paused_turns_go_on() -> None:
    """A paused turn is sent back as it came, without a result."""
    running = loop(tools=[SEARCH])
    blocks = [{"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "a"}}]

    assert turn(running, message(*blocks, stop_reason="pause_turn")) == []

    assert sent(running)["messages"] == [QUESTION, {"role": "assistant", "content": blocks}]


@pytest.mark.parametrize(
    ("content", "stop_reason"),
    [
        ((TEXT, CUT), "tool_use"),
        ((CALL, CUT), "max_tokens"),
        ((CALL,), "max_tokens"),
        ((CALL, SECOND), "model_context_window_exceeded"),
    ],
)
def test_cut_calls_end_the_run(content: tuple[dict[str, Any], ...], stop_reason: str) -> None:
    """A call that was or may be cut is not run: the run stops with an error, its messages end before that answer."""
    running = loop()
    turn(running, message(CALL))
    before = running.run.messages

    with pytest.raises(ToolRunStoppedError, match="may be cut") as caught:
        running.take(message(*content, stop_reason=stop_reason))

    assert caught.value.reason == "cut_call"
    assert len(caught.value.run.steps) == 2
    assert caught.value.run.messages == before
    assert running.request() is None


@pytest.mark.parametrize(
    ("content", "stop_reason", "roles"),
    [
        ((TEXT,), "max_tokens", ["user", "assistant"]),
        ((TEXT, CALL), "refusal", ["user"]),
        ((TEXT, CUT), "refusal", ["user"]),
        ((), "end_turn", ["user"]),
    ],
)
def test_other_ends(content: tuple[dict[str, Any], ...], stop_reason: str, roles: list[str]) -> None:
    """A cut text and a refusal are final; what was refused, and an empty answer, stay out of the conversation."""
    running = loop()
    answered = message(stop_reason=stop_reason).model_copy(update={"content": message(*content).content})
    answered = answered if content else answered.model_copy(update={"content": []})

    assert turn(running, answered) == []

    assert running.request() is None
    assert running.run.final.stop_reason == stop_reason
    assert [it["role"] for it in running.run.messages] == roles


@pytest.mark.parametrize(("content", "stop_reason"), [((CALL,), "tool_use"), ((TEXT,), "pause_turn")])
def test_bound(content: tuple[dict[str, Any], ...], stop_reason: str) -> None:
    """After max_turns answers without a final one the run stops with an error; the last calls are not run."""
    running = loop(max_turns=2)
    turn(running, message(CALL))

    with pytest.raises(ToolRunStoppedError, match="max_turns=2") as caught:
        running.take(message(*content, stop_reason=stop_reason))

    assert caught.value.reason == "max_turns"
    assert len(caught.value.run.steps) == 2
    assert caught.value.run.messages[-1]["role"] == ("user" if stop_reason == "tool_use" else "assistant")


def test_final_answer_at_the_bound() -> None:
    """A final answer in the last turn is a whole run."""
    running = loop(max_turns=1)

    turn(running, message(TEXT, stop_reason="end_turn"))

    assert running.run.final.text == "Four."


def test_interrupted_calls_leave_no_trace() -> None:
    """While calls are made, and when they were interrupted, the run's messages end before them: they can be sent."""
    running = loop()
    turn(running, message(CALL))

    running.take(message(SECOND))

    assert len(running.run.steps) == 1
    assert running.run.messages[-1]["role"] == "user"


@pytest.mark.parametrize("choice", [{"type": "any"}, {"type": "tool", "name": "double"}])
def test_forced_choice_holds_once(choice: dict[str, Any]) -> None:
    """A forced choice holds for the first turn: forced again, the model could not answer."""
    running = loop(tool_choice={**choice, "disable_parallel_tool_use": True})

    assert sent(running)["tool_choice"]["type"] == choice["type"]
    turn(running, message(CALL))

    assert sent(running)["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}


@pytest.mark.parametrize(
    ("given", "following"),
    [(None, "container_1"), ("container_0", "container_1"), ({"skills": []}, {"skills": [], "id": "container_1"})],
)
def test_container_is_kept(given: Any, following: Any) -> None:
    """The next turn goes on in the container that the last one ran in."""
    running = loop(container=given)

    turn(running, message(CALL, container={"id": "container_1", "expires_at": "2026-01-01T00:00:00Z"}))

    assert sent(running)["container"] == following


def test_unknown_names() -> None:
    """A call of a tool that does not exist cannot be made, and says which there are."""
    (call,) = loop().take(message({**CALL, "name": "triple"}))

    with pytest.raises(ValueError, match="no tool is named 'triple'; there are: double"):
        call.bound()


@pytest.mark.parametrize(
    ("tools", "said"),
    [
        (double, "give a list"),
        ({"name": "a"}, "give a list"),
        ([3], "int is neither"),
        ([double, double], "double is given twice"),
        ([{"name": "a", "input_schema": {}}], "'a' is not run by the service"),
        ([{"type": "bash_20250124", "name": "bash"}], "'bash' is not run by the service"),
        ([later], "later is an async function; use AsyncFoundryClient"),
    ],
)
def test_tools_that_cannot_be_used(tools: Any, said: str) -> None:
    """Tools that cannot be run are refused before anything is sent."""
    with pytest.raises(ConfigurationError, match=said):
        loop(tools=tools)


@pytest.mark.parametrize("max_turns", [0, -1, 2.5, True, "3", None])
def test_bound_that_is_none(max_turns: Any) -> None:
    """A run needs at least one turn."""
    with pytest.raises(ConfigurationError, match="max_turns"):
        loop(max_turns=max_turns)


def test_messages_may_be_any_iterable() -> None:
    """The conversation may be an iterator; it is read once and sent whole in every turn."""
    running = loop(messages=iter([QUESTION]))

    turn(running, message(CALL))

    assert len(sent(running)["messages"]) == 3


@pytest.mark.parametrize("messages", [5, None, "Hi", {}])
def test_messages_that_are_none(messages: Any) -> None:
    """Messages that are no list are left to the check of the first request; until then the run holds none."""
    assert loop(messages=messages).run.messages == []


def test_repr_tells_no_prompt() -> None:
    """A run shows neither the conversation nor what tools returned."""
    running = loop(messages=[{"role": "user", "content": "my secret"}])
    say: Callable[[], str] = lambda: "tool secret"  # noqa: E731
    (call,) = running.take(message(CALL))
    running.answer(message(CALL), [call.result(say())])

    assert "secret" not in repr(running.run)


def test_run_goes_on_after_a_compaction() -> None:
    """A turn that stopped after the service had summed up the conversation is gone on with, the summary in it."""
    running = loop()
    summary = {"type": "compaction", "content": "So far: hello."}

    assert turn(running, message(summary, stop_reason="compaction")) == []

    assert sent(running)["messages"] == [QUESTION, {"role": "assistant", "content": [summary]}]
