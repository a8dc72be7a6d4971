"""What follows a failed attempt: the request to send next and the wait before it, or nothing.

Sources: https://platform.claude.com/docs/en/api/errors, RFC 9110 section 9.2.2 (idempotent methods)
"""

import math
from dataclasses import dataclass, replace

import httpx

from claude_foundry import _retry, _wire
from claude_foundry._brakes import COST, COST_OF_THROTTLED
from claude_foundry._clock import Clock
from claude_foundry._deadline import Deadline
from claude_foundry._failures import unknown_host
from claude_foundry._thinking import is_mismatch
from claude_foundry._wire import WireRequest
from claude_foundry.errors import APIError, APIStatusError, RateLimitError

_NEVER_BEGUN = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_TURNED_AWAY = (429, 503, 529)


@dataclass(frozen=True, kw_only=True)
class Next:
    """The next attempt: what it sends, after how many seconds, and what it takes of the transport's budget."""

    request: WireRequest
    delay: float
    cost: float = 0.0


def begun(request: WireRequest, *, clock: Clock) -> WireRequest:
    """Gives a request whose call begins now."""
    total = request.timeout.total
    if total is None or request.deadline is not None:
        return request
    return replace(request, deadline=Deadline(total, clock.monotonic(), clock.monotonic))


def after(
    failure: Exception, request: WireRequest, *, attempt: int, jitter: float, max_retry_after: float
) -> Next | None:
    """Gives the attempt that follows a failure, or None.

    Args:
        failure: what the attempt ended with.
        request: what it sent.
        attempt: attempts made before this one; 0 for the first.
        jitter: a random number in [0, 1).
        max_retry_after: seconds that the service may ask to wait.
    """
    if not isinstance(failure, APIError):
        return None
    if request.auth is not None:
        request = replace(request, auth=None)
    if request.strips_thinking and is_mismatch(failure):
        bare = _wire.bare(request)
        return None if bare is None else Next(request=bare, delay=0.0)
    if request.acts_once and not _was_turned_away(failure):
        return None
    delay = _retry.delay(
        failure,
        attempt=attempt,
        # A name that is not known is most likely misspelt; a second look guards against a server's hiccup.
        max_retries=min(request.max_retries, 1) if unknown_host(failure) else request.max_retries,
        jitter=jitter,
        max_retry_after=max_retry_after,
        left=request.deadline.left() if request.deadline else math.inf,
    )
    cost = COST_OF_THROTTLED if isinstance(failure, RateLimitError) else COST
    return None if delay is None else Next(request=request, delay=delay, cost=cost)


def kept_back(following: Next | None, wait: float) -> Next | None:
    """Gives the next attempt after a wait that other calls brought about, or None if the call will have ended by then.

    Args:
        following: the attempt as its own failure asks for it.
        wait: seconds for which calls to its deployment are kept back.
    """
    if following is None or wait <= following.delay:
        return following
    return replace(following, delay=wait) if has_time(following.request, wait) else None


def has_time(request: WireRequest, wait: float) -> bool:
    """Tells whether a call still has time after so many seconds."""
    return request.deadline is None or wait < request.deadline.left()


def pause(failure: RateLimitError, following: Next | None, *, most: float) -> float:
    """Gives the seconds for which other calls to the same deployment are kept back after a rate limit."""
    if failure.retry_after is not None:
        return failure.retry_after if failure.retry_after <= most else 0.0
    return following.delay if following else 0.0


def may_sign_anew(failure: Exception, request: WireRequest) -> bool:
    """Tells whether a request may be sent once more with another token: once, and if its body is still there."""
    is_refused = isinstance(failure, APIStatusError) and failure.status_code == 401
    return is_refused and not request.renewed and isinstance(request.content, bytes)


def signed_anew(failure: Exception, request: WireRequest) -> Next | None:
    """Gives the attempt with the token that was asked for after a refusal, if there is one; it takes of no budget.

    As many retries may follow it as would have without it.
    """
    renewed = vars(failure).pop("_renewed", None)
    if renewed is None:
        return None
    again = replace(request, auth=renewed, renewed=True, max_retries=request.max_retries + 1)
    return Next(request=again, delay=0.0)


def told_anew(failure: Exception, request: WireRequest) -> str:
    """Gives the line that tells of an attempt with another token."""
    return f"Another token for {_target(request)} after {_said(failure)}"


def told(failure: Exception, request: WireRequest, following: Next, *, attempt: int) -> str:
    """Gives the line that tells of a retry: no secrets, no bodies."""
    return (
        f"Retry {attempt + 1} of {request.max_retries} of {_target(request)} "
        f"in {following.delay:.2f} s after {_said(failure)}"
    )


def told_dry(failure: Exception, request: WireRequest) -> str:
    """Gives the line that tells of a budget that is used up: no secrets, no bodies."""
    return (
        "The budget of retries that all calls of this client share is used up: they fail at their first attempt until "
        f"successes or time fill it again. First not tried again: {_target(request)} after {_said(failure)}"
    )


def _target(request: WireRequest) -> str:
    return f"{request.method} {request.url.partition('?')[0]}"


def _said(failure: Exception) -> str:
    said = failure.status_code if isinstance(failure, APIError) else None
    ids = [
        f"{name}: {value}"
        for name in ("request_id", "apim_request_id")
        if (value := getattr(failure, name, None)) is not None
    ]
    return f"{type(failure).__name__}{'' if said is None else f' {said}'}{' [' + ', '.join(ids) + ']' if ids else ''}"


def _was_turned_away(failure: APIError) -> bool:
    """Tells whether the service has certainly not acted on the request."""
    if isinstance(failure, APIStatusError):
        return failure.status_code in _TURNED_AWAY
    return isinstance(failure.__cause__, _NEVER_BEGUN)
