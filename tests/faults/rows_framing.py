"""Faults of HTTP's framing (C25-C31)."""

from claude_foundry import (
    APIConnectionError,
    BadRequestError,
    FoundryError,
    RateLimitError,
    RequestTooLargeError,
    ResponseFormatError,
    StreamInterruptedError,
)
from tests.faults import wire
from tests.faults.faces import FACES
from tests.faults.matrix import Fault, answer, failure
from tests.faults.rows_connection import CUT, DOCUMENT, EVENTS, FIRST_HALF, OK, SETTLE, STREAM
from tests.faults.server import End

HIDDEN = b"x-filler: " + b"a" * 90 + b"\r\n"
UNREADABLE = failure(FoundryError, says="(?i)could not be read|protocol|header|broke|not what|two lengths")
UNREAD: dict[str, End] = {"closed": "fin", "reset": "rst"}
ROWS = [
    Fault(
        id="C25",
        how="2,000 headers of 100 bytes",
        answers=(answer(wire.head(headers=HIDDEN.decode() * 2000), *EVENTS, end="fin"),),
        stream=UNREADABLE,
        whole=UNREADABLE,
    ),
    Fault(
        id="C25b",
        how="a header of 1 MB",
        answers=(answer(wire.head(headers="x-big: " + "a" * 1_000_000 + "\r\n"), *EVENTS, end="fin"),),
        stream=UNREADABLE,
        whole=UNREADABLE,
    ),
    Fault(
        id="C26",
        how="413 while the request is being sent",
        early=wire.refusal(413, "request_too_large"),
        prompt="x" * 4_000_000,
        whole=failure(RequestTooLargeError, says="32 MB", attempts=None),
        stream=failure(RequestTooLargeError, says="32 MB", attempts=None),
    ),
    *(
        Fault(
            id=f"C26-{name}",
            how=f"413 while 20 MB are being sent, of which the server reads nothing: {name}",
            answers=(answer(wire.refusal(413, "request_too_large"), SETTLE, end=end),),
            reads_body=False,
            prompt="x" * 20_000_000,
            whole=failure(RequestTooLargeError, says="this one has 20.0 MB", within=10.0),
            stream=failure(RequestTooLargeError, says="this one has 20.0 MB", within=10.0),
            faces=tuple(FACES),
        )
        for name, end in UNREAD.items()
    ),
    Fault(
        id="C29",
        how="a stream of 64 MB of comment, compressed",
        answers=(answer(wire.squeezed(b": filler\n" * 6_400_000)),),
        stream=failure(StreamInterruptedError, cause=ResponseFormatError),
    ),
    Fault(
        id="C30",
        how="an error of 64 MB, compressed",
        answers=(answer(wire.squeezed(b"a" * 64_000_000, status=400, kind="text/plain")),),
        whole=failure(BadRequestError, most_bytes=70_000),
        stream=failure(BadRequestError, most_bytes=70_000),
    ),
    Fault(
        id="C30b",
        how="an error body of 8 MB",
        answers=(answer(wire.sized(b"a" * 8_000_000, status=400, kind="text/plain")),),
        whole=failure(BadRequestError, most_bytes=70_000),
    ),
    Fault(
        id="C31",
        how="Transfer-Encoding and Content-Length together",
        answers=(answer(wire.chunked(EVENTS, headers="content-length: 20\r\n"), end="fin"),),
        stream=UNREADABLE,
        whole=UNREADABLE,
    ),
    Fault(
        id="C31b",
        how="lines of the head ended by LF alone",
        answers=(answer(wire.head().replace(b"\r\n", b"\n"), *EVENTS, end="fin"),),
        stream=OK,
    ),
    Fault(
        id="B4",
        how="a chunk size that is no number",
        answers=(answer(wire.head(headers="transfer-encoding: chunked\r\n"), b"zz\r\nhello\r\n", end="fin"),),
        stream=failure(StreamInterruptedError, cause=APIConnectionError),
        whole=failure(APIConnectionError, says="req_1"),
    ),
    Fault(
        id="B4b",
        how="a refusal whose body has a chunk size that is no number",
        answers=(answer(wire.head(429, headers="transfer-encoding: chunked\r\n") + b"zz\r\nhello\r\n", end="stall"),),
        settings={"max_retries": 0},
        stream=failure(RateLimitError),
        whole=failure(RateLimitError),
    ),
    Fault(
        id="B4c",
        how="a whole stream, and a chunk size that is no number, in one packet",
        answers=(answer(wire.chunked(EVENTS, ended=False) + b"zz\r\nhello\r\n", end="fin"),),
        stream=OK,
    ),
    Fault(
        id="B4d",
        how="half a stream, and a chunk size that is no number, in one packet",
        answers=(answer(wire.chunked(FIRST_HALF, ended=False) + b"zz\r\nhello\r\n", end="fin"),),
        stream=CUT,
    ),
    Fault(
        id="B5",
        how="a bad chunk size in mid-stream",
        answers=(answer(wire.chunked(FIRST_HALF, ended=False), SETTLE, b"-5\r\nhello\r\n", end="fin"),),
        stream=CUT,
    ),
    Fault(
        id="B6",
        how="garbage in place of HTTP",
        answers=(answer(b"\x00\x01\x02 garbage \xff\r\n\r\n", end="fin"),),
        stream=failure(FoundryError, attempts=None),
        whole=failure(FoundryError, attempts=None),
    ),
    Fault(
        id="B7",
        how="a Content-Length that is no number",
        answers=(answer(wire.head(headers="content-length: many\r\n"), *EVENTS, end="fin"),),
        stream=failure(FoundryError, attempts=None),
    ),
    Fault(
        id="B8",
        how="two Content-Lengths that differ",
        answers=(answer(wire.head(headers="content-length: 5\r\ncontent-length: 6\r\n"), *EVENTS, end="fin"),),
        stream=failure(FoundryError, attempts=None),
    ),
    Fault(
        id="B9",
        how="103 before the answer",
        answers=(answer(b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n", STREAM),),
        stream=OK,
    ),
    Fault(
        id="B10",
        how="HTTP/1.0, close-delimited",
        answers=(answer(wire.head(http="1.0"), *EVENTS, end="fin"),),
        stream=OK,
    ),
    Fault(id="B11", how="each header twice", answers=(answer(wire.chunked(EVENTS, headers=wire.IDS)),), stream=OK),
    Fault(
        id="B12",
        how="body by the byte",
        answers=(answer(wire.head(), *wire.drip(b"".join(EVENTS), pause=0.0), end="fin"),),
        stream=OK,
    ),
    Fault(id="B13", how="more bytes than Content-Length", answers=(answer(DOCUMENT + b"trailing junk"),), whole=OK),
    Fault(
        id="B14",
        how="1 MB of garbage after message_stop",
        answers=(answer(wire.chunked([*EVENTS, b"\xff" * 1_000_000])),),
        stream=OK,
    ),
]
