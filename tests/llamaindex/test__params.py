"""Settings and arguments of a call, merged."""

from typing import Any

import pytest

from claude_foundry._models import known
from claude_foundry.errors import ConfigurationError
from claude_foundry.llamaindex._params import merged, refuse_unknown

OLD, NEW = known("claude-haiku-4-5"), known("claude-opus-5-5")
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


def test_sampling_of_a_call() -> None:
    """A temperature of the call is sent to a model that takes it, and left out with a warning for others."""
    assert merged(SETTINGS, {"temperature": 0.0}, model=OLD)["temperature"] == 0.0
    with pytest.warns(UserWarning, match="temperature"):
        assert "temperature" not in merged(SETTINGS, {"temperature": 0.0}, model=NEW)


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
