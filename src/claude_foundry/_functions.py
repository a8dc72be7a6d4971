"""Plain functions as tools: type hints and docstring become the definition, arguments are validated before a call.

Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools
"""

import functools
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, NotRequired, Required, cast, get_type_hints, overload

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.errors import PydanticUndefinedAnnotation, PydanticUserError
from pydantic_core import to_json
from typing_extensions import TypedDict

from claude_foundry import _docstrings
from claude_foundry._schema import expressible, json_schema, strict_schema
from claude_foundry.errors import ConfigurationError
from claude_foundry.types._tool_params import ToolParam

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class ToolError(Exception):
    """What a tool raises to tell Claude a text of its own: that a file is missing, or that a person declined the call.

    Of any other exception Claude is told the class too.
    """


class FunctionTool:
    """A function that Claude may call. ``tool`` makes one."""

    def __init__(self, function: Callable[..., Any], fields: Mapping[str, Any]) -> None:
        self.function = _checked(function)
        # Who looks at the tool sees the function's name, docstring and signature.
        functools.update_wrapper(self, function, updated=())
        described, descriptions = _docstring(function)
        self._arguments = _arguments(function)
        schema = _with_descriptions(json_schema(self._arguments, of=f"tool {_name(function)}"), descriptions)
        told: Any = {
            "name": _name(function),
            **({"description": described} if described else {}),
            "input_schema": _strict(schema, of=_name(function)) if fields.get("strict") else schema,
            **fields,
        }
        self.definition: ToolParam = told
        """What the API is told: ``name``, ``description``, ``input_schema``, and the fields that were given."""
        named = self.definition["name"]
        if not isinstance(named, str) or not _NAME.fullmatch(named):
            raise ConfigurationError(
                f"tool {named!r}: give it a name= of letters, digits, '_' and '-', at most 64 of them."
            )

    @property
    def name(self) -> str:
        """What Claude calls the function by."""
        return str(self.definition["name"])

    @property
    def is_async(self) -> bool:
        """Whether calling it gives something to await."""
        return inspect.iscoroutinefunction(_routine(self.function))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the function as it is, its arguments not validated."""
        return self.function(*args, **kwargs)

    def call(self, input: Mapping[str, Any]) -> Any:
        """Validates the arguments and calls the function with them; an async function gives an awaitable.

        Args:
            input: of a ``tool_use`` block. Values are converted to the types of the signature.

        Raises:
            ValueError: the arguments do not fit the signature; the function was not called.
        """
        return self.bound(input)()

    def bound(self, input: Mapping[str, Any]) -> Callable[[], Any]:
        """Gives the call that ``call`` makes, its arguments validated, not yet made.

        Args:
            input: of a ``tool_use`` block.

        Raises:
            ValueError: the arguments do not fit the signature.
        """
        try:
            arguments = self._arguments.validate_json(to_json(dict(input)))
        except ValidationError as error:
            reasons = error.errors(include_url=False, include_input=False, include_context=False)
        else:
            return _bound(self.function, arguments)
        wrong = "; ".join(f"{'.'.join(map(str, reason['loc']))}: {reason['msg']}" for reason in reasons[:5])
        raise ValueError(f"the arguments do not fit: {wrong}")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name})"


class HandledTool(FunctionTool):
    """A tool whose definition the API knows: a handler, or one for each command that Claude may give.

    Args:
        definition: what the API is told.
        handler: functions by command, or one for all inputs.
        needed: commands that there must be a handler of.
        by: the field of the input that holds the command.

    Raises:
        ConfigurationError: a handler is missing, or some are async and some not.
    """

    def __init__(
        self,
        definition: Mapping[str, Any],
        handler: FunctionTool | Mapping[str, FunctionTool],
        *,
        needed: Sequence[str] = (),
        by: str = "command",
    ) -> None:
        copied: Any = dict(definition)
        self.definition = copied
        self._by = by
        self._handler = handler
        handlers = handler if isinstance(handler, Mapping) else {"": handler}
        missing = [name for name in needed if name not in handlers]
        if missing:
            raise ConfigurationError(f"tool {self.name}: its handler has no method {', '.join(missing)}.")
        kinds = {one.is_async for one in handlers.values()}
        if len(kinds) > 1:
            raise ConfigurationError(f"tool {self.name}: make the methods of its handler all async, or none.")
        self._is_async = kinds == {True}

    @property
    def is_async(self) -> bool:
        """Whether calling it gives something to await."""
        return self._is_async

    def __call__(self, **input: Any) -> Any:
        """Calls the handler with what Claude would give as input."""
        return self.call(input)

    def bound(self, input: Mapping[str, Any]) -> Callable[[], Any]:
        """Gives the call of the handler, its arguments validated, not yet made.

        Args:
            input: of a ``tool_use`` block.

        Raises:
            ValueError: the handler does not know the command, or the arguments do not fit it.
        """
        if not isinstance(self._handler, Mapping):
            return self._handler.bound(input)
        arguments = {name: value for name, value in input.items() if name != self._by}
        handler = self._handler.get(str(input.get(self._by)))
        if handler is None:
            raise ValueError(f"{self._by}: give one of {', '.join(self._handler)}")
        return handler.bound(arguments)


@overload
def tool(function: Callable[..., Any], **fields: Any) -> FunctionTool: ...


@overload
def tool(**fields: Any) -> Callable[[Callable[..., Any]], FunctionTool]: ...


def tool(
    function: Callable[..., Any] | None = None, **fields: Any
) -> FunctionTool | Callable[[Callable[..., Any]], FunctionTool]:
    """Makes a function a tool; also a decorator, bare or with fields. A run of tools takes bare functions too.

    The description is the docstring, but for what it says of the parameters (in the style of Google, numpy or
    reStructuredText), which describes them. So does ``Annotated``, with a text or with pydantic's ``Field``, which
    constrains them too. What was decorated can still be called.

    Args:
        function: with type hints; plain or async.
        fields: of the definition, to replace or add: ``name``, ``description``, ``strict``, ``cache_control`` and
            the like.

    Raises:
        ConfigurationError: it is no function, or its name or signature cannot be told to the API, or not with
            ``strict``.

    Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools
    """
    if function is None:
        return lambda decorated: FunctionTool(decorated, fields)
    return FunctionTool(function, fields)


def _checked(function: Any) -> Callable[..., Any]:
    plain = _unwrapped(function)
    if isinstance(plain, type):
        raise ConfigurationError(f"tool {plain.__name__}: it is a class; give a function, or a method of an instance.")
    if not callable(function):
        raise ConfigurationError(f"tool: {type(function).__name__} is no function.")
    if inspect.isfunction(function) and next(iter(inspect.signature(function).parameters), None) == "self":
        raise ConfigurationError(f"tool {_name(function)}: its self is not bound; give the method of an instance.")
    return cast(Callable[..., Any], function)


def _unwrapped(function: Any) -> Any:
    while isinstance(function, functools.partial):
        function = function.func
    return function


def _routine(function: Any) -> Any:
    plain = _unwrapped(function)
    return plain if inspect.isroutine(plain) else type(plain).__call__


def _name(function: Callable[..., Any]) -> str:
    plain = _unwrapped(function)
    return getattr(plain, "__name__", type(plain).__name__)


def _arguments(function: Callable[..., Any]) -> TypeAdapter[dict[str, Any]]:
    # A typed dict: unlike the fields of a model, its keys may have any name.
    fields = {parameter.name: _field(parameter, hint) for parameter, hint in _parameters(function)}
    make: Any = TypedDict
    arguments = make(_name(function), fields)
    arguments.__pydantic_config__ = ConfigDict(extra="forbid")
    try:
        return TypeAdapter(arguments)
    except (PydanticUserError, PydanticUndefinedAnnotation, TypeError) as error:
        raise ConfigurationError(f"tool {_name(function)}: its signature is no JSON schema: {error}") from None


def _parameters(function: Callable[..., Any]) -> list[tuple[inspect.Parameter, Any]]:
    try:
        hints = get_type_hints(_routine(function), include_extras=True)
        signature = inspect.signature(function)
    except (NameError, TypeError, ValueError) as error:
        raise ConfigurationError(f"tool {_name(function)}: its type hints cannot be read: {error}") from None
    if any(it.kind in (it.VAR_POSITIONAL, it.VAR_KEYWORD) for it in signature.parameters.values()):
        raise ConfigurationError(f"tool {_name(function)}: name every parameter; *args and **kwargs have no schema.")
    return [(parameter, hints.get(name, Any)) for name, parameter in signature.parameters.items()]


def _field(parameter: inspect.Parameter, hint: Any) -> Any:
    words = next((it for it in getattr(hint, "__metadata__", ()) if isinstance(it, str)), None)
    if words is not None:
        # What pydantic's Field says stands later, and counts.
        hint = Annotated[(hint.__origin__, Field(description=words), *hint.__metadata__)]
    match parameter.default:
        case parameter.empty:
            return Required[hint]
        case None | bool() | int() | float() | str() as default:
            return NotRequired[Annotated[hint, Field(default=default)]]
    return NotRequired[hint]


def _bound(function: Callable[..., Any], arguments: Mapping[str, Any]) -> Callable[[], Any]:
    parameters = inspect.signature(function).parameters.values()
    first = [it.name for it in parameters if it.kind is it.POSITIONAL_ONLY and it.name in arguments]
    named = {name: value for name, value in arguments.items() if name not in first}
    return functools.partial(function, *(arguments[name] for name in first), **named)


def _docstring(function: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """Gives the description of a function, and those of its parameters."""
    plain = _unwrapped(function)
    # An object that is called is described by its class, else by the method.
    return _docstrings.read(inspect.getdoc(plain) or inspect.getdoc(_routine(plain)) or "")


def _strict(schema: Mapping[str, Any], *, of: str) -> dict[str, Any]:
    if not expressible(schema):
        raise ConfigurationError(
            f"tool {of}: leave strict out: it takes no dictionaries with free keys, no Any, and no recursive types."
        )
    return strict_schema(schema)


def _with_descriptions(schema: dict[str, Any], descriptions: Mapping[str, str]) -> dict[str, Any]:
    told = {
        name: {"description": descriptions[name], **part} if name in descriptions else part
        for name, part in schema["properties"].items()
    }
    return {**{name: value for name, value in schema.items() if name != "title"}, "properties": told}
