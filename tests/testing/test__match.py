"""Where two bodies part."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry.testing._match import first_difference, with_one_boundary, with_plain_docstrings

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
)


@given(body=JSON)
def test_equal_bodies_do_not_differ(body: Any) -> None:
    """A body says the same as its copy."""
    assert first_difference(body, deepcopy(body)) is None


@given(sent=JSON, recorded=JSON)
def test_it_finds_a_difference_exactly_when_there_is_one(sent: Any, recorded: Any) -> None:
    """Two bodies differ if and only if they are not equal as JSON."""
    assert (first_difference(sent, recorded) is None) == (sent == recorded)


@pytest.mark.parametrize(
    ("sent", "recorded", "sentence"),
    [
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, "body['a'][1]['b'] is 2, the cassette has 3"),
        ({"a": 1}, {"a": 1, "b": 2}, "body['b'] is not sent, the cassette has 2"),
        ([1, 2], [1], "body[1] is 2, the cassette has no such item"),
        ({"a": []}, {"a": {}}, "body['a'] is [], the cassette has {}"),
        ("a", b"a", "body is 'a', the cassette has b'a'"),
    ],
)
def test_it_names_the_place(sent: Any, recorded: Any, sentence: str) -> None:
    """The sentence leads to the item and shows both values."""
    assert first_difference(sent, recorded) == sentence


def test_docstrings_of_any_python_describe_the_same_tool() -> None:
    """A tool is described the same with a docstring's indentation and without, which Python 3.13 leaves out."""
    indented = {
        "tools": [{"name": "add", "description": "Adds.\n\n        Takes two.\n        "}, "odd"],
        "system": " a",
    }
    plain = {"tools": [{"name": "add", "description": "Adds.\n\nTakes two."}, "odd"], "system": " a"}

    assert with_plain_docstrings(indented) == with_plain_docstrings(plain) == plain


@given(body=JSON)
def test_what_has_no_tools_keeps_its_docstrings(body: Any) -> None:
    """Whatever is no request with tools stays as it is."""
    assert with_plain_docstrings(body) == body


@pytest.mark.parametrize("boundary", [b"a1", b"another"])
def test_the_boundary_of_an_upload_is_the_same_every_time(boundary: bytes) -> None:
    """Two uploads of one file differ in nothing, though each is framed anew."""
    sent = b"--%b\r\nname: file\r\n\r\nhello\r\n--%b--\r\n" % (boundary, boundary)

    assert with_one_boundary(sent) == b"--boundary\r\nname: file\r\n\r\nhello\r\n--boundary--\r\n"


def test_other_bodies_stay_as_they_are() -> None:
    """What only begins like an upload is not touched."""
    assert with_one_boundary(b"--a\r\nhello") == b"--a\r\nhello"
