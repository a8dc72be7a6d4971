"""Structured output: which of the API's ways asks for an object, and how it is read from LlamaIndex's responses.

Sources: https://platform.claude.com/docs/en/build-with-claude/structured-outputs,
https://developers.llamaindex.ai/python/framework/understanding/extraction/
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, CitableBlock, TextBlock, ToolCallBlock
from llama_index.core.program.utils import FlexibleModel
from llama_index.core.types import Model as Object
from pydantic import BaseModel, Field, ValidationError, create_model

from claude_foundry import _models
from claude_foundry._features import Capabilities
from claude_foundry._growing import Growth, half_written
from claude_foundry._output_ways import FEATURE, Way, following
from claude_foundry.errors import BadRequestError, ConfigurationError, OutputNotParsedError
from claude_foundry.llamaindex._content import verbatim
from claude_foundry.types import Message

if TYPE_CHECKING:
    from claude_foundry._parsing import Output

StructuredMode: TypeAlias = Literal["auto", "json_schema", "function_calling"]

_SETTLED = ("tool_choice", "tool_required", "allow_parallel_tool_calls")


class NotPredictedError(OutputNotParsedError, ValueError):
    """An answer that holds no object of the class, also for components that go on after a ``ValueError``."""


@dataclass(frozen=True, kw_only=True)
class Asking(Generic[Object]):
    """One object, as it is asked for."""

    output_cls: type[Object]
    messages: Sequence[ChatMessage]
    call: Mapping[str, Any]
    """Arguments of the call, as the user gives them."""
    settings: Mapping[str, Any]
    """Fields of a request that are set on the LLM."""
    model: _models.Model
    way: Way
    is_open: bool
    """Whether a tool may be asked for where the service refuses the format."""

    def arguments(self) -> dict[str, Any]:
        """Gives the arguments with which ``chat`` asks for the object.

        Raises:
            ConfigurationError: an argument contradicts what is set here, or the schema cannot be said.
        """
        tools = self.call.get("tools") or ()
        configured = self.call.get("output_config") or self.settings.get("output_config")
        request = {"output_config": configured, "tools": [*(self.settings.get("tools") or ()), *tools]}
        asked = self.output.request(request)
        if self.output.tool is None:
            return {**self.call, "output_config": asked["output_config"]}
        choice = {"type": "tool", "name": self.output.tool, "disable_parallel_tool_use": True}
        return {**self.call, "tools": [*tools, asked["tools"][-1]], "tool_choice": choice}

    @cached_property
    def output(self) -> "Output[Object]":
        """The class, as the output of the model in this way."""
        from claude_foundry._parsing import Output

        return Output(self.output_cls, model=self.model, has_format=self.way == "json_schema")

    def instead(self, refusal: BadRequestError) -> "Asking[Object]":
        """Gives the object as asked for by a tool, where it is the format that the service refused.

        Raises:
            BadRequestError: the given one, when it says something else.
        """
        # Where a tool may not be forced, the turn itself asks for it in words.
        if not self.is_open or self.way != "json_schema" or following(self.way, refusal, tool_way="forced") is None:
            raise refusal
        return replace(self, way="forced")

    def read(self, response: ChatResponse) -> Object:
        """Gives the object of a whole answer.

        Raises:
            NotPredictedError: it holds none, or one that is not valid.
        """
        ids = {name: response.additional_kwargs.get(name) for name in ("request_id", "apim_request_id")}
        message = Message.model_validate({**dict(response.raw or {}), **ids})
        try:
            return self.output.parsed(message).parsed
        except OutputNotParsedError as error:
            unread = NotPredictedError("", message=message)
            unread.args = error.args
        raise unread


def asking(
    output_cls: type[Object],
    messages: Sequence[ChatMessage],
    *,
    mode: StructuredMode,
    call: Mapping[str, Any],
    settings: Mapping[str, Any],
    deployment: Capabilities,
) -> Asking[Object]:
    """Gives the way to ask for an object: the API's JSON schema format where it holds, else a tool.

    Args:
        output_cls: the object's class.
        messages: the conversation.
        mode: ``auto``, or the way that the user wants.
        call: arguments of the call; those about tool choice are settled here.
        settings: fields of a request that are set on the LLM.
        deployment: what is known of it.

    Raises:
        ConfigurationError: the class cannot be asked for in the mode.
    """
    asked = Asking(
        output_cls=output_cls,
        messages=messages,
        call={name: value for name, value in call.items() if name not in _SETTLED},
        settings=settings,
        model=deployment.model,
        way="forced" if mode == "function_calling" else "json_schema",
        is_open=mode == "auto",
    )
    if mode == "json_schema" and asked.output.tool is not None:
        raise ConfigurationError(
            f"structured_mode='json_schema': the API's own output cannot hold all of {output_cls.__name__}, which has "
            "open objects, such as dict[str, int], or Any, or recursion: give a list of key and value, or leave the "
            "mode out."
        )
    # The API takes a format and citations in one request no more than a schema it cannot hold.
    unfit = deployment.has(FEATURE) is False or asked.output.tool is not None or _cites(messages)
    return replace(asked, way="forced") if mode == "auto" and unfit else asked


class Growing(Generic[Object]):
    """The object while a stream of responses writes it.

    A text is read again when it has grown by a tenth.
    """

    def __init__(self, asked: Asking[Object]) -> None:
        self._tool = asked.output.tool
        self._output_cls = asked.output_cls
        self._partial_cls = _partial_class(asked.output_cls)
        self._growth = Growth()
        self._last: Any = None

    def add(self, response: ChatResponse) -> Iterator[Object | FlexibleModel]:
        """Gives the object as far as it has come, if the response tells more of it."""
        value = self._called(response) if self._tool else self._written(response)
        if isinstance(value, dict) and value and value != self._last:
            self._last = value
            yield self._object(value)

    def _called(self, response: ChatResponse) -> Any:
        calls = (block for block in response.message.blocks if isinstance(block, ToolCallBlock))
        return next((call.tool_kwargs for call in calls if call.tool_name == self._tool), None)

    def _written(self, response: ChatResponse) -> Any:
        texts = [block.text for block in response.message.blocks if isinstance(block, TextBlock)]
        if not texts or not response.delta or not self._growth.is_due(len(texts[-1])):
            return None
        return half_written(texts[-1])

    def _object(self, value: dict[str, Any]) -> Object | FlexibleModel:
        try:
            return self._output_cls.model_validate(value)
        except ValidationError:
            return self._partial_cls.model_validate(value)


def _partial_class(output_cls: type[BaseModel]) -> type[FlexibleModel]:
    """Gives a class with the same fields, each of which may be missing or half written."""
    fields: dict[str, Any] = {
        name: (Any, Field(default=None, validation_alias=field.validation_alias))
        for name, field in output_cls.model_fields.items()
    }
    return create_model(f"Partial{output_cls.__name__}", __base__=FlexibleModel, **fields)


def _cites(messages: Sequence[ChatMessage]) -> bool:
    return any(_asks_citations(block) for message in messages for block in message.blocks)


def _asks_citations(block: Any) -> bool:
    match verbatim(block):
        case {"citations": {"enabled": True}}:
            return True
    return isinstance(block, CitableBlock)
