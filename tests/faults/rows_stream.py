"""Faults of the stream's text and content (S1-S16, S19)."""

import json

from claude_foundry import APITimeoutError, ResponseFormatError, Timeout
from claude_foundry.errors import StreamInterruptedError
from tests.faults import wire
from tests.faults.matrix import Expected, Fault, answer, failure
from tests.faults.rows_connection import BEGUN, CUT, EVENTS, FIRST_HALF, OK, STREAM, WITHOUT_STOP
from tests.faults.server import Exchange

BODY = b"".join(EVENTS)
ODD = "line\u2028para\u2029next\u0085vt\x0bff\x0cfs\x1cend"


def streams(*pieces: bytes) -> tuple[Exchange, ...]:
    return (answer(wire.chunked(pieces)),)


def then_fine(*pieces: bytes) -> tuple[Exchange, ...]:
    return (*streams(*pieces), answer(STREAM))


def _without_blank_lines() -> bytes:
    return BODY.replace(b"\n\nevent", b"\nevent")


def _in_many_lines() -> bytes:
    lines = json.dumps(wire.delta("all is well."), indent=1).splitlines()
    return b"event: content_block_delta\n" + "".join(f"data: {line}\n" for line in lines).encode() + b"\n"


def _with(extra: bytes, *, after: int = 3) -> tuple[bytes, ...]:
    """Gives the stream with something put in after so many events."""
    return (*EVENTS[:after], extra, *EVENTS[after:])


def _unknown(**fields: object) -> bytes:
    return b"".join(wire.encoded([{"type": "x_new", **fields}]))


def endless(piece: bytes) -> Exchange:
    """Gives the first half of the stream, and then a piece that comes for much longer than any case takes."""
    return answer(wire.chunked(FIRST_HALF, ended=False), *[wire.chunk(piece)] * 100_000)


def _argument_stream(*pieces: str) -> bytes:
    return b"".join(wire.encoded(wire.called(*pieces)))


SILENT = failure(StreamInterruptedError, text=BEGUN, says="no events but pings", cause=APITimeoutError)
PROTOCOL = failure(StreamInterruptedError, text="".join(wire.split(wire.TEXT)[:3]))
UNDECODABLE = failure(
    StreamInterruptedError, text=BEGUN, says="not JSON: invalid unicode code point", cause=ResponseFormatError
)
NO_TEXT = Expected(text="")

FORM = [
    Fault(id="S1", how="a byte a chunk, UTF-8 split", answers=streams(*(bytes([byte]) for byte in BODY)), stream=OK),
    Fault(id="S2", how="CRLF", answers=streams(*wire.encoded(wire.told(), end="\r\n")), stream=OK),
    Fault(id="S2b", how="CR", answers=streams(*wire.encoded(wire.told(), end="\r")), stream=OK),
    Fault(
        id="S2c",
        how="CRLF cut between CR and LF",
        answers=streams(
            *(
                part + b"\r" if at == 0 else b"\n" + part + b"\r"
                for at, part in enumerate(BODY.replace(b"\n", b"\r\n").split(b"\r\n"))
            ),
            b"\n",
        ),
        stream=OK,
    ),
    Fault(
        id="S2d",
        how="line ends mixed",
        answers=streams(*(wire.event(event, end=("\n", "\r\n", "\r")[at % 3]) for at, event in enumerate(wire.told()))),
        stream=OK,
    ),
    Fault(
        id="S3",
        how="separators of Unicode and control characters in text",
        answers=streams(*wire.encoded(wire.told(ODD))),
        stream=Expected(text=ODD),
    ),
    Fault(id="S4", how="byte order mark first", answers=streams(b"\xef\xbb\xbf" + BODY), stream=OK),
    Fault(
        id="S5",
        how="invalid UTF-8 in mid-stream",
        answers=streams(*FIRST_HALF, EVENTS[6].replace(b"text_delta", b"text_\xff"), *EVENTS[7:]),
        stream=UNDECODABLE,
    ),
    Fault(
        id="S5b",
        how="invalid UTF-8 in a text",
        answers=streams(*FIRST_HALF, wire.event(wire.delta("QQQ")).replace(b"QQQ", b"a\xffb"), *EVENTS[6:]),
        stream=UNDECODABLE,
    ),
    Fault(
        id="S6",
        how="comments, pings and blank lines",
        answers=streams(*(b": c\n\n\n\n" + event + wire.event(wire.PING) + b"\n" * 50 for event in EVENTS)),
        stream=OK,
    ),
    Fault(
        id="S6b",
        how="pings for ever, without a pause",
        answers=(endless(wire.event(wire.PING) * 500),),
        settings={"timeout": Timeout(read=0.3)},
        stream=SILENT,
    ),
    Fault(
        id="S6c",
        how="comments for ever, without a pause",
        answers=(endless(b": c\n" * 5000),),
        settings={"timeout": Timeout(read=0.3)},
        stream=SILENT,
    ),
    Fault(id="S7", how="no event: lines", answers=streams(*wire.encoded(wire.told(), named=False)), stream=OK),
    Fault(id="S8", how="no blank line between events", answers=streams(_without_blank_lines()), stream=OK),
    Fault(
        id="S9",
        how="data in many lines",
        answers=streams(*EVENTS[:3], _in_many_lines(), *EVENTS[-3:]),
        stream=Expected(text="all is well."),
    ),
    Fault(id="S10", how="[DONE] at the end", answers=streams(BODY, b"data: [DONE]\n\n"), stream=OK),
    Fault(
        id="S10b",
        how="[DONE] in place of message_stop",
        answers=streams(*EVENTS[:-1], b"data: [DONE]\n\n"),
        stream=WITHOUT_STOP,
    ),
    Fault(id="S10c", how="[DONE] in mid-block", answers=streams(*FIRST_HALF, b"data: [DONE]\n\n"), stream=CUT),
    Fault(id="S11", how="an event of 9 MB", answers=streams(*_with(b"data: " + b"a" * 9_000_000, after=6)), stream=CUT),
    Fault(
        id="S11b",
        how="an event of 9 MB in lines",
        answers=streams(*_with(b"data: aaaaaaaa\n" * 1_200_000, after=6)),
        stream=CUT,
    ),
    Fault(
        id="S11d",
        how="an event of 12 MB in lines that say nothing",
        answers=streams(*_with(b"data:\n" * 2_000_000, after=6)),
        stream=CUT,
    ),
    Fault(
        id="S11c",
        # Its last piece has a line end, and is up to 1 MB long.
        how="a comment of 12 MB in one line",
        answers=streams(*_with(b":" + b"a" * 12_000_000, after=6)),
        stream=CUT,
    ),
]

