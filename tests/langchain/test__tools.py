"""Tools and tool choice in LangChain's spellings."""

from typing import Any, TypedDict

import pytest
from langchain_core.tools import tool
from pydantic import BaseModel, Field

from claude_foundry._models import MODELS, UNKNOWN
from claude_foundry.langchain._tools import bound, in_parallel, tool_fields

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}


class AsModel(BaseModel):
    """Add."""

    a: int


class AsDict(TypedDict):
    """Add."""

    a: int


def as_function(a: int) -> int:
    """Add."""
    return a


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (AsModel, "AsModel"),
        (AsDict, "AsDict"),
        (as_function, "as_function"),
        (tool(as_function), "as_function"),
        ({"type": "function", "function": {"name": "f", "description": "Add.", "parameters": SCHEMA}}, "f"),
        ({"name": "f", "description": "Add.", "input_schema": SCHEMA}, "f"),
        ({"title": "f", "description": "Add.", **SCHEMA}, "f"),
    ],
)
def test_kinds(given: Any, name: str) -> None:
    """Every kind of tool has a name, a description and an object schema."""
    assert bound([given]) == [{"name": name, "description": "Add.", "input_schema": SCHEMA}]


@pytest.mark.parametrize(
    "given", [{"type": "web_search_20250305", "name": "web_search"}, {"type": "mcp_toolset", "mcp_server_name": "s"}]
)
def test_tools_of_the_service(given: dict[str, Any]) -> None:
    """The service's own tools are sent as they are."""
    assert bound([given]) == [given]


def test_extras() -> None:
    """What a LangChain tool carries for the provider is part of its definition."""
    given = tool(as_function, extras={"defer_loading": True})

    assert bound([given])[0]["defer_loading"] is True


def test_strict() -> None:
    """Strict tools have closed schemas without the constraints that the API refuses."""

    class Bounded(BaseModel):
        a: int = Field(ge=0)

    definition = bound([Bounded], strict=True)[0]

    assert definition["strict"] is True
    assert definition["input_schema"]["additionalProperties"] is False
    assert "minimum" not in definition["input_schema"]["properties"]["a"]


def test_forced_choice() -> None:
    """A forced choice is sent where the model takes it; elsewhere the model may choose, and a warning says so."""
    fields = {"tools": [{"name": "f"}], "tool_choice": {"type": "tool", "name": "f", "disable_parallel_tool_use": True}}

    assert tool_fields(fields, UNKNOWN)["tool_choice"] == fields["tool_choice"]
    with pytest.warns(UserWarning, match="claude-opus-5-5"):
        sent = tool_fields(fields, MODELS["claude-opus-5-5"])
    assert sent["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}


def test_one_at_a_time() -> None:
    """Several calls in one answer are forbidden through the tool choice, which is made for it if there is none."""
    assert in_parallel(None, allowed=None) is None
    assert in_parallel(None, allowed=False) == {"type": "auto", "disable_parallel_tool_use": True}
    assert in_parallel({"type": "none"}, allowed=False) == {"type": "none"}
