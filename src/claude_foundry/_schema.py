"""A JSON schema in the form the API takes for structured output and strict tools.

Source: https://platform.claude.com/docs/en/build-with-claude/structured-outputs (JSON schema limitations)
"""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter
from pydantic.errors import PydanticUserError
from pydantic.json_schema import GenerateJsonSchema

from claude_foundry.errors import ConfigurationError

_KEPT = ("$ref", "$defs", "type", "title", "description", "enum", "const", "default", "properties", "required", "anyOf")
_FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}


def strict_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Gives a copy in which objects are closed; constraints the API refuses are told in the description instead."""
    strict: dict[str, Any] = {}
    told: dict[str, Any] = {}
    for name, value in schema.items():
        match name:
            case "properties" | "$defs" | "definitions":
                key = "$defs" if name == "definitions" else name
                strict[key] = {inner: strict_schema(part) for inner, part in value.items()}
            case "anyOf" | "oneOf":
                strict["anyOf"] = [strict_schema(part) for part in value]
            case "allOf":
                strict["allOf"] = [strict_schema(part) for part in value]
            case "items":
                strict["items"] = strict_schema(value) if isinstance(value, Mapping) else value
            case "additionalProperties":
                pass
            case "$ref":
                strict["$ref"] = value.replace("#/definitions/", "#/$defs/")
            case "format" if value in _FORMATS:
                strict["format"] = value
            case "minItems" if value in (0, 1):
                strict["minItems"] = value
            case _ if name in _KEPT:
                strict[name] = value
            case _:
                told[name] = value
    return _closed(_described(strict, told))


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    if schema.get("type") != "object" and "properties" not in schema:
        return schema
    return {**schema, "type": "object", "properties": schema.get("properties", {}), "additionalProperties": False}


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
    """Tells whether the strict form can hold all that a schema allows: it has no recursion and no open objects."""
    return _expressible({name: part for name, part in schema.items() if name != "$defs"}, schema.get("$defs", {}), ())


def _expressible(part: Any, definitions: Mapping[str, Any], above: tuple[str, ...]) -> bool:
    match part:
        case {"$ref": str(reference)}:
            name = reference.rpartition("/")[2]
            return name not in above and _expressible(definitions.get(name), definitions, (*above, name))
        case {"type": "object"} if "properties" not in part and part.get("additionalProperties") is not False:
            return False
        case Mapping():
            return all(_expressible(inner, definitions, above) for inner in part.values())
        case list():
            return all(_expressible(inner, definitions, above) for inner in part)
    return True
