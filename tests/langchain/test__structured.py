"""Structured output: each way of asking, each kind of schema, and what is said when there is none."""

import asyncio
import json
import pickle
from typing import Any, TypedDict

import pytest
from langchain_core import exceptions
from langchain_core.exceptions import ModelError, OutputParserException
from langchain_core.messages import AIMessage
from pydantic import BaseModel, create_model
from pydantic.v1 import BaseModel as BaseModelV1

from claude_foundry import ConfigurationError
from claude_foundry.langchain import ChatClaudeFoundry
from tests.langchain.ways import Ask, answers, every_way, gathered, model, streams, whole_calls
from tests.shells import Script

# langchain-core has one from 1.7.5 on.
REFUSAL: Any = getattr(exceptions, "ModelRefusalError", ModelError)


class Trip(BaseModel):
    """A trip."""

    city: str
    days: int


@pytest.mark.parametrize("name", ["claude-haiku-4-5", "claude-opus-5-5", "claude-haiku-5-5"])
@pytest.mark.parametrize("way", ["sync", "async", "stream"])
def test_structured_output(emulator_settings: dict[str, str], name: str, way: str) -> None:
    """Structured output works on models with and without a forced tool choice or native output."""
    structured = ChatClaudeFoundry(model=name, **emulator_settings).with_structured_output(Trip)
    prompt = "A trip to Paris for 3 days."

    match way:
        case "sync":
            trip = structured.invoke(prompt)
        case "async":
            trip = asyncio.run(structured.ainvoke(prompt))
        case _:
            trip = list(structured.stream(prompt))[-1]

    assert trip == Trip(city="Paris", days=3)


def test_structured_output_with_raw(emulator_settings: dict[str, str]) -> None:
    """The message it came from, and the error of reading it, are there when asked for."""
    structured = ChatClaudeFoundry(model="claude-haiku-4-5", **emulator_settings).with_structured_output(
        Trip, include_raw=True
    )

    found = structured.invoke("A trip to Paris for 3 days.")

    assert found["parsed"] == Trip(city="Paris", days=3)
    assert isinstance(found["raw"], AIMessage)
    assert found["parsing_error"] is None


class Scores(BaseModel):
    """Scores."""

    scores: dict[str, int]


class Node(BaseModel):
    """A node."""

    name: str
    inner: list["Node"]


@pytest.mark.parametrize("schema", [Scores, Node, Node.model_json_schema()], ids=["open", "recursive", "as a dict"])
def test_structured_output_that_the_api_cannot_hold(schema: Any, emulator_settings: dict[str, str]) -> None:
    """What the API's own output cannot hold goes by a tool, and is refused where that output is asked for."""
    made = ChatClaudeFoundry(model="claude-opus-5-5", **emulator_settings)

    assert "tools" in made.with_structured_output(schema).first.kwargs
    with pytest.raises(ConfigurationError, match="function_calling"):
        made.with_structured_output(schema, method="json_schema")


@pytest.mark.parametrize("schema", [Node, Node.model_json_schema()], ids=["class", "dict"])
def test_recursive_output(schema: Any, emulator: Any, emulator_settings: dict[str, str]) -> None:
    """Output that contains itself is asked for with its definitions, and read."""
    made = ChatClaudeFoundry(model="claude-haiku-4-5", **emulator_settings).with_structured_output(schema)

    output: Any = made.invoke("A node.")

    assert Node.model_validate(output)
    asked = emulator.requests[-1].body["tools"][0]["input_schema"]
    assert asked["properties"]["inner"]["items"] == {"$ref": "#/$defs/Node"}
    assert asked["$defs"]["Node"]["properties"]["inner"]["items"] == {"$ref": "#/$defs/Node"}


def test_structured_output_beside_thinking(emulator_settings: dict[str, str]) -> None:
    """Where thinking forbids a forced tool, the API's own output is used."""
    thinking = {"type": "enabled", "budget_tokens": 1024}
    made = ChatClaudeFoundry(model="claude-sonnet-4-6", thinking=thinking, max_tokens=4096, **emulator_settings)

    assert made.with_structured_output(Trip).invoke("A trip to Paris for 3 days.") == Trip(city="Paris", days=3)


