"""What both adapters translate alike."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry import ConfigurationError
from claude_foundry._models import MODELS, UNKNOWN
from claude_foundry._translation import (
    refuse_same_names,
    refuse_sampling,
    refuse_unknown,
    tool_choice,
    tool_id,
    unforced,
)

OLD, NEW = MODELS["claude-haiku-4-5"], MODELS["claude-opus-5-5"]
FORCED = {"type": "tool", "name": "f", "disable_parallel_tool_use": True}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("auto", {"type": "auto"}),
        ("any", {"type": "any"}),
        ("required", {"type": "any"}),
        (True, {"type": "any"}),
        ("none", {"type": "none"}),
        (False, {"type": "none"}),
        ("f", {"type": "tool", "name": "f"}),
        ({"type": "function", "function": {"name": "f"}}, {"type": "tool", "name": "f"}),
        ({"type": "function", "name": "f"}, {"type": "tool", "name": "f"}),
        ({"function": {"name": "f"}}, {"type": "tool", "name": "f"}),
        ({"name": "f"}, {"type": "tool", "name": "f"}),
        ({"type": "tool", "name": "f"}, {"type": "tool", "name": "f"}),
        ({"type": "any", "disable_parallel_tool_use": True}, {"type": "any", "disable_parallel_tool_use": True}),
    ],
)
def test_choices(value: Any, expected: Any) -> None:
    """Every spelling of a tool choice is understood."""
    assert tool_choice(value, names=["f"]) == expected


@pytest.mark.parametrize(
    "value", ["g", 7, {"type": "function", "function": {"name": "g"}}, {"type": "some"}, {"type": "some", "name": "f"}]
)
def test_unknown_choices(value: Any) -> None:
    """A choice that names no bound tool is refused, with the names of those that are bound."""
    with pytest.raises(ConfigurationError, match=r"tool_choice=.*\(f\)"):
        tool_choice(value, names=["f"])


def test_forced_choice() -> None:
    """A forced choice stays where the model takes it, and becomes an open one elsewhere."""
    auto = {"type": "auto", "disable_parallel_tool_use": True}

    assert unforced(FORCED, model=UNKNOWN, thinking=None) is None
    assert unforced(FORCED, model=NEW, thinking=None) == auto
    assert unforced(FORCED, model=OLD, thinking={"type": "enabled", "budget_tokens": 1024}) == auto
    assert unforced({"type": "auto"}, model=NEW, thinking=None) is None
    assert unforced(None, model=NEW, thinking=None) is None


@pytest.mark.parametrize(
    ("name", "here"),
    [("anthropic_api_key", "api_key"), ("azure_endpoint", "base_url"), ("proxy", "HTTPS_PROXY")],
)
def test_arguments_of_other_packages(name: str, here: str) -> None:
    """An argument that other packages for Claude have is refused with what stands for it here."""
    with pytest.raises(ConfigurationError, match=f"'{name}' is no argument of C: .*{here}"):
        refuse_unknown([name], known=["api_version"], where="C", way_out="Else.")


def test_one_of_two_sampling_parameters() -> None:
    """Temperature and top_p together are refused where the model takes one of them, and each is taken alone."""
    refuse_sampling({"temperature": 0.5}, model=OLD)
    refuse_sampling({"top_p": 0.5}, model=OLD)
    refuse_sampling({"temperature": 0.5, "top_p": 0.5}, model=UNKNOWN)
    with pytest.raises(ConfigurationError, match="top_p: claude-haiku-4-5 accepts it or temperature"):
        refuse_sampling({"temperature": 0.5, "top_p": 0.5}, model=OLD)


def test_tools_of_one_name() -> None:
    """Two tools of one name are refused by it; toolsets of the service have none."""
    toolset = {"type": "mcp_toolset"}

    refuse_same_names([{"name": "a"}, {"name": "b"}, toolset, toolset])
    with pytest.raises(ConfigurationError, match="two of the name 'a'"):
        refuse_same_names([{"name": "b"}, {"name": "a"}, {"name": "a"}])


@given(st.none() | st.text())
def test_ids(identifier: str | None) -> None:
    """Any id becomes one that the API accepts, and an acceptable one stays as it is."""
    made = tool_id(identifier)

    assert re.fullmatch(r"[a-zA-Z0-9_-]+", made)
    assert tool_id(made) == made


def test_ids_stay_apart() -> None:
    """Ids that differ only in what the API does not accept remain two."""
    assert tool_id("call.1") != tool_id("call:1")


@pytest.mark.parametrize("name", ["temperature", "top_p", "top_k"])
def test_sampling(name: str) -> None:
    """A sampling parameter is refused by its name on a model that does not take it."""
    refuse_sampling({name: 0.0}, model=OLD)
    refuse_sampling({name: None}, model=NEW)
    with pytest.raises(ConfigurationError, match=f"{name}.*claude-opus-5-5"):
        refuse_sampling({name: 0.0}, model=NEW)


def test_unknown_names() -> None:
    """A name that is not known is refused with the nearest that is, and the way out."""
    refuse_unknown(["model"], known=["model"], where="X", way_out="Look.")
    with pytest.raises(ConfigurationError, match=r"'modle' is no argument of X: did you mean 'model'\? Look\."):
        refuse_unknown(["modle"], known=["model"], where="X", way_out="Look.")
