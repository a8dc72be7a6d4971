"""Warnings that name the caller's line."""

import types
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from claude_foundry._warnings import warn


def between(package: str) -> types.FunctionType:
    """Gives a function of a framework, which calls what it is given."""
    return types.FunctionType((lambda call: call()).__code__, {"__name__": f"{package}.inner"})


def test_the_callers_line() -> None:
    """A warning names the first file above this package's and the frameworks' frames."""
    inner, outer = between("claude_foundry"), between("langchain_core")

    with pytest.warns(UserWarning, match="Mind that") as warned:
        outer(lambda: inner(lambda: warn("Mind that.")))

    assert warned[0].filename == __file__


def test_no_line_of_the_callers() -> None:
    """Where nobody but frameworks is above, whoever called is named, and the warning is not lost."""
    with pytest.warns(UserWarning, match="Mind that") as warned, ThreadPoolExecutor() as pool:
        pool.submit(between("claude_foundry"), partial(warn, "Mind that.")).result()

    assert warned[0].category is UserWarning
