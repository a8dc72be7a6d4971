"""Structured output: how it is asked of a model, and how its answer is read, whole and while it comes.

Sources: https://platform.claude.com/docs/en/build-with-claude/structured-outputs,
https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools (forced tool use)
"""

import copy
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar, get_args

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError, PydanticUndefinedAnnotation, PydanticUserError
from pydantic_core import ErrorDetails, core_schema, from_json, to_json
from typing_extensions import TypedDict

from claude_foundry import _output_ways
from claude_foundry._fields import mapping, several
from claude_foundry._growing import Growth, half_written
from claude_foundry._models import Model
from claude_foundry._output_ways import Way
from claude_foundry._schema import expressible, json_schema, strict_schema
from claude_foundry._translation import unforced
from claude_foundry.errors import BadRequestError, ConfigurationError, OutputNotParsedError
from claude_foundry.types import ContentBlock, Message, ParsedMessage, TextBlock, ToolUseBlock
from claude_foundry.types._message import CUT_BY

T = TypeVar("T")

_VALUE = "value"
_FENCE = re.compile(r"^```(?:json)?[^\S\n]*\n(.*)\n```$", re.DOTALL)
_AMONG_TEXT = ("text", "thinking", "redacted_thinking")
_MOST_REASONS = 5
# What these kinds of pydantic's errors say, or a validator of the user's, may quote the answer.
_QUOTING = {"value_error", "assertion_error", "union_tag_invalid"}
_SAFE = set(get_args(core_schema.ErrorType)) - _QUOTING
_NO_OUTPUT = {
    "refusal": "Claude refused to answer, so there is no output; ask differently, or ask another model.",
    "max_tokens": "The output was cut at max_tokens; raise max_tokens.",
    "model_context_window_exceeded": "The output was cut at the end of the context window; send a shorter prompt.",
    "pause_turn": "The turn was paused before the output; send the answer back to go on.",
    "tool_use": "The answer calls a tool and holds no output yet; answer the call.",
}


