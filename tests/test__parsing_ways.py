"""By which way typed output is asked for."""

import json
from typing import Any

import pytest

from claude_foundry import BadRequestError
from claude_foundry._models import MODELS, UNKNOWN, known
from claude_foundry._parsing import Output
from claude_foundry.errors import from_response
from tests.test__parsing import FORCED_ONLY, NEVER_FORCED, REQUEST, Person


@pytest.mark.parametrize("name", list(MODELS))
def test_way_of_each_model(name: str) -> None:
    """The format is asked for where the model takes it; else a tool, forced where the model can be forced."""
    model = MODELS[name]

    request = Output(Person, model=model).request(REQUEST)

    assert ("output_config" in request) == model.structured_output
    assert request.get("tool_choice", {}).get("type") in (
        (None,) if model.structured_output else ("tool",) if model.forced_tool_choice else ("auto",)
    )


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
