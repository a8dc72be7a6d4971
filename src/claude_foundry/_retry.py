"""Whether to try again, and when: from a failure to a number of seconds, or None.

Sources: https://platform.claude.com/docs/en/api/errors, RFC 9110 section 10.2.3 (Retry-After)
"""

import math
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from claude_foundry.errors import APIError, RateLimitError

_LONGEST_BACKOFF = 20.0


_SAID = re.compile(
    rb"(?:retry|try again) (?:after|in) (\d{1,9}(?:\.\d{1,9})?) ?(ms|milliseconds?|s|sec|seconds?|minutes?)\b",
    re.IGNORECASE,
)
_UNITS = {b"m": 60.0, b"s": 1.0}
_DECIMAL = re.compile(r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+")


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
    wait = jitter * min(first * 2.0**attempt, _LONGEST_BACKOFF)
    return wait if wait < left else None


def hinted_delay(headers: Mapping[str, str], *, now: float, body: bytes = b"") -> float | None:
    """Gives the seconds the service asked to wait, if its answer names a positive, finite number of them.

    Args:
        headers: the response's; looked up by lower-case names.
        now: seconds since the epoch, used for a date when the response does not carry its own.
        body: of a refusal, or an ``error`` event: where no header does, Azure's text may name the seconds.
    """
    named = (
        (_number(headers.get("retry-after-ms")), 1000),
        (_number(headers.get("x-ms-retry-after-ms")), 1000),
        (_number(headers.get("retry-after")), 1),
        (_seconds_until(headers.get("retry-after"), now=_date(headers.get("date")) or now), 1),
        (_said(body), 1),
    )
    return next((value / unit for value, unit in named if value is not None and value > 0), None)


def _said(body: bytes) -> float | None:
    found = _SAID.search(body[:4096])
    if found is None:
        return None
    unit = found[2].lower()
    return float(found[1]) * (0.001 if unit.startswith(b"m") and not unit.startswith(b"minute") else _UNITS[unit[:1]])


def _number(text: str | None) -> float | None:
    # float() alone takes digits of every script, and "1_0".
    plain = _DECIMAL.fullmatch((text or "").strip(" \t"))
    value = float(plain[0]) if plain else math.nan
    return value if math.isfinite(value) else None


def _seconds_until(text: str | None, *, now: float) -> float | None:
    then = _date(text)
    return None if then is None else then - now


def _date(text: str | None) -> float | None:
    try:
        return parsedate_to_datetime(text or "").timestamp()
    except (ValueError, OverflowError):
        return None
