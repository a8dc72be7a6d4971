"""Hostile and broken streams: whatever comes, an event is exact or the fault is typed."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry import APIError, RateLimitError, ResponseFormatError, StreamInterruptedError, Timeout
from claude_foundry._reader import EventReader, Patience
from claude_foundry._stream import MessageAccumulator
from claude_foundry.errors import APITimeoutError
from tests.answers import SSE, error_event, message, pieces_of, streamed
from tests.shells import REQUEST, FakeTime, Script, Shell, both

Kind = type[Shell]
NAMES = [
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
    "ping",
    "error",
    "of_tomorrow",
]
FIELDS = ["index", "message", "content_block", "delta", "usage", "type", "text", "partial_json", "content", "citation"]
DELTAS = ["text_delta", "input_json_delta", "citations_delta", "thinking_delta", "compaction_delta"]
VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.text(max_size=3) | st.sampled_from(DELTAS),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=3),
    max_leaves=6,
)
EVENTS = st.builds(
    lambda kind, fields: {**fields, "type": kind},
    st.sampled_from(NAMES),
    st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=4),
)


def line(event: Any) -> bytes:
    return b"data: " + json.dumps(event).encode() + b"\n\n"


@given(st.lists(EVENTS, max_size=8))
def test_any_events(events: list[dict[str, Any]]) -> None:
    """Events that make no sense give typed errors and nothing else, at once or in the message that is looked at."""
    account = MessageAccumulator()
    for event in events:
        try:
            account.add(event)  # type: ignore[arg-type]
        except ResponseFormatError:
            break

    account.snapshot()


@given(st.binary(max_size=300), st.integers(min_value=1, max_value=40))
def test_any_bytes(data: bytes, size: int) -> None:
    """Bytes that make no sense give typed errors and nothing else."""
    reader = EventReader(SSE)

    with pytest.raises((APIError, ResponseFormatError)):  # noqa: PT012 - each of the three may be the one
        for start in range(0, len(data), size):
            list(reader.feed(data[start : start + size]))
        list(reader.flush())
        reader.end()


@both
@pytest.mark.parametrize(
    "fault",
    [
        b'data: {"type": "content_block_delta", "index": 7, "delta": {"type": "text_delta", "text": "x"}}\n\n',
        b'data: {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": 5}}\n\n',
        b'data: {"type": "content_block_delta", "index": [0], "delta": {}}\n\n',
        b'data: ["a list"]\n\n',
        b'data: {"type": "content_block_delta", "text": "\xff\xfe"}\n\n',
        b'data: {"type": "message_delta", "usage": "none", "delta": {}}\n\n',
        b"data: " + b"x" * (9 * 1024 * 1024),
        error_event(),
    ],
    ids=["unopened", "number", "index", "list", "utf-8", "usage", "giant", "error"],
)
def test_faults_after_text(shell: Kind, fault: bytes) -> None:
    """A stream that goes wrong after its first text is interrupted, with the text that had come."""
    service = Script(streamed([*pieces_of(message())[:5], fault, *pieces_of(message())[5:]]))

    with pytest.raises(StreamInterruptedError) as caught:
        shell(service, FakeTime()).stream(**REQUEST)

    assert caught.value.partial is not None
    assert caught.value.partial.text == "Hel"
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("headers", "text", "seconds"),
    [
        ({}, "Please retry after 30 seconds.", 30.0),
        ({"retry-after": "7"}, "Please retry after 30 seconds.", 7.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:09 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, "No.", 9.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:09 GMT"}, "No.", None),
        ({}, "No.", None),
    ],
)
def test_waits_that_error_events_name(headers: dict[str, str], text: str, seconds: float | None) -> None:
    """An error event names the wait as a refusal does, in its text or in the headers of its stream."""
    event = {"type": "error", "error": {"type": "rate_limit_error", "message": text}}

    with pytest.raises(RateLimitError) as caught:
        list(EventReader({**SSE, **headers}).feed(line(event)))

    assert caught.value.retry_after == seconds


@both
def test_duplicate_start(shell: Kind) -> None:
    """A second beginning is neither handed on nor counted."""
    pieces, taken = pieces_of(message()), []
    service = Script(streamed([pieces[0], *pieces[:3], pieces[0], *pieces[3:]]))

    answer = shell(service, FakeTime()).stream(take=taken.append, **REQUEST)

    assert [event["type"] for event in taken].count("message_start") == 1
    assert answer.text == "Hello there."


@both
def test_what_is_new(shell: Kind) -> None:
    """Events, blocks, deltas and fields of tomorrow pass through."""
    pieces, taken = pieces_of(message()), []
    new = [
        {"type": "of_tomorrow", "x": 1},
        {"type": "content_block_start", "index": 9, "content_block": {"type": "hologram", "y": 2}},
        {"type": "content_block_delta", "index": 9, "delta": {"type": "light_delta", "z": 3}},
        {"type": "content_block_stop", "index": 9, "more": 4},
    ]
    service = Script(streamed([*pieces[:-2], *map(line, new), *pieces[-2:]]))

    answer = shell(service, FakeTime()).stream(take=taken.append, **REQUEST)

    assert all(event in taken for event in new)
    assert answer.text == "Hello there."
    assert answer.content[-1].type == "hologram"


def waited(patience: Patience, time: FakeTime, seconds: float, *, content: bool) -> None:
    time.passed += seconds
    patience.pause()
    time.passed += 1000
    patience.go_on()
    patience.judge(content=content)


def test_patience() -> None:
    """The time without content adds up until content comes; while an event is handed on it does not."""
    time = FakeTime()
    patience = Patience(10, time.clock().monotonic)

    for _ in range(20):
        waited(patience, time, 9, content=True)
        waited(patience, time, 9, content=False)

    with pytest.raises(APITimeoutError, match="10 s"):
        waited(patience, time, 2, content=False)
    waited(Patience(None, time.clock().monotonic), time, 1e9, content=False)


class Ticking:
    """A clock on which each look takes a second, so that whoever reads without waiting takes time too."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        self.seconds += 1
        return self.seconds


