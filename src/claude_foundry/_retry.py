"""Whether to try again, and when: from a failure to a number of seconds, or None.

Sources: https://platform.claude.com/docs/en/api/errors, RFC 9110 sections 5.6.7 (dates) and 10.2.3 (Retry-After)
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

from claude_foundry.errors import APIError, RateLimitError

_LONGEST_BACKOFF = 20.0
_MOST_DOUBLINGS = 7
# A year: whoever names more seconds means none.
_LONGEST_HINT = 366 * 86_400.0
_UNITS = {b"ms": 0.001, b"millisecond": 0.001, b"s": 1.0, b"sec": 1.0, b"second": 1.0, b"minute": 60.0, b"hour": 3600.0}
_SAID = re.compile(
    rb"(?:retry|try again) (?:after|in) (\d{1,9}(?:\.\d{1,9})?) ?(" + b"|".join(_UNITS) + rb")s?\b", re.IGNORECASE
)
_DECIMAL = re.compile(r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+")
# Headers that come twice are joined by a comma; that behind the name of a day belongs to a date.
_BETWEEN = re.compile(r"(?<!\b[A-Z][a-z]{2})(?<!day),")


def delay(
    failure: APIError,
    *,
    attempt: int,
    max_retries: int,
    jitter: float,
    max_retry_after: float,
    left: float = math.inf,
) -> float | None:
    """Gives the seconds to wait before the next attempt, or None when there should be none.

    Args:
        failure: what the attempt ended with.
        attempt: attempts made before this one; 0 for the first.
        max_retries: attempts allowed after the first.
        jitter: a random number in [0, 1) that spreads the waits of many clients.
        max_retry_after: a service that asks to wait for more seconds gets no retry: the caller learns ``retry_after``
            and decides.
        left: seconds until the call must have ended; a wait that lasts longer is not begun.
    """
    if attempt >= max_retries or not failure.retryable:
        return None
    if failure.retry_after is not None:
        return failure.retry_after if failure.retry_after <= max_retry_after and failure.retry_after < left else None
    first = 1.0 if isinstance(failure, RateLimitError) else 0.25
    wait = jitter * min(first * 2.0 ** min(attempt, _MOST_DOUBLINGS), _LONGEST_BACKOFF)
    return wait if wait < left else None


def hinted_delay(headers: Mapping[str, str], *, now: float, body: bytes = b"") -> float | None:
    """Gives the seconds the service asked to wait, if its answer names a positive number of them, and at most a year.

    Args:
        headers: the response's; looked up by lower-case names.
        now: seconds since the epoch, used for a date when the response does not carry its own.
        body: of a refusal, or an ``error`` event: where no header does, Azure's text may name the seconds.
    """
    answered = date_of(headers.get("date", "")) or now
    named = (
        _longest(headers.get("retry-after-ms"), _milliseconds),
        _longest(headers.get("x-ms-retry-after-ms"), _milliseconds),
        _longest(headers.get("retry-after"), lambda each: _number(each) or _seconds_until(each, now=answered)),
        _said(body),
    )
    return next((seconds for seconds in named if 0 < seconds <= _LONGEST_HINT), None)


def _longest(told: str | None, read: Callable[[str], float]) -> float:
    waits = map(read, _BETWEEN.split(told or ""))
    return max((seconds for seconds in waits if seconds <= _LONGEST_HINT), default=0.0)


def _said(body: bytes) -> float:
    found = _SAID.search(body[:4096])
    return float(found[1]) * _UNITS[found[2].lower()] if found else 0.0


def _milliseconds(text: str) -> float:
    return _number(text) / 1000


def _number(text: str) -> float:
    # float() alone takes digits of every script, and "1_0".
    plain = _DECIMAL.fullmatch(text.strip(" \t"))
    value = float(plain[0]) if plain else 0.0
    return value if math.isfinite(value) else 0.0


def _seconds_until(text: str, *, now: float) -> float:
    then = date_of(text)
    return 0.0 if then is None else then - now


def date_of(text: str) -> float | None:
    """Gives the moment that a date in a header names, in seconds since the epoch; None where it is no date."""
    try:
        then = parsedate_to_datetime(text)
        # Where HTTP's dates name no zone, they are of UTC.
        return (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
