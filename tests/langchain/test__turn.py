"""Turns that take several requests: paused ones, and those that ask for what a deployment lacks."""

import json
from typing import Any

import pytest
from langchain_core.exceptions import OutputParserException
from langchain_core.messages import HumanMessage
from pydantic import BaseModel

from claude_foundry import BadRequestError, FeatureNotSupportedError
from claude_foundry._pauses import MAX_PAUSES
from tests.answers import refused, whole
from tests.langchain import ways
from tests.langchain.ways import Ask, answers, every_way, gathered, model, sent, streams
from tests.shells import Script

SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "tides"}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
FIRST, SECOND = {"type": "text", "text": "I look. "}, {"type": "text", "text": "High at noon."}
LACKING = {
    "type": "error",
    "error": {"type": "invalid_request_error", "message": "structured_outputs not supported in your workspace."},
}


class Trip(BaseModel):
    """A trip."""

    city: str
    days: int


def call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"type": "tool_use", "id": "toolu_1", "name": name, "input": arguments}


@every_way
def test_a_paused_turn_comes_as_one_answer(ask: Ask) -> None:
    """A paused turn is continued: one message, one id, all blocks in order, and what all of it cost."""
    service = Script(
        answers(ask, FIRST, SEARCH, stop_reason="pause_turn", id="msg_1"),
        answers(ask, FOUND, SECOND, id="msg_2"),
    )

    answer = ask(model(service), "When is high tide?")

    assert [block["type"] for block in answer.content] == ["text", "server_tool_use", "web_search_tool_result", "text"]
    assert answer.text == "I look. High at noon."
    assert (answer.id, answer.response_metadata["stop_reason"]) == ("msg_1", "end_turn")
    assert (answer.usage_metadata["input_tokens"], answer.usage_metadata["output_tokens"]) == (6, 8)
    again = sent(service)[1]["messages"]
    assert [turn["role"] for turn in again] == ["user", "assistant"]
    assert again[1]["content"] == [FIRST, SEARCH]


@every_way
def test_a_continued_turn_is_a_history(ask: Ask) -> None:
    """The answer of a turn that was continued goes back as it came."""
    service = Script(
        answers(ask, FIRST, SEARCH, stop_reason="pause_turn"), answers(ask, FOUND, SECOND), answers(ask, FIRST)
    )
    asked = model(service)

    answer = ask(asked, "When is high tide?")
    ask(asked, [HumanMessage("When is high tide?"), answer, HumanMessage("Thanks.")])

    assert sent(service)[2]["messages"][1]["content"] == [FIRST, SEARCH, FOUND, SECOND]


@every_way
def test_pauses_left_to_the_caller(ask: Ask) -> None:
    """With the switch off a paused turn is given as it is."""
    service = Script(answers(ask, FIRST, SEARCH, stop_reason="pause_turn"))

    answer = ask(model(service, continue_paused_turns=False), "When is high tide?")

    assert answer.response_metadata["stop_reason"] == "pause_turn"
    assert len(service.requests) == 1


@every_way
def test_pauses_without_end(ask: Ask) -> None:
    """A turn that pauses again and again is given as it is after so many times."""
    service = Script(*(answers(ask, FIRST, stop_reason="pause_turn") for _ in range(MAX_PAUSES + 2)))

    answer = ask(model(service), "Hi")

    assert len(service.requests) == MAX_PAUSES + 1
    assert answer.response_metadata["stop_reason"] == "pause_turn"
    assert answer.text.count("I look.") == MAX_PAUSES + 1


@every_way
def test_a_call_of_the_user_ends_the_turn(ask: Ask) -> None:
    """A turn that waits for the result of a tool of the user's is not continued."""
    service = Script(answers(ask, call("f", {"a": 1}), stop_reason="pause_turn"))

    answer = ask(model(service), "Hi")

    assert answer.tool_calls[0]["args"] == {"a": 1}
    assert len(service.requests) == 1


