"""Whether to try again, and when: from a failure to a number of seconds, or None.

Sources: https://platform.claude.com/docs/en/api/errors, RFC 9110 section 10.2.3 (Retry-After)
"""

import math
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from claude_foundry.errors import APIError, RateLimitError

MAX_HINT = 120.0
"""Seconds. A service that asks to wait longer gets no retry: the caller learns ``retry_after`` and decides."""
_LONGEST_BACKOFF = 20.0


def delay(failure: APIError, *, attempt: int, max_retries: int, jitter: float) -> float | None:
    """Gives the seconds to wait before the next attempt, or None when there should be none.

    Args:
        failure: what the attempt ended with.
        attempt: attempts made before this one; 0 for the first.
        max_retries: attempts allowed after the first.
        jitter: a random number in [0, 1) that spreads the waits of many clients.
    """
    if attempt >= max_retries or not failure.retryable:
        return None
    if failure.retry_after is not None:
        return failure.retry_after if failure.retry_after <= MAX_HINT else None
    first = 1.0 if isinstance(failure, RateLimitError) else 0.25
    return jitter * min(first * 2.0**attempt, _LONGEST_BACKOFF)


def hinted_delay(headers: Mapping[str, str], *, now: float) -> float | None:
    """Gives the seconds the service asked to wait, if its headers name a positive, finite number of them.

    Args:
        headers: the response's; looked up by lower-case names.
        now: seconds since the epoch, used for a date when the response does not carry its own.
    """
    named = (
        (_number(headers.get("retry-after-ms")), 1000),
        (_number(headers.get("x-ms-retry-after-ms")), 1000),
        (_number(headers.get("retry-after")), 1),
        (_seconds_until(headers.get("retry-after"), now=_date(headers.get("date")) or now), 1),
    )
    return next((value / unit for value, unit in named if value is not None and value > 0), None)


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _seconds_until(text: str | None, *, now: float) -> float | None:
    then = _date(text)
    return None if then is None else then - now


def _date(text: str | None) -> float | None:
    try:
        return parsedate_to_datetime(text or "").timestamp()
    except (ValueError, OverflowError):
        return None
