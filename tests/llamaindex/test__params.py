"""Settings and arguments of a call, merged."""

from typing import Any

import pytest

from claude_foundry._models import Model, known
from claude_foundry.errors import ConfigurationError
from claude_foundry.llamaindex import ClaudeFoundry
from claude_foundry.llamaindex._params import merged, refuse_unknown, refused_while_thinking

OLD, OLDER, NEW = known("claude-haiku-4-5"), known("claude-opus-4-6"), known("claude-opus-5-5")
SETTINGS: dict[str, Any] = {"model": "m", "max_tokens": 100, "temperature": None, "betas": ["a"]}


def test_call_wins() -> None:
    """An argument of the call replaces the setting; None means that it was not given."""
    assert merged(SETTINGS, {"max_tokens": 5}, model=NEW)["max_tokens"] == 5
    assert merged(SETTINGS, {"max_tokens": None, "tool_choice": None}, model=NEW) == {
        "model": "m",
        "max_tokens": 100,
        "betas": ["a"],
    }


def test_tools_and_betas_add_up() -> None:
    """Tools and betas of the call stand behind those of the settings."""
    search = {"type": "web_search_20250305", "name": "web_search"}
    fields = merged({**SETTINGS, "tools": [search]}, {"tools": [{"name": "add"}], "betas": ["b"]}, model=NEW)
    assert fields["tools"] == [search, {"name": "add"}]
    assert fields["betas"] == ["a", "b"]


@pytest.mark.parametrize(("stop", "sequences"), [("x", ["x"]), (["x", "y"], ["x", "y"])])
def test_stop_is_translated(stop: Any, sequences: list[str]) -> None:
    """The ``stop`` of other frameworks is sent as stop sequences."""
    assert merged(SETTINGS, {"stop": stop}, model=NEW)["stop_sequences"] == sequences


def test_one_answer() -> None:
    """``n=1`` is what Claude does anyway; more is refused."""
    assert "n" not in merged(SETTINGS, {"n": 1}, model=NEW)
    with pytest.raises(ConfigurationError, match="n:"):
        merged(SETTINGS, {"n": 2}, model=NEW)


def test_retired_beta_is_not_sent() -> None:
    """The beta header that LlamaIndex's extractor still sends is dropped, others stay."""
    retired = {"anthropic-beta": "prompt-caching-2024-07-31", "x-team": "a"}
    assert merged(SETTINGS, {"extra_headers": retired}, model=NEW)["extra_headers"] == {"x-team": "a"}
    kept = {"anthropic-beta": "mcp-client-2025-11-20"}
    assert merged(SETTINGS, {"extra_headers": kept}, model=NEW)["extra_headers"] == kept
    both = {"anthropic-beta": "prompt-caching-2024-07-31, mcp-client-2025-11-20"}
    assert merged(SETTINGS, {"extra_headers": both}, model=NEW)["extra_headers"] == kept


def test_retired_beta_is_sent_nowhere() -> None:
    """The retired beta is no beta of a request either, and none of an LLM's headers."""
    retired = "prompt-caching-2024-07-31"
    assert merged({**SETTINGS, "betas": [retired, "a"]}, {"betas": [retired]}, model=NEW)["betas"] == ["a"]
    assert "betas" not in merged({**SETTINGS, "betas": [retired]}, {}, model=NEW)
    llm = ClaudeFoundry(model="m", default_headers={"Anthropic-Beta": f"{retired},b", "x-team": "a"})
    assert llm.default_headers == {"Anthropic-Beta": "b", "x-team": "a"}


@pytest.mark.parametrize(
    ("fields", "model", "refused", "left"),
    [
        ({"temperature": 0.1, "top_p": 0.5}, OLD, "top_p beside temperature", {"temperature": 0.1}),
        ({"output_config": {"effort": "high"}}, OLD, "effort 'high'", {}),
        (
            {"output_config": {"effort": "xhigh", "task_budget": 1}},
            OLDER,
            "'xhigh'",
            {"output_config": {"task_budget": 1}},
        ),
    ],
)
def test_what_a_model_refuses(fields: dict[str, Any], model: Model, refused: str, left: dict[str, Any]) -> None:
    """What the model does not take is left out of a call with a warning, and refused as a setting."""
    with pytest.warns(UserWarning, match=refused):
        assert merged(SETTINGS, fields, model=model) == {"model": "m", "max_tokens": 100, "betas": ["a"], **left}
    own = {name: fields[name] for name in ("temperature", "output_config") if name in fields}
    further = {name: fields[name] for name in ("top_p",) if name in fields}
    with pytest.raises(ConfigurationError, match=r"top_p|output_config"):
        ClaudeFoundry(model=str(model.name), additional_kwargs=further, **own)


def test_sampling_of_a_call() -> None:
    """A temperature of the call is sent to a model that takes it, and left out with a warning for others."""
    assert merged(SETTINGS, {"temperature": 0.0}, model=OLD)["temperature"] == 0.0
    with pytest.warns(UserWarning, match="temperature"):
        assert "temperature" not in merged(SETTINGS, {"temperature": 0.0}, model=NEW)


