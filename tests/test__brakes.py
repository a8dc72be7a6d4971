"""What calls on one transport tell each other: the budget of retries, and pauses of deployments."""

import asyncio
import logging
import pickle
from contextlib import suppress

import httpx
import pytest

from claude_foundry import (
    AsyncFoundryClient,
    FoundryClient,
    FoundryError,
    InternalServerError,
    RateLimitError,
    ResponseInfo,
    Timeout,
)
from claude_foundry._brakes import CAPACITY, COST, COST_OF_THROTTLED, Brakes
from tests.answers import message, pieces_of, refused, streamed, whole
from tests.shells import REQUEST, AsyncShell, FakeTime, Script, Shell, SyncShell, both

Kind = type[Shell]


def clients(handler, time: FakeTime, **settings: object):  # type: ignore[no-untyped-def]
    """Gives a call that asks one synchronous client, and one that asks one asynchronous client."""
    plain = SyncShell(handler, time, **settings).client()
    looped = AsyncShell(handler, time, **settings).client()
    return plain, looped


def asked(client: FoundryClient | AsyncFoundryClient, times: int, **request: object) -> None:
    async def ask_in_a_loop() -> None:
        for _ in range(times):
            with suppress(InternalServerError, RateLimitError):
                await client.messages.create(**{**REQUEST, **request})  # type: ignore[misc, union-attr]

    if isinstance(client, AsyncFoundryClient):
        asyncio.run(ask_in_a_loop())
        return
    for _ in range(times):
        with suppress(InternalServerError, RateLimitError):
            client.messages.create(**{**REQUEST, **request})  # type: ignore[typeddict-item]


