"""Redirects, and successes of other kinds (H19-H25)."""

from claude_foundry import APIConnectionError, APIStatusError, FoundryError, InternalServerError
from tests.faults import wire
from tests.faults.faces import OWN
from tests.faults.matrix import Fault, answer, failure
from tests.faults.rows_connection import DOCUMENT, OK

ELSEWHERE = "location: https://elsewhere.example/steal?x=SECRETQUERY\r\nx-should-retry: true\r\n"
REDIRECTS = [
    Fault(
        id=f"H19-{status}",
        how=f"{status} to another host",
        answers=(answer(wire.sized(b"", status=status, headers=ELSEWHERE)),),
        stream=failure(APIStatusError, says="elsewhere.example", unsaid="SECRETQUERY"),
        whole=failure(APIStatusError, says="elsewhere.example", unsaid="SECRETQUERY"),
    )
    for status in (301, 302, 303, 307, 308)
]
REDIRECTS_NEAR = [
    Fault(
        id="H19b",
        how="307 to the same host",
        answers=(answer(wire.sized(b"", status=307, headers="location: /anthropic/v1/messages\r\n")),),
        whole=failure(APIStatusError),
    ),
    Fault(
        id="H19c",
        how="308 to http",
        answers=(answer(wire.sized(b"", status=308, headers="location: http://127.0.0.1:1/\r\n")),),
        whole=failure(APIStatusError),
    ),
    Fault(
        id="H19d",
        how="307 without location",
        answers=(answer(wire.sized(b"", status=307)),),
        whole=failure(APIStatusError),
    ),
    Fault(
        id="H19e",
        how="307 to what is no URL",
        answers=(answer(wire.sized(b"", status=307, headers="location: http://[::1\r\n")),),
        whole=failure(APIStatusError, says="no URL"),
        stream=failure(APIStatusError, says="no URL"),
        # httpx reads the location before anyone is told of the status: see below.
        faces=OWN,
    ),
    Fault(
        id="H19e-httpx",
        how="307 to what is no URL, over httpx",
        answers=(answer(wire.sized(b"", status=307, headers="location: http://[::1\r\n")),),
        whole=failure(APIConnectionError, says="location"),
        stream=failure(APIConnectionError, says="location"),
        faces=("core-httpx", "async-core-httpx"),
    ),
    Fault(
        id="H19f",
        how="500 with a location that is no URL",
        answers=(answer(wire.refusal(500, headers="location: http://[::1\r\n")),),
        whole=failure(InternalServerError, attempts=3, says="No\\."),
        stream=failure(InternalServerError, attempts=3, says="No\\."),
    ),
    Fault(
        id="H24",
        how="204",
        answers=(answer(wire.head(204, kind=None)),),
        whole=failure(FoundryError, attempts=None),
        stream=failure(FoundryError, attempts=None),
    ),
    Fault(
        id="H25",
        how="201 with a message",
        answers=(answer(wire.sized(DOCUMENT.partition(b"\r\n\r\n")[2], status=201)),),
        whole=OK,
    ),
]

ROWS = [*REDIRECTS, *REDIRECTS_NEAR]
