"""Tools and tool choice in LangChain's spellings."""

from typing import Any, TypedDict

import pytest
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import BaseTool, tool
from pydantic import BaseModel
from pydantic.v1 import BaseModel as BaseModelV1

from claude_foundry import ConfigurationError
from claude_foundry._models import MODELS, UNKNOWN
from claude_foundry.langchain._tools import bound, choice, in_parallel, tool_fields
from tests.answers import whole
from tests.langchain.ways import model, request_of
from tests.shells import Script

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
ADD = {"name": "f", "description": "Add.", "parameters": SCHEMA}


class AsModel(BaseModel):
    """Add."""

    a: int


class AsDict(TypedDict):
    """Add."""

    a: int


class AsOldModel(BaseModelV1):
    """Add."""

    a: int


def as_function(a: int) -> int:
    """Add."""
    return a


class AsTool(BaseTool):
    name: str = "as_tool"
    description: str = "Add."

    def _run(self, a: int) -> int:
        return a


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (AsModel, "AsModel"),
        (AsOldModel, "AsOldModel"),
        (AsDict, "AsDict"),
        (as_function, "as_function"),
        (tool(as_function), "as_function"),
        (AsTool(), "as_tool"),
        ({"type": "function", "function": ADD}, "f"),
        ({"type": "function", **ADD}, "f"),
        ({"name": "f", "description": "Add.", "input_schema": SCHEMA}, "f"),
        ({"title": "f", "description": "Add.", **SCHEMA}, "f"),
    ],
)
def test_kinds(given: Any, name: str) -> None:
    """Every kind of tool has a name, a description and an object schema."""
    assert bound([given]) == [{"name": name, "description": "Add.", "input_schema": SCHEMA}]


@pytest.mark.parametrize("given", [AsModel, as_function, tool(as_function), {"type": "function", "function": ADD}])
def test_tools_of_a_call(given: Any) -> None:
    """Tools that are given to a call itself are defined as those that are bound."""
    request = request_of(lambda service: model(service), tools=[given], tool_choice="auto")

    assert request["tools"] == bound([given])
    assert request["tool_choice"] == {"type": "auto"}


@pytest.mark.filterwarnings("ignore:This API is in beta")
def test_runnables() -> None:
    """A runnable as a tool is one."""
    made = RunnableLambda(lambda given: given["a"]).as_tool(name="f", description="Add.", arg_types={"a": int})

    assert bound([made]) == [{"name": "f", "description": "Add.", "input_schema": SCHEMA}]


