"""Structured output: what is asked for, how it is read, whole and while it comes."""

import json
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field, field_validator
from typing_extensions import TypedDict

from claude_foundry import ConfigurationError, Message, OutputNotParsedError
from claude_foundry._models import UNKNOWN, known
from claude_foundry._parsing import Output, PartialOutput
from claude_foundry._stream import events
from tests import answers

REQUEST: dict[str, Any] = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
WITHOUT_FORMAT = known("claude-haiku-5-5")
NEVER_FORCED = type(UNKNOWN)(name="free", structured_output=False, forced_tool_choice=False)
FORCED_ONLY = type(UNKNOWN)(name="forced", structured_output=False)


class Person(BaseModel):
    """Somebody."""

    name: str
    born: date | None = None
    kind: Literal["a", "b"] = "a"
    size: int = Field(default=1, ge=0)

    @field_validator("name")
    @classmethod
    def _not_secret(cls, value: str) -> str:
        if value == "secret":
            raise ValueError(f"{value} must not be told")
        return value


@dataclass
class Pair:
    first: int
    second: int


class Entry(TypedDict):
    word: str
    count: int


class Node(BaseModel):
    inner: list["Node"] = []


def message(*content: dict[str, Any], **fields: Any) -> Message:
    return Message.model_validate(answers.message(*content, **fields))


def text(document: Any) -> dict[str, Any]:
    return {"type": "text", "text": document if isinstance(document, str) else json.dumps(document)}


def call(name: str, input: dict[str, Any]) -> dict[str, Any]:
    return {"type": "tool_use", "id": "toolu_1", "name": name, "input": input}


def answer_with(output: Output[Any], document: Any) -> dict[str, Any]:
    return answers.message(text(document) if output.tool is None else call(output.tool, document))


CASES = [
    (Person, {"name": "Ada", "born": "2001-02-03"}, Person(name="Ada", born=date(2001, 2, 3))),
    (Pair, {"first": 1, "second": 2}, Pair(1, 2)),
    (Entry, {"word": "a", "count": 3}, {"word": "a", "count": 3}),
    (list[Person], {"value": [{"name": "Ada"}]}, [Person(name="Ada")]),
    (int, {"value": 3}, 3),
    (dict[str, int], {"a": 1, "b": 2}, {"a": 1, "b": 2}),
    (Node, {"value": {"inner": [{"inner": []}]}}, Node(inner=[Node()])),
]
IDS = ["model", "dataclass", "typed dict", "list", "scalar", "dictionary", "recursive"]


@pytest.mark.parametrize(
    "model", [known("claude-sonnet-5"), WITHOUT_FORMAT, UNKNOWN], ids=["format", "tool", "unknown"]
)
@pytest.mark.parametrize(("output_type", "document", "parsed"), CASES, ids=IDS)
def test_types(model: Any, output_type: Any, document: Any, parsed: Any) -> None:
    """Every type that pydantic validates is asked for by a valid schema and read back, in the way the model takes."""
    output: Output[Any] = Output(output_type, model=model)

    request = output.request(REQUEST)
    schema = (
        request["output_config"]["format"]["schema"] if output.tool is None else request["tools"][0]["input_schema"]
    )
    Draft202012Validator(schema).validate(document)
    assert schema["type"] == "object"
    assert output.parsed(Message.model_validate(answer_with(output, document))).parsed == parsed


@pytest.mark.parametrize("output_type", [dict[str, int], Node, list[dict[str, Any]]])
def test_types_that_the_format_cannot_say(output_type: Any) -> None:
    """A type with free keys, or one that contains itself, is the input of a tool: the format would lose its content."""
    assert Output(output_type, model=UNKNOWN).tool == ("Node" if output_type is Node else "output")


@pytest.mark.parametrize(
    ("output_type", "written", "parsed"),
    [
        (Entry, '{"word": "a", "count": 3}', {"word": "a", "count": 3}),
        (Entry, '```json\n{"word": "a", "count": 3}\n```', {"word": "a", "count": 3}),
        (list[int], "[1, 2]", [1, 2]),
        (list[int], '{"value": [1, 2]}', [1, 2]),
    ],
    ids=["object", "fenced", "list", "wrapped"],
)
def test_output_that_is_written_instead(output_type: Any, written: str, parsed: Any) -> None:
    """A model that writes the output as text, although it was told to call the tool, has given it all the same."""
    output: Output[Any] = Output(output_type, model=NEVER_FORCED)

    assert output.parsed(message(text(written))).parsed == parsed


def test_a_fence_that_is_never_closed() -> None:
    """An answer that loses itself in line breaks behind a fence has no output, and is looked at once."""
    output: Output[Any] = Output(Entry, model=NEVER_FORCED)

    with pytest.raises(OutputNotParsedError):
        output.parsed(message(text("```" + "\n" * 60_000 + "x")))


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"tools": 5}, "tools is int"),
        ({"output_config": "x"}, "output_config is str"),
        ({"extra_body": {"tools": []}}, "extra_body holds tools"),
        ({"extra_body": 5}, "extra_body is int"),
    ],
)
def test_fields_of_a_wrong_kind(fields: dict[str, Any], named: str) -> None:
    """A field that cannot be added to is refused by its name."""
    with pytest.raises(ConfigurationError, match=named):
        Output(Person, model=FORCED_ONLY).request({**REQUEST, **fields})


