"""Events from bytes, however the bytes are cut."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from claude_foundry._sse import EventDecoder, encode
from claude_foundry.errors import ResponseFormatError

TEXTS = st.text(st.characters(codec="utf-8"))
EVENTS = st.lists(st.fixed_dictionaries({"type": st.sampled_from(["ping", "new_event"]), "text": TEXTS}), max_size=5)


def decoded(*pieces: bytes) -> list[dict]:
    decoder = EventDecoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return [*events, *decoder.flush()]


def written(events: list[dict], *, line_end: str = "\n") -> bytes:
    text = "".join(f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n" for event in events)
    return text.replace("\n", line_end).encode("utf-8", "surrogatepass")


def cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = [*sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@given(EVENTS, st.sampled_from(["\n", "\r\n", "\r"]), st.lists(st.integers(min_value=0)))
def test_any_cut(events: list[dict], line_end: str, places: list[int]) -> None:
    """Every cut of the bytes, at every line ending, gives the same events."""
    assert decoded(*cut(written(events, line_end=line_end), places)) == events


@given(EVENTS)
def test_byte_by_byte(events: list[dict]) -> None:
    """Single bytes give the same events as the whole."""
    data = written(events)

    assert decoded(*[data[place : place + 1] for place in range(len(data))]) == events


@given(EVENTS)
def test_encode_is_the_inverse(events: list[dict]) -> None:
    """What is encoded is decoded as it was."""
    assert decoded(*map(encode, events)) == events


@pytest.mark.parametrize(
    ("data", "types"),
    [
        (b'\xef\xbb\xbfdata: {"type": "ping"}\n\n', ["ping"]),
        (b': a comment\n\ndata: {"type": "ping"}\n\n', ["ping"]),
        (b'data: {"type":\ndata: "ping"}\n\n', ["ping"]),
        (b'data:{"type": "ping"}\n\n', ["ping"]),
        (b'event: a\ndata: {"type": "a"}\nevent: b\ndata: {"type": "b"}\n\n', ["a", "b"]),
        (b'data: {"type": "ping"}\n\ndata: [DONE]\n\n', ["ping"]),
        (b'id: 7\nretry: 10\ndata: {"type": "ping"}\n\n', ["ping"]),
        (b'data: {"type": "ping"}', ["ping"]),
        (b'\xef\xbb\xbfdata: {"type": "ping"}', ["ping"]),
        (b'event: error\ndata: {"message": "No."}\n\n', ["error"]),
        (b'event:error\r\ndata: {}\r\nevent: a\r\ndata: {"type": "a"}\r\n\r\n', ["error", "a"]),
        (b'data: {"statusCode": 500}\n\ndata: {"error": {"code": "429"}}\n\n', ["error", "error"]),
        (b'event: error\ndata: {"type": "of_tomorrow"}\n\n', ["of_tomorrow"]),
        (b"\n\n\n\n", []),
        (b"event: ping\n\n", []),
        (b"", []),
    ],
    ids=[
        "mark",
        "comment",
        "two lines",
        "no space",
        "glued",
        "done",
        "other fields",
        "no end",
        "mark, no end",
        "gateway's error",
        "glued error",
        "unnamed errors",
        "typed",
        "blank",
        "no data",
        "",
    ],
)
def test_shapes_met_in_practice(data: bytes, types: list[str]) -> None:
    """Byte order marks, comments, folded data, glued events, sentinels and gateways' errors are read as meant."""
    assert [event["type"] for event in decoded(data)] == types
    assert [event["type"] for event in decoded(*(data[at : at + 1] for at in range(len(data))))] == types


def test_line_separators_inside_text() -> None:
    """Only CR and LF end a line: other separators are text."""
    text = "a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg"

    assert decoded(written([{"type": "x", "text": text}]))[0]["text"] == text


