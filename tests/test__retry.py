"""Whether to try again, and when."""

import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry import APIConnectionError
from claude_foundry._retry import delay, hinted_delay

SECONDS = st.floats(min_value=0.001, max_value=120)
FAR = st.floats(min_value=366 * 86_400 + 1, max_value=1e15)


@given(st.integers(min_value=0, max_value=10**6), st.floats(min_value=0, max_value=1, exclude_max=True))
def test_backoff_is_bounded(attempt: int, jitter: float) -> None:
    """Without a hint the wait grows to a limit, and never beyond."""
    wait = delay(APIConnectionError("x"), attempt=attempt, max_retries=10**7, jitter=jitter, max_retry_after=120)

    assert wait is not None
    assert 0 <= wait <= 20


@given(st.integers(min_value=0), st.integers(min_value=0, max_value=9))
def test_attempts_are_bounded(attempt: int, max_retries: int) -> None:
    """There are never more attempts than allowed, and none for what no retry helps."""

    def wait(failure: APIConnectionError) -> float | None:
        return delay(failure, attempt=attempt, max_retries=max_retries, jitter=0.5, max_retry_after=120)

    assert (wait(APIConnectionError("x")) is None) == (attempt >= max_retries)
    assert wait(APIConnectionError("x", retryable=False)) is None


@given(SECONDS)
def test_hints(seconds: float) -> None:
    """A wait the service names in any of its headers is the wait."""
    assert hinted_delay({"retry-after": str(seconds)}, now=0) == seconds
    assert hinted_delay({"retry-after-ms": str(seconds * 1000)}, now=0) == pytest.approx(seconds)
    assert hinted_delay({"x-ms-retry-after-ms": str(seconds * 1000)}, now=0) == pytest.approx(seconds)


@given(
    FAR,
    st.sampled_from(["{:.3f}", "{:.3f}, 1e9", "1000000000000, {:.3f}", "inf, {:.3f}"]),
)
def test_waits_of_more_than_a_year(seconds: float, form: str) -> None:
    """A wait of more than a year, in whatever form it is named, is none."""
    milliseconds = form.format(seconds * 1000)
    far = {"retry-after": form.format(seconds), "retry-after-ms": milliseconds, "x-ms-retry-after-ms": milliseconds}

    assert hinted_delay(far, now=0, body=b"Please retry after 999999999 seconds.") is None
    assert hinted_delay({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, now=1e9) is None


@given(FAR, SECONDS)
def test_a_sane_wait_beside_one_of_more_than_a_year(far: float, seconds: float) -> None:
    """Beside a wait of more than a year another one counts, in the same header, in another or in the text."""
    told = {"retry-after-ms": f"{far * 1000:.3f}", "retry-after": f"{far:.3f}, {seconds}"}

    assert hinted_delay(told, now=0) == seconds
    assert hinted_delay({"retry-after": f"{far:.3f}"}, now=0, body=b"retry after 17 seconds") == 17


@given(st.text())
def test_any_header(text: str) -> None:
    """Whatever stands in the header, the wait is a positive number or none."""
    wait = hinted_delay({"retry-after": text, "retry-after-ms": text, "date": text}, now=1e9)

    assert wait is None or 0 < wait <= 366 * 86_400


@pytest.mark.parametrize(
    "junk",
    ["1_0", "١٠", "1e1", "+10", "0x10", "10 s", "10.", "1.0.0", "ten", "9" * 400, "9" * 65_000 + "x"],
    ids=lambda junk: junk[:9],
)
def test_what_is_no_number(junk: str) -> None:
    """A wait is a plain decimal number; what Python reads as one beside that is none."""
    assert hinted_delay({"retry-after": junk, "retry-after-ms": junk}, now=0) is None


@given(st.floats(min_value=0.01, max_value=100))
def test_time_left(left: float) -> None:
    """No wait lasts until the call must have ended, whoever names it."""
    hinted = APIConnectionError("x")
    hinted.retry_after = 20.0

    for failure in (APIConnectionError("x"), hinted):
        wait = delay(failure, attempt=6, max_retries=9, jitter=0.9, max_retry_after=120, left=left)
        assert wait is None or wait < left


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (b"Please retry after 17 seconds.", 17.0),
        (b"Try again in 250 ms", 0.25),
        (b"try again in 2 minutes", 120.0),
        (b"Retry after 1 hour.", 3600.0),
        (b"retry in 30s", 30.0),
        (b"retry after tomorrow", None),
        (b"retry after 5 requests", None),
    ],
)
def test_waits_in_words(said: bytes, seconds: float | None) -> None:
    """A wait that is named in the text of a refusal is the wait, unless a header names another."""
    assert hinted_delay({}, now=0, body=said) == seconds
    assert hinted_delay({"retry-after": "3"}, now=0, body=said) == 3


@pytest.mark.parametrize("skew", [-3600, 0, 3600])
def test_dates_are_read_by_the_services_clock(skew: float) -> None:
    """A date to wait for counts from the answer's own date, however wrong the clock here is."""
    told = {"retry-after": "Wed, 21 Oct 2026 07:28:09 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}

    assert hinted_delay(told, now=1_792_567_680 + skew) == 9
    assert hinted_delay({"retry-after": told["retry-after"]}, now=1_792_567_685) == pytest.approx(4, abs=0.01)


SHORT, LONG = "Wed, 21 Oct 2026 07:28:09 GMT", "Wednesday, 21-Oct-26 07:29:00 GMT"


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("3600, 3600", 3600),
        ("3, 20,soon,, 7", 20),
        ("3600s, 40", 40),
        (f"{SHORT}, {SHORT}", 9),
        (f"{SHORT}, {LONG}, Wed Oct 21 07:28:20 2026", 60),
        (f"7, {SHORT}", 9),
        (f"10, {SHORT}", 10),
    ],
)
def test_hints_that_come_twice(told: str, seconds: float) -> None:
    """Of several waits in headers of one name the longest that can be read is the wait."""
    assert hinted_delay({"retry-after": told, "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, now=0) == seconds


def test_milliseconds_that_come_twice() -> None:
    """So it is with those in milliseconds."""
    assert hinted_delay({"retry-after-ms": "900000, 1000"}, now=0) == 900
    assert hinted_delay({"x-ms-retry-after-ms": "x, 500"}, now=0) == 0.5


@pytest.fixture
def in_tokyo() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_tokyo")
@pytest.mark.parametrize(
    "told", ["Wed Oct 21 07:28:09 2026", SHORT.replace("GMT", "-0000"), SHORT.removesuffix(" GMT")]
)
def test_dates_without_a_zone(told: str) -> None:
    """A date that names no zone is of UTC, wherever the caller is."""
    assert hinted_delay({"retry-after": told, "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, now=0) == 9
    assert hinted_delay({"retry-after": SHORT, "date": told}, now=1) is None
