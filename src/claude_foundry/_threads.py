"""Threads for what blocks: none holds up a process that ends, and each is kept for a while for what comes next.

To start one costs ten times as much as to wake one, and a token provider may be asked at each call.
"""

import os
import threading
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TypeAlias

Task: TypeAlias = Callable[[], object]

_KEPT = 10.0
"""Seconds for which a thread waits for its next task."""
_idle: deque["SimpleQueue[Task]"] = deque()


def begin(task: Task) -> None:
    """Runs a task, which raises nothing, in a thread.

    Raises:
        RuntimeError: none can be started, as while the interpreter ends.
    """
    try:
        _idle.pop().put(task)
    except IndexError:
        # Not by the thread's arguments, which are kept for as long as it lives.
        tasks: SimpleQueue[Task] = SimpleQueue()
        tasks.put(task)
        threading.Thread(target=_serve, args=(tasks, _KEPT), name="claude_foundry", daemon=True).start()


def _serve(tasks: "SimpleQueue[Task]", seconds: float) -> None:
    while _done_next(tasks, seconds):
        _idle.append(tasks)


def _done_next(tasks: "SimpleQueue[Task]", seconds: float) -> bool:
    # What a task holds is let go when this returns.
    try:
        task = tasks.get(timeout=seconds)
    except Empty:
        if _is_taken_off(tasks):
            return False
        task = tasks.get()
    task()
    return True


def _is_taken_off(tasks: "SimpleQueue[Task]") -> bool:
    """Takes a thread off those that wait; where somebody has just done so, its next task is about to come."""
    try:
        _idle.remove(tasks)
    except ValueError:
        return False
    return True


# Not every system can fork, and no thread but one is in a forked process.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.clear)
