"""Warnings that name the caller's line, below however many frames of this package and of the frameworks it stands.

Source: https://docs.python.org/3/library/warnings.html#warnings.warn (``stacklevel``)
"""

import sys
import warnings

_BETWEEN = frozenset(
    {
        *("claude_foundry", "langchain", "langchain_core", "langchain_classic", "langgraph", "langsmith"),
        *("llama_index", "llama_index_instrumentation", "workflows", "pydantic"),
        *("asyncio", "concurrent", "contextlib", "contextvars", "functools", "threading"),
    }
)


def warn(text: str, *, category: type[Warning] = UserWarning) -> None:
    """Warns the caller, once for each of its lines unless it asks for more."""
    warnings.warn(text, category, stacklevel=_level())


def _level() -> int:
    """How far up the first frame of the caller is, counted from ``warn``; where there is none, whoever called it."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None:
        frame, level = frame.f_back, level + 1
        if frame.f_globals.get("__name__", "").partition(".")[0] not in _BETWEEN:
            return level
    return 2
