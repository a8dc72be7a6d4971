"""Fills a JSON schema from a text: what the text offers where it fits, the smallest valid value elsewhere.

Source: https://json-schema.org/understanding-json-schema/reference
"""

import math
from collections.abc import Mapping
from functools import reduce
from itertools import chain, islice, repeat
from typing import Any

from claude_foundry.emulator._clues import Clues
from claude_foundry.emulator._leaves import (
    MOST_LETTERS,
    Schema,
    TooLargeError,
    alternatives,
    boolean,
    number,
    offers_string,
    string,
)

# From here on only what is required is filled, so that a schema which contains itself ends.
_DEEP = 6
_MOST_REFERENCES = 32
_MOST_ITEMS = 50
# A schema that refers to itself twice doubles what there is to do with each reference.
_MOST_STEPS = 5000


def filled(schema: Schema, text: str) -> Any:
    """Gives a value that fits a schema.

    Args:
        schema: a JSON schema; references point into it.
        text: where values are looked for.

    Raises:
        TooLargeError: the smallest such value is too large.
    """
    return _Filler(schema, Clues(text)).value(schema, "", depth=0)


class _Filler:
    def __init__(self, root: Schema, clues: Clues) -> None:
        self._root = root
        self._clues = clues
        self._steps_left = _MOST_STEPS
        self._letters_left = MOST_LETTERS

    def value(self, schema: Any, name: str, *, depth: int) -> Any:
        match self._resolved(schema):
            case {"const": value}:
                return self._counted(value)
            case {"enum": [*values]}:
                said = self._clues.mentioned(value for value in values if isinstance(value, str))
                return self._counted(said if said is not None else values[0])
            case ({"anyOf": [*branches]} | {"oneOf": [*branches]}) as resolved:
                return self.value(self._branch(branches, resolved, name, depth=depth), name, depth=depth + 1)
            case resolved:
                return self._typed(resolved, name, depth=depth)

    def _typed(self, schema: Schema, name: str, *, depth: int) -> Any:
        match _type(schema):
            case "object":
                return self._object(schema, depth=depth)
            case "array":
                return self._array(schema, name, depth=depth)
            case "integer" | "number" as kind:
                return number(schema, name, self._clues, whole=kind == "integer")
            case "boolean":
                return boolean(schema, name, self._clues)
            case "null":
                return None
        return self._counted(string(schema, name, self._clues))

    def _counted(self, value: Any) -> Any:
        self._letters_left -= len(str(value))
        if self._letters_left < 0:
            raise TooLargeError
        return value

    def _resolved(self, schema: Any) -> Schema:
        self._steps_left -= 1
        if self._steps_left < 0:
            raise TooLargeError
        resolved: Schema = schema if isinstance(schema, Mapping) else {}
        for _ in range(_MOST_REFERENCES):
            match resolved:
                case {"$ref": str(reference), **beside}:
                    resolved = _merged(self._at(reference), beside)
                case {"allOf": [*parts], **beside}:
                    resolved = reduce(_merged, map(self._resolved, parts), beside)
                case _:
                    break
        return resolved

    def _at(self, reference: str) -> Schema:
        found: Any = self._root
        for step in reference.removeprefix("#").strip("/").split("/"):
            plain = step.replace("~1", "/").replace("~0", "~")
            found = found.get(plain, {}) if plain and isinstance(found, Mapping) else found
        return found if isinstance(found, Mapping) else {}

    def _branch(self, branches: list[Any], schema: Schema, name: str, *, depth: int) -> Schema:
        own = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf")}
        choices = [_merged(own, self._resolved(branch)) for branch in branches]
        empty = [choice for choice in choices if _type(choice) == "null"]
        offered = [choice for choice in choices if self._offers(choice, name)]
        flat = [choice for choice in choices if depth > _DEEP and _type(choice) not in ("object", "array")]
        # What may be null is null unless the text has something for it.
        return next(iter([*offered, *empty, *flat, *choices]))

    def _object(self, schema: Schema, *, depth: int) -> dict[str, Any]:
        properties: dict[str, Any] = schema.get("properties") or {}
        value = {
            name: self.value(properties.get(name, {}), name, depth=depth + 1) for name in schema.get("required") or ()
        }
        for name, inner in properties.items():
            if name not in value and depth < _DEEP and self._offers(self._resolved(inner), name):
                value[name] = self.value(inner, name, depth=depth + 1)
        more = schema.get("additionalProperties", {})
        for count in range(schema.get("minProperties", 0) - len(value)):
            name = next((name for name in properties if name not in value), f"field_{count + 1}")
            value[name] = self.value(properties.get(name, more), name, depth=depth + 1)
        return {name: value[name] for name in [*properties, *value] if name in value}

    def _array(self, schema: Schema, name: str, *, depth: int) -> list[Any]:
        fixed, items = schema.get("prefixItems") or [], schema.get("items", {})
        least, most = schema.get("minItems", 0), schema.get("maxItems", math.inf)
        wanted = max(least, min(most, _MOST_ITEMS, len(fixed) or self._supply(self._resolved(items), depth=depth)))
        values: list[Any] = []
        for inner in islice(chain(fixed, repeat(items)), int(wanted)):
            value = self.value(inner, name.removesuffix("s"), depth=depth + 1)
            if schema.get("uniqueItems") and value in values:
                value = next((other for other in alternatives(self._resolved(inner)) if other not in values), value)
            values.append(value)
        return values if not schema.get("uniqueItems") else _without_repeats(values, least=least)

    def _supply(self, items: Schema, *, depth: int) -> int:
        """Tells how many items the text has for an array."""
        match _type(items):
            case "integer" | "number":
                return max(1, len(self._clues.left("number")))
            case "string" if "enum" not in items:
                return max(1, len(self._clues.left("quotation")) or len(self._clues.left("name")))
        return 1 if depth < _DEEP else 0

    def _offers(self, schema: Schema, name: str) -> bool:
        """Tells whether the text has something for a field that may be left out."""
        match schema:
            case {"enum": [*values]}:
                return self._clues.mentioned(value for value in values if isinstance(value, str)) is not None
            case {"anyOf": [*branches]} | {"oneOf": [*branches]}:
                return any(self._offers(self._resolved(branch), name) for branch in branches)
            case {"properties": {}}:
                return any(map(self._clues.mentions, [name, *schema["properties"]]))
        match _type(schema):
            case "integer" | "number":
                return self._clues.has_number_beside(name)
            case "string":
                return offers_string(schema, name, self._clues)
            case "null":
                return False
        return self._clues.mentions(name)


def _type(schema: Schema) -> str | None:
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return next((kind for kind in kinds if kind != "null"), "null")
    if kinds is None:
        return next((kind for key, kind in _TOLD_BY if key in schema), None)
    return str(kinds)


_TOLD_BY = (
    ("properties", "object"),
    ("required", "object"),
    ("items", "array"),
    ("prefixItems", "array"),
    ("minimum", "number"),
    ("maximum", "number"),
)


def _merged(first: Schema, second: Schema) -> Schema:
    """Joins two schemas that must both hold."""
    joined = {**first, **second}
    if "properties" in first and "properties" in second:
        joined["properties"] = {**first["properties"], **second["properties"]}
    if "required" in first and "required" in second:
        joined["required"] = [*dict.fromkeys([*first["required"], *second["required"]])]
    return joined


def _without_repeats(values: list[Any], *, least: int) -> list[Any]:
    kept: list[Any] = []
    for value in values:
        if value not in kept or len(values) <= least:
            kept.append(value)
    return kept
