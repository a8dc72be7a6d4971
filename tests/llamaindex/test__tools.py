"""Tools and tool choices on the wire."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llama_index.core.tools import FunctionTool, ToolMetadata

from claude_foundry._models import known
from claude_foundry.errors import ConfigurationError
from claude_foundry.llamaindex._tools import cached, choice, definitions, permitted, wire_names


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def test_definition() -> None:
    """A tool is sent with its name, description and the schema of its arguments."""
    [defined] = definitions([FunctionTool.from_defaults(add)])
    assert defined["name"] == "add"
    assert "Add two numbers." in defined["description"]
    assert defined["input_schema"]["type"] == "object"
    assert defined["input_schema"]["required"] == ["a", "b"]


def test_definition_without_description() -> None:
    """An empty description is not sent."""
    tool = FunctionTool(fn=add, metadata=ToolMetadata(name="add", description="", fn_schema=None))
    assert "description" not in definitions([tool])[0]


@pytest.mark.parametrize(
    ("spelling", "wanted"),
    [
        (None, {"type": "auto"}),
        ("auto", {"type": "auto"}),
        ("any", {"type": "any"}),
        ("required", {"type": "any"}),
        ("none", {"type": "none"}),
        ("add", {"type": "tool", "name": "add"}),
        ({"type": "tool", "name": "add"}, {"type": "tool", "name": "add"}),
        ({"type": "function", "function": {"name": "add"}}, {"type": "tool", "name": "add"}),
        ({"type": "any"}, {"type": "any"}),
    ],
)
def test_choice_spellings(spelling: Any, wanted: dict[str, str]) -> None:
    """Every spelling that LlamaIndex and its users have for a tool choice is understood."""
    assert choice(spelling, names=["add"]) == wanted


@pytest.mark.parametrize("spelling", ["subtract", {"type": "tool", "name": "subtract"}, 3, {"type": "x"}])
def test_unknown_choice_is_refused(spelling: Any) -> None:
    """A choice that names no tool is refused, and the tools are named."""
    with pytest.raises(ConfigurationError, match=r"tool_choice=.*add"):
        choice(spelling, names=["add"])


def test_required_lifts_an_open_choice() -> None:
    """A tool that must be called is demanded, unless another choice was made."""
    assert choice(None, names=["add"], required=True) == {"type": "any"}
    assert choice("none", names=["add"], required=True) == {"type": "none"}
    assert choice("add", names=["add"], required=True) == {"type": "tool", "name": "add"}


def test_one_call_at_a_time() -> None:
    """Several calls in one answer are switched off where that makes sense."""
    assert choice(None, names=["add"], parallel=False) == {"type": "auto", "disable_parallel_tool_use": True}
    assert choice("none", names=["add"], parallel=False) == {"type": "none"}


def test_no_tools_no_choice() -> None:
    """Without tools there is nothing to choose."""
    assert choice("auto", names=[]) is None


@pytest.mark.parametrize(
    ("model", "thinking", "forced"),
    [
        ("claude-haiku-4-5", None, True),
        ("claude-opus-5", {"type": "adaptive"}, True),
        ("claude-opus-5-5", None, False),
        ("claude-haiku-4-5", {"type": "enabled", "budget_tokens": 1024}, False),
        ("own-name", None, True),
    ],
)
def test_force_where_it_is_accepted(model: str, thinking: Any, forced: bool) -> None:
    """A forced choice is sent to models that take it; others are asked in words."""
    wanted = {"type": "tool", "name": "add", "disable_parallel_tool_use": True}
    sent, nudge = permitted(wanted, names=["add"], model=known(model), thinking=thinking)
    assert (sent == wanted) is forced
    assert (nudge is None) is forced
    if not forced:
        assert sent == {"type": "auto", "disable_parallel_tool_use": True}
        assert "add" in str(nudge)


@given(st.lists(st.text(max_size=80), unique=True))
def test_names_on_the_wire(names: list[str]) -> None:
    """Any tool name becomes one that the API accepts, and no two become the same."""
    wire = wire_names(names)
    assert set(wire) == set(names)
    assert len(set(wire.values())) == len(names)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in wire.values())


def test_good_name_stays() -> None:
    """A name that the API accepts is kept, also when another one would become it."""
    assert wire_names(["a b", "a_b"]) == {"a_b": "a_b", "a b": "a_b_2"}


def test_last_tool_is_cached() -> None:
    """The cache point stands on the last tool that is no deferred one, unless it carries one of its own."""
    tools = [{"name": "a"}, {"name": "b", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]
    deferred = {"name": "c", "defer_loading": True}
    assert cached(tools, "5m") == tools
    assert cached([*tools[:1], deferred], "5m") == [{"name": "a", "cache_control": {"type": "ephemeral"}}, deferred]
    assert cached([deferred], "1h") == [deferred]
    assert cached(tools, None) == tools
