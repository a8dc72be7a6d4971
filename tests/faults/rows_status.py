"""Statuses, and hints to wait (H1-H18)."""

from email.utils import formatdate
from typing import Any

from claude_foundry import (
    APINotSupportedError,
    APIStatusError,
    AuthenticationError,
    ConflictError,
    DeploymentNotFoundError,
    EndpointNotFoundError,
    FoundryError,
    InternalServerError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    RateLimitError,
    RequestTooLargeError,
)
from claude_foundry.errors import BadRequestError
from tests.faults import wire
from tests.faults.faces import ON_HTTPX, USUAL
from tests.faults.matrix import Expected, Fault, answer, failure
from tests.faults.rows_connection import AGAIN, DOCUMENT, SETTLE, SHORT, STREAM
from tests.faults.server import End

NOW = 1_700_000_000.0
"""What the clients' clock says."""
DATE = f"date: {formatdate(NOW, usegmt=True)}\r\n"
ENDS: dict[str, End] = {"cut": "fin", "reset": "rst", "stalled": "stall"}
PAGE = (
    b"<html><head><title>502 Bad Gateway</title></head><body><h1>502</h1>" + b"<p>filler</p>" * 2000 + b"</body></html>"
)


def refused(
    id: str,
    status: int,
    error: type[FoundryError],
    *,
    attempts: int = 1,
    kind: str = "api_error",
    says: str = "",
) -> list[Fault]:
    """Gives the rows of one status: in Anthropic's dialect, in Azure's two, as HTML, as text, and empty."""
    bodies = {
        "": wire.refusal(status, kind),
        "-azure": wire.gateway_refusal(status, str(status)),
        "-apim": wire.document({"statusCode": status, "message": "No."}, status=status),
        "-html": wire.sized(PAGE, status=status, kind="text/html"),
        "-text": wire.sized(b"upstream connect error", status=status, kind="text/plain"),
        "-empty": wire.sized(b"", status=status),
    }
    how = f"{status} in a dialect"
    seen = failure(error, attempts=attempts, unsaid="filler", longest=900, says=says)
    return [
        Fault(
            id=id + name,
            how=how + name,
            answers=(answer(body),),
            stream=seen if name == "" else None,
            whole=seen,
            faces=USUAL if name == "" else ("core", "async-core"),
        )
        for name, body in bodies.items()
    ]


def waits(id: str, headers: str, *, seconds: float | None, attempts: int = 3) -> Fault:
    """Gives the row of a 429 that asks to wait; None is no hint that counts."""
    seen = failure(RateLimitError, attempts=attempts, retry_after=seconds)
    return Fault(
        id=id,
        how=headers.strip(),
        answers=(answer(wire.refusal(429, "rate_limit_error", headers=headers)),),
        whole=seen,
        stream=seen,
    )


def broken_off(id: str, status: int, error: type[FoundryError], *, headers: str = "", **seen: Any) -> list[Fault]:
    """Gives the rows of a refusal whose body ends, is reset or stalls before it is whole: its status counts."""
    whole = wire.refusal(status, headers=headers)
    expected = failure(error, **seen)
    return [
        Fault(
            id=f"{id}-{name}",
            how=f"{status} whose body is broken off: {name}",
            answers=(answer(whole[:-10], SETTLE, end=end),),
            settings=SHORT,
            whole=expected,
            stream=expected if status == 401 else None,
            faces=("core", "core-httpx", "async-core", "async-core-httpx"),
        )
        for name, end in ENDS.items()
    ]


