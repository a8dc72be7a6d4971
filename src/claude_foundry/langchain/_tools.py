"""Tools and tool choice, in every spelling that LangChain's users know, to those of the Messages API.

Sources: https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools,
https://docs.langchain.com/oss/python/langchain/tools
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard, TypeVar

from langchain_core.utils.function_calling import convert_to_openai_tool

from claude_foundry import _translation
from claude_foundry._models import Model
from claude_foundry._schema import expressible, strict_schema
from claude_foundry._translation import unforced
from claude_foundry._warnings import warn
from claude_foundry.errors import ConfigurationError
from claude_foundry.langchain._tool_schema import NOT_AT_THE_ROOT, has_untyped, object_schema, recursive_schema

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

T = TypeVar("T")
Tool: TypeAlias = "Mapping[str, Any] | type | Callable[..., Any] | BaseTool"

_EXTRAS = (
    "allowed_callers",
    "cache_control",
    "defer_loading",
    "eager_input_streaming",
    "input_examples",
    "strict",
)
_LOOSE = (
    "Tool {name!r} takes what no strict schema holds, an open object such as dict[str, int], anything at all, or "
    "itself: its 'strict' is not sent."
)
_BUILT_IN = "provider_tool_definition"


def bound(tools: Sequence[Tool], *, strict: bool | None = None) -> list[dict[str, Any]]:
    """Gives the definitions of tools: those of the service and the API's own form as they are, others translated."""
    return [_definition(tool, strict=strict) for tool in tools]


def _definition(tool: Tool, *, strict: bool | None) -> dict[str, Any]:
    extras = (tool.extras or {}) if _is_langchains(tool) else {}
    own = {name: extras[name] for name in _EXTRAS if extras.get(name) is not None}
    native = extras.get(_BUILT_IN) or tool
    if _is_native(native):
        return _held({**_rooted(native), **own}, strict)
    function = function_of(tool)
    schema = object_schema(function.get("parameters") or {})
    described = {"description": function["description"]} if function.get("description") else {}
    wanted = {"strict": function["strict"]} if function.get("strict") is not None else {}
    return _held({"name": function["name"], **described, "input_schema": schema, **wanted, **own}, strict)


def function_of(tool: Tool) -> Mapping[str, Any]:
    """Gives the name, description and parameters of a tool in OpenAI's words, with all that its schema says.

    Raises:
        ConfigurationError: it is a TypedDict that contains itself.
    """
    try:
        converted = convert_to_openai_tool(named_at_root(tool))
    except RecursionError:
        raise ConfigurationError(f"{tool!r} contains itself: write it as a pydantic class.") from None
    # OpenAI's newer form has no inner object, and comes back as it was.
    function: Mapping[str, Any] = converted.get("function", converted)
    # langchain-core puts definitions where they are used, and nothing where one is used inside itself.
    if isinstance(tool, Mapping) or not has_untyped(function.get("parameters")):
        return function
    whole = recursive_schema(tool)
    return function if whole is None else {**function, "parameters": whole}


def named_at_root(tool: T) -> T | dict[str, Any]:
    """Gives a schema with its name at its root, where pydantic puts a mere reference for what contains itself."""
    return object_schema(tool) if isinstance(tool, Mapping) and "$ref" in tool else tool


def _rooted(tool: Mapping[str, Any]) -> Mapping[str, Any]:
    schema = tool.get("input_schema")
    if not isinstance(schema, Mapping) or schema.keys().isdisjoint(NOT_AT_THE_ROOT):
        return tool
    return {**tool, "input_schema": object_schema(schema)}


def _held(definition: dict[str, Any], strict: bool | None) -> dict[str, Any]:
    """The definition, held to its schema as far as asked; the service's own tools have no schema to hold."""
    if "input_schema" not in definition:
        return definition
    wanted = definition.pop("strict", None) if strict is None else strict
    definition.pop("strict", None)
    if not wanted:
        return definition
    # A tool that names no arguments takes none.
    schema = object_schema(definition["input_schema"])
    if not expressible(schema):
        warn(_LOOSE.format(name=definition.get("name")))
        return definition
    return {**definition, "strict": True, "input_schema": strict_schema(schema)}


def _is_native(tool: Any) -> TypeGuard[Mapping[str, Any]]:
    if not isinstance(tool, Mapping):
        return False
    return "input_schema" in tool or ("type" in tool and tool["type"] not in ("function", "object"))


def _is_langchains(tool: Any) -> "TypeGuard[BaseTool]":
    # Its tools take a while to load, and models are used without them.
    from langchain_core.tools import BaseTool

    return isinstance(tool, BaseTool)


def choice(value: Any, definitions: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Gives the API's form of a tool choice in any spelling; a tool's class or function stands for its name.

    Raises:
        ConfigurationError: the spelling is unknown, or names none of the tools.
    """
    names = [tool["name"] for tool in definitions if "name" in tool]
    match value:
        case {"type": "function", "name": str(name)}:
            value = name
        case _ if _is_langchains(value):
            value = value.name
        case _ if callable(value):
            value = function_of(value)["name"]
    return _translation.tool_choice(value, names=names)


def tool_fields(fields: Mapping[str, Any], model: Model) -> dict[str, Any]:
    """Gives ``tools`` and ``tool_choice`` as the model accepts them; neither when no tool is bound."""
    if not fields.get("tools"):
        return {"tools": None, "tool_choice": None}
    tools = _defined(fields["tools"])
    _translation.refuse_same_names(tools)
    wanted = _unspelt(fields.get("tool_choice"), tools)
    instead = unforced(wanted, model=model, thinking=fields.get("thinking"))
    if instead is not None:
        warn(f"{model.name or fields.get('model')} does not accept a forced tool_choice here; 'auto' is sent instead.")
    return {"tools": tools, "tool_choice": wanted if instead is None else instead}


def _defined(tools: Sequence[Tool]) -> list[Any]:
    """The definitions of tools of a call, which need not have gone through ``bind_tools``."""
    return [_rooted(tool) if _is_native(tool) else _definition(tool, strict=None) for tool in tools]


def _unspelt(wanted: Any, tools: Sequence[Any]) -> dict[str, Any] | None:
    """The choice of a call that did not go through ``bind_tools``."""
    if wanted is None or (isinstance(wanted, Mapping) and wanted.get("type") in ("auto", "any", "tool", "none")):
        return None if wanted is None else dict(wanted)
    return choice(wanted, tools)


def in_parallel(wanted: dict[str, Any] | None, *, allowed: bool | None) -> dict[str, Any] | None:
    """Gives the tool choice with the switch that forbids several calls in one answer, if they are forbidden."""
    if allowed is None or (wanted or {}).get("type") == "none":
        return wanted
    return {**(wanted or {"type": "auto"}), "disable_parallel_tool_use": not allowed}
