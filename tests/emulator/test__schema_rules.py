"""What the emulator refuses in JSON schemas."""

from typing import Any

import pytest

from . import wire

CLOSED = {"type": "object", "additionalProperties": False}


def formatted(schema: Any) -> dict[str, Any]:
    return {"format": {"type": "json_schema", "schema": schema}}


@pytest.mark.parametrize(
    "broken",
    [
        {"properties": []},
        {"required": "city"},
        {"properties": {"city": {"type": "text"}}},
        {"properties": {"city": "string"}},
        {"properties": {"city": {"enum": []}}},
        {"properties": {"city": {"type": "string", "pattern": "("}}},
        {"properties": {"city": {"type": "integer", "minimum": "1"}}},
        {"properties": {"cities": {"type": "array", "items": {"minLength": -1}}}},
        {"$defs": {"City": {"anyOf": {}}}},
    ],
)
def test_ill_formed(broken: dict[str, Any]) -> None:
    """A schema that is none is refused, wherever the fault lies."""
    tool = {**wire.WEATHER, "input_schema": {"type": "object", **broken}}
    assert wire.complaint(tools=[tool]).startswith("tools.0.custom.input_schema: JSON schema is invalid.")


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "object"}, "For 'object' type, 'additionalProperties' must be explicitly set to false"),
        (
            {**CLOSED, "properties": {"inner": {"type": "object"}}},
            "For 'object' type, 'additionalProperties' must be explicitly set to false",
        ),
        (
            {**CLOSED, "properties": {"n": {"type": "integer", "minimum": 1}}},
            "For 'integer' type, properties minimum are not supported",
        ),
        (
            {**CLOSED, "properties": {"n": {"type": "string", "maxLength": 5}}},
            "For 'string' type, properties maxLength are not supported",
        ),
        (
            {**CLOSED, "properties": {"n": {"type": "array", "minItems": 2}}},
            "For 'array' type, 'minItems' values other than 0 or 1 are not supported",
        ),
    ],
)
def test_not_compiled(schema: dict[str, Any], said: str) -> None:
    """What cannot be compiled is refused in a format and in a strict tool, and taken in any other tool."""
    assert wire.complaint(output_config=formatted(schema)) == f"output_config.format.schema: {said}"
    tool = {**wire.WEATHER, "input_schema": schema}
    assert wire.complaint(tools=[{**tool, "strict": True}]).endswith(said)
    assert wire.send(tools=[tool]).status == 200


def test_union_at_the_top() -> None:
    """A tool's schema is an object at its top, not a union."""
    tool = {**wire.WEATHER, "input_schema": {"type": "object", "anyOf": [{"required": ["a"]}]}}
    assert wire.complaint(tools=[tool]).endswith("does not support oneOf, allOf, or anyOf at the top level")


def test_a_property_may_have_any_name() -> None:
    """Properties named like keywords are properties."""
    schema = {"type": "object", "properties": {"type": {"type": "string"}, "items": {"type": "string"}}}
    assert wire.send(tools=[{**wire.WEATHER, "input_schema": schema}]).status == 200
