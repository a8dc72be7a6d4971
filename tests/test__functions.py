"""Plain functions as tools."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field

from claude_foundry import tool


class Unit(StrEnum):
    KELVIN = "kelvin"
    CELSIUS = "celsius"


class Place(BaseModel):
    city: str
    country: str | None = None


@dataclass
class Span:
    start: date
    end: date


def weather(  # noqa: D417 - a parameter without a description
    place: Place,
    days: Annotated[int, Field(ge=1, le=7, description="How many.")],
    unit: Unit = Unit.CELSIUS,
    detail: Literal["short", "long"] = "short",
    *,
    since: date | None = None,
) -> str:
    """Tells the weather of a place.

    It knows the next seven days only.

    Args:
        place: Where.
        days: Overridden by the annotation.
        unit (Unit): Of the temperatures,
            which are whole numbers.
        since: First day: today if it is left out.

    Returns:
        One line a day.
    """
    return f"{place.city} {days} {unit!r} {detail} {since!r}"


def test_definition() -> None:
    """Name, description and schema come from the function; the Args describe the parameters."""
    definition = tool(weather).definition

    properties = definition["input_schema"]["properties"]
    assert definition["name"] == "weather"
    assert definition["description"] == (
        "Tells the weather of a place.\n\nIt knows the next seven days only.\n\nReturns:\n    One line a day."
    )
    assert {name: part.get("description") for name, part in properties.items()} == {
        "place": "Where.",
        "days": "How many.",
        "unit": "Of the temperatures, which are whole numbers.",
        "detail": None,
        "since": "First day: today if it is left out.",
    }
    assert (properties["days"]["minimum"], properties["unit"]["default"]) == (1, "celsius")
    assert properties["detail"]["enum"] == ["short", "long"]
    assert definition["input_schema"]["required"] == ["place", "days"]
    assert all("title" not in part for part in (definition["input_schema"], *properties.values()))
    Draft202012Validator.check_schema(definition["input_schema"])


def test_call_converts() -> None:
    """Arguments arrive as the types of the signature; what is left out has the function's default."""
    given = {"place": {"city": "Riva"}, "days": 2, "since": "2026-03-01"}

    assert tool(weather).call(given) == f"Riva 2 {Unit.CELSIUS!r} short {date(2026, 3, 1)!r}"


@pytest.mark.parametrize(
    ("input", "wrong"),
    [
        ({"days": 2}, "place: Field required"),
        ({"place": {"city": "Riva"}, "days": 9}, "days: Input should be less than or equal to 7"),
        ({"place": {"city": "Riva"}, "days": 2, "hour": 3}, "hour: Extra inputs are not permitted"),
    ],
)
def test_arguments_that_do_not_fit(input: dict[str, Any], wrong: str) -> None:
    """Arguments that do not fit are an error that says which, and the function is not called."""
    called = []

    def recorded(place: Place, days: Annotated[int, Field(le=7)]) -> None:
        called.append(place)

    with pytest.raises(ValueError, match=wrong):
        tool(recorded).call(input)
    assert called == []


def test_given_fields_replace_and_add() -> None:
    """Fields that are given replace those of the function; a strict tool has a strict schema."""
    made = tool(weather, name="forecast", strict=True, cache_control={"type": "ephemeral"})

    assert (made.name, made.definition["strict"], made.definition["cache_control"]["type"]) == (
        "forecast",
        True,
        "ephemeral",
    )
    assert made.definition["input_schema"]["additionalProperties"] is False
    assert "minimum" not in made.definition["input_schema"]["properties"]["days"]


def test_parameters_of_any_name_and_kind() -> None:
    """Names that models reserve, positional-only parameters and defaults that are no JSON all work."""

    def odd(schema: int, /, _private: int, model_config: str = "a", *, span: Span = Span(date.min, date.max)) -> Any:  # noqa: B008
        return schema, _private, model_config, span.start

    made = tool(odd)

    assert made.call({"schema": 1, "_private": 2}) == (1, 2, "a", date.min)
    assert made.call({"schema": 1, "_private": 2, "span": {"start": "2026-01-01", "end": "2026-01-02"}})[3].year == 2026
    Draft202012Validator.check_schema(made.definition["input_schema"])


