"""Locks that no forked process inherits as held: the thread that held them is not in it.

Source: https://docs.python.org/3/library/os.html#os.register_at_fork
"""

import os
import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

_makers: WeakKeyDictionary[Any, Callable[[], Any]] = WeakKeyDictionary()


def lock_of(owner: Any, make: Callable[[], Any] = threading.Lock) -> Any:
    """Gives a lock that its owner is to keep as ``_lock``; in a forked process it is given a new one."""
    _makers[owner] = make
    return make()


def _renew() -> None:
    for owner, make in list(_makers.items()):
        owner._lock = make()


# Not every system can fork.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
