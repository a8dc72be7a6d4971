"""A JSON schema in the form the API takes for structured output and strict tools.

Source: https://platform.claude.com/docs/en/build-with-claude/structured-outputs (JSON schema limitations)
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter
from pydantic.errors import PydanticUserError
from pydantic.json_schema import GenerateJsonSchema

from claude_foundry.errors import ConfigurationError

_LITERALS = (str, int, float, bool, type(None))
_SAYING = ("type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref", "properties")
_KEPT = ("type", "title", "description", "enum", "const", "default", "properties", "required", "anyOf")
_FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}


def strict_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Gives a copy in which objects are closed; constraints the API refuses are told in the description instead."""
    if "$ref" in schema:
        return _referring(schema)
    strict: dict[str, Any] = {}
    told: dict[str, Any] = {}
    for name, value in schema.items():
        match name:
            case "properties" | "$defs" | "definitions":
                key = "$defs" if name == "definitions" else name
                strict[key] = {inner: _strict(part) for inner, part in value.items()}
            case "anyOf" | "oneOf":
                strict["anyOf"] = [_strict(part) for part in value]
            case "allOf":
                strict["allOf"] = [_strict(part) for part in value]
            case "items":
                strict["items"] = _strict(value)
            case "additionalProperties":
                pass
            case "type" if _has_literals(schema):
                pass
            case "enum" | "const" if not _has_literals(schema):
                told[name] = value
            case "format" if value in _FORMATS:
                strict["format"] = value
            case "minItems" if value in (0, 1):
                strict["minItems"] = value
            case _ if name in _KEPT:
                strict[name] = value
            case _:
                told[name] = value
    return _closed(_described(strict, told))


def _referring(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Gives a reference, which the API takes with nothing beside it: the words about it go around it."""
    reference = {"$ref": schema["$ref"].replace("#/definitions/", "#/$defs/")}
    beside = strict_schema({name: part for name, part in schema.items() if name in ("$defs", "definitions")})
    words = schema.get("description")
    return {**beside, **({"anyOf": [reference], "description": words} if words else reference)}


def _has_literals(schema: Mapping[str, Any]) -> bool:
    """Tells whether a schema lists its values, which then tell their types."""
    values = [*(schema.get("enum") or ()), *([schema["const"]] if "const" in schema else ())]
    return bool(values) and all(isinstance(value, _LITERALS) for value in values)


def _strict(part: Any) -> Any:
    # True and False are schemas too: of anything, and of nothing.
    return strict_schema(part) if isinstance(part, Mapping) else part


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    kind = schema.get("type", "object" if "properties" in schema else None)
    if not _is_object(kind):
        return schema
    return {**schema, "type": kind, "properties": schema.get("properties", {}), "additionalProperties": False}


def _is_object(kind: Any) -> bool:
    return kind == "object" or (isinstance(kind, list) and "object" in kind)


def _described(schema: dict[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    if not told:
        return schema
    constraints = ", ".join(f"{name}: {value}" for name, value in told.items())
    return {**schema, "description": "\n\n".join(filter(None, [schema.get("description"), f"{{{constraints}}}"]))}


class _Untitled(GenerateJsonSchema):
    """Without the titles that pydantic makes of fields' names: they cost tokens and say nothing new."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def json_schema(adapter: TypeAdapter[Any], *, of: str) -> dict[str, Any]:
    """Gives the JSON schema of what an adapter validates.

    Args:
        adapter: of the type.
        of: what an error calls it.

    Raises:
        ConfigurationError: it has none.
    """
    try:
        return adapter.json_schema(schema_generator=_Untitled)
    except PydanticUserError as error:
        # A name in quotes that is nowhere defined shows only here.
        raise ConfigurationError(f"{of}: its type has no JSON schema: {error.message}") from None


def expressible(schema: Mapping[str, Any]) -> bool:
    """Tells whether the strict form can hold all that a schema allows: no recursion, no open objects, no Any."""
    return _expressible(schema, {**schema.get("definitions", {}), **schema.get("$defs", {})}, ())


def _expressible(part: Any, definitions: Mapping[str, Any], above: tuple[str, ...]) -> bool:
    match part:
        case {"$ref": str(reference)}:
            name = reference.rpartition("/")[2]
            # What is defined nowhere inside is the whole schema, or a part of it.
            known = name in definitions and name not in above
            return known and _expressible(definitions[name], definitions, (*above, name))
        case {"type": kind} if _is_object(kind) and _is_open(part):
            return False
        case Mapping() if any(name in part for name in _SAYING):
            return all(_expressible(inner, definitions, above) for inner in _inner(part))
    return False


def _inner(part: Mapping[str, Any]) -> Iterator[Any]:
    yield from (part.get("properties") or {}).values()
    yield from ([part["items"]] if "items" in part else ())
    for name in ("anyOf", "oneOf", "allOf"):
        yield from part.get(name) or ()


def _is_open(part: Mapping[str, Any]) -> bool:
    # An object that says nothing of further keys is not meant to have any, if it names some.
    return part.get("additionalProperties", "properties" not in part) is not False
