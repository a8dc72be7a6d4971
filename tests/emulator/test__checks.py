"""What the emulator refuses in a request's fields, in the service's words."""

import json
from typing import Any

import pytest

from claude_foundry._models import MODELS
from claude_foundry.emulator._respond import State

from . import wire

CACHED = {"cache_control": {"type": "ephemeral"}}
HOUR = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}


def test_unknown_deployment() -> None:
    """A deployment that does not exist gives the gateway's 404; one that was given is known."""
    reply = wire.send(model="team-a")
    assert reply.status == 404
    assert isinstance(reply.body, bytes)
    assert json.loads(reply.body)["error"]["code"] == "DeploymentNotFound"
    own = State(deployments={"team-a": "claude-opus-5-5"})
    assert wire.answer(model="team-a", state=own)["model"] == "team-a"


@pytest.mark.parametrize("model", MODELS)
def test_every_model_is_deployed(model: str) -> None:
    """Each model of the table is there under its own name."""
    assert wire.answer(model=model)["model"] == model


@pytest.mark.parametrize("name", ["model", "max_tokens", "messages"])
def test_required_fields(name: str) -> None:
    """A field that must be there is asked for by name."""
    assert wire.complaint(**{name: None}) == f"{name}: Field required"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"max_tokens": "5"}, "max_tokens: Input should be a valid integer"),
        ({"max_tokens": True}, "max_tokens: Input should be a valid integer"),
        ({"max_tokens": -1}, "max_tokens: Input should be greater than or equal to 0"),
        ({"messages": "Hello"}, "messages: Input should be a valid list"),
        ({"stream": "yes"}, "stream: Input should be a valid boolean"),
        ({"stop_sequences": [" "]}, "stop_sequences.0: each stop sequence must contain non-whitespace"),
        ({"user": "x"}, "user: Extra inputs are not permitted"),
        ({"max_completion_tokens": 5}, "max_completion_tokens: Extra inputs are not permitted"),
        ({"inference_geo": "us"}, "inference_geo: Extra inputs are not permitted"),
        ({"context_management": {"edits": []}}, "context_management: Extra inputs are not permitted"),
    ],
)
def test_fields(fields: dict[str, Any], said: str) -> None:
    """Fields of a wrong type and fields the API does not have are refused by name."""
    assert wire.complaint(**fields) == said


def test_beta_fields() -> None:
    """A field of a beta is taken when its beta is named."""
    beta = {"anthropic-beta": "context-management-2025-06-27"}
    assert wire.send(context_management={"edits": []}, headers=beta).status == 200


def test_threads_are_refused_by_code() -> None:
    """A client that keeps its conversation on the server learns by a code to send it whole."""
    reply = wire.send(thread={"type": "create"}, headers={"anthropic-beta": "message-threads-2026-08-12"})
    assert isinstance(reply.body, bytes)
    assert json.loads(reply.body)["error"]["details"]["error_code"] == "thread_unsupported_request"


@pytest.mark.parametrize("name", ["max_tokens", "stream", "stop_sequences", "metadata", "temperature"])
def test_counting_takes_no_fields_of_the_answer(name: str) -> None:
    """A count of tokens refuses what concerns the answer only."""
    values = {"max_tokens": 5, "stream": False, "stop_sequences": ["x"], "metadata": {}, "temperature": 1}
    fields = {"max_tokens": None, name: values[name]}
    said = wire.complaint(path="/anthropic/v1/messages/count_tokens", **fields)
    assert said == f"{name}: Extra inputs are not permitted"


def test_max_tokens_of_the_model() -> None:
    """More tokens than the model writes are refused with both numbers."""
    said = wire.complaint(model="claude-sonnet-4-5", max_tokens=64_001)
    assert said.startswith("max_tokens: 64001 > 64000, which is the maximum allowed number of output tokens")
    assert wire.send(model="claude-opus-5", max_tokens=128_000).status == 200


@pytest.mark.parametrize("fields", [{"temperature": 0}, {"top_p": 0.9}, {"top_k": 5}])
def test_sampling_is_gone(fields: dict[str, Any]) -> None:
    """Newer models refuse sampling parameters, older ones take them."""
    assert wire.complaint(model="claude-opus-5", **fields) == f"`{next(iter(fields))}` is deprecated for this model."
    assert wire.send(model="claude-sonnet-4-5", **fields).status == 200


