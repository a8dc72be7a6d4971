"""Settings and arguments of a call, by the model that answers."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from pydantic import SecretStr

from claude_foundry import ConfigurationError
from claude_foundry.langchain import ChatClaudeFoundry
from tests.langchain.ways import model, request_of

SUMMARIZED = {"type": "adaptive", "display": "summarized"}
EPHEMERAL = {"type": "ephemeral"}


def sent_by(prompt: Any = "Hi", *, call: dict[str, Any] | None = None, **settings: Any) -> dict[str, Any]:
    return request_of(lambda service: model(service, **settings), prompt, **(call or {}))


@pytest.mark.parametrize(
    ("name", "thinking", "config"),
    [
        ("claude-opus-4-5", {"type": "enabled", "budget_tokens": 2048}, {"effort": "low"}),
        ("claude-haiku-4-5", {"type": "enabled", "budget_tokens": 2048}, None),
        ("claude-sonnet-4-6", {"type": "adaptive"}, {"effort": "low"}),
        ("claude-opus-4-8", SUMMARIZED, {"effort": "low"}),
        ("claude-opus-5-5", SUMMARIZED, {"effort": "low"}),
    ],
)
def test_effort_on_each_generation(name: str, thinking: dict[str, Any], config: dict[str, Any] | None) -> None:
    """One effort is put into the words of each generation, set on the model or for one call."""
    settings = sent_by(model=name, reasoning_effort="low")
    call = sent_by(model=name, reasoning_effort="max", call={"reasoning_effort": "low"})

    assert (settings["thinking"], settings.get("output_config")) == (thinking, config)
    assert (call["thinking"], call.get("output_config")) == (thinking, config)


@pytest.mark.parametrize(("name", "thinking"), [("claude-opus-4-8", None), ("claude-sonnet-5", {"type": "disabled"})])
def test_no_thinking(name: str, thinking: dict[str, Any] | None) -> None:
    """The effort none keeps a model from thinking: what does not think by itself is told nothing."""
    assert sent_by(model=name, reasoning_effort="none").get("thinking") == thinking


def test_thinking_that_cannot_be_stopped() -> None:
    """A model that always thinks is not asked to stop, and the error names it."""
    with pytest.raises(ConfigurationError, match="claude-opus-5-5"):
        sent_by(reasoning_effort="none")


def test_unknown_effort() -> None:
    """An effort that no model has is refused with those there are."""
    with pytest.raises(ConfigurationError, match="'high'"):
        sent_by(reasoning_effort="utmost")


def test_thinking_of_the_call_wins() -> None:
    """Thinking of a call replaces that of the model, and None takes it away."""
    enabled = {"type": "enabled", "budget_tokens": 2000}
    settings: dict[str, Any] = {"model": "claude-sonnet-4-6", "thinking": enabled, "max_tokens": 9000}

    assert sent_by(**settings)["thinking"] == enabled
    assert sent_by(call={"thinking": {"type": "adaptive"}}, **settings)["thinking"] == {"type": "adaptive"}
    assert "thinking" not in sent_by(call={"thinking": None}, **settings)


def test_thinking_beside_an_effort() -> None:
    """Thinking in the API's words and an effort stand beside each other."""
    request = sent_by(thinking={"type": "adaptive"}, reasoning_effort="xhigh")

    assert (request["thinking"], request["output_config"]) == ({"type": "adaptive"}, {"effort": "xhigh"})


def test_call_beats_settings() -> None:
    """What a call says beats what the model was made with; output options are joined."""
    form = {"type": "json_schema", "schema": {"type": "object", "properties": {}, "additionalProperties": False}}

    fields = sent_by(
        max_tokens=9, output_config={"effort": "low"}, call={"max_tokens": 5, "output_config": {"format": form}}
    )

    assert (fields["max_tokens"], fields["output_config"]) == (5, {"effort": "low", "format": form})


def test_rules_of_the_model_that_answers() -> None:
    """A deployment named for one call has its own limits and words, not those of the constructor's model."""
    request = sent_by(
        max_tokens=100_000, thinking={"type": "adaptive"}, call={"model": "team-a", "base_model": "claude-haiku-4-5"}
    )

    assert (request["model"], request["max_tokens"]) == ("team-a", 64_000)
    assert request["thinking"]["type"] == "enabled"
    assert "base_model" not in request


def test_limit_of_the_call() -> None:
    """Without a limit of its own a call has that of its model."""
    assert sent_by(call={"model": "claude-haiku-4-5"})["max_tokens"] == 64_000
    assert sent_by(call={"max_tokens": 5})["max_tokens"] == 5


def test_stop_and_betas() -> None:
    """Stop sequences of a call replace the model's; betas add up."""
    request = sent_by(stop=["x"], call={"stop": ["y"]})

    assert request["stop_sequences"] == ["y"]


def test_misspelt_arguments_of_a_call() -> None:
    """An argument of a call that does not exist is refused with the nearest that does."""
    with pytest.raises(ConfigurationError, match="'max_tokens'"):
        model().invoke("Hi", max_token=5)


