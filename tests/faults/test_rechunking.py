"""The events of a stream do not depend on how its bytes are cut, nor on how its lines end."""

import random
from collections.abc import Iterator

import pytest

from claude_foundry._sse import EventDecoder
from claude_foundry.types import StreamEvent
from tests.faults.transcripts import transcripts

LINE_ENDS = {"lf": b"\n", "crlf": b"\r\n", "cr": b"\r"}
CUTS = 10_000
"""Random cuttings in all, spread over transcripts and line ends."""


def decoded(pieces: Iterator[bytes]) -> list[StreamEvent]:
    decoder = EventDecoder()
    return [*(event for piece in pieces for event in decoder.feed(piece)), *decoder.flush()]


def cut(body: bytes, chance: random.Random) -> Iterator[bytes]:
    """Gives the body in pieces: few or many, so that every length comes up."""
    count = min(len(body) - 1, int(chance.choice((1, 2, 5, 20, 200))))
    marks = sorted(chance.sample(range(1, len(body)), count))
    yield from (body[start:stop] for start, stop in zip([0, *marks], [*marks, len(body)], strict=True))


@pytest.mark.parametrize("line_end", LINE_ENDS)
@pytest.mark.parametrize("name", transcripts())
def test_cuts_change_nothing(name: str, line_end: str) -> None:
    """However a transcript is cut, its events are the same, in the same order."""
    body = transcripts()[name].replace(b"\r\n", b"\n").replace(b"\n", LINE_ENDS[line_end])
    expected, chance = decoded(iter([body])), random.Random(name + line_end)

    cases = -(-CUTS // (len(transcripts()) * len(LINE_ENDS)))
    differing = [number for number in range(cases) if decoded(cut(body, chance)) != expected]

    assert expected[-1]["type"] == "message_stop"
    assert differing == []
