"""Signatures of methods, worked out once: LlamaIndex's spans ask for them at each call.

Source: https://docs.python.org/3/library/inspect.html#inspect.signature (``__signature__``)
"""

import inspect
from types import FunctionType
from typing import Any, TypeVar

from claude_foundry import _signatures

C = TypeVar("C", bound=type)


def with_signatures(cls: C) -> C:
    """Gives the class, whose public methods hold their signatures."""
    for name, member in vars(cls).items():
        method: Any = inspect.unwrap(member) if callable(member) and not name.startswith("_") else None
        if isinstance(method, FunctionType):
            _signatures.keep(method)
    return cls
