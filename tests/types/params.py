"""Whether a value is what a typed dict of the package says: every key known and of its type, none missing."""

import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, get_args, get_origin

from typing_extensions import get_type_hints, is_typeddict

hints_of = cache(get_type_hints)


def complaints(value: Any, hint: Any, path: str = "it") -> Iterator[str]:
    """Gives what is wrong with a value, as a type checker would see it."""
    inner = get_args(hint)
    match get_origin(hint):
        case typing.Union | types.UnionType:
            yield from _of_union(value, inner, path)
        case typing.Literal:
            yield from () if value in inner else [f"{path} is {value!r}, none of {inner}"]
        case typing.Annotated | typing.Required | typing.NotRequired:
            yield from complaints(value, inner[0], path)
        case origin if isinstance(origin, type) and issubclass(origin, Mapping):
            yield from () if isinstance(value, Mapping) else [f"{path} is no mapping"]
        case origin if isinstance(origin, type) and issubclass(origin, Iterable):
            yield from _of_list(value, inner[0], path)
        case _ if is_typeddict(hint):
            yield from _of_dict(value, hint, path)
        case _ if hint is not Any and not isinstance(value, types.NoneType if hint is None else hint):
            yield f"{path} is {type(value).__name__}, not {hint}"


def _of_union(value: Any, kinds: Iterable[Any], path: str) -> Iterator[str]:
    found = [list(complaints(value, kind, path)) for kind in kinds]
    if [] in found:
        return
    # Of the kind that is nearest: what is of another class, or of another type, is not meant.
    afar = (f"{path} is ", f"{path}.type is ")
    yield from min(found, key=lambda told: [any(line.startswith(far) for line in told) for far in afar])


def _of_list(value: Any, kind: Any, path: str) -> Iterator[str]:
    if not isinstance(value, list | tuple):
        yield f"{path} is {type(value).__name__}, no list"
        return
    for place, item in enumerate(value):
        yield from complaints(item, kind, f"{path}.{place}")


def _of_dict(value: Any, hint: Any, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{path} is {type(value).__name__}, no dict"
        return
    hints = hints_of(hint)
    yield from (f"{path}.{name} is missing" for name in hint.__required_keys__ if name not in value)
    yield from (f"{path}.{name} is no key of {hint.__name__}" for name in value if name not in hints)
    for name in hints.keys() & value.keys():
        yield from complaints(value[name], hints[name], f"{path}.{name}")