def test_extra_output_config() -> None:
    """A configuration that would replace the format is refused."""
    with pytest.raises(ConfigurationError, match="extra_body holds output_config, which parse sets"):
        Output(Person, model=UNKNOWN).request({**REQUEST, "extra_body": {"output_config": {"effort": "low"}}})


def test_other_output_config_stays() -> None:
    """The effort that was asked for stays beside the format."""
    config = Output(Person, model=UNKNOWN).request({**REQUEST, "output_config": {"effort": "low"}})["output_config"]

    assert (config["effort"], config["format"]["type"]) == ("low", "json_schema")


@pytest.mark.parametrize(
    ("model", "fields", "named"),
    [
        (UNKNOWN, {"output_config": {"format": {"type": "json_schema"}}}, r"output_config\.format"),
        (FORCED_ONLY, {"tool_choice": {"type": "auto"}}, "tool_choice"),
        (FORCED_ONLY, {"tools": [{"name": "Person"}]}, "'Person'"),
    ],
)
def test_contradictions(model: Any, fields: dict[str, Any], named: str) -> None:
    """A field that is set here cannot be given too."""
    with pytest.raises(ConfigurationError, match=named):
        Output(Person, model=model).request({**REQUEST, **fields})


@pytest.mark.parametrize(
    "output_type",
    [lambda: 1, Callable[[], int], type, "Nowhere", list["Nowhere"]],  # type: ignore[name-defined]  # noqa: F821
    ids=["function", "callable", "type", "undefined", "undefined within"],
)
def test_types_without_a_schema(output_type: Any) -> None:
    """A type that has no JSON schema is refused, naming the argument."""
    with pytest.raises(ConfigurationError, match=r"output_type|no JSON schema"):
        Output(output_type, model=UNKNOWN)


@pytest.mark.parametrize(
    ("stop_reason", "content", "said"),
    [
        ("refusal", text({"name": "Ada"}), "refused"),
        ("max_tokens", text('{"name": "Ad'), "raise max_tokens"),
        ("max_tokens", text({"name": "Ada"}), "raise max_tokens"),
        ("model_context_window_exceeded", text('{"na'), "context window"),
        ("tool_use", call("other", {}), "calls a tool"),
        ("end_turn", text("  "), "holds no output"),
        ("end_turn", text("Ada"), "not valid"),
        ("end_turn", text({"name": "Ada", "size": "much"}), "size: Input should be a valid integer"),
    ],
)
@pytest.mark.parametrize("model", [UNKNOWN, FORCED_ONLY], ids=["format", "tool"])
def test_answers_without_output(model: Any, stop_reason: str, content: dict[str, Any], said: str) -> None:
    """An answer without a valid output is an error that says why and carries the message; it survives pickling."""
    output = Output(Person, model=model)
    if output.tool and said == "not valid":
        said = "holds no output"
    answered = message(content, stop_reason=stop_reason)

    with pytest.raises(OutputNotParsedError, match=said) as caught:
        output.parsed(answered)

    revived = pickle.loads(pickle.dumps(caught.value))
    assert (revived.message, revived.stop_reason) == (answered, stop_reason)
    assert str(revived) == str(caught.value)


@pytest.mark.parametrize(
    "document", [{"name": "secret"}, {"secret": 1}, {"name": "Ada", "size": "secret"}, "secret", '{"name": "secret']
)
def test_errors_do_not_quote(document: Any) -> None:
    """What the answer says stands in no error, nor in what the error was raised from."""
    with pytest.raises(OutputNotParsedError) as caught:
        Output(Person, model=UNKNOWN).parsed(message(text(document)))

    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_errors_do_not_quote_keys() -> None:
    """A key that the answer made up is part of what it says: an error shows its place only."""
    output: Output[Any] = Output(dict[str, int], model=UNKNOWN)

    with pytest.raises(OutputNotParsedError, match="…: Input should be a valid integer") as caught:
        output.parsed(message(call("output", {"secret": "much"}), stop_reason="tool_use"))

    assert "secret" not in str(caught.value)


def test_parsed_message_is_the_message() -> None:
    """A parsed message has the message's fields and ids, and dumps as it does."""
    answered = Message.model_validate(
        {**answers.message(text({"name": "Ada"})), "new_field": 1, "request_id": "req_1", "apim_request_id": "a"}
    )

    parsed = Output(Person, model=UNKNOWN).parsed(answered)

    assert parsed.model_dump() == answered.model_dump()
    assert (parsed.request_id, parsed.text, parsed.to_param()) == ("req_1", answered.text, answered.to_param())


def test_output_after_the_services_calls() -> None:
    """What is said before the service's last call is no part of the output, whole and while it comes."""
    output = Output(Person, model=UNKNOWN)
    searched = [
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "Ada"}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
    ]
    whole = answers.message(text("[1] I search."), *searched, text({"name": "Ada"}))
    partial = PartialOutput(output)

    assert output.parsed(Message.model_validate(whole)).parsed.name == "Ada"
    assert [value for event in events(whole) for value in partial.feed(event)][-1] == {"name": "Ada"}
