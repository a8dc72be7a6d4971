"""Whether two bodies say the same, and if not, where they part."""

from collections.abc import Collection
from inspect import cleandoc
from typing import Any


def with_one_boundary(body: bytes) -> bytes:
    """Gives a multipart body with a boundary that is the same every time; any other body as it is."""
    boundary = body.partition(b"\r\n")[0]
    if not boundary.startswith(b"--") or not body.endswith(boundary + b"--\r\n"):
        return body
    return body.replace(boundary, b"--boundary")


def with_plain_docstrings(body: Any) -> Any:
    """Gives a request whose tools are described without the indentation of docstrings: Python 3.13 leaves it out."""
    match body:
        case {"tools": [*tools]}:
            return {**body, "tools": [_plainly_described(tool) for tool in tools]}
    return body


def _plainly_described(tool: Any) -> Any:
    match tool:
        case {"description": str(description)}:
            return {**tool, "description": cleandoc(description)}
    return tool


def first_difference(left: Any, right: Any, *, at: str = "body") -> str | None:
    """Gives a sentence on the first place where two JSON values differ, or None."""
    match left, right:
        case dict(), dict():
            places: Collection[Any] = dict.fromkeys((*left, *right))
        case list(), list():
            places = range(max(len(left), len(right)))
        case _:
            return None if left == right else f"{at} is {left!r}, the cassette has {right!r}"
    absent = object()
    pairs = ((place, _item(left, place, absent), _item(right, place, absent)) for place in places)
    return next(filter(None, (_difference(*pair, absent=absent, at=at) for pair in pairs)), None)


def _difference(place: Any, left: Any, right: Any, *, absent: object, at: str) -> str | None:
    here = f"{at}[{place!r}]"
    if left is absent:
        return f"{here} is not sent, the cassette has {right!r}"
    if right is absent:
        return f"{here} is {left!r}, the cassette has no such item"
    return first_difference(left, right, at=here)


def _item(container: Any, place: Any, absent: object) -> Any:
    try:
        return container[place]
    except LookupError:
        return absent
