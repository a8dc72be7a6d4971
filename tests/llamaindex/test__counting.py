"""Counting tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry.llamaindex._counting import counted, pieces


def test_fields_that_are_counted() -> None:
    """What bears on the input is counted; limits of the answer are no fields of a count."""
    fields = {"model": "m", "messages": [], "max_tokens": 5, "tools": [{}], "thinking": {}, "betas": ["a"], "stop": "x"}
    assert set(counted(fields)) == {"model", "messages", "tools", "thinking", "betas"}


@pytest.mark.parametrize(
    ("text", "number"),
    [("", 0), ("  \n", 0), ("Hi", 1), ("Hello there", 4), ("f(x) = 1", 6), ("Здравствуй", 5), ("你好", 2)],
)
def test_pieces(text: str, number: int) -> None:
    """A text has about as many pieces as tokens, whatever its alphabet."""
    assert len(pieces(text)) == number


@given(st.text())
def test_pieces_hold_the_text(text: str) -> None:
    """The pieces are the text but for white space."""
    assert "".join("".join(pieces(text)).split()) == "".join(text.split())
