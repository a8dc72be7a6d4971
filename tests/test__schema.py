"""Schemas in the form the API takes."""

from typing import Any

import pytest
from anthropic.lib._parse._transform import transform_schema
from pydantic import BaseModel, Field

from claude_foundry._schema import strict_schema


class Part(BaseModel):
    name: str = Field(min_length=1, max_length=9)
    size: int = Field(ge=0, lt=10)


class Whole(BaseModel):
    """A whole."""

    parts: list[Part] = Field(min_length=1, max_length=3)
    note: str | None = None
    kind: str = Field(pattern="^a")


@pytest.mark.parametrize(
    "schema",
    [
        Whole.model_json_schema(),
        {"type": "object", "properties": {"a": {"type": "string", "format": "date"}}, "required": ["a"]},
        {"type": "object", "properties": {"a": {"type": "string", "format": "color"}}, "additionalProperties": True},
        {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1},
        {"oneOf": [{"type": "string"}, {"type": "null"}]},
    ],
)
def test_same_as_the_vendors(schema: dict[str, Any]) -> None:
    """The form is the one that the vendor's SDK makes, in all the API reads by."""
    assert without_words(strict_schema(schema)) == without_words(transform_schema(schema))


def without_words(schema: Any) -> Any:
    match schema:
        case dict():
            return {
                name: without_words(value)
                for name, value in schema.items()
                if name not in ("description", "title", "default")
            }
        case list():
            return [without_words(part) for part in schema]
    return schema


def test_refused_constraints_are_told() -> None:
    """A constraint that the API refuses is told to the model in words."""
    assert strict_schema({"type": "integer", "description": "Age.", "minimum": 0}) == {
        "type": "integer",
        "description": "Age.\n\n{minimum: 0}",
    }


def test_the_given_schema_stays_as_it_is() -> None:
    """The caller's schema is not changed."""
    schema = Whole.model_json_schema()

    strict_schema(schema)

    assert schema == Whole.model_json_schema()
