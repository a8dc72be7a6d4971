"""Silence of a stream, which has a limit of its own beside that for content (C13), and what is as good as it (C14)."""

from claude_foundry import APITimeoutError, StreamInterruptedError, Timeout
from tests.faults import wire
from tests.faults.faces import OWN
from tests.faults.matrix import Fault, answer, failure
from tests.faults.rows_connection import (
    AGAIN,
    BEGUN,
    EVENTS,
    FIRST_HALF,
    LONG_SIZE,
    OK,
    PINGS,
    SHORT,
    STALLED,
    STREAM,
)

ROWS = [
    Fault(
        id="C13c",
        how="silence in mid-stream, long before the limit for content",
        answers=(answer(wire.head(), *FIRST_HALF, end="stall"),),
        settings={"timeout": Timeout(idle=0.15)},
        stream=failure(StreamInterruptedError, text=BEGUN, within=1.0, says="nothing more.*timeout: idle"),
    ),
    Fault(
        id="C13d",
        how="silence after message_start, long before the limit for content",
        answers=(answer(wire.head(), EVENTS[0], end="stall"), answer(STREAM)),
        settings={"timeout": Timeout(idle=0.15)},
        stream=AGAIN,
    ),
    Fault(
        id="C13f",
        how="silence after the headers, always",
        answers=(answer(wire.head(), end="stall"),),
        settings={"timeout": Timeout(idle=0.15)},
        stream=failure(StreamInterruptedError, attempts=3, within=2.0, cause=APITimeoutError),
    ),
    Fault(
        id="C13e",
        how="pings, and no content for longer than the limit of silence",
        answers=(answer(wire.head(), *FIRST_HALF, *PINGS, *EVENTS[6:], end="fin"),),
        settings={"timeout": Timeout(idle=1.0)},
        stream=OK,
    ),
    Fault(
        id="C14f",
        how="a chunk announced for ever in mid-stream",
        answers=(answer(wire.chunked(FIRST_HALF, ended=False), *LONG_SIZE, end="fin"),),
        settings=SHORT,
        stream=STALLED,
        faces=OWN,
    ),
    Fault(
        id="C14g",
        how="a chunk announced for ever in mid-stream, over httpx",
        answers=(answer(wire.chunked(FIRST_HALF, ended=False), *LONG_SIZE, end="fin"),),
        settings=SHORT,
        stream=failure(StreamInterruptedError, text=BEGUN, within=1.0, says="nothing more within"),
        faces=("core-httpx", "async-core-httpx"),
    ),
]