@pytest.mark.parametrize("method", ["function_calling", "json_schema"])
def test_structured_output_of_an_openai_tool(method: Any, emulator_settings: dict[str, str]) -> None:
    """A tool in OpenAI's form is a schema."""
    tool = {
        "type": "function",
        "function": {"name": "Trip", "description": "A trip.", "parameters": Trip.model_json_schema()},
    }
    made = ChatClaudeFoundry(model="claude-haiku-4-5", **emulator_settings)

    found = made.with_structured_output(tool, method=method).invoke("A trip to Paris for 3 days.")

    assert found == {"city": "Paris", "days": 3}


class OldTrip(BaseModelV1):
    """A trip."""

    city: str
    days: int


class TripDict(TypedDict):
    """A trip."""

    city: str
    days: int


PLAIN = {"title": "Trip", "description": "A trip.", **Trip.model_json_schema()}
KINDS = [Trip, OldTrip, TripDict, PLAIN, {"name": "Trip", "parameters": Trip.model_json_schema()}]


@pytest.mark.parametrize("include_raw", [False, True])
@pytest.mark.parametrize("strict", [None, False, True])
@pytest.mark.parametrize("method", ["json_schema", "function_calling", "json_mode"])
@pytest.mark.parametrize("schema", KINDS, ids=["pydantic", "v1", "TypedDict", "schema", "function"])
def test_every_combination(
    schema: Any, method: Any, strict: bool | None, include_raw: bool, emulator_settings: dict[str, str]
) -> None:
    """Each kind of schema is asked for and read in each way, strict or not, with the message or without."""
    made = ChatClaudeFoundry(model="claude-sonnet-5", **emulator_settings)
    structured = made.with_structured_output(schema, method=method, strict=strict, include_raw=include_raw)

    found: Any = structured.invoke("A trip to Paris for 3 days.")

    trip = found["parsed"] if include_raw else found
    assert isinstance(trip, schema if schema in (Trip, OldTrip) else dict)
    assert dict(trip) == {"city": "Paris", "days": 3}


def test_names_that_the_api_does_not_take(emulator_settings: dict[str, str]) -> None:
    """A class whose name is none for a tool is asked for under one that is."""
    generic = create_model("Page[Trip]", city=(str, ...), days=(int, ...))
    made = ChatClaudeFoundry(model="claude-haiku-4-5", **emulator_settings)

    found: Any = made.with_structured_output(generic, method="function_calling").invoke("A trip to Paris for 3 days.")

    assert (type(found), found.city) == (generic, "Paris")


WORDS = {"type": "text", "text": "Let me think."}
WRONG = {"type": "tool_use", "id": "toolu_1", "name": "Trip", "input": {"city": "Paris", "days": "many"}}


def read(ask: Ask, method: Any, *content: Any, **fields: Any) -> Any:
    """What a model's structured output gives of an answer: whole, or the last of a stream."""
    service = Script(answers(ask, *content, **fields))
    structured = model(service, model="claude-sonnet-4-6").with_structured_output(Trip, method=method)
    parser = structured.last
    answer = ask(structured.first, "A trip?")
    return parser.invoke(answer)


@every_way
@pytest.mark.parametrize(
    ("method", "content", "stopped", "said"),
    [
        ("function_calling", WORDS, "end_turn", "did not call the tool 'Trip'"),
        ("function_calling", WORDS, "refusal", "refused"),
        ("function_calling", WORDS, "max_tokens", "raise max_tokens"),
        ("function_calling", WRONG, "tool_use", "days: .*integer"),
        ("json_schema", WORDS, "end_turn", "not JSON"),
        ("json_schema", {"type": "text", "text": '{"city": "Paris"}'}, "end_turn", "days: Field required"),
        ("json_schema", WORDS, "refusal", "refused"),
        ("json_schema", {"type": "text", "text": '{"city": "Pa'}, "max_tokens", "raise max_tokens"),
        ("json_schema", WORDS, "model_context_window_exceeded", "shorter prompt"),
    ],
)
def test_no_output(ask: Ask, method: Any, content: Any, stopped: str, said: str) -> None:
    """An answer without output is an error that says why, and never nothing."""
    with pytest.raises(OutputParserException, match=said) as caught:
        read(ask, method, content, stop_reason=stopped)

    assert caught.value.llm_output is not None


