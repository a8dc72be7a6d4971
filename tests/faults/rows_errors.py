"""Errors told with the status of a success: in a stream (S17-S18), and as a whole answer (S27)."""

from claude_foundry import DeploymentNotFoundError, OverloadedError, RateLimitError
from claude_foundry.errors import BadRequestError, InternalServerError, StreamInterruptedError
from tests.faults import wire
from tests.faults.matrix import Fault, answer, failure
from tests.faults.rows_connection import AGAIN, BEGUN, CUT, DOCUMENT, EVENTS, FIRST_HALF, STREAM
from tests.faults.rows_stream import streams, then_fine

GATEWAYS = b'event: error\ndata: {"error": {"code": "429", "message": "Please retry after 0.01 seconds."}}\n\n'
UNNAMED = b'data: {"statusCode": 500, "message": "No."}\n\n'
LIMITED = wire.document({"error": {"code": "429", "message": "Please retry after 30 seconds."}})
FAILED = wire.document({"statusCode": 503, "message": "No."})

EVENTS_ALONE = [
    Fault(id="S17", how="overloaded first", answers=then_fine(wire.event(wire.failure_event())), stream=AGAIN),
    Fault(
        id="S17b",
        how="a rate limit first",
        answers=streams(wire.event(wire.failure_event("rate_limit_error"))),
        stream=failure(RateLimitError, attempts=3),
    ),
    Fault(
        id="S17-hint",
        how="a rate limit first that names the wait in its text",
        answers=streams(wire.event(wire.failure_event("rate_limit_error", "Please retry after 30 seconds."))),
        stream=failure(RateLimitError, attempts=3, retry_after=30.0),
    ),
    Fault(
        id="S17-long",
        how="a rate limit first that names too long a wait",
        answers=streams(wire.event(wire.failure_event("rate_limit_error", "Please retry after 3600 seconds."))),
        stream=failure(RateLimitError, retry_after=3600.0),
    ),
    Fault(
        id="S18-hint",
        how="overloaded in mid-stream, with the wait in its text",
        answers=streams(*FIRST_HALF, wire.event(wire.failure_event(text="Please retry after 30 seconds."))),
        stream=failure(StreamInterruptedError, text=BEGUN, cause=OverloadedError, retry_after=30.0),
    ),
    Fault(
        id="S17c",
        how="a refusal first",
        answers=streams(wire.event(wire.failure_event("invalid_request_error"))),
        stream=failure(BadRequestError),
    ),
    Fault(
        id="S17d",
        how="api_error after message_start",
        answers=then_fine(EVENTS[0], wire.event(wire.failure_event("api_error"))),
        stream=AGAIN,
    ),
    Fault(
        id="S17e",
        how="timeout_error first, always",
        answers=streams(wire.event(wire.failure_event("timeout_error"))),
        stream=failure(InternalServerError, attempts=3),
    ),
    Fault(
        id="S18",
        how="overloaded in mid-stream",
        answers=streams(*FIRST_HALF, wire.event(wire.failure_event())),
        stream=failure(StreamInterruptedError, text=BEGUN, cause=OverloadedError),
    ),
    Fault(
        id="S18b",
        how="an error of unknown form in mid-stream",
        answers=streams(*FIRST_HALF, b'event: error\ndata: {"type": "error", "error": "gone"}\n\n'),
        stream=CUT,
    ),
]

OF_GATEWAYS = [
    Fault(id="S17f", how="a gateway's rate limit first", answers=then_fine(GATEWAYS), stream=AGAIN),
    Fault(id="S17g", how="a gateway's failure first, unnamed", answers=then_fine(UNNAMED), stream=AGAIN),
    Fault(
        id="S17h",
        how="a gateway's failure first, named but without a code",
        answers=streams(b'event: error\ndata: {"message": "No."}\n\n'),
        stream=failure(InternalServerError),
    ),
    Fault(
        id="S17i",
        how="an error alone first, as an event of its name",
        answers=then_fine(b'event: error\ndata: {"type": "overloaded_error", "message": "No."}\n\n'),
        stream=AGAIN,
    ),
    Fault(
        id="S17j",
        how="a gateway's refusal first, by a word",
        answers=streams(b'data: {"error": {"code": "DeploymentNotFound", "message": "No."}}\n\n'),
        stream=failure(DeploymentNotFoundError),
    ),
    Fault(
        id="S18c",
        how="a gateway's rate limit in mid-stream",
        answers=streams(*FIRST_HALF, GATEWAYS.replace(b"0.01", b"30")),
        stream=failure(StreamInterruptedError, text=BEGUN, cause=RateLimitError, retry_after=30.0),
    ),
    Fault(
        id="S18d",
        how="a gateway's failure in mid-stream, unnamed",
        answers=streams(*FIRST_HALF, UNNAMED),
        stream=failure(StreamInterruptedError, text=BEGUN, cause=InternalServerError),
    ),
]

BODIES = [
    Fault(
        id="S27",
        how="200 with an error, then a whole answer",
        answers=(answer(wire.document(wire.failure_event())), answer(DOCUMENT)),
        stream=AGAIN,
        whole=AGAIN,
    ),
    Fault(
        id="S27b",
        how="200 with a refusal",
        answers=(answer(wire.document(wire.failure_event("invalid_request_error"))),),
        stream=failure(BadRequestError),
        whole=failure(BadRequestError),
    ),
    Fault(
        id="S27c",
        how="200 with a gateway's rate limit",
        answers=(answer(LIMITED),),
        stream=failure(RateLimitError, attempts=3, retry_after=30.0),
        whole=failure(RateLimitError, attempts=3, retry_after=30.0),
    ),
    Fault(
        id="S27d",
        how="200 with a gateway's failure, then a stream",
        answers=(answer(FAILED), answer(STREAM)),
        stream=AGAIN,
    ),
    Fault(
        id="S27e",
        how="200 with a gateway's failure, always",
        answers=(answer(FAILED),),
        whole=failure(InternalServerError, attempts=3),
    ),
]

ROWS = [*EVENTS_ALONE, *OF_GATEWAYS, *BODIES]
