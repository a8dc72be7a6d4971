"""The schema of a tool's arguments as the API takes it: one object, whose fields may be anything.

Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

Schema = Mapping[str, Any]

_CHOICES = ("anyOf", "oneOf")
_ALL = "allOf"


def object_schema(schema: Schema) -> dict[str, Any]:
    """Gives the schema with an object at its root.

    The API refuses a choice of several objects there: what stands for them has the fields of all, and requires what
    each of them requires. The tool itself still sees which of them fits.
    """
    definitions = {**schema.get("definitions", {}), **schema.get("$defs", {})}
    merged = _merged(schema, definitions)
    return {"type": "object", "properties": {}, **merged}


def _merged(schema: Schema, definitions: Mapping[str, Schema]) -> dict[str, Any]:
    if reference := schema.get("$ref"):
        named = definitions.get(str(reference).rpartition("/")[2], {})
        schema = {**named, **{name: value for name, value in schema.items() if name != "$ref"}}
    own = {name: value for name, value in schema.items() if name not in (*_CHOICES, _ALL)}
    whole = reduce(_both, [_merged(part, definitions) for part in schema.get(_ALL, ())], own)
    variants = [_merged(part, definitions) for name in _CHOICES for part in schema.get(name, ())]
    return _both(whole, reduce(_either, variants)) if variants else whole


def _both(one: Schema, other: Schema) -> dict[str, Any]:
    required = list(dict.fromkeys([*one.get("required", ()), *other.get("required", ())]))
    return {**other, **one, **_fields(one, other), **({"required": required} if required else {})}


def _either(one: Schema, other: Schema) -> dict[str, Any]:
    required = [name for name in one.get("required", ()) if name in other.get("required", ())]
    rest = {name: value for name, value in one.items() if name not in ("required", "title", "description")}
    return {**rest, **_fields(one, other), **({"required": required} if required else {})}


def _fields(one: Schema, other: Schema) -> dict[str, Any]:
    first, second = one.get("properties", {}), other.get("properties", {})
    if not first and not second:
        return {}
    return {"properties": {name: _field(first, second, name) for name in {**first, **second}}}


def _field(first: Schema, second: Schema, name: str) -> Any:
    found: Sequence[Any] = [fields[name] for fields in (first, second) if name in fields]
    return found[0] if len(found) == 1 or found[0] == found[1] else {"anyOf": list(found)}
