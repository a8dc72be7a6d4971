"""Structured output: what is asked for, how it is read, whole and while it comes."""

import json
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field, field_validator
from typing_extensions import TypedDict

from claude_foundry import BadRequestError, ConfigurationError, Message, OutputNotParsedError
from claude_foundry._models import MODELS, UNKNOWN, known
from claude_foundry._parsing import Output, PartialOutput
from claude_foundry._stream import events
from claude_foundry.errors import from_response
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


@pytest.mark.parametrize("name", list(MODELS))
def test_way_of_each_model(name: str) -> None:
    """The format is asked for where the model takes it; else a tool, forced where the model can be forced."""
    model = MODELS[name]

    request = Output(Person, model=model).request(REQUEST)

    assert ("output_config" in request) == model.structured_output
    assert request.get("tool_choice", {}).get("type") in (
        (None,) if model.structured_output else ("tool",) if model.forced_tool_choice else ("auto",)
    )


@pytest.mark.parametrize("output_type", [dict[str, int], Node, list[dict[str, Any]]])
def test_types_that_the_format_cannot_say(output_type: Any) -> None:
    """A type with free keys, or one that contains itself, is the input of a tool: the format would lose its content."""
    assert Output(output_type, model=UNKNOWN).tool == ("Node" if output_type is Node else "output")


def test_tool_is_forced_unless_thinking_forbids() -> None:
    """The tool stands beside the caller's and is forced; with thinking of a fixed budget it is asked for."""
    output = Output(Person, model=FORCED_ONLY)
    given = {**REQUEST, "tools": [{"name": "other", "input_schema": {"type": "object"}}]}

    forced = output.request(given)
    asked = output.request({**given, "thinking": {"type": "enabled", "budget_tokens": 1024}})

    assert [tool["name"] for tool in forced["tools"]] == ["other", "Person"]
    assert forced["tool_choice"] == {"type": "tool", "name": "Person", "disable_parallel_tool_use": True}
    assert asked["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
    assert "tools" not in REQUEST


@pytest.mark.parametrize("model", [type(UNKNOWN)(structured_output=False), NEVER_FORCED], ids=["unknown", "unforced"])
def test_tool_is_asked_for_in_words(model: Any) -> None:
    """A model that cannot be made to call a tool, or of which that is not known, is told to call it."""
    asked = Output(Person, model=model).request(REQUEST)

    assert asked["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
    assert asked["messages"] == [
        *REQUEST["messages"],
        {"role": "user", "content": "Answer by calling the tool Person."},
    ]


@pytest.mark.parametrize(
    "last",
    [
        {"role": "assistant", "content": [{"type": "server_tool_use", "id": "a", "name": "web_search", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "3"}]},
    ],
    ids=["paused", "results"],
)
def test_words_stand_where_the_user_speaks(last: dict[str, Any]) -> None:
    """A turn that goes on after a pause, and results of calls, are sent as they are."""
    messages = [*REQUEST["messages"], last]

    asked = Output(Person, model=NEVER_FORCED).request({**REQUEST, "messages": messages})

    assert asked["messages"] == messages


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


def refusal(said: str) -> BadRequestError:
    body = json.dumps({"type": "error", "error": {"type": "invalid_request_error", "message": said}}).encode()
    error = from_response(400, headers={}, body=body)
    assert isinstance(error, BadRequestError)
    return error


def test_next_way() -> None:
    """A refused format is followed by the tool, a refused force by words; what else is refused is raised."""
    output = Output(Person, model=known("claude-sonnet-5"))
    forced = output.instead(refusal("structured_outputs not supported in your workspace."))
    told = forced.instead(refusal('tool_choice: type "tool" and "any" are not supported for this model.'))

    kinds = [way.request(REQUEST).get("tool_choice", {}).get("type") for way in (output, forced, told)]
    assert kinds == [None, "tool", "auto"]
    for way in (output, forced, told):
        other = refusal("max_tokens: Field required")
        with pytest.raises(BadRequestError) as caught:
            way.instead(other)
        assert caught.value is other


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


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), JSON), st.integers(1, 7), st.sampled_from([UNKNOWN, FORCED_ONLY]))
def test_partials(document: dict[str, Any], width: int, model: Any) -> None:
    """However the document is cut into deltas, the last partial is the whole of it, and none comes twice in a row."""
    output: Output[Any] = Output(Entry, model=model)
    partial = PartialOutput(output)

    def split(whole: str) -> list[str]:
        return [whole[start : start + width] for start in range(0, len(whole), width)]

    values = [value for event in events(answer_with(output, document), split=split) for value in partial.feed(event)]

    assert values[-1] == document if document or output.tool is None else values in ([], [{}])
    assert all(before != after for before, after in pairwise(values))


def test_partials_of_a_list() -> None:
    """Of a type that is wrapped the partials are what is inside, item by item."""
    output: Output[Any] = Output(list[int], model=UNKNOWN)
    partial = PartialOutput(output)

    whole = answers.message(text({"value": [10, 20, 30]}))
    values = [value for event in events(whole, split=list) for value in partial.feed(event)]

    assert values[0] == []
    assert values[-1] == [10, 20, 30]


def test_partials_cost_a_multiple_of_the_length() -> None:
    """Parsing again only after a tenth more makes the number of partials grow with the logarithm of the length."""
    output: Output[Any] = Output(list[int], model=UNKNOWN)

    def count(items: int) -> int:
        partial = PartialOutput(output)
        whole = answers.message(text({"value": list(range(items))}))
        return sum(1 for event in events(whole, split=list) for _ in partial.feed(event))

    assert count(10_000) - count(1_000) < 40


def test_partials_leave_other_calls_out() -> None:
    """Arguments of another tool, and text before the call, are no part of the output."""
    output = Output(Person, model=FORCED_ONLY)
    partial = PartialOutput(output)
    whole = answers.message(text("I look."), call("other", {"name": "No"}), call("Person", {"name": "Ada"}))

    assert [value for event in events(whole) for value in partial.feed(event)] == [{"name": "Ada"}]


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


def test_partials_leave_calls_after_the_output_out() -> None:
    """Arguments of a call that follows the output's text are no part of it."""
    partial = PartialOutput(Output(Person, model=UNKNOWN))
    whole = answers.message(text({"name": "Ada"}), call("other", {"name": "No"}))

    values = [value for event in events(whole, split=list) for value in partial.feed(event)]

    assert values[-1] == {"name": "Ada"}