class Output(Generic[T]):
    """A type, as the output of one model.

    The API's JSON schema format is used where model and type allow it. Else the output is the input of a tool, which
    a model that is known to let itself be made to call one is made to call; another is told to.

    Args:
        output_type: any type that pydantic validates.
        model: what is known of the model.
        has_format: whether the deployment takes the API's format. Default: whether the model does.

    Raises:
        ConfigurationError: the type has no JSON schema.
    """

    def __init__(self, output_type: type[T], *, model: Model, has_format: bool | None = None) -> None:
        self._model = model
        self._adapter = _adapter(output_type)
        schema = json_schema(self._adapter, of="output_type")
        # The API fills objects; any other type is a field of one.
        self._is_wrapped = schema.get("type") != "object"
        if self._is_wrapped:
            self._adapter = _adapter(_wrapper(output_type))
            schema = json_schema(self._adapter, of="output_type")
        self._names = frozenset(_property_names(schema))
        self._schema = schema
        self._tool = _tool_name(output_type)
        takes_format = model.structured_output if has_format is None else has_format
        # A model that is not known may be one of those that cannot be made to call a tool.
        self._tool_way: Way = "forced" if model.name and model.forced_tool_choice else "instructed"
        self._way: Way = "json_schema" if takes_format and expressible(schema) else self._tool_way

    @property
    def tool(self) -> str | None:
        """Name of the tool whose input is the output, or None when the answer's text is."""
        return None if self._way == "json_schema" else self._tool

    def request(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Gives a request that asks for the output.

        Raises:
            ConfigurationError: the request has a field of its own for what is set here.
        """
        config = dict(mapping(request.get("output_config") or {}, argument="output_config"))
        self._check_extra(request)
        if config.get("format") is not None:
            raise ConfigurationError("output_config.format: it is made from output_type; leave one of them out.")
        if self.tool is None:
            return {**request, "output_config": {**config, "format": _format(self._schema)}}
        if request.get("tool_choice") is not None:
            raise ConfigurationError("tool_choice: the output of this model or type is a tool call; leave it out.")
        tools = several(request.get("tools") or (), argument="tools", instead="a list of definitions")
        asked = {**request, "tools": [*tools, self._definition(tools)]}
        forced = {"type": "tool", "name": self.tool, "disable_parallel_tool_use": True}
        if self._way == "forced" and unforced(forced, model=self._model, thinking=request.get("thinking")) is None:
            return {**asked, "tool_choice": forced}
        free = {"type": "auto", "disable_parallel_tool_use": True}
        return {**asked, "tool_choice": free, "messages": _output_ways.told(request.get("messages"), self.tool)}

    def instead(self, refusal: BadRequestError) -> "Output[T]":
        """Gives the output as it is asked for in another way, when it is this one that the service refused.

        Raises:
            BadRequestError: the given one, when it refuses something else.
        """
        way = _output_ways.following(self._way, refusal, tool_way=self._tool_way)
        if way is None:
            raise refusal
        other = copy.copy(self)
        other._way = way
        return other

    def parsed(self, message: Message) -> ParsedMessage[T]:
        """Gives the message with its output.

        Raises:
            OutputNotParsedError: it holds none, or one that is not valid.
        """
        document = self._document(message)
        if document is None:
            reason = _NO_OUTPUT.get(message.stop_reason or "", "The answer holds no output.")
            raise OutputNotParsedError(reason, message=message)
        try:
            value: Any = self._adapter.validate_json(document)
        except ValidationError as error:
            reasons = error.errors(include_url=False, include_input=False, include_context=False)
        else:
            return ParsedMessage.of(message, value[_VALUE] if self._is_wrapped else value)
        told = "; ".join(self._told(reason) for reason in reasons[:_MOST_REASONS])
        raise OutputNotParsedError(f"The output is not valid: {told}.", message=message)

    def unwrapped(self, value: Any) -> Any:
        """Gives what a partial document holds of the output; None when nothing yet."""
        if not self._is_wrapped:
            return value
        return value.get(_VALUE) if isinstance(value, Mapping) else None

    def _document(self, message: Message) -> str | bytes | None:
        if message.stop_reason in (*CUT_BY, "pause_turn"):
            return None
        if self.tool is None:
            return _last_text(message.content) or None
        calls = (block for block in message.content if isinstance(block, ToolUseBlock) and block.name == self.tool)
        return next((to_json(call.input) for call in calls), None) or self._written(message)

    def _written(self, message: Message) -> bytes | None:
        """Gives the output of an answer that writes it as text although it was asked for a call."""
        try:
            value = from_json(_FENCE.sub(r"\1", _last_text(message.content)))
        except ValueError:
            return None
        is_whole = not self._is_wrapped or (isinstance(value, dict) and value.keys() == {_VALUE})
        return to_json(value if is_whole else {_VALUE: value})

    def _check_extra(self, request: Mapping[str, Any]) -> None:
        set_here = ("output_config",) if self.tool is None else ("tools", "tool_choice", "messages")
        for name in set_here:
            if name in mapping(request.get("extra_body") or {}, argument="extra_body"):
                raise ConfigurationError(f"extra_body holds {name}, which parse sets: pass it as {name}= instead.")

    def _definition(self, tools: Iterable[Any]) -> dict[str, Any]:
        if any(isinstance(tool, Mapping) and tool.get("name") == self.tool for tool in tools):
            raise ConfigurationError(f"tools: {self.tool!r} is the name of the output_type; rename the tool.")
        about = self._schema.get("description", "")
        told = f"Takes the answer in its final form. Call it once, with the whole answer. {about}".strip()
        return {"name": self.tool, "description": told, "input_schema": self._schema}

    def _told(self, reason: ErrorDetails) -> str:
        steps = [str(step) if isinstance(step, int) or step in self._names else "…" for step in reason["loc"]]
        place = ".".join(steps) or "the whole"
        return f"{place}: {reason['msg'] if reason['type'] in _SAFE else reason['type']}"


class PartialOutput:
    """The output while it comes: ``feed`` the events of a stream in order.

    The document is parsed again when it has grown by a tenth.
    """

    def __init__(self, output: Output[Any]) -> None:
        self._output = output
        self._pieces: list[str] = []
        self._length = 0
        self._growth = Growth()
        self._is_inside = False
        self._last: Any = None

    def feed(self, event: Mapping[str, Any]) -> Iterator[Any]:
        """Gives the output as far as it has come, if the event makes it worth another look, and it is not the last."""
        match event:
            case {"type": "content_block_start", "content_block": {"type": "tool_use", "name": self._output.tool}}:
                self._is_inside = True
            case {"type": "content_block_start", "content_block": {"type": kind}} if kind not in _AMONG_TEXT:
                self._is_inside = False
                if not self._output.tool:
                    self._pieces, self._length, self._growth = [], 0, Growth()
            case {"delta": {"type": "text_delta", "text": str(piece)}} if not self._output.tool:
                yield from self._grown(piece)
            case {"delta": {"type": "input_json_delta", "partial_json": str(piece)}} if self._is_inside:
                yield from self._grown(piece)
            case {"type": "content_block_stop"}:
                yield from self._looked()

    def _grown(self, piece: str) -> Iterator[Any]:
        self._pieces.append(piece)
        self._length += len(piece)
        if piece and self._growth.is_due(self._length):
            yield from self._looked()

    def _looked(self) -> Iterator[Any]:
        self._pieces = ["".join(self._pieces)]
        value = self._output.unwrapped(half_written(self._pieces[0]))
        if value is not None and value != self._last:
            self._last = value
            yield value


def _last_text(content: Iterable[ContentBlock]) -> str:
    """Gives the text after the last call or result: what was said before it is no part of the output."""
    texts: list[str] = []
    for block in content:
        if isinstance(block, TextBlock):
            texts.append(block.text)
        elif block.type not in _AMONG_TEXT:
            texts.clear()
    return "".join(texts).strip()


def _adapter(output_type: Any) -> TypeAdapter[Any]:
    try:
        # pydantic would take a function's arguments, and call it.
        if not inspect.isroutine(output_type):
            return TypeAdapter(output_type)
        reason: object = "it is a function"
    except (PydanticUserError, PydanticUndefinedAnnotation, PydanticSchemaGenerationError, TypeError) as error:
        reason = error
    raise ConfigurationError(
        f"output_type={output_type!r}: give a type that pydantic validates, such as a model ({reason})."
    )


def _wrapper(output_type: Any) -> Any:
    make: Any = TypedDict
    return make("Output", {_VALUE: output_type})


def _format(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "json_schema", "schema": strict_schema(schema)}


def _tool_name(output_type: Any) -> str:
    name = output_type.__name__ if isinstance(output_type, type) and not get_args(output_type) else "output"
    return re.sub(r"[^a-zA-Z0-9_-]", "_", name)[:64]


def _property_names(part: Any) -> Iterator[str]:
    match part:
        case Mapping():
            yield from part.get("properties") or ()
            for inner in part.values():
                yield from _property_names(inner)
        case list():
            for inner in part:
                yield from _property_names(inner)