STATUSES = [
    *refused("H1", 400, BadRequestError, kind="invalid_request_error"),
    *refused("H1b", 422, BadRequestError, kind="invalid_request_error"),
    *refused("H3", 401, AuthenticationError, kind="authentication_error", says="key belongs to .*tenant.* scope is"),
    *refused(
        "H4",
        403,
        PermissionDeniedError,
        kind="permission_error",
        says="role assignment .*network rules .*private endpoint",
    ),
    *refused("H5", 404, NotFoundError, kind="not_found_error"),
    *refused("H7", 409, ConflictError, kind="conflict_error"),
    *refused("H8", 413, RequestTooLargeError, kind="request_too_large"),
    *refused("H15", 500, InternalServerError, attempts=3),
    *refused("H17", 502, InternalServerError, attempts=3),
    *refused("H15c", 503, InternalServerError, attempts=3),
    *refused("H15e", 529, OverloadedError, attempts=3, kind="overloaded_error"),
]
BROKEN_OFF = [
    *broken_off("H1", 400, BadRequestError),
    *broken_off("H3", 401, AuthenticationError),
    *broken_off("H8", 413, RequestTooLargeError),
    *broken_off("H11", 429, RateLimitError, headers="retry-after: 300\r\n", retry_after=300.0),
    *broken_off("H15", 503, InternalServerError, attempts=3),
]
UNREADABLE = [
    Fault(id=id, how=how, answers=(answer(wire.sized(body, status=400)),), whole=seen, stream=seen)
    for id, how, body, seen in (
        ("H1-deep", "a body of open lists", b"[" * 60_000, failure(BadRequestError)),
        ("H1-nested", "lists in lists, 900 deep", b"[" * 900 + b"]" * 900, failure(BadRequestError)),
        (
            "H1-half",
            "half a letter",
            b'{"error": {"message": "No \\ud83d."}}',
            failure(BadRequestError, says=r"No \?\."),
        ),
    )
]
STATUSES_ONCE = [
    Fault(id=id, how=f"{status}", answers=(answer(wire.refusal(status)),), whole=seen, stream=seen)
    for id, status, seen in (
        ("H1c", 402, failure(APIStatusError)),
        ("H6", 408, failure(APIStatusError, attempts=3)),
        ("H6b", 418, failure(APIStatusError)),
        ("H9", 429, failure(RateLimitError, attempts=3)),
        ("H15d", 504, failure(InternalServerError, attempts=3)),
        ("H16", 501, failure(InternalServerError)),
        ("H16b", 505, failure(InternalServerError)),
    )
]
HINTS = [
    waits("H10", "retry-after: 1\r\n", seconds=1.0),
    waits("H10b", "retry-after: 0.5\r\n", seconds=0.5),
    waits("H10c", DATE + f"retry-after: {formatdate(NOW + 7, usegmt=True)}\r\n", seconds=7.0),
    waits("H10d", "retry-after-ms: 250\r\n", seconds=0.25),
    waits("H10e", "x-ms-retry-after-ms: 250\r\nretry-after: 1\r\n", seconds=0.25),
    # The service's clock and this machine's differ by a day: the answer's own date counts (X20).
    waits(
        "H10f",
        f"date: {formatdate(NOW + 86_400, usegmt=True)}\r\nretry-after: {formatdate(NOW + 86_407, usegmt=True)}\r\n",
        seconds=7.0,
    ),
    waits("H11", "retry-after: 3600\r\n", seconds=3600.0, attempts=1),
    waits("H11b", DATE + f"retry-after: {formatdate(NOW + 7200, usegmt=True)}\r\n", seconds=7200.0, attempts=1),
    waits("H11c", "retry-after: 3600\r\nretry-after: 3600\r\n", seconds=3600.0, attempts=1),
    waits("H12", "retry-after: inf\r\n", seconds=None),
    waits("H12b", "retry-after: 1e999\r\n", seconds=None),
    waits("H12c", "retry-after: 1000000000\r\n", seconds=None),
    waits("H12d", "retry-after: 1e9\r\n", seconds=None),
    waits("H12e", "retry-after-ms: 1000000000000\r\nx-ms-retry-after-ms: inf\r\n", seconds=None),
    waits("H12f", "retry-after: Fri, 31 Dec 9999 23:59:59 GMT\r\n", seconds=None),
    waits("H12g", "retry-after: 1000000000\r\nretry-after: 3600\r\n", seconds=3600.0, attempts=1),
    waits("H13", "retry-after: -5\r\n", seconds=None),
    waits("H13b", "retry-after: nan\r\n", seconds=None),
    waits("H13c", DATE + f"retry-after: {formatdate(NOW - 60, usegmt=True)}\r\n", seconds=None),
    waits("H13d", "retry-after: soon\r\n", seconds=None),
    waits("H13e", "retry-after: \r\n", seconds=None),
    waits("H13f", "retry-after-ms: abc\r\nretry-after: 2\r\n", seconds=2.0),
    waits("H13g", "retry-after: 3_600\r\n", seconds=None),
    waits("H13h", "retry-after: ٣٦٠٠\r\n", seconds=None),
    waits("H13i", "retry-after: 36e2\r\n", seconds=None),
    waits("H14", "x-should-retry: false\r\n", seconds=None, attempts=1),
    Fault(
        id="H9b",
        how="seconds in the text alone",
        answers=(answer(wire.gateway_refusal(429, "RateLimitReached", "Please retry after 17 seconds.")),),
        whole=failure(RateLimitError, attempts=3, retry_after=17.0),
    ),
    Fault(
        id="H12h",
        how="more seconds than a year in the text alone",
        answers=(answer(wire.gateway_refusal(429, "RateLimitReached", "Please retry after 999999999 seconds.")),),
        whole=failure(RateLimitError, attempts=3),
    ),
    Fault(
        id="H14b",
        how="x-should-retry: false on 500",
        answers=(answer(wire.refusal(500, headers="x-should-retry: false\r\n")),),
        whole=failure(InternalServerError),
    ),
    Fault(
        id="H7b",
        how="x-should-retry: true on 409",
        answers=(answer(wire.refusal(409, headers="x-should-retry: true\r\n")),),
        whole=failure(ConflictError, attempts=3),
    ),
    Fault(
        id="H15f",
        how="503 twice, then fine",
        answers=(answer(wire.refusal(503)), answer(wire.refusal(503)), answer(DOCUMENT)),
        whole=Expected(attempts=3),
    ),
]
PAGES = [
    Fault(
        id="H17-page",
        how="a page of HTML as 502, always",
        answers=(answer(wire.sized(PAGE, status=502, kind="text/html")),),
        whole=failure(InternalServerError, attempts=3, says="502 Bad Gateway", unsaid="<", longest=200),
        stream=failure(InternalServerError, attempts=3, says="502 Bad Gateway", unsaid="<", longest=200),
        faces=(*USUAL, *ON_HTTPX),
    ),
    Fault(
        id="H17-once",
        how="a page of HTML as 502, then fine",
        answers=(answer(wire.sized(PAGE, status=502, kind="text/html")), answer(STREAM)),
        stream=AGAIN,
    ),
]
NOT_FOUND = [
    Fault(
        id="H5-deployment",
        how="DeploymentNotFound",
        answers=(answer(wire.gateway_refusal(404, "DeploymentNotFound")),),
        whole=failure(DeploymentNotFoundError, says="(?i)deployment"),
    ),
    Fault(
        id="H5-path",
        how="Resource not found",
        answers=(answer(wire.gateway_refusal(404, "404", "Resource not found")),),
        whole=failure(EndpointNotFoundError, says="/anthropic"),
    ),
    Fault(
        id="H5-api",
        how="api_not_supported",
        answers=(answer(wire.gateway_refusal(404, "api_not_supported", "Requested API is currently not supported")),),
        whole=failure(APINotSupportedError, says="/anthropic/v1/messages"),
    ),
    Fault(
        id="H3-role",
        how="PermissionDenied as 401",
        answers=(
            answer(wire.gateway_refusal(401, "PermissionDenied", "The principal lacks the required data action")),
        ),
        whole=failure(AuthenticationError, says="lacks a role: assign 'Foundry User'"),
        stream=failure(AuthenticationError, says="lacks a role: assign 'Foundry User'"),
    ),
]
ROWS = [*STATUSES, *BROKEN_OFF, *UNREADABLE, *STATUSES_ONCE, *HINTS, *PAGES, *NOT_FOUND]
