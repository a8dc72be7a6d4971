"""Tokens of a credential on a machine whose clock differs from the service's, which tells its own by ``Date``."""

from collections.abc import Callable
from email.utils import formatdate
from itertools import pairwise
from typing import Any

import httpx
import pytest

from claude_foundry import PermissionDeniedError
from tests.answers import refused
from tests.entra import HOUR, AccessToken, Entra, Service, in_turn, nothing
from tests.shells import FakeTime, Shell, both

Kind = type[Shell]
MINUTES = 60.0


class Telling(Service):
    """A service whose clock is ahead of this machine's by so many seconds, and which refuses what is over by it."""

    def __init__(self, time: FakeTime, *, ahead: float) -> None:
        super().__init__()
        self.time = time
        self.ahead = ahead
        self.ends: dict[str, float] = {}
        self.refusals = 0

    @property
    def now(self) -> float:
        return self.time.now + self.ahead

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.refuses = {token for token, end in self.ends.items() if end <= self.now}
        response = super().__call__(request)
        self.refusals += response.is_error
        response.headers["date"] = formatdate(self.now, usegmt=True)
        return response


class Issuing(Entra):
    """A credential that tells when its tokens are over by the clock of the service, as that of a managed identity does.

    One that ``keeps`` gives a token again until five minutes before its end.
    """

    def __init__(self, service: Telling, *, life: float = HOUR, keeps: bool = False) -> None:
        super().__init__(service.time)
        self.service = service
        self.life = life
        self.keeps = keeps
        self.asked_at: list[float] = []
        self.kept: AccessToken | None = None

    def given(self, _: int) -> AccessToken:
        self.asked_at.append(self.time.now)
        if self.kept is None or not self.keeps or self.kept.expires_on - 300 <= self.reckoned_by():
            self.kept = AccessToken(f"token-{len(self.service.ends) + 1}", self.reckoned_by() + self.life)
            self.service.ends[self.kept.token] = self.service.now + self.life
        return self.kept

    def reckoned_by(self) -> float:
        return self.service.now


class Reckoning(Issuing):
    """A credential that reckons the end of its tokens by the clock of this machine, as those of azure-identity do."""

    def reckoned_by(self) -> float:
        return self.time.now


def calls(kind: Kind, credential: Issuing, *first: Callable[[], None], each: float, during: float) -> None:
    """Makes a call, one after each of the things to be done first, and one every so many seconds."""

    def later() -> None:
        credential.time.now += each

    shell: Any = kind(credential.service, credential.time, api_key=None, credential=credential)
    in_turn(shell.client(), nothing, *first, *[later] * int(during / each))


def pauses(credential: Issuing) -> list[float]:
    """Gives the seconds between two askings."""
    return [later - before for before, later in pairwise(credential.asked_at)]


@both
@pytest.mark.parametrize("each", [30.0, 7 * MINUTES])
def test_behind(shell: Kind, each: float) -> None:
    """Where the clock is behind, a token is followed by the next one before it is over by the service's."""
    service = Telling(FakeTime(), ahead=20 * MINUTES)
    credential = Issuing(service)

    calls(shell, credential, each=each, during=3 * HOUR)

    assert service.refusals == 0
    assert min(pauses(credential)) >= HOUR - 5 * MINUTES - each


@both
def test_behind_and_not_due_for_a_while(shell: Kind) -> None:
    """A token that nobody needed until it is over by the service's clock is not sent any more."""
    service = Telling(FakeTime(), ahead=20 * MINUTES)
    credential = Issuing(service)

    calls(shell, credential, each=HOUR + MINUTES, during=5 * HOUR)

    assert service.tokens == [f"token-{number + 1}" for number in range(5)]


@both
def test_behind_with_an_end_by_the_own_clock(shell: Kind) -> None:
    """A token that is given again when it is due by the service's clock serves on, until it is by this machine's."""
    service = Telling(FakeTime(), ahead=20 * MINUTES)
    credential = Reckoning(service, keeps=True)

    calls(shell, credential, each=10.0, during=HOUR - 10)

    renewed = int((HOUR - 300) / 10)
    assert service.tokens == ["token-1"] * renewed + ["token-2"] * int(HOUR / 10 - renewed)
    assert pauses(credential) == [2100.0, 1200.0]


