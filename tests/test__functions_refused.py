"""Functions that cannot be told to the API as tools."""

import functools
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from claude_foundry import ConfigurationError, tool
from tests.test__functions import Counter, Place, weather


@pytest.mark.parametrize("name", ["a b", "", "x" * 65, 5, None])
def test_names_that_cannot_be_told(name: Any) -> None:
    """A name that the API does not take is refused."""
    with pytest.raises(ConfigurationError, match="give it a name="):
        tool(weather, name=name)


class Tree(BaseModel):
    children: list["Tree"]


def by_word(counts: dict[str, int]) -> None:
    """Takes a dictionary with free keys."""


def of_trees(tree: Tree) -> None:
    """Takes what contains itself."""


@pytest.mark.parametrize("function", [by_word, of_trees])
def test_strict_that_cannot_be_told(function: Callable[..., Any]) -> None:
    """Of types that the strict form cannot say, a tool is not strict; to ask for it is refused."""
    assert tool(function).definition["input_schema"]["properties"]
    with pytest.raises(ConfigurationError, match="leave strict out"):
        tool(function, strict=True)


def any_number(*numbers: int) -> None:
    """Takes what has no schema."""


def unknown_hint(number: "Missing") -> None:  # type: ignore[name-defined] # noqa: F821
    """Names a type that is nowhere."""


def no_schema(when: Callable[[], int]) -> None:
    """Takes what is no JSON."""


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (any_number, "name every parameter"),
        (unknown_hint, "type hints cannot be read"),
        (no_schema, "no_schema"),
        (lambda: None, "give it a name="),
        (Counter, "tool Counter: it is a class"),
        (functools.partial(Place, country="Italy"), "tool Place: it is a class"),
        (Counter.add, "give the method of an instance"),
        (5, "int is no function"),
    ],
    ids=["variadic", "unknown hint", "no schema", "lambda", "class", "partial class", "unbound method", "number"],
)
def test_functions_that_cannot_be_told(function: Any, said: str) -> None:
    """A function whose name or signature cannot be told to the API is refused before anything is sent."""
    with pytest.raises(ConfigurationError, match=said):
        tool(function)