def test_names_of_a_call() -> None:
    """A call takes an argument by each of the names that the model takes it by."""
    request = sent_by(call={"model_name": "claude-haiku-4-5", "max_tokens_to_sample": 9000, "effort": "low"})

    assert (request["model"], request["max_tokens"]) == ("claude-haiku-4-5", 9000)
    assert request["thinking"] == {"type": "enabled", "budget_tokens": 2048}


@pytest.mark.parametrize("given", ["five", 1.5, -1, True])
def test_limit_that_is_none(given: Any) -> None:
    """A limit of a call that is no count of tokens is refused by name."""
    with pytest.raises(ConfigurationError, match="max_tokens"):
        sent_by(call={"max_tokens": given})


def test_further_fields() -> None:
    """Fields that are not known here go in model_kwargs, or in extra_body for one call."""
    request = sent_by(model_kwargs={"metadata": {"user_id": "u"}}, call={"extra_body": {"new_field": 1}})

    assert (request["metadata"], request["new_field"]) == ({"user_id": "u"}, 1)


def test_settings_of_the_service() -> None:
    """Automatic caching, context management, containers and MCP servers are set on the model or for one call."""
    server = {"type": "url", "url": "https://example.com/mcp", "name": "s"}
    opened, sealed = ([{**server, "authorization_token": token}] for token in ("token", SecretStr("token")))
    edits = {"edits": [{"type": "clear_tool_uses_20250919"}]}
    made = {"cache_control": EPHEMERAL, "context_management": edits, "mcp_servers": opened, "container": "c1"}

    assert made.items() <= sent_by(**made).items()
    assert made.items() <= sent_by(call={**made, "mcp_servers": sealed}).items()


def test_tokens_of_servers_are_sealed() -> None:
    """What an MCP server may hold is in no representation or dump."""
    asked = model(mcp_servers=[{"name": "s", "authorization_token": "secret-token"}])

    assert "secret-token" not in f"{asked!r} {asked.model_dump()} {asked.asdict()} {asked.__getstate__()}"


CONTAINER = {"container": {"id": "container_1", "expires_at": "2026-12-01T00:00:00Z"}}
CALLER = {"type": "code_execution_20260120", "tool_id": "srvtoolu_1"}


def history(**beside: Any) -> list[Any]:
    call = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}, **beside}
    calls = [{"name": "f", "args": {}, "id": "toolu_1"}]
    answer = AIMessage([call], tool_calls=calls, response_metadata=CONTAINER)
    return [HumanMessage("Hi"), answer, ToolMessage("2", tool_call_id="toolu_1")]


def test_reused_container() -> None:
    """The container of the last answer is used again where that is asked for, beside skills if there are any."""
    skills = [{"type": "anthropic", "skill_id": "pptx"}]

    assert "container" not in sent_by(history())
    assert sent_by(history(), reuse_last_container=True)["container"] == "container_1"
    assert sent_by(history(), reuse_last_container=True, container={"skills": skills})["container"] == {
        "skills": skills,
        "id": "container_1",
    }
    assert sent_by(history(), reuse_last_container=True, container="mine")["container"] == "mine"


def test_container_of_an_earlier_answer() -> None:
    """The last container that any answer names is used again, also when later answers used none."""
    later = [*history(), AIMessage("Yes."), HumanMessage("And then?")]

    assert sent_by(later, reuse_last_container=True)["container"] == "container_1"
    assert "container" not in sent_by(later)


def test_calls_of_code_go_on_in_their_container() -> None:
    """The result of a call that code made goes back to the container that waits for it, with its caller."""
    request = sent_by(history(caller=CALLER))

    assert request["container"] == "container_1"
    assert request["messages"][1]["content"][0]["caller"] == CALLER


@pytest.mark.parametrize("automatic", [False, True])
def test_too_many_cache_points(automatic: bool) -> None:
    """Of more than four cache points the oldest are not sent, which is told."""
    marked = [{"type": "text", "text": str(number), "cache_control": EPHEMERAL} for number in range(6)]

    with pytest.warns(UserWarning, match="2 are not sent"):
        request = sent_by([HumanMessage(marked)], **({"cache_control": EPHEMERAL} if automatic else {}))

    kept = [block["text"] for block in request["messages"][0]["content"] if "cache_control" in block]
    assert kept == (["2", "3", "4"] if automatic else ["2", "3", "4", "5"])


def test_reasoning_levels_in_the_profile() -> None:
    """The profile tells which efforts a model takes; a budget stands for each where it takes none."""
    levels = [
        ChatClaudeFoundry(model=name, resource="a", api_key="k").profile["reasoning_effort_levels"]
        for name in ("claude-opus-4-6", "claude-haiku-4-5")
    ]

    assert levels == [["low", "medium", "high", "max"], ["low", "medium", "high", "xhigh", "max"]]
