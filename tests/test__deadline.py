"""The moment by which a call must have ended."""

import asyncio
import contextvars
import sys
import threading
from collections.abc import Iterator

import anyio
import anyio.to_thread
import pytest

from claude_foundry import APITimeoutError
from claude_foundry._deadline import Deadline, async_in_thread, async_kept, at_most, in_time, kept, waiting
from tests.threads import none_idle

NAMED = contextvars.ContextVar("named", default="nowhere")


class Watch:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = 100.0

    def deadline(self, total: float) -> Deadline:
        return Deadline(total, self.now, lambda: self.now)


def test_time_passes() -> None:
    """The seconds left become fewer, and with none the call is refused by its own limit, which no retry helps."""
    watch = Watch()
    deadline = watch.deadline(3.0)

    watch.now += 1
    left = deadline.checked()
    watch.now += 2

    assert left == 2.0
    with pytest.raises(APITimeoutError, match=r"total=3 s") as caught:
        deadline.checked()
    assert not caught.value.retryable


def test_waits_are_limited_together() -> None:
    """A wait inside may take what is left of the waits together, or its own limit if that is shorter."""
    assert at_most(7.0) == 7.0
    with waiting(1000.0):
        inner = at_most(None)
        with waiting(5000.0):
            nested = at_most(None)
        shorter = at_most(7.0)

    assert inner is not None
    assert nested is not None
    assert nested <= inner <= 1000.0
    assert shorter == 7.0
    assert at_most(None) is None


def test_no_wait_becomes_none_at_all() -> None:
    """With no time left a wait is short, for 0 would tell a socket not to wait."""
    with waiting(-1.0):
        assert at_most(5.0) == 0.001


@pytest.mark.parametrize("late", [True, False])
def test_failures_after_the_end_are_told_as_it(late: bool) -> None:
    """What fails when the time is over is the call's own time-out; what fails before is itself."""
    watch = Watch()
    deadline, failure = watch.deadline(3.0), OSError("reset")

    def fail() -> None:
        with kept(deadline):
            watch.now += 4 if late else 1
            raise failure

    with pytest.raises(APITimeoutError if late else OSError) as caught:
        fail()

    assert (caught.value.__cause__ if late else caught.value) is failure


@pytest.mark.parametrize("late", [True, False])
def test_failures_in_a_loop(late: bool) -> None:
    """Likewise in an event loop."""
    watch = Watch()
    deadline, failure = watch.deadline(3.0), OSError("reset")

    async def fail() -> None:
        watch.now += 4 if late else 1
        raise failure

    with pytest.raises(APITimeoutError if late else OSError) as caught:
        asyncio.run(async_kept(deadline, fail()))

    assert (caught.value.__cause__ if late else caught.value) is failure


def test_nothing_is_begun_too_late() -> None:
    """What would begin after the end is not begun, and not complained of as never awaited."""
    watch, begun = Watch(), []
    deadline = watch.deadline(0.0)

    async def begin() -> None:
        begun.append(True)

    with pytest.raises(APITimeoutError):
        asyncio.run(async_kept(deadline, begin()))

    assert begun == []


@pytest.fixture
def no_threads() -> Iterator[None]:
    """Lets the system start no thread, for none has so much memory, and keeps those that are there at work."""
    before = threading.stack_size(1 << 46)
    with none_idle():
        yield
    threading.stack_size(before)


@pytest.mark.skipif(sys.platform != "linux", reason="another system may take such a size, or refuse it")
@pytest.mark.usefixtures("no_threads")
def test_no_thread_can_be_started() -> None:
    """What needs a thread to be kept to its time is then done without, as when the interpreter ends."""
    with waiting(30.0):
        assert in_time(threading.current_thread) is threading.current_thread()


loops = pytest.mark.parametrize("loop", ["asyncio", "trio"])


@loops
def test_all_threads_are_taken(loop: str) -> None:
    """What blocks in a loop needs none of the threads that may be waiting for what it brings."""
    pytest.importorskip(loop)

    async def ask() -> str:
        shared = anyio.to_thread.current_default_thread_limiter()
        while shared.available_tokens:
            shared.acquire_on_behalf_of_nowait(object())
        with anyio.fail_after(30):
            return await async_in_thread(lambda: "asked")

    assert anyio.run(ask, backend=loop) == "asked"


@loops
def test_thread_of_a_loop(loop: str) -> None:
    """A thread holds up no process that ends, sees what the call has in its context, and may run a loop of its own."""
    pytest.importorskip(loop)

    async def none() -> None:
        pass

    def look() -> tuple[bool, str]:
        anyio.run(none)
        return threading.current_thread().daemon, NAMED.get()

    async def ask() -> tuple[bool, str]:
        NAMED.set("here")
        return await async_in_thread(look)

    assert anyio.run(ask, backend=loop) == (True, "here")


@loops
def test_failure_in_a_thread(loop: str) -> None:
    """What fails in a thread of a loop fails the call."""
    pytest.importorskip(loop)

    def fail() -> None:
        raise OSError("reset")

    with pytest.raises(OSError, match="reset"):
        anyio.run(async_in_thread, fail, backend=loop)
