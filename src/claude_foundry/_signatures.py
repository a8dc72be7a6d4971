"""Signatures worked out once: both frameworks ask for those of the methods they call, at each call.

Source: https://docs.python.org/3/library/inspect.html#inspect.signature (``__signature__``)
"""

import inspect
from collections.abc import Callable
from typing import Any


def keep(*methods: Callable[..., Any]) -> None:
    """Lets each method hold its signature."""
    for method in methods:
        method.__signature__ = inspect.signature(method)  # type: ignore[attr-defined]
