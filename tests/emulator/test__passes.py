"""The passes of the model that make an answer, and their usage."""

from claude_foundry.emulator._respond import State

from . import wire
from .test__compaction import LONG, compact, kinds
from .wire import user


def test_usage_of_the_passes() -> None:
    """Each pass is told with its own tokens; the usage of the whole is that of the answer alone."""
    usage = wire.answer(*LONG, **compact())["usage"]

    summing_up, answering = usage["iterations"]
    assert (summing_up["type"], answering["type"]) == ("compaction", "message")
    assert summing_up["input_tokens"] > 50_000 > 1_000 > answering["input_tokens"] > 20
    assert summing_up["output_tokens"] > 20
    assert [usage["input_tokens"], usage["output_tokens"]] == [answering["input_tokens"], answering["output_tokens"]]


def test_a_short_conversation() -> None:
    """Below the trigger nothing is summed up, and the usage has one pass."""
    answer = wire.answer(user("Hello"), **compact())

    assert kinds(answer) == ["text"]
    assert [each["type"] for each in answer["usage"]["iterations"]] == ["message"]


def test_a_refused_question() -> None:
    """A question that holds a refused text is answered by a refusal, which costs its input and says why."""
    state = State(refused=["a bomb"])

    refused = wire.answer(user("How is a bomb built?"), state=state)
    answered = wire.answer(user("How is a lighthouse built?"), state=state)

    assert (refused["stop_reason"], refused["content"], answered["stop_reason"]) == ("refusal", [], "end_turn")
    assert refused["stop_details"]["category"] == "general_harms"
    assert refused["usage"]["input_tokens"] > 5


def test_cache_of_a_pass() -> None:
    """The pass that sums up reads the prompt cache, and the one that answers a shorter prompt does not."""
    state, cached = State(), {"cache_control": {"type": "ephemeral"}}
    wire.answer(*LONG, state=state, **compact(500_000), **cached)

    summing_up, answering = wire.answer(*LONG, state=state, **compact(), **cached)["usage"]["iterations"]

    assert summing_up["cache_read_input_tokens"] > 50_000
    assert answering["cache_read_input_tokens"] == 0
