"""How long a token is kept, and when the next one is due."""

import math
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry import ConfigurationError
from claude_foundry._sealed import Sealed
from claude_foundry._token_life import (
    EARLY,
    MOST_LAG,
    PAUSE,
    SPREAD,
    Refusal,
    Token,
    follows,
    is_due,
    lag_of,
    put_off,
    serving,
    token_of,
)
from tests.entra import AccessToken

NOW = 1_700_000_000.0
LIVES = st.floats(0.001, 1e6)
JITTERS = st.floats(0, 1, exclude_max=True)
LAGS = st.floats(-MOST_LAG, MOST_LAG)
CLAIMS = st.none() | st.sampled_from(["a", "b"])


def token(name: str = "one", *, expires: float = NOW + 1, claims: str | None = None) -> Token:
    return Token(secret=Sealed(name), came=NOW, expires=expires, due=NOW, rests=NOW, claims=claims)


def due(seen: Token, *, ahead: float = 0.0) -> float:
    """Gives the moment from which on the next one is due, by the service's clock where that one is ahead and counts."""
    moment = max(seen.due - ahead, seen.rests)
    assert not is_due(seen, now=math.nextafter(moment, 0), lag=ahead)
    assert is_due(seen, now=moment, lag=ahead)
    return moment


def end(seen: Token, *, lag: float) -> float:
    """Gives the first of these moments at which a token serves no longer."""
    moments = (NOW, seen.expires, seen.expires - lag)
    return min(moment for moment in moments if serving(seen, None, now=moment, lag=lag) is None)


@given(st.floats(EARLY + SPREAD + PAUSE, 1e6), JITTERS)
def test_due_before_its_end(life: float, jitter: float) -> None:
    """The next token is due 300 seconds before this one expires, 60 more or less by chance."""
    seen = token_of(AccessToken("a", NOW + life), now=NOW, jitter=jitter)

    assert abs(NOW + life - due(seen) - 300) <= 60.001


def test_the_chance_is_spread_to_both_sides() -> None:
    """The least jitter makes it earliest, the middle one changes nothing, the most makes it latest."""
    early, usual, late = (token_of(AccessToken("a", NOW + 3600), now=NOW, jitter=each) for each in (0.0, 0.5, 1.0))

    assert (due(early), due(usual), due(late)) == (NOW + 3240, NOW + 3300, NOW + 3360)


@given(LIVES, JITTERS, st.none() | st.floats(NOW - 1e6, NOW + 1e6))
def test_nobody_asks_again_at_once(life: float, jitter: float, refresh_on: float | None) -> None:
    """However soon a token expires, and whenever it was to be refreshed, nobody asks for 30 seconds while it serves."""
    seen = token_of(AccessToken("a", NOW + life, refresh_on), now=NOW, jitter=jitter)

    assert due(seen) >= NOW + 30
    assert due(put_off(seen, now=NOW + 1e6)) == NOW + 1e6 + 30


@pytest.mark.parametrize(("refresh_on", "expected"), [(NOW + 1800, 1800), (NOW + 3599, 3300), (0, 3300), ("x", 3300)])
def test_refresh_on(refresh_on: Any, expected: float) -> None:
    """A token whose issuer wants it refreshed earlier is due earlier; later, or at no time at all, changes nothing."""
    seen = token_of(AccessToken("a", NOW + 3600, refresh_on), now=NOW, jitter=0.5)

    assert due(seen) == NOW + expected


@given(LIVES, JITTERS, st.floats(0, 2e6))
def test_serves_until_it_expires(life: float, jitter: float, later: float) -> None:
    """A token serves until it expires, and no longer."""
    seen = token_of(AccessToken("a", NOW + life), now=NOW, jitter=jitter)

    assert (serving(seen, None, now=NOW + later, lag=0) is seen) == (NOW + later < NOW + life)


@pytest.mark.parametrize("odd", [None, "1700003600", True, math.nan, math.inf, -math.inf, 0, -1, [], NOW, NOW - 1])
def test_odd_expiries(odd: Any) -> None:
    """A token whose expiry is none, or over, serves nobody else."""
    seen = token_of(AccessToken("a", odd), now=NOW, jitter=0.5)

    assert seen.secret == "a"
    assert serving(seen, None, now=NOW, lag=0) is None


@pytest.mark.parametrize("answer", ["a", AccessToken("a", None)])
def test_bare_tokens(answer: Any) -> None:
    """A token that comes without any expiry serves nobody else."""
    assert serving(token_of(answer, now=NOW, jitter=0.5), None, now=NOW, lag=0) is None


