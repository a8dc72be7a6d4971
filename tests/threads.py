"""Threads of the package that earlier tests left waiting."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from claude_foundry import _threads


@contextmanager
def none_idle() -> Iterator[None]:
    """Keeps those that wait for a task at work."""
    over = threading.Event()
    while _threads._idle:
        _threads.begin(lambda: over.wait(60))
    try:
        yield
    finally:
        over.set()
