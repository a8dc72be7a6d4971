"""What follows a failed attempt: the request to send next and the wait before it, or nothing.

Sources: https://platform.claude.com/docs/en/api/errors, RFC 9110 section 9.2.2 (idempotent methods)
"""

from dataclasses import dataclass

import httpx

from claude_foundry import _retry, _wire
from claude_foundry._thinking import is_mismatch
from claude_foundry._wire import WireRequest
from claude_foundry.errors import APIError, APIStatusError

_NEVER_BEGUN = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_TURNED_AWAY = (429, 503, 529)


@dataclass(frozen=True, kw_only=True)
class Next:
    """The next attempt: what it sends, and after how many seconds."""

    request: WireRequest
    delay: float


def after(failure: Exception, request: WireRequest, *, attempt: int, jitter: float) -> Next | None:
    """Gives the attempt that follows a failure, or None.

    Args:
        failure: what the attempt ended with.
        request: what it sent.
        attempt: attempts made before this one; 0 for the first.
        jitter: a random number in [0, 1).
    """
    if not isinstance(failure, APIError):
        return None
    if request.strips_thinking and is_mismatch(failure):
        bare = _wire.bare(request)
        return None if bare is None else Next(request=bare, delay=0.0)
    if request.acts_once and not _was_turned_away(failure):
        return None
    delay = _retry.delay(failure, attempt=attempt, max_retries=request.max_retries, jitter=jitter)
    return None if delay is None else Next(request=request, delay=delay)


def _was_turned_away(failure: APIError) -> bool:
    """Tells whether the service has certainly not acted on the request."""
    if isinstance(failure, APIStatusError):
        return failure.status_code in _TURNED_AWAY
    return isinstance(failure.__cause__, _NEVER_BEGUN)