@pytest.mark.parametrize("which", [0, 1], ids=["sync", "async"])
def test_an_outage_is_not_answered_with_a_storm(which: int) -> None:
    """In an outage of 1,000 calls the service gets little more than those: the budget of retries runs out."""
    time, sent = FakeTime(), []

    def down(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return refused(503)

    asked(clients(down, time)[which], 1000)

    assert 1000 < len(sent) <= 1150


@pytest.mark.parametrize("which", [0, 1], ids=["sync", "async"])
def test_an_empty_budget_is_told_once(which: int, caplog: pytest.LogCaptureFixture) -> None:
    """One line warns that the budget is used up, and another one when it is again after half of it had come back."""
    time, told = FakeTime(), list[ResponseInfo]()
    client = clients(lambda _: refused(503), time, on_response=told.append)[which]
    lines = []

    with caplog.at_level(logging.WARNING, "claude_foundry"):
        for later in (0.0, CAPACITY / 2 - 20, CAPACITY / 2 + 20):
            time.passed += later
            asked(client, 200)
            lines.append(len(caplog.messages))

    assert lines == [1, 1, 2]
    assert "budget of retries that all calls of this client share is used up" in caplog.text
    assert "/anthropic/v1/messages after InternalServerError 503" in caplog.text
    assert "key" not in caplog.text
    assert told[-1].retry_budget < COST


@pytest.mark.parametrize("which", [0, 1], ids=["sync", "async"])
def test_what_is_left_is_told_of_each_attempt(which: int) -> None:
    """Hooks, and the attempts of an error, tell the tokens that are left after each attempt, also of successes."""
    time, told = FakeTime(jitter=0.0), list[ResponseInfo]()
    service = Script(refused(503), refused(429), whole(), *[refused(503)] * 3)
    client = clients(service, time, on_response=told.append)[which]

    asked(client, 2)

    left = [CAPACITY - COST, CAPACITY - COST - COST_OF_THROTTLED, CAPACITY - COST]
    assert [info.retry_budget for info in told[:3]] == left
    assert [info.retry_budget for info in told[3:]] == [left[2] - COST, left[2] - 2 * COST, left[2] - 2 * COST]


@both
def test_errors_tell_what_was_left(shell: Kind) -> None:
    """The attempts of an error tell it, whether it is raised by an attempt or found in its answer, and travel whole."""
    page = httpx.Response(200, headers={"content-type": "text/html"}, text="<html></html>")
    cut = streamed(pieces_of(message())[:4])
    caught = []

    for answers in ([refused(503)] * 3, [page], [cut]):
        with pytest.raises(FoundryError) as raised:
            shell(Script(*answers), FakeTime(jitter=0.0)).stream(**REQUEST)
        caught.append(raised.value)

    left = [[info.retry_budget for info in error.attempts] for error in caught]
    assert left == [[CAPACITY - COST, CAPACITY - 2 * COST, CAPACITY - 2 * COST], [CAPACITY], [CAPACITY]]
    assert [pickle.loads(pickle.dumps(error)).attempts for error in caught] == [error.attempts for error in caught]


def test_successes_bring_retries_back() -> None:
    """What a retry took comes back when it led to success, and a little with each success."""
    brakes = Brakes(lambda: 0.0)
    while brakes.spend(COST):
        pass

    brakes.earn(COST)
    again = brakes.spend(COST)
    for _ in range(14):
        brakes.earn(0.0)

    assert (again, brakes.spend(COST), brakes.spend(COST)) == (True, True, False)


def test_successes_tell_what_is_left() -> None:
    """A success gives the tokens there are with what it and time brought back, which are never more than fit."""
    now = [0.0]
    brakes = Brakes(lambda: now[0])
    brakes.spend(COST)
    brakes.spend(COST)

    first = brakes.earn(COST)
    now[0] += 5
    later = brakes.earn(0.0)

    assert (first, later, brakes.earn(COST)) == (CAPACITY - COST, CAPACITY - COST + 6, CAPACITY)
    assert brakes.left() == CAPACITY


@pytest.mark.parametrize("which", [0, 1], ids=["sync", "async"])
def test_another_token_on_the_way_to_success(which: int) -> None:
    """What a retry took comes back also when the success needed another token after it."""
    service = Script(*[refused(503), refused(401), whole()] * 60)
    provider = map(str, range(1000)).__next__

    asked(clients(service, FakeTime(), api_key=None, azure_ad_token_provider=provider)[which], 60)

    assert service.answers == []


def test_time_brings_retries_back() -> None:
    """A caller who is seldom there gets retries again after a while, and never more than the capacity."""
    now = [0.0]
    brakes = Brakes(lambda: now[0])
    while brakes.spend(COST):
        pass

    now[0] += 60
    after_a_minute = [brakes.spend(COST) for _ in range(6)]
    now[0] += 10_000
    after_hours = [brakes.spend(COST) for _ in range(100)]

    assert after_a_minute.count(True) in (4, 5)
    assert after_hours.count(True) == int(CAPACITY // COST)


@pytest.mark.parametrize("which", [0, 1], ids=["sync", "async"])
def test_a_rate_limit_pauses_the_deployment(which: int) -> None:
    """After a rate limit, other calls to the same deployment are kept back for as long; others are not."""
    time = FakeTime(jitter=0.0)
    service = Script(*[refused(429, headers={"retry-after": "30"})] * 3, whole(), whole())
    client = clients(service, time)[which]

    asked(client, 1)
    own = list(time.slept)
    time.slept.clear()
    asked(client, 1, model="another")
    elsewhere = list(time.slept)
    asked(client, 1)

    assert (own, elsewhere, time.slept) == ([30.0, 30.0], [], [30.0])


@pytest.mark.parametrize("which", [0, 1], ids=["sync", "async"])
def test_who_wants_no_retries_is_not_kept_back(which: int) -> None:
    """A client without retries asks at once, whatever others were told."""
    time = FakeTime()
    client = clients(Script(refused(429, headers={"retry-after": "30"}), whole()), time, max_retries=0)[which]

    asked(client, 2)

    assert time.slept == []


@pytest.mark.parametrize("which", [0, 1], ids=["sync", "async"])
def test_copies_share_the_budget(which: int) -> None:
    """A client with other options is kept back too: it uses the same connections."""
    time = FakeTime(jitter=0.0)
    client = clients(Script(*[refused(429, headers={"retry-after": "9"})] * 3, whole()), time)[which]

    asked(client, 1)
    time.slept.clear()
    asked(client.with_options(timeout=9), 1)

    assert time.slept == [9.0]


@pytest.mark.parametrize("which", [0, 1], ids=["sync", "async"])
def test_no_retry_into_a_pause_that_outlasts_the_call(which: int) -> None:
    """A call whose time ends within another call's pause raises what failed, and sends nothing more."""
    time = FakeTime(jitter=0.0)
    service = Script(refused(429, headers={"retry-after": "30"}), refused(503))
    client = clients(service, time)[which]

    asked(client.with_options(max_retries=0), 1)
    asked(client.with_options(timeout=Timeout(total=10)), 1)

    assert (len(service.requests), time.slept) == (2, [])


@both
@pytest.mark.parametrize(("most", "slept"), [(5, []), (30, [20.0]), (None, [20.0])])
def test_longest_wait(shell: Kind, most: float | None, slept: list[float]) -> None:
    """A wait beyond ``max_retry_after`` is the caller's to decide on."""
    time, service = FakeTime(), Script(refused(429, headers={"retry-after": "20"}), whole())

    if slept:
        shell(service, time, max_retry_after=most).create(**REQUEST)
    else:
        with pytest.raises(RateLimitError) as caught:
            shell(service, time, max_retry_after=most).create(**REQUEST)
        assert caught.value.retry_after == 20.0

    assert time.slept == slept


@both
def test_wait_named_in_words(shell: Kind) -> None:
    """A wait that Azure names in its text only is kept to."""
    said = "Requests have exceeded the rate limit. Please retry after 17 seconds."
    time = FakeTime()
    service = Script(whole({"error": {"code": "RateLimitReached", "message": said}}, status=429), whole())

    shell(service, time).create(**REQUEST)

    assert time.slept == [17.0]


@both
def test_one_line_for_each_retry(shell: Kind, caplog: pytest.LogCaptureFixture) -> None:
    """Each retry is told in one line of the package's log, with the ids and without a word of the request."""
    service = Script(refused(503), httpx.ConnectError("refused"), whole())

    with caplog.at_level(logging.INFO, logger="claude_foundry"):
        shell(service, FakeTime(), api_key="top-secret").create(**REQUEST)

    lines = [record.getMessage() for record in caplog.records if record.name == "claude_foundry"]
    assert len(lines) == 2
    assert "Retry 1 of 2" in lines[0]
    assert "InternalServerError 503" in lines[0]
    assert "req_1" in lines[0]
    assert "APIConnectionError" in lines[1]
    assert not any("top-secret" in line or "Hello" in line for line in lines)
