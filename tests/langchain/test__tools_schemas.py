"""Schemas of tools: strict ones, those that contain themselves, choices at the root."""

from typing import Any, TypedDict

import pytest
from langchain_core.tools import StructuredTool, tool
from pydantic import BaseModel, Field
from pydantic.v1 import BaseModel as BaseModelV1

from claude_foundry import ConfigurationError
from claude_foundry.langchain._tools import bound
from tests.langchain.test__tools import ADD, SCHEMA
from tests.langchain.ways import model, request_of


class Bounded(BaseModel):
    """Bounded."""

    a: int = Field(ge=0)


@pytest.mark.parametrize(
    "given",
    [
        Bounded,
        {"name": "Bounded", "input_schema": Bounded.model_json_schema()},
        {"type": "function", "function": {"name": "Bounded", "parameters": Bounded.model_json_schema()}},
    ],
)
def test_strict(given: Any) -> None:
    """Strict tools of every kind have closed schemas without the constraints that the API refuses."""
    definition = bound([given], strict=True)[0]

    assert definition["strict"] is True
    assert definition["input_schema"]["additionalProperties"] is False
    assert "minimum" not in definition["input_schema"]["properties"]["a"]


class Scores(BaseModel):
    """Scores."""

    scores: dict[str, int]


class Node(BaseModel):
    """A node."""

    name: str
    inner: list["Node"] = []


class OldNode(BaseModelV1):
    """A node."""

    name: str
    inner: list["OldNode"] = []


OldNode.update_forward_refs()


def keep(node: Node, tags: list) -> str:  # type: ignore[type-arg]
    """Keep a node."""
    return node.name


NESTED = {
    "type": "object",
    "properties": {"node": {"$ref": "#/$defs/Node"}},
    "$defs": Node.model_json_schema()["$defs"],
}
AS_DICT = StructuredTool(name="keep", description="Keep a node.", args_schema=NESTED, func=keep)
RECURSIVE = [
    Node,
    OldNode,
    keep,
    tool(keep),
    AS_DICT,
    {"title": "keep", **NESTED},
    {"name": "keep", "parameters": NESTED},
]


@pytest.mark.parametrize("given", RECURSIVE, ids=str)
def test_recursion(given: Any) -> None:
    """A tool that takes what contains itself is sent with all of it: every reference leads to a definition."""
    schema = bound([given])[0]["input_schema"]

    leads = {reference.rpartition("/")[2] for reference in references(schema)}
    defined = schema.get("$defs", schema.get("definitions", {}))
    assert leads
    assert leads <= set(defined)
    assert all(references(defined[name]) for name in leads)


def references(part: Any) -> list[str]:
    match part:
        case {"$ref": str(reference)}:
            return [reference]
        case dict():
            return [found for inner in part.values() for found in references(inner)]
        case list():
            return [found for inner in part for found in references(inner)]
    return []


class NodeDict(TypedDict):
    """A node."""

    inner: list["NodeDict"]


def test_recursion_that_cannot_be_told() -> None:
    """A TypedDict that contains itself is refused by name."""
    with pytest.raises(ConfigurationError, match=r"NodeDict.*pydantic"):
        bound([NodeDict])


@pytest.mark.parametrize("given", [Scores, Node, {"name": "Node", "input_schema": Node.model_json_schema()}], ids=str)
def test_schema_that_cannot_be_strict(given: Any) -> None:
    """Where a strict schema would forbid what the tool takes, it is not strict, and a warning says so."""
    with pytest.warns(UserWarning, match="'strict' is not sent"):
        strict = bound([given], strict=True)

    assert strict == bound([given])


def test_strict_without_arguments() -> None:
    """A strict tool that names no arguments takes none."""
    (definition,) = bound([{"name": "f", "input_schema": {"type": "object"}}], strict=True)

    assert definition["strict"] is True
    assert definition["input_schema"] == {"type": "object", "properties": {}, "additionalProperties": False}


def test_strict_by_tool() -> None:
    """A tool's own wish to be strict holds unless all are told otherwise."""
    given = {"type": "function", "function": {**ADD, "strict": True}}

    assert bound([given])[0]["strict"] is True
    assert "strict" not in bound([given], strict=False)[0]


@pytest.mark.parametrize(
    "given",
    [
        {"type": "function", "function": {"name": "f", "parameters": {"anyOf": [SCHEMA, {"type": "object"}]}}},
        {"name": "f", "input_schema": {"oneOf": [SCHEMA, {"type": "object"}]}},
        {"name": "f", "input_schema": {"$ref": "#/$defs/F", "$defs": {"F": {"anyOf": [SCHEMA, {"type": "object"}]}}}},
    ],
)
def test_choice_at_the_root(given: Any) -> None:
    """A tool whose arguments are a choice of objects is sent with one that has the fields of all, bound or not."""
    defined = [
        *bound([given]),
        *request_of(lambda service: model(service).bind_tools([given]))["tools"],
        *request_of(lambda service: model(service), tools=[given])["tools"],
    ]

    for definition in defined:
        schema = definition["input_schema"]
        assert (schema["type"], schema["properties"]) == ("object", SCHEMA["properties"])
        assert schema.keys().isdisjoint(("anyOf", "oneOf", "$ref"))