@given(st.integers(1, 90_000), st.integers(0, 86_400))
def test_read_by_a_clock_that_is_behind(life: int, lag: int) -> None:
    """Behind the service's clock a token serves until it is over there, but for half of its life at least."""
    seen = token_of(AccessToken("a", NOW + life), now=NOW, jitter=0.5)

    assert end(seen, lag=lag) == NOW + (life - lag if 2 * lag <= life else life)


@given(st.integers(-90_000, 90_000), st.integers(-86_400, 0))
def test_read_by_a_clock_that_is_ahead(life: int, lag: int) -> None:
    """Ahead of the service's clock a token serves until it is over here, unless it was so when it came."""
    seen = token_of(AccessToken("a", NOW + life), now=NOW, jitter=0.5)

    serves = life if life > 0 else life - lag
    assert (end(seen, lag=lag) - NOW == serves) if serves > 0 else serving(seen, None, now=NOW, lag=lag) is None


@pytest.mark.parametrize(
    ("life", "lag", "serves", "due_after"),
    [
        (4800, 1200, 3600, 3300),
        (3600, 1200, 2400, 2100),
        (3600, -1200, 3600, 3300),
        (600, 1200, 600, 300),
        (-600, -1200, 600, 300),
        (3600, 0, 3600, 3300),
        (2700, 1200, 1500, 1200),
        (2399, 1200, 2399, 2099),
    ],
    ids=[
        "behind",
        "behind, own reckoning",
        "ahead",
        "over there",
        "over here",
        "in time",
        "less than half over there",
        "more than half over there",
    ],
)
def test_clocks_that_differ(life: float, lag: float, serves: float, due_after: float) -> None:
    """A token is due 300 seconds before its end, by the clock that ends it first, and 30 seconds after it came."""
    seen = token_of(AccessToken("a", NOW + life), now=NOW, jitter=0.5)

    assert end(seen, lag=lag) == NOW + serves
    assert due(seen, ahead=life - serves) == NOW + due_after
    assert is_due(seen, now=NOW + due_after, lag=lag)


@given(LIVES, JITTERS, LAGS, st.none() | st.floats(NOW - 1e6, NOW + 1e6), st.integers(0, 29))
def test_nobody_asks_again_at_once_by_any_clock(
    life: float, jitter: float, lag: float, refresh_on: float | None, later: int
) -> None:
    """However much the clocks differ, nobody asks for 30 seconds after somebody has, while the token serves."""
    seen = token_of(AccessToken("a", NOW + life, refresh_on), now=NOW, jitter=jitter)

    assert not is_due(seen, now=NOW + later, lag=lag)
    assert not is_due(put_off(seen, now=NOW + 500), now=NOW + 500 + later, lag=lag)


def test_the_longer_one_by_two_clocks() -> None:
    """A token that is given again when it is over by one clock serves longer than it did, and takes its own place."""
    before, again = (token_of(AccessToken("a", NOW + 3600), now=NOW + came, jitter=0.5) for came in (0, 2400))

    assert follows(again, before, lag=1200)
    assert not follows(before, again, lag=1200)
    assert not follows(again, before, lag=0)


@given(st.integers(-86_399, 86_400), st.floats(0, 0.999))
def test_lag(seconds: int, part: float) -> None:
    """The ``Date`` of an answer tells how far the clock here is behind the service's."""
    told = formatdate(NOW + seconds, usegmt=True)

    assert lag_of(told, now=NOW + part, before=7.0) == pytest.approx(seconds - part, abs=1e-6)


@pytest.mark.parametrize("told", ["", "soon", "Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_dates_that_tell_nothing(told: str) -> None:
    """What is no date, or tells of another day than the clock here, leaves what was known."""
    assert lag_of(told, now=NOW, before=7.0) == 7


@given(st.sampled_from(["one", "two"]), CLAIMS, st.sampled_from(["one", "two"]), CLAIMS)
def test_after_a_refusal(name: str, claims: str | None, refused: str, asked: str | None) -> None:
    """After a refusal a token serves if it is another one, with the claims that were asked for."""
    seen = token(name, claims=claims)

    serves = serving(seen, Refusal(Sealed(refused), asked), now=NOW, lag=0) is seen

    assert serves == (name != refused and asked in (None, claims))


def test_no_token() -> None:
    """Where there is none, none serves; what is none is refused, and not shown."""
    assert serving(None, None, now=NOW, lag=0) is None
    with pytest.raises(ConfigurationError, match="token as a string") as caught:
        token_of(AccessToken("sec\nret", NOW + 3600), now=NOW, jitter=0.5)
    assert "sec" not in str(caught.value)


def test_representation() -> None:
    """A token shows its life, and nothing of itself."""
    assert "very-secret" not in repr([token("very-secret"), Refusal(Sealed("very-secret"))])
