"""What a caller gives for a field, checked."""

import re
from collections.abc import Callable
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from claude_foundry import ConfigurationError
from claude_foundry._fields import filled, listed, made, mapping, one_of, present, string, whole


class Number:
    """A whole number of another library's."""

    def __index__(self) -> int:
        return 7


@given(st.integers(), st.integers(min_value=0, max_value=9))
def test_whole(number: int, least: int) -> None:
    """A whole number is taken from the least on, and refused below."""
    if number >= least:
        assert whole(number, argument="count", least=least) == number
        return
    with pytest.raises(ConfigurationError, match=f"count={number}: give a whole number of at least {least}"):
        whole(number, argument="count", least=least)


def test_whole_of_another_library() -> None:
    """A whole number of any type comes as a plain one."""
    assert type(whole(Number(), argument="count")) is int


@pytest.mark.parametrize("given_", [True, 1.0, "1", None, float("nan"), [1]])
def test_no_whole_number(given_: Any) -> None:
    """What is no whole number is refused; a truth value is none."""
    with pytest.raises(ConfigurationError, match="count="):
        whole(given_, argument="count", least=0)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: string(5, argument="name"), "name is int: give a string"),
        (lambda: filled(" \n", argument="name"), "name is blank"),
        (lambda: listed("abc", argument="names"), "names is str: give a list"),
        (lambda: listed(5, argument="names"), "names is int: give a list"),
        (lambda: listed(["a", 5], argument="names"), r"names\[1\] is int"),
        (lambda: one_of(("a", "b"), "c", argument="kind"), "kind='c': give one of 'a', 'b'"),
        (lambda: one_of(("a", "b"), ["a"], argument="kind"), r"kind=\['a'\]"),
        (lambda: mapping([1], argument="part", instead="give a dict"), "part is list: give a dict"),
    ],
)
def test_refused(make: Callable[[], Any], said: str) -> None:
    """What cannot be used is refused by the name of its argument."""
    with pytest.raises(ConfigurationError, match=said):
        make()


class Settings(BaseModel):
    size: int
    way: Literal["a", "b"] | bool = True


def test_settings_of_pydantic() -> None:
    """Each setting of a wrong type is refused by its name, with all that it takes, and its value is not told."""
    with pytest.raises(ConfigurationError) as caught:
        made(Settings.__init__.__get__(Settings.__new__(Settings)), {"size": "secret", "way": "c"})

    assert re.search(r"size: .*integer.*; way: .*'a' or 'b'.*boolean", str(caught.value))
    assert "secret" not in str(caught.value)


def test_texts_are_not_told() -> None:
    """No error repeats a text: it may be a prompt or a secret."""
    with pytest.raises(ConfigurationError) as caught:
        listed(["", "my secret"], argument="names")

    assert "secret" not in str(caught.value)


def test_taken() -> None:
    """What can be used comes as it was; iterables as lists, and without what is not given."""
    assert filled(" a ", argument="name") == " a "
    assert listed((name for name in "ab"), argument="names") == ["a", "b"]
    assert one_of(("a", "b"), "b", argument="kind") == "b"
    assert present({"a": None, "b": 0, "c": ""}) == {"b": 0, "c": ""}
