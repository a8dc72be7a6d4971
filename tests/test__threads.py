"""Threads for what blocks, and what becomes of them when nothing more is to be done."""

import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Any

import pytest

from claude_foundry import _threads
from tests.entra import ended, started
from tests.threads import none_idle


@pytest.fixture
def fresh() -> Iterator[None]:
    """Leaves no thread waiting from before."""
    with none_idle():
        yield


def until_idle() -> None:
    """Returns when a thread waits for its next task."""
    while not _threads._idle:
        time.sleep(0)


def done(work: Callable[[], Any] = threading.current_thread) -> Any:
    """Gives what a task finds, once its thread waits for the next one."""
    found: SimpleQueue[Any] = SimpleQueue()
    _threads.begin(lambda: found.put(work()))
    answer = found.get(timeout=30)
    until_idle()
    return answer


@pytest.mark.usefixtures("fresh")
def test_one_after_another() -> None:
    """Tasks that follow one another need no thread each, and are done by none of the caller's."""
    by = {done() for _ in range(20)}

    # One that an earlier test has left at work may become free meanwhile.
    assert len(by) < 5
    assert threading.current_thread() not in by


@pytest.mark.usefixtures("fresh")
def test_at_once() -> None:
    """Tasks at the same time have a thread each: none waits for another."""
    all_there = threading.Barrier(9)

    for _ in range(8):
        _threads.begin(lambda: all_there.wait(30))

    all_there.wait(30)


@pytest.mark.usefixtures("fresh")
def test_what_a_task_holds() -> None:
    """A thread that waits keeps nothing of what its last task held, such as a token."""

    class Token:
        pass

    token = Token()
    held = weakref.ref(token)
    done(lambda held=token: id(held))  # type: ignore[misc]
    del token

    assert held() is None


def test_nothing_more_comes() -> None:
    """A thread to which nothing comes for a while ends, and is given no task after it."""
    tasks: SimpleQueue[_threads.Task] = SimpleQueue()
    tasks.put(lambda: None)

    ended(started(lambda: _threads._serve(tasks, 0.01)))

    assert tasks not in _threads._idle


def test_a_task_comes_late() -> None:
    """A task that is given to a thread as it is about to end is done all the same."""
    tasks: SimpleQueue[_threads.Task] = SimpleQueue()
    ran: list[bool] = []

    serving = started(lambda: _threads._done_next(tasks, 0.01))
    tasks.put(lambda: ran.append(True))
    ended(serving)

    assert ran == [True]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_forked() -> None:
    """A forked process, which has none of the threads, gives them no tasks."""
    done()

    child = os.fork()
    if child == 0:
        found: SimpleQueue[int] = SimpleQueue()
        _threads.begin(lambda: found.put(0))
        os._exit(found.get(timeout=30))

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
