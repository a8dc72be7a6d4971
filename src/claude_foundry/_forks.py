"""What stays in its process; locks that no forked one inherits as held: the thread that held them is not in it.

Source: https://docs.python.org/3/library/os.html#os.register_at_fork
"""

import os
import threading
from collections.abc import Callable
from typing import Any, NoReturn
from weakref import ReferenceType, ref

# By identity: owners of which one equals another have locks of their own all the same.
_makers: dict[int, tuple[ReferenceType[Any], Callable[[], Any]]] = {}


class OfOneProcess:
    """What has connections and signs in, and therefore is neither pickled nor copied."""

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "A client and its streams belong to one process: they can be neither pickled nor deep-copied. "
            "Make a client in each process; threads may share one."
        )


def lock_of(owner: Any, make: Callable[[], Any] = threading.Lock) -> Any:
    """Gives a lock that its owner is to keep as ``_lock``; in a forked process it is given a new one."""
    place = id(owner)
    _makers[place] = ref(owner, lambda _: _makers.pop(place, None)), make
    return make()


def _renew() -> None:
    for reference, make in list(_makers.values()):
        if (owner := reference()) is not None:
            owner._lock = make()


# Not every system can fork.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
