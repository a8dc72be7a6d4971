"""What follows a failed attempt: a decision of the failure, the request, and the time that is left."""

import json
import socket
from dataclasses import replace
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry import APIConnectionError, APIError, RateLimitError, ResponseFormatError, Timeout, _again
from claude_foundry._again import Next
from claude_foundry._brakes import COST, COST_OF_THROTTLED
from claude_foundry._wire import WireRequest
from claude_foundry.errors import from_response
from tests.shells import FakeTime

WAITS = st.floats(min_value=0.001, max_value=200)
JITTER = st.floats(min_value=0, max_value=1, exclude_max=True)
STATUSES = st.sampled_from([408, 429, 500, 502, 503, 504, 529])
THINKING = {"type": "thinking", "thinking": "Hm.", "signature": "s"}
TEXT = {"type": "text", "text": "Hello."}
URL = "https://a.services.ai.azure.com/anthropic/v1/messages"


def request(content: bytes = b"{}", *, total: float | None = None, **fields: Any) -> WireRequest:
    made = WireRequest(
        url=f"{URL}?secret=1",
        headers={},
        content=content,
        timeout=Timeout(total=total),
        **{"max_retries": 2, **fields},
    )
    return _again.begun(made, clock=FakeTime().clock())


def refusal(status: int, *, retry_after: float | None = None, text: str = "No.", **headers: str) -> APIError:
    body = json.dumps({"type": "error", "error": {"type": "some_error", "message": text}}).encode()
    return from_response(status, headers=headers, body=body, retry_after=retry_after)


def after(failure: Exception, asked: WireRequest, *, attempt: int = 0, jitter: float = 0.5) -> Next | None:
    return _again.after(failure, asked, attempt=attempt, jitter=jitter, max_retry_after=120.0)


def failed(cause: Exception) -> APIConnectionError:
    failure = APIConnectionError("No connection.")
    failure.__cause__ = cause
    return failure


def test_a_call_begins_once() -> None:
    """The time of a call runs from its first attempt, and not anew from a later one; without a limit there is none."""
    time = FakeTime()
    begun = _again.begun(replace(request(), timeout=Timeout(total=10)), clock=time.clock())
    time.passed += 4

    again = _again.begun(begun, clock=time.clock())

    assert again.deadline is not None
    assert again.deadline.left() == 6
    assert request().deadline is None


@given(STATUSES, st.integers(min_value=0, max_value=5), JITTER, WAITS | st.none(), WAITS | st.none())
def test_bounds(status: int, attempt: int, jitter: float, hint: float | None, total: float | None) -> None:
    """No attempt follows the last one, a wait that the service names too long, or one that outlasts the call."""
    asked = request(total=total)

    following = after(refusal(status, retry_after=hint), asked, attempt=attempt, jitter=jitter)

    if attempt >= 2 or (hint is not None and hint > 120):
        assert following is None
    if following is not None:
        assert following.request is asked
        assert following.delay == hint or (hint is None and following.delay <= 20)
        assert total is None or following.delay < total
        assert following.cost == (COST_OF_THROTTLED if status == 429 else COST)


@pytest.mark.parametrize("failure", [refusal(400), refusal(401), refusal(413), ResponseFormatError("x")])
def test_what_no_retry_helps(failure: Exception) -> None:
    """A refusal that would come again, and an answer that cannot be read, are final."""
    assert after(failure, request()) is None


@pytest.mark.parametrize(
    ("failure", "follows"),
    [
        (refusal(429), True),
        (refusal(503), True),
        (refusal(529), True),
        (refusal(500), False),
        (refusal(504), False),
        (failed(httpx.ConnectError("refused")), True),
        (failed(httpx.ConnectTimeout("late")), True),
        (failed(httpx.PoolTimeout("full")), True),
        (failed(httpx.ProxyError("no connection to a proxy")), True),
        (failed(httpx.ReadError("reset")), False),
        (APIConnectionError("cut"), False),
    ],
    ids=repr,
)
def test_what_acts_once(failure: Exception, follows: bool) -> None:
    """What may act twice is sent again only where the service has certainly not acted on it."""
    assert (after(failure, request(acts_once=True)) is not None) is follows
    assert after(failure, request()) is not None


def test_unknown_hosts() -> None:
    """A name that is not known is looked up once more, and no third time."""
    failure = failed(httpx.ConnectError("no address"))
    assert failure.__cause__ is not None
    failure.__cause__.__cause__ = socket.gaierror("not known")

    assert after(failure, request()) is not None
    assert after(failure, request(), attempt=1) is None
    assert after(failed(httpx.ConnectError("refused")), request(), attempt=1) is not None