@every_way
def test_the_container_is_kept_over_a_pause(ask: Ask) -> None:
    """Code goes on in its container after a pause, and the answer names it."""
    container = {"id": "container_1", "expires_at": "2026-12-01T00:00:00Z"}
    service = Script(answers(ask, FIRST, stop_reason="pause_turn", container=container), answers(ask, SECOND))

    answer = ask(model(service), "Hi")

    assert sent(service)[1]["container"] == "container_1"
    assert answer.response_metadata["container"]["id"] == "container_1"


@streams
def test_blocks_of_two_parts_do_not_merge(ask: Ask) -> None:
    """In a stream the blocks of a continued turn have numbers of their own."""
    service = Script(answers(ask, FIRST, stop_reason="pause_turn"), answers(ask, SECOND))

    answer = ask(model(service), "Hi")

    assert [block["text"] for block in answer.content] == ["I look. ", "High at noon."]


@every_way
def test_structured_output_that_a_deployment_lacks(ask: Ask) -> None:
    """Where structured output is refused a tool takes its place, and from then on without asking again."""
    trip = call("give_answer", {"city": "Paris", "days": 3})
    service = Script(
        whole(LACKING, status=400),
        answers(ask, {"type": "text", "text": "Here:"}, trip, stop_reason="tool_use"),
        answers(ask, trip, stop_reason="tool_use"),
    )
    bound = model(service, model="claude-opus-5").with_structured_output(Trip, method="json_schema")

    answers_given = [ask(bound.first, "A trip to Paris for 3 days."), ask(bound.first, "Again.")]

    assert [json.loads(answer.text) for answer in answers_given] == [{"city": "Paris", "days": 3}] * 2
    assert [answer.tool_calls for answer in answers_given] == [[], []]
    assert [answer.response_metadata["stop_reason"] for answer in answers_given] == ["end_turn"] * 2
    first, *others = sent(service)
    assert "format" in first["output_config"]
    assert all("output_config" not in other and len(other["tools"]) == 1 for other in others)
    assert {other["tool_choice"]["type"] for other in others} == {"tool"}


def test_output_by_tool_is_parsed_in_streams() -> None:
    """Output that comes by a tool grows in a stream like any other."""
    trip = call("give_answer", {"city": "Paris", "days": 3})
    service = Script(whole(LACKING, status=400), answers(gathered, trip, stop_reason="tool_use"))
    bound = model(service, model="claude-opus-5").with_structured_output(
        Trip.model_json_schema() | {"title": "Trip"}, method="json_schema"
    )

    given = list(bound.stream("A trip to Paris for 3 days."))

    assert len(given) > 2
    assert given[-1] == {"city": "Paris", "days": 3}


@every_way
def test_output_as_text_where_no_tool_can_be_forced(ask: Ask) -> None:
    """A model that takes no forced tool may answer in words: they are the answer."""
    service = Script(whole(LACKING, status=400), answers(ask, SECOND))
    bound = model(service).with_structured_output(Trip, method="json_schema")

    answer = ask(bound.first, "Hi")

    assert answer.text == "High at noon."
    assert sent(service)[1]["tool_choice"]["type"] == "auto"
    with pytest.raises(OutputParserException, match="not JSON"):
        bound.last.invoke(answer)


@every_way
def test_a_model_without_structured_output_is_asked_at_once(ask: Ask) -> None:
    """For a model that is known to lack structured output, named for one call, nothing is refused first."""
    service = Script(answers(ask, call("give_answer", {"city": "Paris", "days": 3}), stop_reason="tool_use"))
    bound = model(service, model="claude-opus-5").bind(
        model="claude-haiku-5-5", response_format={"type": "json_schema", "schema": Trip.model_json_schema()}
    )

    answer = ask(bound, "Hi")

    assert json.loads(answer.text) == {"city": "Paris", "days": 3}
    assert len(service.requests) == 1


