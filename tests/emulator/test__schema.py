"""How a JSON schema is filled from a text."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry.emulator._schema import filled

FORMATS = ("date", "date-time", "time", "email", "uri", "uuid", "ipv4", "ipv6")
NAMES = st.sampled_from(["city", "count", "name", "email", "flag", "items", "when", "note", "two words"])
DEFINITIONS = {
    "Person": {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name"],
        "additionalProperties": False,
    },
    "Tree": {
        "type": "object",
        "properties": {
            "value": {"type": "number"},
            "children": {"type": "array", "items": {"$ref": "#/$defs/Tree"}},
            "parent": {"anyOf": [{"$ref": "#/$defs/Tree"}, {"type": "null"}]},
        },
        "required": ["value", "children"],
    },
}
TEXTS = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "What is 3 + 4, and 2.5 times -7?",
            "The weather in Paris on 2026-03-04 for 'Ada Lovelace', ada@example.com, see https://example.com/a",
            "Count 5 items, name: Bob, no flag, note is short, when 3 May 2026",
        ]
    ),
)


def numbers() -> st.SearchStrategy[dict[str, Any]]:
    kinds, bounds = st.sampled_from(["integer", "number"]), st.integers(-100, 100)
    return st.one_of(
        st.builds(lambda kind, a, b: {"type": kind, "minimum": min(a, b), "maximum": max(a, b)}, kinds, bounds, bounds),
        st.builds(
            lambda kind, low, gap: {"type": kind, "exclusiveMinimum": low, "exclusiveMaximum": low + gap},
            kinds,
            bounds,
            st.integers(2, 50),
        ),
        st.builds(
            lambda kind, low, step: {"type": kind, "minimum": low, "multipleOf": step}, kinds, bounds, st.integers(1, 9)
        ),
        st.builds(lambda kind: {"type": kind}, kinds),
    )


def strings() -> st.SearchStrategy[dict[str, Any]]:
    lengths = {"minLength": st.integers(0, 5), "maxLength": st.integers(5, 30)}
    patterns = st.sampled_from([r"^\d+$", r"^[A-Z]+$", r"^[a-z]", r"^\d{5}$"])
    return st.one_of(
        st.fixed_dictionaries({"type": st.just("string")}, optional=lengths),
        st.fixed_dictionaries({"type": st.just("string"), "format": st.sampled_from(FORMATS)}),
        st.fixed_dictionaries({"type": st.just("string"), "pattern": patterns}),
    )


def fixed() -> st.SearchStrategy[dict[str, Any]]:
    values = st.one_of(st.text(max_size=5), st.integers(), st.none(), st.booleans())
    return st.one_of(
        st.fixed_dictionaries({"enum": st.lists(values, min_size=1, max_size=4)}),
        st.fixed_dictionaries({"const": values}),
        st.sampled_from(
            [{"type": "boolean"}, {"type": "null"}, {"type": ["string", "null"]}, {"$ref": "#/$defs/Person"}]
        ),
        st.sampled_from([{"$ref": "#/$defs/Tree"}, {}]),
    )


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    def build(properties: dict[str, Any], wanted: list[bool], rest: dict[str, Any]) -> dict[str, Any]:
        required = [name for name, is_required in zip(properties, wanted, strict=False) if is_required]
        return {"type": "object", "properties": properties, "required": required, **rest}

    rest = st.sampled_from([{}, {"additionalProperties": False}, {"additionalProperties": {"type": "integer"}}])
    return st.builds(build, st.dictionaries(NAMES, inner, max_size=4), st.lists(st.booleans(), min_size=4), rest)


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    arrays = st.builds(
        lambda items, least, more: {"type": "array", "items": items, "minItems": least, "maxItems": least + more},
        inner,
        st.integers(0, 3),
        st.integers(0, 3),
    )
    sets = st.builds(
        lambda items, least: {"type": "array", "items": items, "minItems": least, "uniqueItems": True},
        st.sampled_from([{"type": "integer"}, {"type": "string"}, {"enum": ["a", "b", "c", 1]}, {"type": "number"}]),
        st.integers(0, 4),
    )
    unions = st.builds(lambda branches: {"anyOf": branches}, st.lists(inner, min_size=1, max_size=3))
    return st.one_of(objects(inner), arrays, sets, unions, st.builds(lambda part: {"allOf": [part]}, inner))


SCHEMAS = st.recursive(st.one_of(numbers(), strings(), fixed()), nested, max_leaves=12)


@given(SCHEMAS, TEXTS)
def test_any_schema_is_filled_validly(schema: dict[str, Any], text: str) -> None:
    """Whatever the schema and the text, the value is valid JSON of that schema, and the same each time."""
    whole = {**schema, "$defs": DEFINITIONS}
    value = json.loads(json.dumps(filled(whole, text)))
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(whole, format_checker=checker).validate(value)
    assert filled(whole, text) == filled(whole, text)


def of(properties: dict[str, Any], text: str, *, optional: bool = False) -> Any:
    required = [] if optional else list(properties)
    return filled({"type": "object", "properties": properties, "required": required}, text)


STRING, INTEGER = {"type": "string"}, {"type": "integer"}


@pytest.mark.parametrize(
    ("properties", "text", "value"),
    [
        ({"a": INTEGER, "b": INTEGER}, "What is 3 + 4?", {"a": 3, "b": 4}),
        ({"height": INTEGER, "width": INTEGER}, "width 20 and height 10", {"height": 10, "width": 20}),
        ({"price": {"type": "number"}}, "It costs 1,250.50 today.", {"price": 1250.5}),
        ({"city": STRING}, "What is the weather in San Francisco, CA?", {"city": "San Francisco, CA"}),
        ({"city": STRING}, "what's the weather in paris?", {"city": "paris"}),
        ({"name": STRING, "age": INTEGER}, "Ada Lovelace is 36.", {"name": "Ada Lovelace", "age": 36}),
        ({"title": STRING}, 'Find the book "War and Peace".', {"title": "War and Peace"}),
        ({"customer_name": STRING}, "Create '你好啊集团' (Hello Group)", {"customer_name": "你好啊集团"}),
        ({"query": STRING}, "Which rivers flow through Paris?", {"query": "Which rivers flow through Paris?"}),
        ({"mood": {"enum": ["happy", "very sad", "sad"]}}, "I am very sad.", {"mood": "very sad"}),
        ({"day": {"type": "string", "format": "date"}}, "Meet on May 3rd, 2026.", {"day": "2026-05-03"}),
        ({"email": STRING}, "Write to ada@example.com.", {"email": "ada@example.com"}),
        ({"active": {"type": "boolean"}, "hidden": {"type": "boolean"}}, "active", {"active": True, "hidden": False}),
        ({"verbose": {"type": "boolean"}}, "Do it, but not verbose.", {"verbose": False}),
        ({"numbers": {"type": "array", "items": INTEGER}}, "Sum up 1, 2 and 3.", {"numbers": [1, 2, 3]}),
        ({"kind": {"const": "cat"}}, "A dog", {"kind": "cat"}),
        ({"limit": {"type": "integer", "default": 5}}, "Search for it.", {"limit": 5}),
        ({"port": {"type": "integer", "minimum": 1024}}, "Use port 80.", {"port": 1024}),
        ({"place": {"type": "object", "properties": {"city": STRING}, "required": ["city"]}}, "I live in Oslo.",
         {"place": {"city": "Oslo"}}),
    ],
)  # fmt: skip
def test_values_come_from_the_text(properties: dict[str, Any], text: str, value: Any) -> None:
    """Each field takes what the text has for it, in order, by name, kind and format."""
    assert of(properties, text) == value


@pytest.mark.parametrize(
    ("properties", "text", "value"),
    [
        ({"days": INTEGER}, "The weather for 3 days", {"days": 3}),
        ({"days": INTEGER}, "The weather", {}),
        ({"unit": {"enum": ["celsius", "fahrenheit"]}}, "In Celsius, please.", {"unit": "celsius"}),
        ({"unit": {"enum": ["celsius", "fahrenheit"]}}, "How warm is it?", {}),
        ({"city": STRING}, "It rains in Oslo.", {"city": "Oslo"}),
        ({"note": STRING}, "It rains in Oslo.", {}),
    ],
)
def test_optional_fields(properties: dict[str, Any], text: str, value: Any) -> None:
    """A field that may be left out is filled only when the text has something for it."""
    assert of(properties, text, optional=True) == value


def test_null_unless_said() -> None:
    """A field that may be null is null unless the text has something for it."""
    maybe = {"anyOf": [{"type": "integer"}, {"type": "null"}]}
    assert of({"age": maybe}, "Ada") == {"age": None}
    assert of({"age": maybe}, "Ada, age 36") == {"age": 36}


def test_union_of_objects() -> None:
    """Of several objects the one whose fields the text names is filled."""
    cat = {"type": "object", "properties": {"kind": {"const": "cat"}, "lives": INTEGER}, "required": ["kind", "lives"]}
    dog = {
        "type": "object",
        "properties": {"kind": {"const": "dog"}, "tricks": INTEGER},
        "required": ["kind", "tricks"],
    }
    assert of({"pet": {"oneOf": [cat, dog]}}, "It knows 4 tricks") == {"pet": {"kind": "dog", "tricks": 4}}