def test_sampling_while_the_model_thinks() -> None:
    """A temperature that thinking rules out is left out with a warning; the API's one is sent."""
    thinking = {"type": "enabled", "budget_tokens": 1_024}
    settings = {**SETTINGS, "max_tokens": 5_000, "thinking": thinking}
    with pytest.warns(UserWarning, match="temperature while it thinks"):
        assert "temperature" not in merged(settings, {"temperature": 0.0}, model=OLD)
    assert merged(settings, {"temperature": 1}, model=OLD)["temperature"] == 1


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"temperature": 0}, ["temperature"]),
        ({"temperature": 1, "top_p": 0.95}, []),
        ({"top_p": 0.5, "top_k": 3}, ["top_p", "top_k"]),
    ],
)
def test_what_thinking_rules_out(fields: dict[str, Any], refused: list[str]) -> None:
    """A model that thinks takes no other temperature than 1, no low ``top_p`` and no ``top_k``."""
    assert refused_while_thinking(fields, thinking={"type": "adaptive"}) == refused
    assert refused_while_thinking(fields, thinking={"type": "disabled"}) == []
    assert refused_while_thinking(fields, thinking=None) == []


def test_thinking_of_the_call_wins() -> None:
    """The call's thinking replaces the setting's, with the effort that it implies."""
    settings = {**SETTINGS, "thinking": "max", "output_config": {"format": {"type": "json_schema", "schema": {}}}}
    fields = merged(settings, {"thinking": "low"}, model=NEW)
    assert (fields["thinking"]["type"], fields["output_config"]["effort"]) == ("adaptive", "low")
    assert "format" in fields["output_config"]
    assert merged(settings, {}, model=NEW)["output_config"]["effort"] == "max"


def test_token_of_a_server_in_a_call_is_refused() -> None:
    """Tokens of MCP servers, too, are set when the LLM is made."""
    servers = [{"name": "docs", "url": "https://example.com", "authorization_token": "sealed"}]
    with pytest.raises(ConfigurationError, match="authorization_token") as caught:
        merged(SETTINGS, {"mcp_servers": servers}, model=NEW)
    assert "sealed" not in str(caught.value)


def test_token_in_extra_body_is_refused() -> None:
    """A token is refused in the further fields of a call, too."""
    servers = [{"name": "docs", "url": "https://example.com", "authorization_token": "sealed"}]
    with pytest.raises(ConfigurationError, match="authorization_token") as caught:
        merged(SETTINGS, {"extra_body": {"mcp_servers": servers}}, model=NEW)
    assert "sealed" not in str(caught.value)
    assert merged(SETTINGS, {"extra_body": {"x": 1}}, model=NEW)["extra_body"] == {"x": 1}


@pytest.mark.parametrize(
    ("name", "way"),
    [("tools", "server_tools"), ("cache_idx", "CachePoint"), ("thinking_dict", "thinking"), ("tool_choice", "chat")],
)
def test_arguments_that_others_have(name: str, way: str) -> None:
    """A name that other LLMs have is refused with what stands for it here."""
    with pytest.raises(ConfigurationError, match=way):
        ClaudeFoundry(model="m", **{name: 1})


def test_ways_out() -> None:
    """Further fields of the API go in different arguments of an LLM and of a call."""
    with pytest.raises(ConfigurationError, match="additional_kwargs") as settings:
        ClaudeFoundry(model="m", zzz=1)
    with pytest.raises(ConfigurationError, match="extra_body") as call:
        merged(SETTINGS, {"zzz": 1}, model=NEW)
    assert "extra_body" not in str(settings.value)
    assert "additional_kwargs" not in str(call.value)


def test_key_in_a_call_is_refused() -> None:
    """Credentials never travel as arguments of a call, and the message does not show them."""
    with pytest.raises(ConfigurationError, match="api_key") as caught:
        merged(SETTINGS, {"api_key": "secret-key"}, model=NEW)
    assert "secret-key" not in str(caught.value)


def test_unknown_argument_of_a_call() -> None:
    """A misspelt argument is refused with the nearest name."""
    with pytest.raises(ConfigurationError, match=r"'max_token'.*'max_tokens'"):
        merged(SETTINGS, {"max_token": 5}, model=NEW)


def test_unknown_name_without_neighbour() -> None:
    """A name that resembles nothing is refused with the way out."""
    with pytest.raises(ConfigurationError, match="additional_kwargs"):
        refuse_unknown(["zzz"], known=["model"], where="X")


def test_servers_of_the_call_stand_beside_those_of_the_settings() -> None:
    """MCP servers of the call are added, as their toolsets are."""
    fields = merged({**SETTINGS, "mcp_servers": [{"name": "a"}]}, {"mcp_servers": [{"name": "b"}]}, model=NEW)
    assert [server["name"] for server in fields["mcp_servers"]] == ["a", "b"]


def test_toolset_of_each_server() -> None:
    """A server brings the toolset that makes its tools known, if none of the tools is of that server."""
    own = {"type": "mcp_toolset", "mcp_server_name": "a", "default_config": {"enabled": False}}
    fields = merged(SETTINGS, {"tools": [own], "mcp_servers": [{"name": "a"}, {"name": "b"}]}, model=NEW)
    assert fields["tools"] == [own, {"type": "mcp_toolset", "mcp_server_name": "b"}]


def test_tool_that_is_no_definition() -> None:
    """An object in place of a tool's definition is refused with the method that takes it."""
    with pytest.raises(ConfigurationError, match=r"tools\[1\] is object.*chat_with_tools"):
        merged(SETTINGS, {"tools": [{"name": "a"}, object()]}, model=NEW)
