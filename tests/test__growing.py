"""JSON that is still being written."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry._growing import Growth, half_written


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("Hello", None),
        ('{"a": "b', {"a": "b"}),
        ('{"a": [1, {"b": ', {"a": [1, {}]}),
        ('{"a": 1}', {"a": 1}),
    ],
)
def test_half_written(text: str, value: Any) -> None:
    """What there is of a document is there as soon as it is written; what is no JSON gives nothing."""
    assert half_written(text) == value


def test_growth() -> None:
    """A text is due at first, when it is a tenth longer, and when it begins anew."""
    growth = Growth()

    assert [growth.is_due(length) for length in (10, 10, 10, 11, 12, 13, 5, 5, 6)] == [
        *(True, False, False, True, False, True),
        *(True, False, True),
    ]


@given(st.lists(st.integers(1, 50), max_size=300))
def test_reading_costs_a_multiple_of_the_length(pieces: list[int]) -> None:
    """However a text grows, what is read of it in all is at most so many times its length."""
    growth, length, read = Growth(), 0, 0
    for piece in pieces:
        length += piece
        read += length if growth.is_due(length) else 0

    assert read <= 12 * length