def test_unknown_proxies() -> None:
    """The name of a proxy that is not known is no misspelt one of the service."""
    failure = failed(httpx.ProxyError("no connection to a proxy"))
    assert failure.__cause__ is not None
    failure.__cause__.__cause__ = socket.gaierror("not known")

    assert after(failure, request(), attempt=1) is not None


def test_thinking_out_of_place() -> None:
    """A request whose thinking is refused goes out at once without any, for nothing, and only once."""
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": [THINKING, TEXT]}]
    asked = request(json.dumps({"messages": messages}).encode(), strips_thinking=True)
    failure = refusal(400, text="The block is bound to a different conversation.")

    following = after(failure, asked)

    assert following is not None
    assert isinstance(following.request.content, bytes)
    assert json.loads(following.request.content)["messages"] == [
        messages[0],
        {"role": "assistant", "content": [TEXT]},
    ]
    assert (following.delay, following.cost, following.request.max_retries) == (0, 0, 3)
    assert after(failure, following.request, attempt=1) is None
    assert after(failure, request(b'{"messages": []}', strips_thinking=True)) is None


@given(st.floats(min_value=0, max_value=10), st.floats(min_value=0, max_value=200), WAITS | st.none())
def test_kept_back(delay: float, wait: float, total: float | None) -> None:
    """A retry waits as long as other calls are kept back, if that is longer, and not at all beyond its call's end."""
    planned = Next(request=request(total=total), delay=delay, cost=COST)

    following = _again.kept_back(planned, wait)

    if wait <= delay:
        assert following is planned
    elif total is not None and wait >= total:
        assert following is None
    else:
        assert following == replace(planned, delay=wait)
    assert _again.kept_back(None, wait) is None


@given(WAITS | st.none(), st.floats(min_value=0, max_value=10) | st.none())
def test_pauses_of_others(hint: float | None, delay: float | None) -> None:
    """Other calls are kept back for as long as the service names, within bounds, or else as the retry is."""
    failure = refusal(429, retry_after=hint)
    assert isinstance(failure, RateLimitError)
    following = None if delay is None else Next(request=request(), delay=delay)

    seconds = _again.pause(failure, following, most=120)

    assert seconds == ((delay or 0) if hint is None else hint if hint <= 120 else 0)


def test_another_token() -> None:
    """After a 401 a request is signed anew: once, and if its body can be sent again."""
    failure = refusal(401)

    assert _again.may_sign_anew(failure, request())
    assert not _again.may_sign_anew(refusal(403), request())
    assert not _again.may_sign_anew(APIConnectionError("x"), request())
    assert not _again.may_sign_anew(failure, request(renewed=True))
    assert not _again.may_sign_anew(failure, replace(request(), content=iter([b"piece"])))


def test_the_attempt_with_another_token() -> None:
    """It follows at once and for nothing; the error that is told keeps no token."""
    failure, renewed = refusal(401), httpx.Auth()
    failure._renewed = renewed  # type: ignore[attr-defined]

    following = _again.signed_anew(failure, request())

    assert following == Next(request=request(auth=renewed, renewed=True, max_retries=3), delay=0.0)
    assert _again.signed_anew(failure, request()) is None
    assert _again.signed_anew(APIConnectionError("x"), request()) is None


def test_after_the_attempt_with_another_token() -> None:
    """What follows it is signed as usual, as often as without it, and its token is not renewed again."""
    signed = request(auth=httpx.Auth(), renewed=True, max_retries=3)

    following = after(refusal(500), signed, attempt=2)

    assert following is not None
    assert following.request == request(renewed=True, max_retries=3)
    assert not _again.may_sign_anew(refusal(401), following.request)
    assert after(refusal(500), signed, attempt=3) is None


def test_lines_of_the_log() -> None:
    """A line tells where to, how often, how long and why, with both ids: no query, no header, no body."""
    failure = refusal(503, **{"request-id": "req_1", "apim-request-id": "apim-1", "x-secret": "hidden"})
    following = Next(request=request(), delay=1.5)

    assert _again.told(failure, request(), following, attempt=0) == (
        f"Retry 1 of 2 of POST {URL} in 1.50 s after InternalServerError 503 "
        "[request_id: req_1, apim_request_id: apim-1]"
    )
    assert _again.told_anew(APIConnectionError("x"), request()) == (
        f"Another token for POST {URL} after APIConnectionError"
    )
