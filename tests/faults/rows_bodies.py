"""Answers with a success status that hold something else than was asked for (S20-S26)."""

import gzip
import json

from claude_foundry import APIConnectionError, ResponseFormatError, StreamInterruptedError
from tests.faults import wire
from tests.faults.matrix import Expected, Fault, answer, failure
from tests.faults.rows_connection import AGAIN, DOCUMENT, EVENTS, OK, SETTLE, STREAM

BODY = b"".join(EVENTS)

ROWS = [
    Fault(
        id="S20",
        how="200 with a page of HTML",
        answers=(answer(wire.sized(b"<html><title>Sign in</title><body>" + b"x" * 9000, kind="text/html")),),
        stream=failure(ResponseFormatError, says=r"html \(Sign in\)", longest=700),
        whole=failure(ResponseFormatError, says=r"html \(Sign in\)", longest=700),
    ),
    Fault(id="S21", how="200 with the whole message", answers=(answer(DOCUMENT),), stream=OK),
    Fault(
        id="S21b",
        how="200 with the whole message after a byte order mark",
        answers=(answer(wire.sized(b"\xef\xbb\xbf" + json.dumps(wire.message()).encode())),),
        stream=OK,
        whole=OK,
    ),
    Fault(
        id="S21c",
        how="200 with a message in which half a surrogate pair stands",
        answers=(answer(wire.sized(json.dumps(wire.message(text="\ud800")).encode())),),
        stream=failure(ResponseFormatError, says="hex escape"),
        whole=failure(ResponseFormatError, says="hex escape"),
    ),
    Fault(id="S22", how="200 with nothing", answers=(answer(wire.raw_stream(b"")), answer(STREAM)), stream=AGAIN),
    Fault(
        id="S22b",
        how="200 with nothing, always",
        answers=(answer(wire.raw_stream(b"")),),
        stream=failure(StreamInterruptedError, attempts=3, cause=APIConnectionError),
    ),
    Fault(
        id="S22c",
        how="200 with an empty document",
        answers=(answer(wire.sized(b"")),),
        whole=failure(ResponseFormatError, attempts=None),
    ),
    Fault(id="S23", how="a compressed stream", answers=(answer(wire.squeezed(BODY)),), stream=OK),
    Fault(
        id="S23b",
        how="a compressed stream that is cut",
        answers=(
            answer(wire.head(headers="content-encoding: gzip\r\n"), gzip.compress(BODY)[:-40], SETTLE, end="fin"),
        ),
        stream=Expected(error=StreamInterruptedError, text=None, attempts=None),
    ),
    Fault(
        id="S23c",
        how="said to be compressed, and is not",
        answers=(answer(wire.sized(BODY, kind="text/event-stream", headers="content-encoding: gzip\r\n")),),
        stream=failure(StreamInterruptedError, cause=ResponseFormatError),
    ),
    Fault(
        id="S23d",
        how="an answer compressed in two members",
        answers=(answer(wire.squeezed(BODY[:300], more=BODY[300:])),),
        stream=OK,
    ),
    Fault(
        id="S23e",
        how="206, a part that nobody asked for",
        answers=(answer(wire.document(wire.message(), status=206)),),
        whole=failure(ResponseFormatError, says="only a part"),
        stream=failure(ResponseFormatError, says="only a part"),
    ),
    Fault(
        id="S24",
        how="a whole message that lacks its fields",
        answers=(answer(wire.document({"type": "message"})),),
        whole=failure(ResponseFormatError),
        stream=failure(ResponseFormatError),
    ),
    Fault(
        id="S25",
        how="a whole answer that is a list",
        answers=(answer(wire.document([1])),),
        whole=failure(ResponseFormatError),
        stream=failure(ResponseFormatError),
    ),
    Fault(
        id="S26",
        how="a whole answer nested 100,000 deep",
        answers=(answer(wire.sized(b"[" * 100_000)),),
        whole=failure(ResponseFormatError),
        stream=failure(ResponseFormatError),
    ),
]
