"""What the benchmarks compare, and that their reckoning is right."""

from dataclasses import replace

from benchmarks import answers
from benchmarks.pairs import Pair, pairs
from benchmarks.report import Result, table
from claude_foundry._sse import EventDecoder
from claude_foundry._stream import MessageAccumulator

PAIR = Pair(name="core: call", scenario="call", ours="core", other="vendor_sdk", at_most=0.7)


def test_every_pair_has_a_name_of_its_own() -> None:
    """No row of the results hides another."""
    names = [pair.name for pair in pairs()]

    assert len(names) == len(set(names)) > 30


def test_the_served_stream_is_one_that_the_api_could_send() -> None:
    """What the benchmark's server streams adds up to a whole message with the promised number of characters."""
    account = MessageAccumulator()

    for event in EventDecoder().feed(b"".join(answers.events("tool", 50))):
        account.add(event)

    message = account.snapshot()
    assert account.complete
    assert message is not None
    assert len(message["content"][0]["input"]["text"]) == answers.characters("tool", 50)


def test_a_ratio_is_that_of_the_medians() -> None:
    """One slow round on either side does not decide."""
    result = Result(pair=PAIR, ours=[1, 2, 90], other=[4, 50, 3])

    assert result.ratio == 0.5
    assert result.holds


def test_a_row_without_a_limit_is_not_missed() -> None:
    """What a framework costs by itself is told, and holds."""
    result = Result(pair=replace(PAIR, at_most=None), ours=[8.0], other=[1.0])

    assert result.holds
    assert result.row() == "| core: call | 8.0 | 1.0 | 8.00 | 8.00-8.00 |  |  |"


def test_a_missed_ratio_is_marked() -> None:
    """The table says which limits are passed."""
    result = Result(pair=PAIR, ours=[8.0], other=[10.0])

    assert not result.holds
    assert "| core: call | 8.0 | 10.0 | 0.80 | 0.80-0.80 | 0.7 | missed |" in table([result], rounds=1)
