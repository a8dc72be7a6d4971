"""Faults of the connection (C6-C24)."""

from claude_foundry import APIConnectionError, APITimeoutError, Timeout
from claude_foundry.errors import StreamInterruptedError
from tests.faults import wire
from tests.faults.faces import ON_HTTPX, USUAL
from tests.faults.matrix import Expected, Fault, answer, failure

SHORT = {"timeout": 0.15}
DOCUMENT = wire.document(wire.message())
STREAM = wire.stream()
EVENTS = wire.encoded(wire.told())
FIRST_HALF, BEGUN = EVENTS[:6], "".join(wire.split(wire.TEXT)[:3])
CALL = wire.encoded(wire.called('{"path": "/data/tmp', '/old"}'))
SETTLE = 0.03
"""Seconds in which a client reads what was sent before the connection breaks."""

TEXT = wire.TEXT
OK = Expected()
AGAIN = Expected(attempts=2)
WITHOUT_STOP = Expected(terminal="message_delta")
PINGS = (wire.event(wire.PING), 0.04) * 50
COMMENTS = (b": still here\n\n", 0.04) * 50
EMPTY_PIECES = (wire.EMPTY_PIECE, 0.04) * 50
LONG_SIZE = (b"9;long", *(b"e", 0.04) * 50)
"""The line before a chunk, by the letter."""
DELTAS = wire.encoded([wire.delta("")] * 100)
CUT = failure(StreamInterruptedError, text=BEGUN)
STALLED = failure(StreamInterruptedError, text=BEGUN, within=1.0, says="no events but pings")
BROKEN = failure(APIConnectionError, attempts=3)
INTERRUPTED = failure(StreamInterruptedError, attempts=3, cause=APIConnectionError)

BEFORE_HEADERS = [
    Fault(
        id="C6",
        how="silence in place of headers",
        answers=(answer(end="stall"),),
        settings=SHORT,
        stream=failure(APITimeoutError, attempts=3),
        whole=failure(APITimeoutError),
    ),
    Fault(
        id="C6b",
        how="silence in place of a stream's headers, for longer than those may take",
        answers=(answer(end="stall"),),
        settings={"timeout": Timeout(headers=0.15)},
        stream=failure(APITimeoutError, attempts=3, says="timeout: headers", within=2.0),
        faces=USUAL + ON_HTTPX,
    ),
    Fault(
        id="C6c",
        how="content that pauses for longer than headers may take",
        answers=(answer(wire.head(), 0.3, *FIRST_HALF, 0.3, *EVENTS[6:], end="fin"),),
        settings={"timeout": Timeout(headers=0.15)},
        stream=OK,
        faces=USUAL + ON_HTTPX,
    ),
    Fault(
        id="C6d",
        how="a whole answer that takes longer than a stream's headers may",
        answers=(answer(0.3, DOCUMENT),),
        settings={"timeout": Timeout(headers=0.15)},
        whole=OK,
        faces=USUAL + ON_HTTPX,
    ),
    Fault(
        id="C7",
        how="silence within the headers",
        answers=(answer(b"HTTP/1.1 200 OK\r\ncontent-", end="stall"),),
        settings=SHORT,
        stream=failure(APITimeoutError, attempts=3),
        whole=failure(APITimeoutError),
    ),
    Fault(id="C8c", how="end before the headers", answers=(answer(end="fin"),), stream=BROKEN, whole=BROKEN),
    Fault(id="C8d", how="reset before the headers", answers=(answer(end="rst"),), stream=BROKEN, whole=BROKEN),
    Fault(
        id="C8e",
        how="end within the headers",
        answers=(answer(b"HTTP/1.1 200 OK\r\ncontent-", end="fin"),),
        stream=BROKEN,
        whole=BROKEN,
    ),
    Fault(id="C9", how="reset once, then fine", answers=(answer(end="rst"), answer(STREAM)), stream=AGAIN),
    Fault(
        id="C9b",
        how="reset once, then fine",
        answers=(answer(end="rst"), answer(DOCUMENT)),
        whole=Expected(attempts=2, retries=[1]),
    ),
    Fault(
        id="C10",
        how="kept connection closed by the server",
        answers=(answer(DOCUMENT, end="fin"),),
        calls=3,
        between=SETTLE,
        whole=Expected(attempts=3, retries=[0, 0, 0]),
    ),
    Fault(
        id="C10b",
        how="kept connection closed as the answer ends",
        answers=(answer(DOCUMENT, end="fin"),),
        calls=3,
        whole=Expected(attempts=3),
    ),
    Fault(
        id="C10c",
        how="kept connection reset at the next request",
        calls=3,
        answers=(answer(DOCUMENT), answer(end="rst"), answer(DOCUMENT)),
        faces=USUAL + ON_HTTPX,
        whole=Expected(attempts=4, retries=[0, 0, 0]),
    ),
    Fault(
        id="C24",
        how="headers by the byte",
        answers=(answer(*wire.drip(wire.head(), pause=0.002), *EVENTS, end="fin"),),
        stream=OK,
    ),
    Fault(
        id="C24b",
        how="headers by the byte, for longer than an answer may take to begin",
        answers=(answer(*wire.drip(wire.head(), pause=0.03), end="fin"),),
        settings=SHORT,
        stream=failure(APITimeoutError, attempts=3, within=2.0),
        whole=failure(APITimeoutError, within=1.0),
    ),
    Fault(
        id="C24c",
        how="103 again and again",
        answers=(answer(*(b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.03) * 100, end="fin"),),
        settings=SHORT,
        stream=failure(APITimeoutError, attempts=3, within=2.0),
        whole=failure(APITimeoutError, within=1.0),
    ),
]

