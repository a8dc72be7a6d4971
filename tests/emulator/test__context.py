"""What is cleared out of a conversation before the model sees it."""

from typing import Any

import pytest

from . import wire
from .wire import assistant, user

BETA = {"anthropic-beta": "context-management-2025-06-27"}
LONG = "mist over the bay, " * 200
THINKS: dict[str, Any] = {"thinking": {"type": "adaptive", "display": "summarized"}, "model": "claude-opus-5-5"}


def called(number: int, name: str = "get_weather") -> list[dict[str, Any]]:
    call = {**wire.CALL, "id": f"toolu_{number}", "name": name, "input": {"city": f"Town {LONG}"}}
    return [
        assistant([call]),
        user([{**wire.RESULT, "tool_use_id": f"toolu_{number}", "content": f"{number}: {LONG}"}]),
    ]


def conversation(*names: str) -> list[dict[str, Any]]:
    turns = [turn for number, name in enumerate(names) for turn in called(number, name)]
    return [user("What is the weather?"), *turns]


def clear(**fields: Any) -> dict[str, Any]:
    return {"edits": [{"type": "clear_tool_uses_20250919", **fields}]}


def tokens(count: int) -> dict[str, Any]:
    return {"type": "input_tokens", "value": count}


def edited(edits: dict[str, Any], *messages: dict[str, Any], **fields: Any) -> tuple[Any, int]:
    """Gives the edits that were applied and the tokens of the prompt after them."""
    answer = wire.answer(*messages, context_management=edits, headers=BETA, tools=[wire.WEATHER], **fields)
    return answer["context_management"]["applied_edits"], answer["usage"]["input_tokens"]


def whole(*messages: dict[str, Any]) -> int:
    return int(wire.answer(*messages, tools=[wire.WEATHER])["usage"]["input_tokens"])


def test_old_results_are_cleared() -> None:
    """All results but the last ones are taken out, and told with what that saves."""
    messages = conversation(*["get_weather"] * 3)

    [told], left = edited(clear(trigger=tokens(1), keep={"type": "tool_uses", "value": 1}), *messages)

    assert (told["type"], told["cleared_tool_uses"]) == ("clear_tool_uses_20250919", 2)
    assert told["cleared_input_tokens"] == whole(*messages) - left
    assert told["cleared_input_tokens"] > 2 * 600


def test_the_answer_to_what_was_cleared() -> None:
    """The model sees that a result was cleared, and no longer what it said."""
    messages = conversation("get_weather")

    said = wire.text(
        *messages,
        context_management=clear(trigger=tokens(1), keep={"type": "tool_uses", "value": 0}),
        headers=BETA,
        tools=[wire.WEATHER],
    )

    assert "mist" not in said
    assert "cleared" in said


@pytest.mark.parametrize(
    ("edit", "cleared"),
    [
        ({}, None),
        ({"trigger": tokens(1)}, 2),
        ({"trigger": {"type": "tool_uses", "value": 4}}, 2),
        ({"trigger": {"type": "tool_uses", "value": 5}}, None),
        ({"trigger": tokens(1), "clear_at_least": tokens(100_000)}, None),
        ({"trigger": tokens(1), "clear_at_least": tokens(500)}, 2),
        ({"trigger": tokens(1), "exclude_tools": ["get_weather"]}, None),
    ],
)
def test_conditions(edit: dict[str, Any], cleared: int | None) -> None:
    """Nothing is cleared below the trigger, for less than asked, or of excluded tools; three uses stay by default."""
    messages = conversation(*["get_weather"] * 5)

    told, left = edited(clear(**edit), *messages)

    assert [each["cleared_tool_uses"] for each in told] == ([] if cleared is None else [cleared])
    assert (left == whole(*messages)) == (cleared is None)


@pytest.mark.parametrize(
    ("inputs", "more"), [(False, False), (["get_time"], False), (["get_weather"], True), (True, True)]
)
def test_arguments(inputs: Any, more: bool) -> None:
    """Arguments are cleared with the results where all of them are, or those of this tool."""
    nothing_kept = {"trigger": tokens(1), "keep": {"type": "tool_uses", "value": 0}}
    messages = conversation("get_weather")

    _, kept = edited(clear(**nothing_kept), *messages)
    _, left = edited(clear(**nothing_kept, clear_tool_inputs=inputs), *messages)

    assert (left < kept - 600) == more