def test_sampling_at_its_default_is_taken() -> None:
    """The default temperature says nothing, so newer models take it."""
    assert wire.send(model="claude-opus-5", temperature=1).status == 200


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"temperature": 1.5}, "temperature: range: 0..1"),
        ({"top_p": -1}, "top_p: range: 0..1"),
        ({"temperature": 0.5, "top_p": 0.9}, "`temperature` and `top_p` cannot both be specified for this model."),
    ],
)
def test_sampling_values(fields: dict[str, Any], said: str) -> None:
    """Where sampling parameters are taken, their values and combinations are checked."""
    assert wire.complaint(model="claude-sonnet-4-5", **fields).startswith(said)


@pytest.mark.parametrize("fields", [{"temperature": 0.5}, {"top_p": 0.5}, {"top_k": 5}])
def test_sampling_while_thinking(fields: dict[str, Any]) -> None:
    """While thinking, a model's sampling is hardly to be changed."""
    thinking = {"type": "enabled", "budget_tokens": 1024}
    said = wire.complaint(model="claude-sonnet-4-6", thinking=thinking, max_tokens=2000, **fields)
    assert said.startswith(f"`{next(iter(fields))}` m")


def test_sampling_in_the_new_version() -> None:
    """With the newer API version no model knows sampling parameters."""
    said = wire.complaint(headers={"anthropic-version": "2026-10-21"}, temperature=1)
    assert said == "temperature: Extra inputs are not permitted"


SPAN = {"start_char_index": 0, "end_char_index": 1}
CITED = {"type": "char_location", "cited_text": "x", "document_index": 0, "document_title": None, **SPAN}
QUOTING = {"type": "text", "text": "Grass.", "citations": [CITED]}
PLAIN = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Grass is green."}}


@pytest.mark.parametrize(
    "history",
    [
        [wire.user([QUOTING])],
        [wire.user([{"type": "search_result", "source": "s", "title": "t", "content": [QUOTING]}])],
        [wire.user("Hi"), wire.assistant([PLAIN]), wire.user("Hi")],
    ],
)
def test_history_in_the_new_version(history: list[dict[str, Any]]) -> None:
    """The newer API version takes no citations from the user and no documents from the assistant."""
    assert wire.send(*history).status == 200
    wire.complaint(*history, headers={"anthropic-version": "2026-10-21"})


def test_citations_on_all_or_none() -> None:
    """Citations are asked of all documents or of none."""
    citing = {**PLAIN, "citations": {"enabled": True}}
    assert "on all documents" in wire.complaint(wire.user([PLAIN, citing]))
    assert wire.send(wire.user([citing, citing])).status == 200


@pytest.mark.parametrize(
    ("tool", "said"),
    [
        ({"name": "a b"}, "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'"),
        ({"name": "x" * 65}, "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'"),
        ({"parameters": {}}, "tools.0.custom.parameters: Extra inputs are not permitted"),
        ({"input_schema": {"properties": {}}}, "tools.0.custom.input_schema.type: Field required"),
        ({"input_schema": {"type": "array"}}, "tools.0.custom.input_schema.type: Input should be 'object'"),
        ({"input_schema": "object"}, "tools.0.custom.input_schema: Input should be an object"),
        ({"defer_loading": True}, "At least one tool must have defer_loading=false."),
    ],
)
def test_tools(tool: dict[str, Any], said: str) -> None:
    """A tool's name, fields and schema are checked."""
    assert wire.complaint(tools=[{**wire.WEATHER, **tool}]) == said


def test_tool_names_are_unique() -> None:
    """Two tools of one name are refused."""
    assert wire.complaint(tools=[wire.WEATHER, wire.WEATHER]) == "tools: Tool names must be unique."


def test_tools_of_the_service() -> None:
    """Tools that need no schema are taken."""
    assert wire.send(tools=[{"type": "web_search_20250305", "name": "web_search", "max_uses": 2}]).status == 200


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"tool_choice": {"type": "any"}}, "`tool_choice` may only be specified while providing `tools`."),
        (
            {"tools": [wire.WEATHER], "tool_choice": {"type": "tool", "name": "other"}},
            "Tool 'other' not found in provided tools",
        ),
        (
            {"tools": [wire.WEATHER], "tool_choice": {"type": "none", "disable_parallel_tool_use": True}},
            "tool_choice.none.disable_parallel_tool_use: Extra inputs are not permitted",
        ),
        (
            {"tools": [wire.WEATHER], "tool_choice": {"type": "any"}, "model": "claude-opus-5-5"},
            'tool_choice: type "tool" and "any" are not supported for this model.',
        ),
        (
            {
                "tools": [wire.WEATHER],
                "tool_choice": {"type": "any"},
                "thinking": {"type": "enabled", "budget_tokens": 1024},
                "max_tokens": 2000,
            },
            "Thinking may not be enabled when tool_choice forces tool use.",
        ),
    ],
)
def test_tool_choice(fields: dict[str, Any], said: str) -> None:
    """A choice needs tools, names one of them, and may be forced where the model allows it."""
    assert wire.complaint(**fields) == said


