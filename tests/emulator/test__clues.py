"""What is found in a text to fill fields with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry.emulator._clues import Clues
from claude_foundry.emulator._words import pieces, words


@pytest.mark.parametrize(
    ("text", "kind", "values"),
    [
        ("from 3 to -4.5, or 1,200", "number", ["3", "-4.5", "1200"]),
        ("version 1.2.3 of x86", "number", []),
        ("born 2026-03-04", "number", []),
        ("on 10 December 1815 and May 3, 2026", "date", ["1815-12-10", "2026-05-03"]),
        ("it's 'one' or \"two\" or “three” or 「四」", "quotation", ["one", "two", "three", "四"]),
        ("What's the news in New York, NY?", "name", ["New York, NY"]),
        ("Paris and Oslo", "name", ["Oslo", "Paris"]),
        ("from oslo to Bergen", "place", ["oslo", "Bergen"]),
        ("see https://example.com/a?b=1.", "uri", ["https://example.com/a?b=1"]),
        ("mail to ada.l@example.co.uk!", "email", ["ada.l@example.co.uk"]),
    ],
)
def test_values(text: str, kind: str, values: list[str]) -> None:
    """Numbers, dates, quotations, names, places and addresses are found as they are meant."""
    assert Clues(text).left(kind) == values


def test_each_value_is_given_once() -> None:
    """A value that is used is left to no other field."""
    clues = Clues("in Oslo")
    clues.use("Oslo")
    assert clues.left("place") == clues.left("name") == []


@given(st.text())
def test_cut_texts_join_again(text: str) -> None:
    """Words and tokens, joined, are the text they come from."""
    assert "".join(words(text)) == text
    assert "".join(pieces(text)) == text