@both
@pytest.mark.parametrize("piece", [line({"type": "ping"}), b": comment\n"], ids=["pings", "comments"])
def test_what_comes_without_pause(shell: Kind, piece: bytes) -> None:
    """Pings and comments that come one after the other, without any wait, keep no stream alive."""
    asked = shell(Script(streamed([*pieces_of(message())[:5], *[piece] * 100])), FakeTime(), timeout=Timeout(read=30))
    asked.clock = replace(asked.clock, monotonic=Ticking())

    with pytest.raises(StreamInterruptedError, match="no events but pings for 30 s"):
        asked.stream(**REQUEST)


@both
def test_pings_of_a_slow_reader(shell: Kind) -> None:
    """What whoever reads does with a ping is no time of the answer's."""
    time = FakeTime()

    def slow(_: Any) -> None:
        time.passed += 29

    pieces = pieces_of(message())
    service = Script(streamed([*pieces[:5], *[line({"type": "ping"})] * 5, *pieces[5:]]))

    assert shell(service, time, timeout=Timeout(read=30)).stream(take=slow, **REQUEST).text == "Hello there."


@pytest.mark.parametrize("repeated", [0, 1])
def test_what_has_begun_begins_once(repeated: int) -> None:
    """The beginning of a message or of a block that comes again, alike, is not handed on again."""
    pieces = pieces_of(message())
    reader, again = EventReader({}), EventReader({})
    told = [event for piece in pieces for event in reader.feed(piece)]

    seen = [event for piece in [*pieces[:3], pieces[repeated], *pieces[3:]] for event in again.feed(piece)]

    assert seen == told
    assert again.account.snapshot() == reader.account.snapshot()