@pytest.mark.parametrize(
    ("model", "thinking", "said"),
    [
        ("claude-opus-5", {"type": "enabled", "budget_tokens": 1024}, '"thinking.type.enabled" is not supported'),
        ("claude-opus-5-5", {"type": "disabled"}, '"thinking.type.disabled" is not supported for this model.'),
        ("claude-sonnet-4-5", {"type": "adaptive"}, "adaptive thinking is not supported on this model"),
        ("claude-sonnet-4-5", {"type": "enabled"}, "thinking.enabled.budget_tokens: Field required"),
        ("claude-sonnet-4-5", {"type": "enabled", "budget_tokens": 5}, "thinking.enabled.budget_tokens: Input should"),
        ("claude-sonnet-4-5", {"type": "enabled", "budget_tokens": 5000}, "`max_tokens` must be greater than"),
    ],
)
def test_thinking(model: str, thinking: dict[str, Any], said: str) -> None:
    """Each model takes its own ways of thinking."""
    assert wire.complaint(model=model, thinking=thinking).startswith(said)


@pytest.mark.parametrize(
    ("model", "effort", "said"),
    [
        (
            "claude-opus-4-6",
            "xhigh",
            "This model does not support effort level 'xhigh'. Supported levels: high, low, max, medium.",
        ),
        ("claude-haiku-4-5", "low", "This model does not support the effort parameter."),
    ],
)
def test_effort(model: str, effort: str, said: str) -> None:
    """Each model takes its own levels of effort."""
    assert wire.complaint(model=model, output_config={"effort": effort}) == said


def test_structured_output() -> None:
    """A format is refused where the model has none, and together with citations."""
    form = {"type": "json_schema", "schema": {"type": "object", "additionalProperties": False}}
    config = {"format": form}
    assert wire.complaint(model="claude-haiku-5-5", output_config=config).startswith("structured_outputs not supported")
    document = {
        "type": "document",
        "source": {"type": "text", "media_type": "text/plain", "data": "Grass is green."},
        "citations": {"enabled": True},
    }
    said = wire.complaint(wire.user([document]), output_config=config)
    assert said == "output_config.format: structured outputs and citations cannot be used together."


def test_cache_breakpoints() -> None:
    """Four breakpoints are taken, five are not, and wherever they stand they count."""
    blocks = [{"type": "text", "text": str(number), **CACHED} for number in range(3)]
    tools = [{**wire.WEATHER, **CACHED}]
    assert wire.send(wire.user(blocks), tools=tools).status == 200
    system = [{"type": "text", "text": "Be kind.", **CACHED}]
    said = wire.complaint(wire.user(blocks), tools=tools, system=system)
    assert said == "A maximum of 4 blocks with cache_control may be provided. Found 5."
    inside = {**wire.RESULT, "content": [{"type": "text", "text": "rain", **CACHED}]}
    history = [wire.user("Weather?"), wire.assistant([wire.CALL]), wire.user([inside, *blocks])]
    assert "Found 5." in wire.complaint(*history, tools=tools)


def test_longer_cache_comes_first() -> None:
    """What is kept for an hour stands before what is kept for five minutes."""
    late = [{"type": "text", "text": "one", **CACHED}, {"type": "text", "text": "two", **HOUR}]
    assert wire.complaint(wire.user(late)).startswith("a ttl='1h' cache_control block must not come after")
    assert wire.send(wire.user(late[::-1])).status == 200


def test_cache_control_is_checked() -> None:
    """A breakpoint of another type or duration is refused."""
    block = {"type": "text", "text": "one"}
    assert "Input tag 'eternal'" in wire.complaint(wire.user([{**block, "cache_control": {"type": "eternal"}}]))
    lasting = {"type": "ephemeral", "ttl": "1d"}
    assert "should be '5m' or '1h'" in wire.complaint(wire.user([{**block, "cache_control": lasting}]))


def test_prompt_too_long() -> None:
    """A prompt larger than the model's window is refused with both numbers."""
    said = wire.complaint(wire.user("word " * 200_001))
    assert said.startswith("prompt is too long: ")
    assert said.endswith(" tokens > 200000 maximum")


def test_hosting() -> None:
    """Where Azure hosts a model, what only Anthropic's hosting has is refused; elsewhere it is taken."""
    tool = {"type": "code_execution_20260120", "name": "code_execution"}

    assert wire.complaint(model="claude-opus-5", tools=[tool]) == "code_execution not supported in your workspace."
    assert wire.send(model="claude-fable-5-2", tools=[tool]).status == 200
