"""The schema of a tool's arguments as the API takes it: one object, whose fields may be anything.

Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any
from weakref import WeakKeyDictionary

from pydantic import BaseModel, TypeAdapter
from pydantic.v1 import BaseModel as BaseModelV1

from claude_foundry._schema import json_schema

Schema = Mapping[str, Any]

_CHOICES = ("anyOf", "oneOf")
_ALL = "allOf"
NOT_AT_THE_ROOT = (*_CHOICES, _ALL, "$ref")
"""What the API does not take at the root of a tool's schema."""
_SAYS_WHAT = frozenset({"type", "enum", "const", *NOT_AT_THE_ROOT})


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


def has_untyped(schema: Any) -> bool:
    """Tells whether a part of a schema leaves open what it is."""
    match schema:
        case {"properties": Mapping() as fields, **rest}:
            return any(map(_is_untyped, fields.values())) or has_untyped(rest)
        case Mapping():
            inner = [schema.get("items"), schema.get("additionalProperties")]
            inner += [part for name in (*_CHOICES, _ALL) for part in schema.get(name, ())]
            return any(map(_is_untyped, inner))
    return False


def _is_untyped(part: Any) -> bool:
    return isinstance(part, Mapping) and (_SAYS_WHAT.isdisjoint(part) or has_untyped(part))


def recursive_schema(tool: Any) -> dict[str, Any] | None:
    """Gives the parameters of a tool, with their definitions, if one of these is used inside itself; else None."""
    from langchain_core.tools import BaseTool

    taken = tool.tool_call_schema if isinstance(tool, BaseTool) else tool
    if not isinstance(taken, type):
        return _recursive(_whole_schema(taken))
    # Agents bind their tools at each step, and pydantic makes a schema anew each time.
    if taken not in _recursive_schemas:
        _recursive_schemas[taken] = _recursive(_whole_schema(taken))
    return _recursive_schemas[taken]


_recursive_schemas: WeakKeyDictionary[type, dict[str, Any] | None] = WeakKeyDictionary()


def _recursive(schema: Schema) -> dict[str, Any] | None:
    definitions = {**schema.get("definitions", {}), **schema.get("$defs", {})}
    if not any(name in _used(part, definitions, set()) for name, part in definitions.items()):
        return None
    return {name: part for name, part in object_schema(schema).items() if name not in ("title", "description")}


def _whole_schema(taken: Any) -> Schema:
    match taken:
        case Mapping():
            return taken
        case type() if issubclass(taken, BaseModel):
            return json_schema(TypeAdapter(taken), of=taken.__name__)
        case type() if issubclass(taken, BaseModelV1):
            return taken.schema()
        case _ if inspect.isroutine(taken):
            return _whole_schema(_arguments(taken))
    return {}


def _arguments(function: Callable[..., Any]) -> type:
    from langchain_core.tools.base import create_schema_from_function

    documented: dict[str, Any] = {"parse_docstring": True, "error_on_invalid_docstring": False}
    return create_schema_from_function(
        function.__name__, function, filter_args=(), include_injected=False, **documented
    )


def _used(part: Any, definitions: Schema, found: set[str]) -> set[str]:
    """Gives the names of all definitions that a part leads to."""
    match part:
        case {"$ref": str(reference)} if (name := reference.rpartition("/")[2]) not in found:
            found.add(name)
            _used(definitions.get(name), definitions, found)
        case Mapping():
            for inner in part.values():
                _used(inner, definitions, found)
        case list():
            for inner in part:
                _used(inner, definitions, found)
    return found