CONTENT = [
    Fault(id="S12", how="an unknown event", answers=streams(*_with(_unknown(new=[1]))), stream=OK),
    Fault(
        id="S12b",
        how="an unknown block and delta",
        answers=streams(
            *EVENTS[:-2],
            *wire.encoded(
                [
                    wire.start(1, {"type": "x_block", "a": 1}),
                    {"type": "content_block_delta", "index": 1, "delta": {"type": "x_delta", "b": 2}},
                    wire.stop(1),
                ]
            ),
            *EVENTS[-2:],
        ),
        stream=OK,
    ),
    Fault(
        id="S12c",
        how="an unknown stop reason",
        answers=streams(*EVENTS[:-2], *wire.encoded([wire.ending("x_reason"), wire.STOP])),
        stream=OK,
    ),
    Fault(
        id="S13",
        how="an event that is no JSON",
        answers=streams(*_with(b"event: content_block_delta\ndata: {oops\n\n", after=6)),
        stream=PROTOCOL,
    ),
    Fault(
        id="S13b",
        how="the first event is no JSON",
        answers=then_fine(b"event: message_start\ndata: {oops\n\n"),
        stream=failure(StreamInterruptedError, cause=ResponseFormatError),
    ),
    Fault(
        id="S14", how="an event that is a list", answers=streams(*_with(b"data: [1, 2]\n\n", after=6)), stream=PROTOCOL
    ),
    Fault(
        id="S14b",
        how="an event that is nested 100,000 deep",
        answers=streams(*_with(b"data: " + b"[" * 100_000 + b"\n\n", after=6)),
        stream=PROTOCOL,
    ),
    Fault(
        id="S14c",
        how="an event with a lone surrogate",
        answers=streams(*_with(b'data: {"type": "x_new", "n": NaN, "s": "\\ud800"}\n\n', after=6)),
        stream=Expected(text=None, error=StreamInterruptedError),
    ),
    Fault(
        id="S15",
        how="a delta before its block",
        answers=streams(*wire.encoded([wire.OPENING, wire.delta("a")])),
        stream=failure(StreamInterruptedError, cause=ResponseFormatError),
    ),
    Fault(
        id="S15f",
        how="a stop reason in message_start, and an end between two blocks",
        answers=streams(EVENTS[0].replace(b'"stop_reason": null', b'"stop_reason": ""'), *EVENTS[1:-2]),
        stream=failure(StreamInterruptedError, text=wire.TEXT),
    ),
    Fault(id="S15b", how="message_start twice", answers=streams(*_with(EVENTS[0])), stream=OK),
    Fault(
        id="S15c",
        how="a block started twice",
        answers=streams(*_with(EVENTS[2], after=6)),
        stream=OK,
    ),
    Fault(
        id="S15d",
        how="a delta after its block stopped",
        answers=streams(*EVENTS[:-2], EVENTS[5], *EVENTS[-2:]),
        stream=failure(StreamInterruptedError, text=wire.TEXT),
    ),
    Fault(
        id="S15e",
        how="a delta whose text is a number",
        answers=streams(*_with(wire.event(wire.delta("Q")).replace(b'"Q"', b"7"), after=6)),
        stream=PROTOCOL,
    ),
    Fault(
        id="S16",
        how="bad arguments, properly stopped",
        answers=streams(_argument_stream('{"path": [1, 2')),
        stream=NO_TEXT,
    ),
    Fault(id="S16b", how="no arguments", answers=streams(_argument_stream("")), stream=NO_TEXT),
    Fault(
        id="S19",
        how="64 KB of arguments in pieces of 16",
        answers=streams(_argument_stream('{"path": "', *["a" * 16] * 4096, '"}')),
        stream=NO_TEXT,
    ),
]

ROWS = [*FORM, *CONTENT]