IN_THE_STREAM = [
    Fault(
        id="C11",
        how="reset after the headers",
        answers=(answer(wire.head(), SETTLE, end="rst"), answer(STREAM)),
        stream=AGAIN,
    ),
    Fault(
        id="C11b",
        how="reset after message_start",
        answers=(answer(wire.head(), EVENTS[0], SETTLE, end="rst"), answer(STREAM)),
        stream=AGAIN,
    ),
    Fault(
        id="C11c",
        how="reset after the headers, always",
        answers=(answer(wire.head(), SETTLE, end="rst"),),
        stream=INTERRUPTED,
        faces=USUAL + ON_HTTPX,
    ),
    Fault(
        id="C11d",
        how="end after message_start, always",
        answers=(answer(wire.chunked(EVENTS[:1])),),
        stream=INTERRUPTED,
        faces=USUAL + ON_HTTPX,
    ),
    Fault(
        id="C11e",
        how="reset after message_start, and before the headers of the last answer",
        answers=(answer(wire.head(), EVENTS[0], SETTLE, end="rst"), answer(end="rst")),
        stream=BROKEN,
        faces=USUAL + ON_HTTPX,
    ),
    Fault(
        id="C12", how="reset in mid-stream", answers=(answer(wire.head(), *FIRST_HALF, SETTLE, end="rst"),), stream=CUT
    ),
    Fault(
        id="C13",
        how="silence in mid-stream",
        answers=(answer(wire.head(), *FIRST_HALF, end="stall"),),
        settings=SHORT,
        stream=CUT,
    ),
    Fault(
        id="C13b",
        how="silence after message_start",
        answers=(answer(wire.head(), EVENTS[0], end="stall"), answer(STREAM)),
        settings=SHORT,
        stream=AGAIN,
    ),
    Fault(
        id="C14",
        how="pings for ever in mid-stream",
        answers=(answer(wire.head(), *FIRST_HALF, *PINGS, end="fin"),),
        settings=SHORT,
        stream=STALLED,
    ),
    Fault(
        id="C14b",
        how="content for ever, past the limit of the whole call",
        answers=(
            answer(wire.head(), *FIRST_HALF, *wire.drip(b"".join(DELTAS), pause=0.02, size=len(DELTAS[0])), end="fin"),
        ),
        settings={"timeout": Timeout(total=0.3)},
        stream=Expected(error=StreamInterruptedError, text=None, within=1.0),
    ),
    Fault(
        id="C14c",
        how="whole answer by the byte, past the limit of the whole call",
        answers=(answer(*wire.drip(DOCUMENT, pause=0.02), end="fin"),),
        settings={"timeout": Timeout(total=0.3)},
        whole=failure(APITimeoutError, within=1.0),
    ),
    Fault(
        id="C14d",
        how="comments for ever in mid-stream",
        answers=(answer(wire.head(), *FIRST_HALF, *COMMENTS, end="fin"),),
        settings=SHORT,
        stream=STALLED,
    ),
    Fault(
        id="C14e",
        how="compressed data that becomes nothing, for ever in mid-stream",
        answers=(answer(wire.squeezed_beginning(b"".join(FIRST_HALF)), *EMPTY_PIECES, end="fin"),),
        settings=SHORT,
        stream=STALLED,
    ),
    Fault(
        id="C15",
        how="chunked body without its last chunk",
        answers=(answer(wire.chunked(FIRST_HALF, ended=False), SETTLE, end="fin"),),
        stream=CUT,
    ),
    Fault(
        id="C16",
        how="Content-Length longer than the body",
        answers=(answer(wire.head(headers="content-length: 99999\r\n"), *FIRST_HALF, SETTLE, end="fin"),),
        stream=CUT,
    ),
    Fault(id="C17", how="clean end in mid-block", answers=(answer(wire.chunked(FIRST_HALF)),), stream=CUT),
    Fault(
        id="C18",
        how="end in mid-event, close-delimited",
        answers=(answer(wire.head(), *FIRST_HALF, EVENTS[6][:40], end="fin"),),
        stream=CUT,
    ),
    Fault(
        id="C19",
        how="clean end in a call's arguments",
        answers=(answer(wire.chunked(CALL[:3])),),
        stream=failure(StreamInterruptedError),
    ),
    Fault(id="C20", how="all but message_stop", answers=(answer(wire.chunked(EVENTS[:-1])),), stream=WITHOUT_STOP),
    Fault(
        id="C21",
        how="reset after message_delta",
        answers=(answer(wire.chunked(EVENTS[:-1], ended=False), SETTLE, end="rst"),),
        stream=WITHOUT_STOP,
    ),
    Fault(
        id="C22",
        how="reset after message_stop",
        answers=(answer(wire.chunked(EVENTS, ended=False), SETTLE, end="rst"),),
        stream=OK,
        faces=(*USUAL, *ON_HTTPX),
    ),
    Fault(
        id="C22b",
        how="silence after message_stop",
        answers=(answer(wire.chunked(EVENTS, ended=False), end="stall"),),
        stream=OK,
        faces=(*USUAL, *ON_HTTPX),
    ),
    Fault(
        id="C23",
        how="last event without its blank line",
        answers=(answer(wire.chunked([*EVENTS[:-1], EVENTS[-1].rstrip()])),),
        stream=OK,
    ),
    Fault(
        id="B1",
        how="whole body cut, Content-Length",
        answers=(answer(DOCUMENT[:-20], SETTLE, end="fin"),),
        whole=BROKEN,
    ),
    Fault(
        id="B2",
        how="whole body reset",
        answers=(answer(DOCUMENT[:-20], SETTLE, end="rst"), answer(DOCUMENT)),
        whole=AGAIN,
    ),
    Fault(
        id="B3",
        how="whole body stalls",
        answers=(answer(DOCUMENT[:-20], end="stall"),),
        settings=SHORT,
        whole=failure(APITimeoutError),
    ),
]

ROWS = [*BEFORE_HEADERS, *IN_THE_STREAM]
