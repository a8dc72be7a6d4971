"""Long conversations that are summed up."""

from typing import Any

import pytest

from . import wire
from .wire import assistant, user

BETA = {"anthropic-beta": "compact-2026-01-12"}
FILLER = "The lamp turns once in ten seconds. " * 8_000
LONG = [user(FILLER), assistant("Noted."), user("How long does a turn take?")]
MODEL = "claude-opus-5-5"


def compact(count: int = 50_000, **fields: Any) -> dict[str, Any]:
    trigger = {"type": "input_tokens", "value": count}
    edit = {"type": "compact_20260112", "trigger": trigger, **fields}
    return {"model": MODEL, "headers": BETA, "context_management": {"edits": [edit]}}


def kinds(answer: dict[str, Any]) -> list[str]:
    return [block["type"] for block in answer["content"]]


def test_a_long_conversation() -> None:
    """The answer begins with the summary of a long conversation, which holds the last question."""
    answer = wire.answer(*LONG, **compact())

    assert kinds(answer) == ["compaction", "text"]
    assert "How long does a turn take?" in answer["content"][0]["content"]
    assert (answer["stop_reason"], answer["context_management"]) == ("end_turn", {"applied_edits": []})


def test_a_pause() -> None:
    """With a pause the answer is the summary alone, and costs nothing but its pass."""
    answer = wire.answer(*LONG, **compact(pause_after_compaction=True))

    assert (kinds(answer), answer["stop_reason"]) == (["compaction"], "compaction")
    assert [each["type"] for each in answer["usage"]["iterations"]] == ["compaction"]
    assert (answer["usage"]["input_tokens"], answer["usage"]["output_tokens"]) == (0, 0)


@pytest.mark.parametrize("kept", [0, len(LONG)])
def test_going_on_after_a_pause(kept: int) -> None:
    """Sent back as it is, with or without what it stands for, a summary is gone on from with its last question."""
    fields = compact(pause_after_compaction=True)
    paused = assistant(wire.answer(*LONG, **fields)["content"])

    answer = wire.answer(*LONG[:kept], paused, **fields)

    assert (kinds(answer), answer["stop_reason"]) == (["text"], "end_turn")
    assert "How long does a turn take?" in answer["content"][0]["text"]


def test_what_stands_before_a_summary_is_left_out() -> None:
    """What stands before a summary is neither read nor counted, and what it tells is known."""
    summary = {"type": "compaction", "content": "The user keeps a lighthouse called Vesna."}
    later = [assistant([summary, {"type": "text", "text": "Fine."}]), user("What is the lighthouse called?")]

    answer = wire.answer(*LONG, *later, **compact())

    assert kinds(answer) == ["text"]
    assert answer["usage"] == wire.answer(*later, **compact())["usage"]
    assert "Vesna" in answer["content"][0]["text"]
    assert "lamp" not in answer["content"][0]["text"]


def test_a_compaction_that_failed() -> None:
    """A block without a summary stands for nothing."""
    failed = assistant([{"type": "compaction", "content": None}, {"type": "text", "text": "Fine."}])

    usage = wire.answer(*LONG, failed, user("Again?"), **compact(500_000))["usage"]

    assert usage["input_tokens"] > 50_000


def test_a_summary_of_a_summary() -> None:
    """A summary takes up the one before it."""
    earlier = {"type": "compaction", "content": "The user keeps a lighthouse called Vesna."}

    answer = wire.answer(assistant([earlier]), *LONG, **compact())

    assert "Vesna" in answer["content"][0]["content"]


def test_thinking_after_a_summary() -> None:
    """What is thought after a summary belongs to it: it goes back with what stood before, or without."""
    fields = {**compact(), "thinking": {"type": "adaptive", "display": "summarized"}}
    answer = wire.answer(*LONG, **fields)
    turns = [assistant(answer["content"]), user("Thanks!")]

    assert kinds(answer) == ["compaction", "thinking", "text"]
    for earlier in (LONG, []):
        assert "thinking" in kinds(wire.answer(*earlier, *turns, **fields))
    changed = [assistant([{**answer["content"][0], "content": "Another."}, *answer["content"][1:]]), turns[1]]
    assert "bound to a different conversation" in wire.complaint(*changed, **fields)


def test_streams() -> None:
    """A stream brings the summary whole, in one delta, and tells the passes at its end."""
    events = wire.events(*LONG, **compact())

    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta" and event["index"] == 0]
    assert [each["type"] for each in deltas] == ["compaction_delta"]
    assert deltas[0]["content"] == wire.answer(*LONG, **compact())["content"][0]["content"]
    [end] = [event for event in events if event["type"] == "message_delta"]
    assert [each["type"] for each in end["usage"]["iterations"]] == ["compaction", "message"]


def test_on_demand() -> None:
    """The newer form sums up at once, signs the summary and ends with it; a later request begins with it."""
    headers = {"anthropic-beta": "compact-2026-09-04"}
    asked = [user("I keep a lighthouse called Vesna."), assistant("Fine."), user("What is it called?")]

    answer = wire.answer(*asked, model=MODEL, headers=headers, compaction={"type": "summarize"})
    later = wire.answer(assistant(answer["content"]), user("What is the lighthouse called?"), model=MODEL)

    assert (kinds(answer), answer["stop_reason"]) == (["compaction"], "compaction")
    assert answer["content"][0]["signature"]
    assert "Vesna" in later["content"][0]["text"]


def test_results_are_in_the_summary() -> None:
    """A summary in the midst of a run of tools tells the results, and the answer goes on from them."""
    result = {**wire.RESULT, "content": f"12 degrees. {FILLER}"}

    answer = wire.answer(
        user("What is the weather in Oslo?"), assistant([wire.CALL]), user([result]), tools=[wire.WEATHER], **compact()
    )

    assert "get_weather returned: 12 degrees." in answer["content"][0]["content"]
    assert kinds(answer) == ["compaction", "text"]
