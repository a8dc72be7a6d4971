"""A JSON schema in the form the API takes for structured output and strict tools.

Source: https://platform.claude.com/docs/en/build-with-claude/structured-outputs (JSON schema limitations)
"""

from collections.abc import Mapping
from typing import Any

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
