"""Events of a streamed answer: plain dicts as on the wire, typed for editors, not validated.

Comparing ``event["type"]`` with a string tells a type checker which event it is, and comparing
``event["delta"]["type"]`` which delta. A later version of the API may send other events, deltas and fields: they come
as they are, and a branch that handles "all others" sees them, though a checker knows of the listed ones only.

Source: https://platform.claude.com/docs/en/build-with-claude/streaming
"""

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict


class TextDelta(TypedDict):
    """Text that is added to a text block."""

    type: Literal["text_delta"]
    text: str


class InputJSONDelta(TypedDict):
    """Arguments that are added to those of a call; only all of them together are JSON."""

    type: Literal["input_json_delta"]
    partial_json: str


class CitationsDelta(TypedDict):
    """A citation that is added to a text block."""

    type: Literal["citations_delta"]
    citation: dict[str, Any]


class ThinkingDelta(TypedDict):
    """Reasoning that is added to a thinking block."""

    type: Literal["thinking_delta"]
    thinking: str
    estimated_tokens: NotRequired[int | None]
    """Guess of the tokens since the last one, where thinking is not shown; for a progress bar."""


class SignatureDelta(TypedDict):
    """The signature of a thinking block."""

    type: Literal["signature_delta"]
    signature: str


class CompactionDelta(TypedDict):
    """The whole of a compaction block."""

    type: Literal["compaction_delta"]
    content: NotRequired[str | None]
    encrypted_content: NotRequired[str | None]


ContentBlockDelta: TypeAlias = (
    TextDelta | InputJSONDelta | CitationsDelta | ThinkingDelta | SignatureDelta | CompactionDelta
)


class MessageStartEvent(TypedDict):
    """The answer begins: its ``message`` with the input's usage; blocks stand in it only if a turn is resumed."""

    type: Literal["message_start"]
    message: dict[str, Any]


class ContentBlockStartEvent(TypedDict):
    """A block begins; a text and the arguments of a call are empty yet, all other blocks are whole."""

    type: Literal["content_block_start"]
    index: int
    content_block: dict[str, Any]


class ContentBlockDeltaEvent(TypedDict):
    """A block grows."""

    type: Literal["content_block_delta"]
    index: int
    delta: ContentBlockDelta


class ContentBlockStopEvent(TypedDict):
    """A block is whole."""

    type: Literal["content_block_stop"]
    index: int


class MessageDelta(TypedDict, total=False):
    """How the answer ended."""

    stop_reason: str | None
    stop_sequence: str | None
    stop_details: dict[str, Any] | None
    container: dict[str, Any] | None


class MessageDeltaEvent(TypedDict):
    """The answer is about to end, and why. There may be several."""

    type: Literal["message_delta"]
    delta: MessageDelta
    usage: dict[str, Any]
    """Of the whole answer so far, not of what came since the last event."""
    context_management: NotRequired[dict[str, Any] | None]
    input_transformations: NotRequired[list[dict[str, Any]] | None]


class MessageStopEvent(TypedDict):
    """The answer is whole."""

    type: Literal["message_stop"]


class PingEvent(TypedDict):
    """The connection is alive."""

    type: Literal["ping"]


class StreamError(TypedDict, total=False):
    """What went wrong."""

    type: str
    message: str
    details: dict[str, Any] | None


class ErrorEvent(TypedDict):
    """The stream failed. Iterating a stream raises it as an ``APIStatusError`` instead of giving it."""

    type: Literal["error"]
    error: StreamError
    request_id: NotRequired[str | None]


StreamEvent: TypeAlias = (
    MessageStartEvent
    | ContentBlockStartEvent
    | ContentBlockDeltaEvent
    | ContentBlockStopEvent
    | MessageDeltaEvent
    | MessageStopEvent
    | PingEvent
    | ErrorEvent
)