SERVICE_TOOLS = [
    {"type": "web_search_20250305", "name": "web_search", "max_uses": 3},
    {"type": "web_fetch_20250910", "name": "web_fetch"},
    {"type": "code_execution_20250825", "name": "code_execution"},
    {"type": "memory_20250818", "name": "memory"},
    {"type": "bash_20250124", "name": "bash"},
    {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"},
    {"type": "computer_20251124", "name": "computer", "display_width_px": 800, "display_height_px": 600},
    {"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"},
    {"type": "mcp_toolset", "mcp_server_name": "s"},
]


@pytest.mark.parametrize("given", SERVICE_TOOLS, ids=lambda given: given["type"])
def test_tools_of_the_service(given: dict[str, Any]) -> None:
    """The service's own tools are sent as they are, also where others are held to their schemas."""
    assert bound([given], strict=True) == [given]


def test_betas_by_table() -> None:
    """A tool that is in beta names it by itself; a tool of the user's names none."""
    assert request_headers([SERVICE_TOOLS[6]])["anthropic-beta"] == "computer-use-2025-11-24"
    assert "anthropic-beta" not in request_headers([SERVICE_TOOLS[0], as_function])


def request_headers(tools: list[Any]) -> Any:
    service = Script(whole())
    model(service).bind_tools(tools).invoke("Hi")
    return service.requests[0].headers


EXTRAS = {
    "cache_control": {"type": "ephemeral"},
    "defer_loading": True,
    "allowed_callers": ["code_execution_20260120"],
    "input_examples": [{"a": 1}],
    "eager_input_streaming": True,
}


def test_extras() -> None:
    """What a LangChain tool carries for the provider is part of its definition; what it carries for others is not."""
    definition = bound([tool(as_function, extras={**EXTRAS, "of_another_provider": 1})])[0]

    assert EXTRAS.items() <= definition.items()
    assert "of_another_provider" not in definition


def test_tool_that_stands_for_one_of_the_service() -> None:
    """A LangChain tool may run what the API defines: then the API's definition is sent."""
    native = {"type": "bash_20250124", "name": "bash"}
    extras = {"provider_tool_definition": native, "cache_control": {"type": "ephemeral"}}

    assert bound([tool(as_function, extras=extras)]) == [{**native, "cache_control": {"type": "ephemeral"}}]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (None, None),
        ("auto", {"type": "auto"}),
        ("any", {"type": "any"}),
        ("required", {"type": "any"}),
        (True, {"type": "any"}),
        ("none", {"type": "none"}),
        (False, {"type": "none"}),
        ("AsModel", {"type": "tool", "name": "AsModel"}),
        (AsModel, {"type": "tool", "name": "AsModel"}),
        (as_function, {"type": "tool", "name": "as_function"}),
        (tool(as_function), {"type": "tool", "name": "as_function"}),
        ({"type": "function", "function": {"name": "AsModel"}}, {"type": "tool", "name": "AsModel"}),
        ({"type": "function", "name": "AsModel"}, {"type": "tool", "name": "AsModel"}),
        ({"type": "tool", "name": "AsModel"}, {"type": "tool", "name": "AsModel"}),
        ({"type": "any", "disable_parallel_tool_use": True}, {"type": "any", "disable_parallel_tool_use": True}),
    ],
)
def test_choices(given: Any, meant: Any) -> None:
    """Every spelling of a tool choice is understood, when tools are bound and in the call itself."""
    definitions = bound([AsModel, as_function])

    assert choice(given, definitions) == meant
    assert tool_fields({"tools": definitions, "tool_choice": given}, UNKNOWN)["tool_choice"] == meant


@pytest.mark.parametrize("given", ["nothing", {"type": "tool", "name": "nothing"}, 3, {"kind": "any"}])
def test_unknown_choices(given: Any) -> None:
    """A choice of no tool, or in no known spelling, is refused."""
    with pytest.raises(ConfigurationError, match="tool_choice"):
        choice(given, bound([AsModel]))


def test_forced_choice() -> None:
    """A forced choice is sent where the model takes it; elsewhere the model may choose, and a warning says so."""
    fields = {"tools": [{"name": "f"}], "tool_choice": {"type": "tool", "name": "f", "disable_parallel_tool_use": True}}

    assert tool_fields(fields, UNKNOWN)["tool_choice"] == fields["tool_choice"]
    with pytest.warns(UserWarning, match="claude-opus-5-5"):
        sent = tool_fields(fields, MODELS["claude-opus-5-5"])
    assert sent["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}


def test_forced_choice_by_the_model_that_answers() -> None:
    """Whether a choice may be forced is decided for the model of the call."""
    forced = {"type": "tool", "name": "AsModel"}

    def asked(service: Any) -> Any:
        return model(service).bind_tools([AsModel], tool_choice="AsModel").bind(model="claude-haiku-4-5")

    assert request_of(asked)["tool_choice"] == forced


def test_one_at_a_time() -> None:
    """Several calls in one answer are forbidden through the tool choice, which is made for it if there is none."""
    assert in_parallel(None, allowed=None) is None
    assert in_parallel(None, allowed=False) == {"type": "auto", "disable_parallel_tool_use": True}
    assert in_parallel({"type": "none"}, allowed=False) == {"type": "none"}


def test_no_tools() -> None:
    """No tools are no field of the request, whatever choice there is among them."""
    request = request_of(lambda service: model(service).bind_tools([], tool_choice="any"))

    assert not {"tools", "tool_choice"} & set(request)
