"""What docstrings say of a function and of its parameters."""

import inspect

import pytest

from claude_foundry._docstrings import read

GOOGLE = """
Finds things.

Args:
    query: What to look for,
        in words.
    limit (int): Most of them.
    *rest: Others.

Returns:
    The things.
"""
NUMPY = """
Finds things.

Parameters
----------
query : str
    What to look for,
    in words.
limit : int, optional
    Most of them.
*rest
    Others.

Returns
-------
The things.
"""
REST = """
Finds things.

:param query: What to look for,
    in words.
:type query: str
:param int limit: Most of them.
:param rest: Others.
:returns: The things.
"""


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (GOOGLE, "Finds things.\n\nReturns:\n    The things."),
        (NUMPY, "Finds things.\n\nReturns\n-------\nThe things."),
        (REST, "Finds things.\n\n:returns: The things."),
    ],
    ids=["google", "numpy", "reST"],
)
def test_styles(text: str, left: str) -> None:
    """Each style gives the same descriptions, and leaves the rest of the docstring."""
    assert read(inspect.cleandoc(text)) == (
        left,
        {"query": "What to look for, in words.", "limit": "Most of them.", "rest": "Others."},
    )


def test_several_names_at_once() -> None:
    """Parameters that numpy's style describes together have the same words."""
    text = "Adds.\n\nParameters\n----------\na, b : int\n    A summand.\n\nSee Also\n--------\nc : Not this.\n"

    assert read(text) == ("Adds.\n\nSee Also\n--------\nc : Not this.", {"a": "A summand.", "b": "A summand."})


@pytest.mark.parametrize(
    "text",
    ["", "Says: nothing of parameters.", "A list:\n\n- one: first\n- two: second", "Ends.\n\n:returns: something"],
)
def test_docstrings_without_parameters(text: str) -> None:
    """What describes no parameter is the description as it is."""
    assert read(text) == (text, {})