@both
@pytest.mark.parametrize("ahead", [20 * MINUTES, 11 * HOUR])
def test_over_by_the_services_clock_when_it_comes(shell: Kind, ahead: float) -> None:
    """A token that is over by the service's clock when it comes is read by this machine's, also one that came first."""
    service = Telling(FakeTime(), ahead=ahead)
    credential = Reckoning(service, life=10 * MINUTES, keeps=True)

    calls(shell, credential, each=10.0, during=HOUR)

    assert (service.refusals, credential.asked) == (0, 13)


@both
@pytest.mark.parametrize("ahead", [50 * MINUTES, HOUR - 10, HOUR, 24 * HOUR - 10])
@pytest.mark.parametrize("life", [HOUR, 24 * HOUR])
def test_as_far_behind_as_tokens_last(shell: Kind, life: float, ahead: float) -> None:
    """However far the clock is behind, tokens whose end is reckoned by it serve for at least half of their life."""
    credential = Reckoning(Telling(FakeTime(), ahead=ahead), life=life)

    calls(shell, credential, each=life / 60, during=2 * life)

    assert credential.asked <= 5


@both
@pytest.mark.parametrize("ahead", [-20 * MINUTES, -2 * HOUR])
def test_ahead(shell: Kind, ahead: float) -> None:
    """Where the clock is ahead, so that a token is over by it when it comes, it is read by the service's."""
    service = Telling(FakeTime(), ahead=ahead)
    credential = Issuing(service, life=15 * MINUTES)

    calls(shell, credential, each=10.0, during=HOUR)

    # Nothing was known of the service's clock when the first one came.
    assert pauses(credential) == [10.0, *[600.0] * 5]
    assert service.refusals == 0


@both
def test_ahead_with_an_end_by_the_own_clock(shell: Kind) -> None:
    """Where the clock is ahead, a token whose end is reckoned by it serves as long as it does elsewhere."""
    service = Telling(FakeTime(), ahead=-20 * MINUTES)
    credential = Reckoning(service)

    calls(shell, credential, each=MINUTES, during=3 * HOUR)

    assert (service.refusals, set(pauses(credential))) == (0, {HOUR - 300})


@both
@pytest.mark.parametrize("ahead", [2 * 24 * HOUR, -2 * 24 * HOUR])
def test_dates_of_another_day(shell: Kind, ahead: float) -> None:
    """A service that tells of another day tells nothing: tokens are read by this machine's clock."""
    service = Telling(FakeTime(), ahead=ahead)
    credential = Reckoning(service, life=5 * 24 * HOUR)

    calls(shell, credential, each=HOUR, during=20 * 24 * HOUR)

    assert set(pauses(credential)) == {5 * 24 * HOUR}


@both
def test_learnt_of_a_refusal(shell: Kind) -> None:
    """An answer that is a refusal tells of the service's clock too."""

    class Refusing(Telling):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            told = super().__call__(request).headers["date"]
            return refused(403, kind="permission_error", headers={"date": told})

    service = Refusing(FakeTime(), ahead=20 * MINUTES)
    credential = Issuing(service)
    asked: Any = shell(service, service.time, api_key=None, credential=credential)
    client = asked.client()

    for _ in range(2):
        with pytest.raises(PermissionDeniedError):
            in_turn(client, nothing)
        service.time.now += HOUR

    assert service.tokens == ["token-1", "token-2"]


@both
def test_clock_that_is_put_right(shell: Kind) -> None:
    """Once the clock is put right, and an answer has come, tokens are read as on any other machine."""
    service = Telling(FakeTime(), ahead=20 * MINUTES)
    credential = Issuing(service)

    def put_right() -> None:
        service.time.now += service.ahead
        service.ahead = 0.0

    calls(shell, credential, put_right, each=MINUTES, during=3 * HOUR)

    assert (service.refusals, set(pauses(credential)[1:])) == (0, {HOUR - 300})


@both
def test_date_that_stands_still(shell: Kind) -> None:
    """An answer that tells the moment of the one before tells nothing new."""

    class Still(Telling):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            response = super().__call__(request)
            response.headers["date"] = formatdate(1_700_001_200, usegmt=True)
            return response

    credential = Issuing(Still(FakeTime(now=1_700_000_000), ahead=20 * MINUTES))

    calls(shell, credential, each=MINUTES, during=3 * HOUR)

    assert set(pauses(credential)) == {HOUR - 300}