@every_way
def test_output_beside_tools(ask: Ask) -> None:
    """Beside other tools one of them all is asked for, so that an agent may still call them."""
    definition = {"name": "give_answer", "input_schema": {"type": "object", "properties": {}}}
    service = Script(whole(LACKING, status=400), answers(ask, call("give_answer", {"a": 1}), stop_reason="tool_use"))
    bound = model(service, model="claude-opus-5").bind_tools(
        [definition], response_format={"type": "json_schema", "schema": Trip.model_json_schema()}
    )

    answer = ask(bound, "Hi")

    assert answer.tool_calls[0]["name"] == "give_answer"
    assert sent(service)[1]["tool_choice"] == {"type": "any"}
    assert [tool["name"] for tool in sent(service)[1]["tools"]] == ["give_answer", "give_answer_2"]


@every_way
def test_strict_tools_that_a_deployment_lacks(ask: Ask) -> None:
    """Where tools cannot be held to their schemas they are sent without, and a warning says so."""
    service = Script(whole(LACKING, status=400), answers(ask, call("Trip", {"city": "Paris", "days": 3})))
    bound = model(service, model="claude-opus-5").bind_tools([Trip], strict=True)

    with pytest.warns(UserWarning, match="strict"):
        answer = ask(bound, "Hi")

    assert answer.tool_calls[0]["args"] == {"city": "Paris", "days": 3}
    assert ["strict" in request["tools"][0] for request in sent(service)] == [True, False]


@every_way
def test_what_cannot_be_done_in_another_way(ask: Ask) -> None:
    """The refusal of any other feature is the caller's."""
    said = {"type": "error", "error": {"type": "invalid_request_error", "message": LACKING["error"]["message"]}}

    with pytest.raises(FeatureNotSupportedError):
        ask(model(Script(whole(said, status=400))), "Hi")


@every_way
def test_cut_output_is_told(ask: Ask) -> None:
    """Output that is cut is an error that says so, whichever way it came."""
    service = Script(
        whole(LACKING, status=400), answers(ask, {"type": "text", "text": '{"city": "P'}, stop_reason="max_tokens")
    )
    bound = model(service, model="claude-opus-5").with_structured_output(Trip, method="json_schema")

    with pytest.raises(OutputParserException, match="max_tokens"):
        bound.last.invoke(ask(bound.first, "Hi"))


UNFORCED = {
    "type": "error",
    "error": {
        "type": "invalid_request_error",
        "message": 'tool_choice: type "tool" and "any" are not supported for this model.',
    },
}


@every_way
def test_a_forced_tool_that_a_deployment_refuses(ask: Ask) -> None:
    """A deployment that refuses to have a tool forced is left to choose, with a warning, and from then on at once."""
    service = Script(whole(UNFORCED, status=400), *(answers(ask, call("add", {})) for _ in range(2)))
    add = {"name": "add", "input_schema": {"type": "object"}}
    bound = model(service, model="mine").bind_tools([add], tool_choice="add", parallel_tool_calls=False)

    for _ in range(2):
        with pytest.warns(UserWarning, match="mine does not accept a forced tool_choice") as warned:
            assert ask(bound, "Hi").tool_calls

    assert {told.filename for told in warned} <= {__file__, ways.__file__}
    assert [request["tool_choice"] for request in sent(service)] == [
        {"type": "tool", "name": "add", "disable_parallel_tool_use": True},
        {"type": "auto", "disable_parallel_tool_use": True},
        {"type": "auto", "disable_parallel_tool_use": True},
    ]


@every_way
def test_other_refusals_are_raised(ask: Ask) -> None:
    """A refusal of something else is raised after one request, also where a tool is forced."""
    service = Script(refused(400, kind="invalid_request_error"))
    add = {"name": "add", "input_schema": {"type": "object"}}

    with pytest.raises(BadRequestError):
        ask(model(service, model="mine").bind_tools([add], tool_choice="add"), "Hi")

    assert len(service.requests) == 1
