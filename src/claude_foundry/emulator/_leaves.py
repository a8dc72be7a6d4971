"""Numbers, strings and booleans for a JSON schema: the first value the text offers that the schema allows.

Source: https://json-schema.org/understanding-json-schema/reference
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from claude_foundry.emulator._clues import Clues
from claude_foundry.emulator._words import stems

Schema = Mapping[str, Any]

_PLACES = frozenset(stems("city location place country town destination origin region state address"))
_SUBJECTS = frozenset(stems("query question text prompt message content request search topic task description"))
_FORMATS = {
    "date": "2000-01-01",
    "date-time": "2000-01-01T00:00:00Z",
    "time": "00:00:00Z",
    "email": "name@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
    "hostname": "example.com",
    "duration": "P1D",
}
_STOCK = ("a", "A", "0", "a1", "A1", "aa", "AA", "00", "aaa", "AAA", "000", "0000", "00000", "AAA-000", "")
_LONGEST = 400
MOST_LETTERS = 100_000


class TooLargeError(Exception):
    """A schema of which no value is made up: the smallest has too many parts or letters."""


def number(schema: Schema, name: str, clues: Clues, *, whole: bool) -> float:
    """Gives a number: one of the text's, the default, or the smallest allowed."""
    for said in clues.numbers(name):
        value = _parsed(said)
        if _allows_number(schema, value, whole=whole):
            clues.use(said)
            return value
    default = schema.get("default")
    if isinstance(default, int | float) and _allows_number(schema, default, whole=whole):
        return default
    return _least(schema, whole=whole)


def boolean(schema: Schema, name: str, clues: Clues) -> bool:
    """Gives true for what the text names, false for what it denies or leaves out."""
    return not clues.denies(name) and (clues.mentions(name) or schema.get("default") is True)


def string(schema: Schema, name: str, clues: Clues) -> str:
    """Gives a string: one the text offers, the default, or one made to fit."""
    for value in _offers(schema, name, clues):
        if _allows_string(schema, value):
            clues.use(value)
            return value
    return _made(schema)


def alternatives(schema: Schema) -> Iterator[Any]:
    """Gives values that a schema allows, for arrays whose items must differ."""
    match schema:
        case {"enum": [*values]}:
            yield from values
        case {"type": "boolean"}:
            yield from (False, True)
        case {"type": ("integer" | "number") as kind}:
            least, step = _least(schema, whole=kind == "integer"), schema.get("multipleOf", 1)
            near = (least + sign * count * step for count in range(100) for sign in (1, -1))
            yield from (value for value in near if _allows_number(schema, value, whole=kind == "integer"))
        case _:
            yield from (text for text in (*_STOCK, *map(str, range(100))) if _allows_string(schema, text))


def offers_string(schema: Schema, name: str, clues: Clues) -> bool:
    """Tells whether the text has a string that belongs to an optional field."""
    if clues.after(name) is not None:
        return True
    if schema.get("format") in _FORMATS:
        return bool(clues.left(schema["format"]))
    if _is(name, _PLACES):
        return bool(clues.left("place"))
    return bool(clues.left("quotation")) and clues.mentions(name)


def _offers(schema: Schema, name: str, clues: Clues) -> Iterator[str]:
    match schema.get("format"):
        case "date-time":
            yield from (date if "T" in date else f"{date}T00:00:00Z" for date in clues.left("date"))
        case str(kind) if kind in _FORMATS:
            yield from clues.left(kind)
        case _:
            yield from _unformatted(schema, name, clues)


def _unformatted(schema: Schema, name: str, clues: Clues) -> Iterator[str]:
    said = clues.after(name)
    if said is not None:
        yield said
    for kind in ("email", "uri", "date"):
        if _is(name, frozenset((kind, "url" if kind == "uri" else "when" if kind == "date" else "mail"))):
            yield from clues.left(kind)
    if _is(name, _PLACES):
        yield from clues.left("place")
    yield from clues.left("quotation")
    if not _is(name, _SUBJECTS):
        yield from clues.left("name")
        yield from clues.left("number") if "pattern" in schema else ()
    if isinstance(schema.get("default"), str):
        yield schema["default"]
    yield from clues.passages(f"{name} {schema.get('description', '')}", longest=_LONGEST)


def _is(name: str, kinds: frozenset[str]) -> bool:
    return not kinds.isdisjoint(stems(name))


def _parsed(said: str) -> float:
    value = float(said)
    return int(value) if value.is_integer() and "." not in said else value


def _allows_number(schema: Schema, value: float, *, whole: bool) -> bool:
    step = schema.get("multipleOf")
    return (
        not isinstance(value, bool)
        and (not whole or float(value).is_integer())
        and schema.get("minimum", -math.inf) <= value <= schema.get("maximum", math.inf)
        and schema.get("exclusiveMinimum", -math.inf) < value < schema.get("exclusiveMaximum", math.inf)
        and (step is None or float(value / step).is_integer())
    )


def _least(schema: Schema, *, whole: bool) -> float:
    """Gives the allowed number nearest to zero's side of the lower bound."""
    lower = max(schema.get("minimum", -math.inf), schema.get("exclusiveMinimum", -math.inf))
    upper = min(schema.get("maximum", math.inf), schema.get("exclusiveMaximum", math.inf))
    step = schema.get("multipleOf") or (1 if whole else None)
    bounds = [bound for bound in (lower, upper) if math.isfinite(bound)]
    near = [0, *bounds, *([sum(bounds) / 2] if bounds else [])]
    if step is not None:
        near += [whole_steps * step for bound in bounds for whole_steps in _steps_around(bound / step)]
    near += [bound + offset for bound in bounds for offset in (1, -1)]
    values = [int(value) if whole and float(value).is_integer() else value for value in near]
    return next((value for value in values if _allows_number(schema, value, whole=whole)), 0)


def _steps_around(steps: float) -> tuple[int, ...]:
    return (math.floor(steps), math.ceil(steps), math.floor(steps) - 1, math.ceil(steps) + 1)


def _allows_string(schema: Schema, value: str) -> bool:
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength", math.inf)
    return shortest <= len(value) <= longest and re.search(schema.get("pattern", ""), value) is not None


def _made(schema: Schema) -> str:
    candidates = [schema.get("default"), _FORMATS.get(str(schema.get("format"))), *_STOCK]
    fitting = [value for value in candidates if isinstance(value, str) and _allows_string(schema, value)]
    shortest = int(schema.get("minLength", 0))
    if not fitting and shortest > MOST_LETTERS:
        raise TooLargeError
    return fitting[0] if fitting else "a" * shortest