@every_way
@pytest.mark.parametrize("method", ["function_calling", "json_schema"])
def test_refusal(ask: Ask, method: Any) -> None:
    """A refusal is langchain-core's error of refusals, with the answer and the reasons, also in another process."""
    details = {"type": "refusal", "category": "cyber", "explanation": "Not this."}

    with pytest.raises(REFUSAL, match=r"cyber.*Not this\.") as caught:
        read(ask, method, WORDS, stop_reason="refusal", stop_details=details)

    for error in (caught.value, pickle.loads(pickle.dumps(caught.value))):
        assert isinstance(error, OutputParserException)
        assert not error.is_retryable
        assert error.raw_message.response_metadata["stop_details"] == details


@every_way
def test_refusal_of_a_new_form(ask: Ask) -> None:
    """A refusal whose reasons have a form not known here is told without them."""
    with pytest.raises(REFUSAL, match="refused to answer"):
        read(ask, "json_schema", WORDS, stop_reason="refusal", stop_details=7)


@whole_calls
def test_output_that_is_too_deep(ask: Ask) -> None:
    """An output that is nested deeper than it can be read is told as what is no JSON."""
    with pytest.raises(OutputParserException, match="not JSON"):
        read(ask, "json_schema", {"type": "text", "text": "[" * 100_000})


@pytest.mark.parametrize("method", ["function_calling", "json_schema"])
def test_no_output_in_a_stream(method: Any) -> None:
    """A stream of objects that ends without one raises too."""
    service = Script(answers(gathered, WORDS))
    structured = model(service, model="claude-sonnet-4-6").with_structured_output(Trip, method=method)

    with pytest.raises(OutputParserException):
        list(structured.stream("A trip?"))


@every_way
@pytest.mark.parametrize("method", ["function_calling", "json_schema"])
@pytest.mark.parametrize(
    ("content", "stopped", "error"),
    [
        (WORDS, "end_turn", OutputParserException),
        (WORDS, "refusal", REFUSAL),
        (WORDS, "max_tokens", OutputParserException),
        (WRONG, "tool_use", OutputParserException),
    ],
)
def test_no_output_beside_the_message(ask: Ask, method: Any, content: Any, stopped: str, error: Any) -> None:
    """With the message asked for, the error stands beside it, in a stream too."""
    service = Script(answers(ask, content, stop_reason=stopped))
    structured = model(service, model="claude-sonnet-4-6").with_structured_output(Trip, method=method, include_raw=True)

    found: Any = ask(structured, "A trip?")

    assert found["parsed"] is None
    assert isinstance(found["raw"], AIMessage)
    assert isinstance(found["parsing_error"], error)


@streams
@pytest.mark.parametrize("method", ["function_calling", "json_schema"])
def test_output_beside_the_message_in_a_stream(ask: Ask, method: Any) -> None:
    """A stream with the message has the output at its end."""
    trip = {"city": "Paris", "days": 3}
    content = {
        "function_calling": {"type": "tool_use", "id": "toolu_1", "name": "Trip", "input": trip},
        "json_schema": {"type": "text", "text": json.dumps(trip)},
    }
    service = Script(answers(ask, content[method]))
    structured = model(service, model="claude-sonnet-4-6").with_structured_output(Trip, method=method, include_raw=True)

    found: Any = ask(structured, "A trip?")

    assert (found["parsed"], found["parsing_error"]) == (Trip(**trip), None)
    assert found["raw"].response_metadata["stop_reason"] == "end_turn"


def test_asked_for_where_it_cannot_be_forced() -> None:
    """Where the tool cannot be forced, its description asks for the call."""
    kinds = [model(model=name).with_structured_output(Trip, method="function_calling") for name in BOTH]

    descriptions = [kind.first.kwargs["tools"][0]["description"] for kind in kinds]

    assert descriptions[0] == "A trip."
    assert "Call it once" in descriptions[1]


BOTH = ("claude-sonnet-4-6", "claude-opus-5-5")


def test_unknown_method() -> None:
    """A method that does not exist is refused with those that do."""
    with pytest.raises(ConfigurationError, match="json_schema"):
        model().with_structured_output(Trip, method="xml")  # type: ignore[arg-type]
