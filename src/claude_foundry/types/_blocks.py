"""Content blocks of an answer, one model a block type, unknown ones kept whole.

Source: https://platform.claude.com/docs/en/api/messages
"""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    Tag,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_serializer,
)


def _or_as_it_came(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    try:
        return handler(value)
    except ValidationError:
        return value


def _or_unknown(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    try:
        return handler(value)
    except ValidationError:
        return UnknownBlock.model_validate(value)


_Lenient = WrapValidator(_or_as_it_came), PlainSerializer(lambda value: value)
# A detail in a form that a later version of the API gave it costs no answer: it is kept as it came.
Detail: TypeAlias = Annotated[dict[str, Any] | None, *_Lenient]
Details: TypeAlias = Annotated[list[dict[str, Any]] | None, *_Lenient]


class WireModel(BaseModel):
    """A value as it came over the wire: unknown fields are kept, absent ones stay absent when dumped."""

    model_config = ConfigDict(extra="allow")

    @model_serializer(mode="wrap")
    def _as_received(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if name in self.model_fields_set}


class TextBlock(WireModel):
    """Text of the answer, with its citations when the request asked for them."""

    type: Literal["text"]
    text: str
    citations: Details = None


class ThinkingBlock(WireModel):
    """The model's reasoning. It is sent back unchanged, also when ``thinking`` is empty."""

    type: Literal["thinking"]
    thinking: str
    signature: str = ""


class RedactedThinkingBlock(WireModel):
    """Reasoning that only the service can read. It is sent back unchanged."""

    type: Literal["redacted_thinking"]
    data: str


class ToolUseBlock(WireModel):
    """A call of one of the caller's tools; ``input`` is exact, never completed from a cut answer."""

    type: Literal["tool_use"]
    id: str
    name: str
    input: dict[str, Any]


class ServerToolUseBlock(WireModel):
    """A call that the service runs itself (web search, code execution, ...); it needs no answer."""

    type: Literal["server_tool_use"]
    id: str
    name: str
    input: dict[str, Any]


class InvalidToolUseBlock(WireModel):
    """A call whose arguments were cut or are not JSON: ``partial_json`` holds them as they arrived.

    It stands where the stream had a ``tool_use`` (or a call that the service runs); it must not be run.
    """

    type: Literal["invalid_tool_use"]
    id: str
    name: str
    partial_json: str


class UnknownBlock(WireModel):
    """A block of any other type, or in a form not known here, with all its fields: dump it to read or resend it."""

    type: str


_KNOWN = {
    "text",
    "thinking",
    "redacted_thinking",
    "tool_use",
    "server_tool_use",
    "invalid_tool_use",
}


def _tag(block: Any) -> str:
    if isinstance(block, UnknownBlock):
        return "unknown"
    kind = block.get("type") if isinstance(block, dict) else getattr(block, "type", None)
    return kind if kind in _KNOWN else "unknown"


ContentBlock = Annotated[
    Annotated[TextBlock, Tag("text")]
    | Annotated[ThinkingBlock, Tag("thinking")]
    | Annotated[RedactedThinkingBlock, Tag("redacted_thinking")]
    | Annotated[ToolUseBlock, Tag("tool_use")]
    | Annotated[ServerToolUseBlock, Tag("server_tool_use")]
    | Annotated[InvalidToolUseBlock, Tag("invalid_tool_use")]
    | Annotated[UnknownBlock, Tag("unknown")],
    Discriminator(_tag),
    WrapValidator(_or_unknown),
]
