"""Schemas in the form the API takes."""

from collections.abc import Callable
from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from anthropic.lib._parse._transform import transform_schema
from pydantic import BaseModel, Field, TypeAdapter

from claude_foundry import ConfigurationError
from claude_foundry._schema import expressible, json_schema, strict_schema
from claude_foundry.emulator._schema_rules import ill_formed, not_compiled


class Part(BaseModel):
    name: str = Field(min_length=1, max_length=9)
    size: int = Field(ge=0, lt=10)


class Whole(BaseModel):
    """A whole."""

    parts: list[Part] = Field(min_length=1, max_length=3)
    note: str | None = None
    kind: str = Field(pattern="^a")


class Address(BaseModel):
    """Where somebody lives."""

    street: str


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = Field(9, description="Left.")


class Dog(BaseModel):
    kind: Literal["dog", "wolf"]


class Order(BaseModel):
    billing: Address
    shipping: Annotated[Address | None, Field(description="Where to.")] = None
    pet: Annotated[Cat | Dog, Field(discriminator="kind", description="Beloved.")]
    state: "State"
    flags: list[Literal[1, True, None]]


class State(Enum):
    OPEN = "open"
    CLOSED = "closed"


@pytest.mark.parametrize(
    "schema",
    [
        Whole.model_json_schema(),
        Order.model_json_schema(),
        TypeAdapter(list[Cat | Dog]).json_schema(),
        TypeAdapter(Annotated[Cat | Dog, Field(discriminator="kind")]).json_schema(),
        TypeAdapter(State | None).json_schema(),
        {"type": "object", "properties": {"a": {"type": "string", "format": "date"}}, "required": ["a"]},
        {"type": "object", "properties": {"a": {"type": "string", "format": "color"}}, "additionalProperties": True},
        {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1},
        {"oneOf": [{"type": "string"}, {"type": "null"}]},
        {"type": "array", "enum": [["a"], ["b"]]},
        {"$ref": "#/$defs/A", "$defs": {"A": {"type": "integer", "const": 3}}},
    ],
)
def test_same_as_the_vendors(schema: dict[str, Any]) -> None:
    """The form is the one that the vendor's SDK makes, word for word, but for defaults.

    The API takes ``default``, so it stays; the SDK tells it in the description.
    """
    assert without_defaults(strict_schema(schema)) == transform_schema(without_defaults(schema))


def without_defaults(schema: Any) -> Any:
    match schema:
        case dict():
            return {name: without_defaults(value) for name, value in schema.items() if name != "default"}
        case list():
            return [without_defaults(part) for part in schema]
    return schema


def test_words_beside_a_reference() -> None:
    """What is said of a field whose type is a reference is kept around it: the vendor's SDK leaves it out."""
    schema = {"$ref": "#/definitions/Address", "description": "Where to.", "default": None}

    assert strict_schema(schema) == {"anyOf": [{"$ref": "#/$defs/Address"}], "description": "Where to."}
    assert transform_schema({"$ref": "#/$defs/Address", "description": "Where to."}) == {"$ref": "#/$defs/Address"}


@pytest.mark.parametrize("schema", [{}, {"description": "Anything."}])
def test_what_may_be_anything(schema: dict[str, Any]) -> None:
    """A schema that allows anything is refused by the vendor's SDK; here it is not expressible, but stays as it is."""
    with pytest.raises(ValueError, match="must have a 'type'"):
        transform_schema(schema)

    assert not expressible({"type": "object", "properties": {"a": schema}})
    assert strict_schema(schema) == schema


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


class Kind(Enum):
    FIRST = "first"
    SECOND = 2


class Leaf(BaseModel):
    kind: Literal["leaf"]
    size: Annotated[float, Field(multiple_of=0.5, gt=0)]


class Branch(BaseModel):
    kind: Literal["branch"]
    leaves: Annotated[list[Leaf], Field(min_length=2)]
    other: Leaf


class Tree(BaseModel):
    inner: list["Tree"]


@pytest.mark.parametrize(
    "described",
    [
        Whole,
        dict[Literal["a"], int] | list[Kind],
        Annotated[Leaf | Branch, Field(discriminator="kind")],
        list[date | UUID | None],
        Annotated[set[int], Field(max_length=3)],
        tuple[int, str],
    ],
)
def test_whatever_pydantic_describes_is_compiled(described: Any) -> None:
    """The strict form of what pydantic describes is a schema, and one that the service compiles."""
    schema = strict_schema(json_schema(TypeAdapter(described), of="it"))

    assert [*ill_formed(schema, "it"), *not_compiled(schema, "it")] == []


def test_object_or_null() -> None:
    """What may be an object or null stays so, and the object is closed."""
    schema = {"type": ["object", "null"], "properties": {"a": {"type": ["object", "string"]}}}

    assert strict_schema(schema) == {
        "type": ["object", "null"],
        "properties": {"a": {"type": ["object", "string"], "properties": {}, "additionalProperties": False}},
        "additionalProperties": False,
    }


@pytest.mark.parametrize("anything", [True, False])
def test_schemas_that_are_true_or_false(anything: bool) -> None:
    """A schema may be true or false, which says anything or nothing; it stays so wherever it stands."""
    schema = {"properties": {"a": anything, "b": {"type": "array", "items": anything}}, "anyOf": [anything]}

    strict = strict_schema(schema)

    assert (strict["properties"]["a"], strict["anyOf"]) == (anything, [anything])
    assert strict["properties"]["b"]["items"] is anything


class Open(BaseModel, extra="allow"):
    name: str


NODE = {"type": "object", "properties": {"inner": {"type": "array", "items": {"$ref": "#/definitions/Node"}}}}


@pytest.mark.parametrize(
    ("schema", "is_expressible"),
    [
        (Open.model_json_schema(), False),
        ({"type": "object", "properties": {}, "additionalProperties": {"type": "integer"}}, False),
        ({"type": ["object", "null"]}, False),
        ({"type": ["object", "null"], "properties": {"a": {"type": "string"}}}, True),
        ({"$ref": "#/definitions/Node", "definitions": {"Node": NODE}}, False),
        ({"type": "object", "properties": {"inner": {"$ref": "#"}}}, False),
        ({"properties": {"a": {"$ref": "#/definitions/A"}}, "definitions": {"A": {"type": "null"}}}, True),
    ],
)
def test_expressible_schemas(schema: dict[str, Any], is_expressible: bool) -> None:
    """An object with keys beside those it names is not expressible, nor is one that refers to itself in any way."""
    assert expressible(schema) is is_expressible


@pytest.mark.parametrize(
    ("described", "is_expressible"),
    [
        (Whole, True),
        (Branch, True),
        (list[Branch | Leaf], True),
        (dict[str, int], False),
        (list[dict[str, Any]], False),
        (Tree, False),
        (Any, False),
        (dict[Literal["a"], object] | list[object], False),
        (Annotated[Whole, Field(default={})], True),
        (list[Tree], False),
    ],
)
def test_expressible(described: Any, is_expressible: bool) -> None:
    """A type that contains itself or has free keys is not expressible; one that stands in two places is."""
    assert expressible(json_schema(TypeAdapter(described), of="it")) is is_expressible


def test_types_without_a_schema() -> None:
    """A type that JSON cannot hold is refused by the name it is called."""
    with pytest.raises(ConfigurationError, match="it: its type has no JSON schema"):
        json_schema(TypeAdapter(Callable[[], int]), of="it")
