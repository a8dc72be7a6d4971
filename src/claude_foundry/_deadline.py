"""The moment by which a call must have ended, kept to in each wait on a connection."""

import asyncio
import functools
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from claude_foundry import _threads
from claude_foundry.errors import APITimeoutError

if TYPE_CHECKING:
    from concurrent.futures import Future

    from anyio import CapacityLimiter
    from anyio.lowlevel import RunVar

T = TypeVar("T")

_THREADS = 40
"""Most threads of a loop at once. None is of anyio's own, which may all be waiting for what these bring."""
_ends: ContextVar[float | None] = ContextVar("claude_foundry_wait_ends", default=None)


class SilentError(TimeoutError):
    """The other side took a connection, and said nothing to the greeting of TLS: its port may not speak it."""


@dataclass(frozen=True)
class Deadline:
    """So many seconds from a moment of a clock."""

    total: float
    began: float
    monotonic: Callable[[], float]

    def left(self) -> float:
        """Gives the seconds left; none are left at 0 and below."""
        return self.began + self.total - self.monotonic()

    def checked(self) -> float:
        """Gives the seconds left.

        Raises:
            APITimeoutError: none are.
        """
        left = self.left()
        if left <= 0:
            raise self.passed()
        return left

    def passed(self) -> APITimeoutError:
        """Gives the error that tells it."""
        return APITimeoutError(f"The call took longer than its time limit: total={self.total:g} s.", retryable=False)


@contextmanager
def kept(deadline: Deadline | None) -> Iterator[None]:
    """Keeps the waits inside to a deadline.

    Raises:
        APITimeoutError: it has passed.
    """
    if deadline is None:
        yield
        return
    try:
        with waiting(deadline.checked()):
            yield
    except Exception as error:
        # What fails because the time is over tells of the wait it was at.
        if deadline.left() <= 0:
            raise deadline.passed() from error
        raise


async def async_kept(deadline: Deadline | None, answer: Awaitable[T]) -> T:
    """Gives the answer if it comes before the deadline.

    Raises:
        APITimeoutError: it does not.
    """
    if deadline is None:
        return await answer
    try:
        left = deadline.checked()
    except APITimeoutError:
        if asyncio.iscoroutine(answer):
            answer.close()
        raise
    try:
        return await async_waiting(left, answer)
    except Exception as error:
        if isinstance(error, TimeoutError) or deadline.left() <= 0:
            raise deadline.passed() from error
        raise


@contextmanager
def waiting(seconds: float | None) -> Iterator[None]:
    """Limits all waits inside on connections that this package made, together."""
    if seconds is None:
        yield
        return
    ends, outer = time.monotonic() + seconds, _ends.get()
    token = _ends.set(ends if outer is None else min(ends, outer))
    try:
        yield
    finally:
        _ends.reset(token)


def are_limited() -> bool:
    """Tells whether the waits together are limited."""
    return _ends.get() is not None


def in_time(work: Callable[[], T]) -> T:
    """Gives what a function gives that keeps to no time limit; where one is set, a thread waits for it.

    Raises:
        TimeoutError: it does not come in time. The thread goes on, and nobody waits for it.
    """
    ends = _ends.get()
    if ends is None:
        return work()
    try:
        coming = _begun(work)
    except RuntimeError:
        # No thread can be started, as while the interpreter ends.
        return work()
    return coming.result(max(ends - time.monotonic(), 0.0))


async def async_in_thread(work: Callable[[], T]) -> T:
    """Gives what a function gives that blocks. Nobody waits for its thread when the call is cancelled."""
    limiter = _limiter()
    if not _in_asyncio():
        import anyio.to_thread

        # Those of trio hold up no process that ends.
        return await anyio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=limiter)
    async with limiter:
        return await asyncio.wrap_future(_begun(work))


def _limiter() -> "CapacityLimiter":
    limiters = _limiters()
    if (limiter := limiters.get(None)) is None:
        import anyio

        limiters.set(limiter := anyio.CapacityLimiter(_THREADS))
    return limiter


@functools.cache
def _limiters() -> "RunVar[CapacityLimiter | None]":
    from anyio.lowlevel import RunVar

    return RunVar("claude_foundry_threads")


def _begun(work: Callable[[], T]) -> "Future[T]":
    """Gives what a thread brings that holds up no process that ends."""
    from concurrent.futures import Future

    coming: Future[T] = Future()
    # Whoever gives up waiting cancels it for nobody else.
    coming.set_running_or_notify_cancel()
    context = copy_context()
    # Whoever waits is limited; what the work begins, and leaves running, is not.
    context.run(_ends.set, None)
    if sniffio := sys.modules.get("sniffio"):
        # By what stands there anyio takes the thread for one in which a loop runs, and refuses to run another.
        context.run(sniffio.current_async_library_cvar.set, None)
    _threads.begin(functools.partial(context.run, _fulfil, coming, work))
    return coming


def _fulfil(coming: "Future[T]", work: Callable[[], T]) -> None:
    try:
        coming.set_result(work())
    except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to who waits
        coming.set_exception(error)


def at_most(limit: float | None) -> float | None:
    """Gives the seconds that a wait may take now: its own limit, or what is left of the waits together."""
    ends = _ends.get()
    if ends is None:
        return limit
    # A socket takes 0 for "do not wait", which is no time limit's failure.
    left = max(ends - time.monotonic(), 0.001)
    return left if limit is None else min(limit, left)


def are_over() -> bool:
    """Tells whether the waits together have taken their time."""
    ends = _ends.get()
    return ends is not None and ends <= time.monotonic()


async def async_waiting(seconds: float | None, answer: Awaitable[T]) -> T:
    """Gives the answer if it comes in time.

    Raises:
        TimeoutError: it does not.
    """
    if _in_asyncio():
        async with asyncio.timeout(seconds):
            return await answer
    import anyio

    with anyio.fail_after(seconds):
        return await answer


def _in_asyncio() -> bool:
    try:
        return asyncio.get_running_loop() is not None
    except RuntimeError:
        return False
