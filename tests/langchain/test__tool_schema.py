"""Schemas of tools with one object at their root."""

from typing import Any

import pytest

from claude_foundry.langchain._tool_schema import object_schema

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


def object_of(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required}


@pytest.mark.parametrize("choice", ["anyOf", "oneOf"])
def test_choice(choice: str) -> None:
    """A choice of objects becomes one object with the fields of all, which requires what each requires."""
    schema = {choice: [object_of(["a", "b"], a=TEXT, b=TEXT), object_of(["a", "c"], a=NUMBER, c=TEXT)]}

    assert object_schema(schema) == object_of(["a"], a={"anyOf": [TEXT, NUMBER]}, b=TEXT, c=TEXT)


def test_all_of() -> None:
    """Parts that all hold become one object that requires what any of them requires."""
    schema = {"description": "Both.", "allOf": [object_of(["a"], a=TEXT), object_of(["b"], b=NUMBER)]}

    assert object_schema(schema) == {"description": "Both.", **object_of(["a", "b"], a=TEXT, b=NUMBER)}


def test_reference() -> None:
    """What the root refers to stands at the root, and its own references still lead somewhere."""
    node = object_of(["name"], name=TEXT, child={"$ref": "#/$defs/Node"})

    assert object_schema({"$ref": "#/$defs/Node", "$defs": {"Node": node}}) == {**node, "$defs": {"Node": node}}


def test_no_fields() -> None:
    """A tool without arguments takes an empty object."""
    assert object_schema({}) == {"type": "object", "properties": {}}


def test_plain() -> None:
    """An object is left as it is."""
    schema = {**object_of(["a"], a=TEXT), "additionalProperties": False}

    assert object_schema(schema) == schema
