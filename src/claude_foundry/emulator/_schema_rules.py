"""What the service refuses in a JSON schema: of a tool, and of what it compiles for structured outputs.

Sources: https://json-schema.org/draft/2020-12,
https://platform.claude.com/docs/en/build-with-claude/structured-outputs
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from claude_foundry.emulator._fields import Complaints

_TYPES = frozenset({"object", "array", "string", "integer", "number", "boolean", "null"})
_IN_SCHEMA = ("items", "additionalProperties", "contains", "propertyNames", "not", "if", "then", "else")
_IN_LIST = ("anyOf", "oneOf", "allOf", "prefixItems")
_BY_NAME = ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas")
_NOT_COMPILED = {
    **dict.fromkeys(
        ("integer", "number"), ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
    ),
    "string": ("minLength", "maxLength"),
    "array": ("maxItems", "uniqueItems"),
}


def ill_formed(schema: Any, path: str) -> Complaints:
    """Complains of a schema that is none."""
    if not all(map(_has_sound_keywords, _all(schema))):
        yield (
            f"{path}: JSON schema is invalid. It must match JSON Schema draft 2020-12 "
            "(https://json-schema.org/draft/2020-12)."
        )


def not_compiled(schema: Any, path: str) -> Complaints:
    """Complains of what the service does not compile for structured outputs and strict tools."""
    for part in filter(_is_object, _all(schema)):
        kind = part.get("type")
        if kind == "object" and part.get("additionalProperties") is not False:
            yield f"{path}: For 'object' type, 'additionalProperties' must be explicitly set to false"
        refused = [name for name in _NOT_COMPILED.get(str(kind), ()) if name in part]
        if refused:
            yield f"{path}: For '{kind}' type, properties {', '.join(refused)} are not supported"
        if part.get("minItems", 0) not in (0, 1):
            yield f"{path}: For 'array' type, 'minItems' values other than 0 or 1 are not supported"


def _all(schema: Any) -> Iterator[Any]:
    """Gives a schema and every schema in it."""
    yield schema
    if not _is_object(schema):
        return
    inner = [schema[name] for name in _IN_SCHEMA if name in schema]
    inner += [part for name in _IN_LIST if isinstance(schema.get(name), list) for part in schema[name]]
    inner += [part for name in _BY_NAME if _is_object(schema.get(name)) for part in schema[name].values()]
    for part in inner:
        yield from _all(part)


def _has_sound_keywords(schema: Any) -> bool:
    if not _is_object(schema):
        return isinstance(schema, bool)
    return all(sound(schema[name]) for name, sound in _SOUND.items() if name in schema)


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_type(value: Any) -> bool:
    kinds = value if isinstance(value, list) and value else [value]
    return all(isinstance(kind, str) and kind in _TYPES for kind in kinds)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_step(value: Any) -> bool:
    return _is_number(value) and value > 0


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_filled_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_pattern(value: Any) -> bool:
    try:
        return _is_text(value) and bool(re.compile(value))
    except re.error:
        return False


_SOUND: dict[str, Callable[[Any], bool]] = {
    "type": _is_type,
    "required": _is_names,
    "enum": _is_filled_list,
    "pattern": _is_pattern,
    "multipleOf": _is_step,
    "uniqueItems": lambda value: isinstance(value, bool),
    **dict.fromkeys(("$ref", "format", "description", "title"), _is_text),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _is_number),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _is_count),
    **dict.fromkeys(_BY_NAME, _is_object),
    **dict.fromkeys(_IN_LIST, _is_filled_list),
}
