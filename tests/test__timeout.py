"""Time limits of a call, as given and as kept to."""

from typing import Any

import httpx
import pytest

from claude_foundry import (
    APITimeoutError,
    ConfigurationError,
    FoundryClient,
    RateLimitError,
    StreamInterruptedError,
    Timeout,
)
from claude_foundry._timeout import limits
from tests.answers import message, pieces_of, refused, streamed, whole
from tests.shells import REQUEST, FakeTime, Script, Shell, both

Kind = type[Shell]
PING = b'event: ping\ndata: {"type": "ping"}\n\n'


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), float("inf"), 1_000_001, True, "5"])
def test_wrong_limits(wrong: Any) -> None:
    """A limit that is no positive number, or longer than systems wait, is refused by its name, with the way out."""
    with pytest.raises(ConfigurationError, match=r"timeout: total=.*None is no limit"):
        Timeout(total=wrong)
    with pytest.raises(ConfigurationError, match=r"timeout.*None is no limit"):
        FoundryClient("a", api_key="k", timeout=wrong)


def test_forms() -> None:
    """A number limits each wait, httpx's and this package's values are taken as they are."""
    assert limits(30) == Timeout(connect=5.0, read=30, idle=30, headers=30, write=30, pool=30)
    assert limits(2) == Timeout(connect=2, read=2, idle=2, headers=2, write=2, pool=2)
    assert limits(httpx.Timeout(7, read=None)) == Timeout(
        connect=7, read=None, idle=None, headers=None, write=7, pool=7
    )
    assert limits(Timeout(total=9)).total == 9
    assert limits(None) == Timeout()


def test_sign_in_has_its_own_limit() -> None:
    """A number limits the waits of the connection: who signs in, a user maybe, is given more."""
    assert [limits(given).sign_in for given in (2, httpx.Timeout(2), None)] == [330.0] * 3


def test_the_head_of_a_stream() -> None:
    """The head of a stream is awaited for the shorter of its own limit and that of reading."""
    for headers, read, shorter in ((120, 600, 120), (120, 30, 30), (None, 30, 30), (9, None, 9), (None, None, None)):
        assert Timeout(headers=headers, read=read).before_stream == shorter


def test_silence_of_a_stream() -> None:
    """Two pieces of a stream are apart by the shorter of the limit of silence and that of reading."""
    for idle, read, shorter in ((300, 600, 300), (300, 30, 30), (None, 30, 30), (9, None, 9), (None, None, None)):
        assert Timeout(idle=idle, read=read).in_stream == shorter


@both
def test_no_retry_outlasts_the_call(shell: Kind) -> None:
    """A wait that would end after the call's time is not begun: the failure is told at once."""
    time, service = FakeTime(), Script(refused(429, headers={"retry-after": "20"}))

    with pytest.raises(RateLimitError) as caught:
        shell(service, time, timeout=Timeout(total=10)).create(**REQUEST)

    assert (caught.value.retry_after, time.slept, len(service.requests)) == (20.0, [], 1)


@both
def test_total_covers_all_attempts(shell: Kind) -> None:
    """Attempts that each take their time are not begun after the time of the call."""
    time = FakeTime()

    def slow(request: httpx.Request) -> httpx.Response:
        time.passed += 6
        return refused(500)

    asked = shell(slow, time, timeout=Timeout(total=10), max_retries=9)
    with pytest.raises(Exception, match=r"500|time limit: total=10 s"):
        asked.create(**REQUEST)
    assert 6 <= time.passed <= 13


@both
def test_total_covers_the_stream(shell: Kind) -> None:
    """A stream that outlasts its call is interrupted, with what had arrived."""
    time, taken = FakeTime(), []

    def take(event: dict[str, Any]) -> None:
        taken.append(event)
        time.passed += 3

    with pytest.raises(StreamInterruptedError, match=r"total=10 s") as caught:
        shell(Script(streamed()), time, timeout=Timeout(total=10)).stream(take=take, **REQUEST)

    assert isinstance(caught.value.__cause__, APITimeoutError)
    assert caught.value.partial is not None
    assert caught.value.partial.text


@both
def test_pings_are_no_content(shell: Kind) -> None:
    """A stream that brings pings and nothing else for as long as the read limit is at a stall."""
    time = FakeTime()

    def pieces():  # type: ignore[no-untyped-def]
        yield from pieces_of(message())[:4]
        while True:
            time.passed += 5
            yield PING

    class Pings(httpx.SyncByteStream, httpx.AsyncByteStream):
        def __iter__(self):  # type: ignore[no-untyped-def]
            return pieces()

        async def __aiter__(self):  # type: ignore[no-untyped-def]
            for piece in pieces():
                yield piece

    answer = httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Pings())
    with pytest.raises(StreamInterruptedError, match="no events but pings for 60 s"):
        shell(Script(answer), time, timeout=60).stream(**REQUEST)

    assert 60 < time.passed <= 70


@both
def test_a_slow_reader_is_no_stall(shell: Kind) -> None:
    """The time that the caller takes for an event counts for nothing."""
    time = FakeTime()

    def take(_: object) -> None:
        time.passed += 1000

    pieces = [piece for each in pieces_of(message()) for piece in (each, PING)]
    assert shell(Script(streamed(pieces)), time, timeout=60).stream(take=take, **REQUEST).text == "Hello there."


@both
def test_retries_taken(shell: Kind) -> None:
    """Answers and errors tell how many attempts failed before theirs."""
    failed = [refused(500), refused(503)]

    assert shell(Script(*failed, whole()), FakeTime()).create(**REQUEST).retries_taken == 2
    assert shell(Script(*failed, streamed()), FakeTime()).stream(**REQUEST).retries_taken == 2
    assert shell(Script(whole()), FakeTime()).create(**REQUEST).retries_taken == 0
    assert "retries_taken" not in shell(Script(whole()), FakeTime()).create(**REQUEST).model_dump()
    with pytest.raises(Exception, match="500") as caught:
        shell(Script(*[refused(500)] * 3), FakeTime()).create(**REQUEST)
    assert caught.value.retries_taken == 2  # type: ignore[attr-defined]