class Counter:
    """Counts."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, by: int = 1) -> int:
        """Adds."""
        self.count += by
        return self.count

    def __call__(self, by: int) -> int:
        return self.add(by)


@pytest.mark.parametrize(
    ("function", "name"),
    [(Counter().add, "add"), (functools.partial(Counter().add), "add"), (Counter(), "Counter")],
    ids=["method", "partial", "object"],
)
def test_callables(function: Callable[..., Any], name: str) -> None:
    """Methods, partial functions and callable objects are tools too; ``self`` is no parameter."""
    made = tool(function)

    assert made.name == name
    assert set(made.definition["input_schema"]["properties"]) == {"by"}
    assert made.call({"by": 5}) == 5


def test_functions_without_words_or_parameters() -> None:
    """A function without a docstring has no description; one without parameters an empty object."""

    def now() -> str:
        return "noon"

    assert tool(now).definition == {
        "name": "now",
        "input_schema": {"type": "object", "properties": {}, "additionalProperties": False},
    }
    assert tool(now).call({}) == "noon"


def test_async_functions_are_told_apart() -> None:
    """An async function, method or object is known as one."""

    async def wait(seconds: int) -> int:
        return seconds

    class Waiter:
        async def __call__(self, seconds: int) -> int:
            return seconds

    assert [tool(it).is_async for it in (wait, functools.partial(wait), Waiter(), weather)] == [True, True, True, False]


def test_described_by_the_call() -> None:
    """An object whose class has no docstring is described by that of its ``__call__``."""

    class Doubler:
        def __call__(self, number: int) -> int:
            """Doubles.

            Args:
                number: to double.
            """
            return 2 * number

    definition = tool(Doubler()).definition

    assert definition["description"] == "Doubles."
    assert definition["input_schema"]["properties"]["number"]["description"] == "to double."


def test_decorated_functions() -> None:
    """As a decorator, bare or with fields, it makes a tool that can still be called as the function."""

    @tool
    def double(number: int) -> int:
        """Doubles."""
        return 2 * number

    @tool(name="triple_it", strict=True)
    def triple(number: int) -> int:
        """Triples."""
        return 3 * number

    assert (double.name, double(4), double.__doc__, double.call({"number": "4"})) == ("double", 8, "Doubles.", 8)
    assert (triple.name, triple(number=4), triple.definition["strict"]) == ("triple_it", 12, True)
    assert list(inspect.signature(double).parameters) == ["number"]


def test_words_of_annotations() -> None:
    """A text beside a type describes the parameter, unless pydantic's Field does."""

    def find(
        query: Annotated[str, "The query."],
        limit: Annotated[int, "Not this.", Field(ge=1, description="Most of them.")] = 3,
        kind: Annotated[str | None, "Of things."] = None,
    ) -> str:
        return query

    properties = tool(find).definition["input_schema"]["properties"]

    assert {name: part["description"] for name, part in properties.items()} == {
        "query": "The query.",
        "limit": "Most of them.",
        "kind": "Of things.",
    }
    assert (properties["query"]["type"], properties["limit"]["minimum"]) == ("string", 1)


@given(st.from_type(Place), st.integers(1, 7), st.sampled_from(Unit), st.dates() | st.none())
def test_schema_and_validation_agree(place: Place, days: int, unit: Unit, since: date | None) -> None:
    """What the function may be called with as JSON is valid by its schema, and arrives as it was."""
    taken: dict[str, Any] = {}

    def recorded(place: Place, days: Annotated[int, Field(ge=1, le=7)], unit: Unit, since: date | None = None) -> None:
        taken.update(place=place, days=days, unit=unit, since=since)

    made = tool(recorded)
    input = {"place": place.model_dump(), "days": days, "unit": unit.value, "since": since and since.isoformat()}

    Draft202012Validator(made.definition["input_schema"]).validate(input)
    made.call(input)
    assert taken == {"place": place, "days": days, "unit": unit, "since": since}
