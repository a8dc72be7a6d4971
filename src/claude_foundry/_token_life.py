"""A token of Microsoft Entra ID: how long it may be kept, when the next one is due, and who is to ask for it.

Some credentials tell its end by the clock of whoever issued it, others by this machine's: where the two differ, it is
read by both. ``now`` is told by this machine's, and ``lag`` is by how many seconds that one is behind the service's.

Source: https://learn.microsoft.com/python/api/azure-core/azure.core.credentials.accesstokeninfo (expiry and refresh)
"""

import inspect
import math
from dataclasses import dataclass, replace
from typing import Any

from claude_foundry._retry import date_of
from claude_foundry._sealed import Sealed
from claude_foundry.errors import ConfigurationError

EARLY = 300.0
"""Seconds before its expiry at which a token is due to be followed by the next one."""
SPREAD = 60.0
"""Seconds by which that is earlier or later by chance, so that many processes do not ask at once."""
PAUSE = 30.0
"""Seconds for which nobody asks after somebody has, as long as there is a token that serves."""
MOST_LAG = 86_400.0
"""Seconds by which clocks may differ; a date that tells of more tells nothing of a clock."""
PATIENCE = 5.0
"""Seconds for which a call waits for the next token while the one before serves."""

LONGEST = 330.0
"""Seconds after which whoever asks gives up: a little more than azure-identity gives a user who is to sign in."""
LOST = 360.0
"""Seconds after which nobody waits for an asking of another's: later than that one, who tells all of its end."""


@dataclass(frozen=True, kw_only=True)
class Token:
    """A token, in seconds since the epoch: until when it serves, and when the next one is due."""

    secret: Sealed
    came: float
    """When the credential gave it, by this machine's clock."""
    expires: float
    due: float
    rests: float
    """Until when, by this machine's clock, nobody asks for the next one as long as this one serves."""
    claims: str | None = None
    """What a challenge asked to be in it."""


@dataclass(frozen=True)
class Refusal:
    """A token that the service refused, and the claims that it asked for."""

    secret: Sealed
    claims: str | None = None


def token_of(answer: Any, *, now: float, jitter: float, claims: str | None = None) -> Token:
    """Reads what a credential gave; a token whose expiry it does not tell has none to serve for.

    Args:
        answer: with ``token``, ``expires_on`` and at times ``refresh_on``.
        now: seconds since the epoch.
        jitter: a random number in [0, 1).
        claims: that it was asked for.

    Raises:
        ConfigurationError: it gave no token.
    """
    expires, refresh = _moment(answer, "expires_on"), _moment(answer, "refresh_on")
    try:
        secret = checked(answer)
    finally:
        # A traceback with locals would show it.
        del answer
    if expires is None:
        expires = -math.inf
    planned = expires - EARLY if refresh is None else min(refresh, expires - EARLY)
    due = planned + SPREAD * (2 * jitter - 1)
    return Token(secret=secret, came=now, expires=expires, due=due, rests=now + PAUSE, claims=claims)


def _moment(answer: Any, name: str) -> float | None:
    moment = getattr(answer, name, None)
    if isinstance(moment, bool) or not isinstance(moment, int | float) or not 0 < moment < math.inf:
        return None
    return moment


def checked(answer: Any) -> Sealed:
    """Gives the token in what a provider or a credential gave.

    Raises:
        ConfigurationError: there is none that can be sent.
    """
    token = getattr(answer, "token", answer)
    if isinstance(token, str) and token.strip() and token.isascii() and token.isprintable():
        return Sealed(token.strip())
    if inspect.iscoroutine(answer):
        answer.close()
    said = "an empty or unprintable string" if isinstance(token, str) else type(token).__name__
    # A traceback with locals would show them.
    del answer, token
    raise ConfigurationError(f"The token provider or credential gave {said}: it must give a token as a string.")


def lag_of(date: str, *, now: float, before: float) -> float:
    """Gives by how many seconds this machine's clock is behind the service's.

    Args:
        date: of an answer, as its header tells it.
        now: seconds since the epoch, when it came.
        before: what was known; it stands where the date tells nothing.
    """
    told = date_of(date)
    return before if told is None or abs(told - now) > MOST_LAG else told - now


def _by_both(moment: float, token: Token, lag: float) -> float:
    """Gives when a moment in a token's life comes, by this machine's clock: by whichever of both clocks is first.

    The service's does not count where by it more than half of the time until then was over when the token came, nor
    this machine's where all of it was: the moment was evidently reckoned by the other.
    """
    left = moment - token.came
    counts = lag <= left / 2 if lag > 0 else left <= 0 < left - lag
    return moment - lag if counts else moment


def _end(token: Token, lag: float) -> float:
    return _by_both(token.expires, token, lag)


def serving(token: Token | None, refusal: Refusal | None, *, now: float, lag: float) -> Token | None:
    """Gives a token that may be sent: it has not expired, and no refusal speaks against it."""
    if token is None or _end(token, lag) <= now or is_refused(token, refusal):
        return None
    return token if refusal is None or refusal.claims in (None, token.claims) else None


def is_due(token: Token, *, now: float, lag: float) -> bool:
    """Tells whether it is time to ask for the next one."""
    return token.rests <= now and _by_both(token.due, token, lag) <= now


def follows(token: Token, held: Token, *, lag: float) -> bool:
    """Tells whether a token may take the place of another that serves: it does so for longer, and for as much."""
    return token.claims == held.claims and _end(token, lag) > _end(held, lag)


def put_off(token: Token, *, now: float) -> Token:
    """Gives a token that is due, and for whose successor somebody asks."""
    return replace(token, rests=now + PAUSE)


def is_refused(token: Token | None, refusal: Refusal | None) -> bool:
    """Tells whether it is this token that was refused."""
    return token is not None and refusal is not None and token.secret == refusal.secret