PARTS = st.sampled_from(
    [
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b'"',
        b'"type":"a"',
        b'"s":',
        b'"x"',
        b"0",
        b"{}",
        b'{"type":"a"}',
        b'{"type":"b","s":[',
    ]
)
LINES = st.lists(PARTS, max_size=8).map(lambda parts: b"{" + b"".join(parts) + b"}")


def outcome(*pieces: bytes) -> tuple[list[dict], bool]:
    """Gives the events, and whether what followed was none."""
    decoder, events = EventDecoder(), []
    try:
        for piece in pieces:
            events.extend(decoder.feed(piece))
        events.extend(decoder.flush())
    except ResponseFormatError:
        return events, True
    return events, False


@given(st.lists(LINES, max_size=4))
@example([b'{"type":"a"},["x"],{"type":"b"}', b'{"type":"c","s":["}', b"{}", b'{"]}'])
@example([b'{"type":"a","s":["}', b'{"]},{"type":"b"}'])
@example([b'{"type":"a","s":[{}', b'{}]},{"type":"b"}'])
@example([b'{"type":"a","s":[{}', b'{}]},0,{"type":"b"}'])
@example([b'{"type":"a"},{"type":"b"}', b'{"type":"c"}'])
def test_lines_stand_alone(lines: list[bytes]) -> None:
    """Each datum is an event by itself or none: neither its neighbours nor any cut of the bytes matter."""
    data = b"".join(b"event: a\ndata: " + line + b"\n\n" for line in lines)

    assert outcome(data) == outcome(*(data[place : place + 1] for place in range(len(data))))


@pytest.mark.parametrize("data", [b"{no json}", b"[1]", b'"text"', b"{}", b'{"type": 1}', b'{"type": "\xff"}'])
def test_not_an_event(data: bytes) -> None:
    """What is no JSON object with a type is an error, never skipped."""
    with pytest.raises(ResponseFormatError):
        decoded(b"data: " + data + b"\n\n")


def test_events_before_a_broken_one_are_given() -> None:
    """The events before a broken one are given, also when they came in one piece with it."""
    seen: list[str] = []
    pieces = EventDecoder().feed(b'data: {"type": "ping"}\n\ndata: broken\n\n')

    with pytest.raises(ResponseFormatError):
        seen.extend(event["type"] for event in pieces)

    assert seen == ["ping"]


@pytest.mark.parametrize("piece", [b"x", b"data: x\n", b"data:\n"], ids=["one line", "many lines", "empty lines"])
def test_size_limit(piece: bytes) -> None:
    """An event that grows without end is refused."""
    decoder = EventDecoder(max_event_bytes=100)

    with pytest.raises(ResponseFormatError, match="more than 100 bytes"):
        all(not list(decoder.feed(part)) for part in [b"data: ", *[piece] * 200])


@given(st.integers(1, 60), st.integers(0, 3))
def test_size_limit_however_cut(size: int, short: int) -> None:
    """An event is as large as its lines, however its bytes are cut; one that is larger than the limit is refused."""
    event = b'event: ping\ndata: {"type": "ping"}\n\n'
    whole = event * 3
    decoder = EventDecoder(max_event_bytes=len(event) - 1 - short)

    def taken() -> int:
        pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
        return sum(len(list(decoder.feed(piece))) for piece in pieces)

    if short:
        with pytest.raises(ResponseFormatError, match="max_event_bytes"):
            taken()
    else:
        assert taken() == 3


def test_size_limit_within_a_piece() -> None:
    """An event that comes in one piece with others is refused likewise; those, together larger, are not."""
    small = b'event: ping\ndata: {"type": "ping"}\n\n'
    large = b'event: ping\ndata: {"type": "ping", "more": "%s"}\n\n' % (b"a" * 100)

    taken = list(EventDecoder(max_event_bytes=100).feed(small * 50))

    assert len(taken) == 50
    with pytest.raises(ResponseFormatError, match="more than 100 bytes"):
        list(EventDecoder(max_event_bytes=100).feed(small + large + small))