def test_a_prompt_that_fits_once_it_is_cleared() -> None:
    """The context window is that of what is left."""
    messages = conversation("get_weather")
    messages[-1]["content"][0]["content"] = ". " * 210_000
    fields: dict[str, Any] = {"model": "claude-haiku-4-5", "tools": [wire.WEATHER]}

    assert "prompt is too long" in wire.complaint(*messages, **fields)
    managed = clear(trigger=tokens(1), keep={"type": "tool_uses", "value": 0})
    [told], _ = edited(managed, *messages, model="claude-haiku-4-5")

    assert told["cleared_input_tokens"] > 200_000


@pytest.mark.parametrize(("keep", "cleared"), [(None, 2), ({"type": "thinking_turns", "value": 2}, 1), ("all", None)])
def test_old_thinking_is_cleared(keep: Any, cleared: int | None) -> None:
    """The thinking of older turns is taken out; the last turn's stays by default, and all of it if asked."""
    messages: list[dict[str, Any]] = []
    for number in range(3):
        messages += [user(f"Question {number}?")]
        messages += [assistant(wire.answer(*messages, **THINKS)["content"])]
    edit = {"type": "clear_thinking_20251015", **({"keep": keep} if keep else {})}

    answer = wire.answer(*messages, user("And now?"), context_management={"edits": [edit]}, headers=BETA, **THINKS)

    told = answer["context_management"]["applied_edits"]
    assert [each["cleared_thinking_turns"] for each in told] == ([] if cleared is None else [cleared])
    assert all(each["cleared_input_tokens"] > 10 for each in told)


def test_thinking_after_an_edit() -> None:
    """What is thought after an edit goes back with the unedited conversation."""
    question = user("What is the weather in Oslo?")
    fields: dict[str, Any] = {**THINKS, "tools": [wire.WEATHER], "headers": BETA}
    fields["context_management"] = clear(trigger=tokens(1), keep={"type": "tool_uses", "value": 0})
    call = wire.answer(question, **fields)["content"]
    [identifier] = [block["id"] for block in call if block["type"] == "tool_use"]
    result = user([{"type": "tool_result", "tool_use_id": identifier, "content": LONG}])
    told = wire.answer(question, assistant(call), result, **fields)

    wire.answer(question, assistant(call), result, assistant(told["content"]), user("Thanks!"), **fields)

    assert told["context_management"]["applied_edits"]


def test_streams_tell_edits_at_their_end() -> None:
    """A stream tells the edits beside its stop reason."""
    managed = clear(trigger=tokens(1), keep={"type": "tool_uses", "value": 0})

    events = wire.events(*conversation("get_weather"), context_management=managed, headers=BETA, tools=[wire.WEATHER])

    [told] = [event for event in events if event["type"] == "message_delta"]
    assert told["context_management"]["applied_edits"][0]["cleared_tool_uses"] == 1
    assert "context_management" not in events[0]["message"]


def test_counts() -> None:
    """A count is of what is left, and tells what there was."""
    managed = clear(trigger=tokens(1), keep={"type": "tool_uses", "value": 0})
    messages = conversation("get_weather")

    counted = wire.answer(
        *messages,
        path="/anthropic/v1/messages/count_tokens",
        max_tokens=None,
        tools=[wire.WEATHER],
        context_management=managed,
        headers=BETA,
    )

    original = counted["context_management"]["original_input_tokens"]
    assert (original, counted["input_tokens"]) == (whole(*messages), edited(managed, *messages)[1])


def test_server_results_are_cleared() -> None:
    """Pages that the service found itself are cleared as results of the caller's tools are."""
    call = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_fetch", "input": {"url": "https://a.example"}}
    page = {"type": "text", "media_type": "text/plain", "data": LONG}
    found = {"type": "web_fetch_result", "url": "https://a.example", "content": {"type": "document", "source": page}}
    result = {"type": "web_fetch_tool_result", "tool_use_id": "srvtoolu_1", "content": found}
    messages = [user("Read it."), assistant([call, result, {"type": "text", "text": "Read."}]), user("And now?")]

    [told], _ = edited(clear(trigger=tokens(1), keep={"type": "tool_uses", "value": 0}), *messages)

    assert told["cleared_tool_uses"] == 1
