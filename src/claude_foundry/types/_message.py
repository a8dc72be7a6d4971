"""The answers of the two endpoints: a message, and a token count.

Sources: https://platform.claude.com/docs/en/api/messages,
https://platform.claude.com/docs/en/build-with-claude/token-counting,
https://platform.claude.com/docs/en/build-with-claude/claude-in-microsoft-foundry (correlation ids)
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pydantic import Field, ValidationInfo, field_validator

from claude_foundry.types._blocks import (
    ContentBlock,
    InvalidToolUseBlock,
    ServerToolUseBlock,
    TextBlock,
    ThinkingBlock,
    ToolUseBlock,
    WebFetchToolResultBlock,
    WebSearchToolResultBlock,
)
from claude_foundry.types._citation_params import text_as_sent
from claude_foundry.types._citations import TextCitation
from claude_foundry.types._details import Container, ContextManagement, InputTransformation, StopDetails
from claude_foundry.types._usage import Usage
from claude_foundry.types._wire_model import Detail, WireModel, present

if TYPE_CHECKING:
    from claude_foundry.types._message_params import AssistantMessageParam

StopReason: TypeAlias = Literal[
    "end_turn",
    "max_tokens",
    "stop_sequence",
    "tool_use",
    "pause_turn",
    "refusal",
    "model_context_window_exceeded",
    "compaction",
]
Terminal: TypeAlias = Literal["message_stop", "message_delta"]
CUT_BY = ("max_tokens", "model_context_window_exceeded", "refusal")


class Answer(WireModel):
    """What every answer carries beside its body: the two ids that a support request asks for.

    They come from the response's headers and are left out when the answer is dumped.
    """

    request_id: str | None = Field(default=None, exclude=True)
    """``request-id``: Anthropic's id of the request."""
    apim_request_id: str | None = Field(default=None, exclude=True)
    """``apim-request-id``: Azure's id, the ``CorrelationId`` of its logs."""
    retries_taken: int = Field(default=0, exclude=True)
    """Attempts that failed before the one that this answer comes from."""


class Message(Answer):
    """One answer of Claude: content blocks, why it stopped, and what it cost."""

    id: str
    type: Literal["message"]
    role: Literal["assistant"]
    model: str
    content: list[ContentBlock]
    stop_reason: StopReason | str | None = None
    stop_sequence: str | None = None
    stop_details: Detail[StopDetails] = None
    container: Detail[Container] = None
    context_management: Detail[ContextManagement] = None
    input_transformations: Detail[list[InputTransformation]] = None
    usage: Usage = Field(default_factory=Usage)
    terminal: Terminal | None = Field(default=None, exclude=True)
    """What its stream ended with; None for an answer that did not come as a stream, or not to its end.

    One whose stream ended after ``message_delta`` lacks nothing but ``message_stop``. It is left out of a dump.
    """

    @field_validator("content", "usage", mode="before")
    @classmethod
    def _of_null(cls, value: Any, info: ValidationInfo) -> Any:
        if value is not None:
            return value
        return [] if info.field_name == "content" else {}

    @property
    def text(self) -> str:
        """All text blocks, joined without a separator: citations split one text into several blocks."""
        return "".join(block.text for block in self.content if isinstance(block, TextBlock))

    @property
    def thinking(self) -> str:
        """All reasoning that can be read, one paragraph a block."""
        thoughts = (block.thinking for block in self.content if isinstance(block, ThinkingBlock))
        return "\n\n".join(thought for thought in thoughts if thought)

    @property
    def tool_calls(self) -> list[ToolUseBlock]:
        """The calls to run: complete ones only.

        A call that ends an answer cut by a limit or a refusal may lack arguments; it is not among them.
        """
        return [block for block in self._whole() if isinstance(block, ToolUseBlock)]

    @property
    def citations(self) -> list[TextCitation]:
        """The citations of all text blocks, in order."""
        texts = (block for block in self.content if isinstance(block, TextBlock))
        return [citation for text in texts if isinstance(text.citations, list) for citation in text.citations]

    def to_param(self) -> "AssistantMessageParam":
        """Gives the message in the form that the next request may carry.

        Thinking, compaction, the service's own calls and results, and blocks not known here stay as they came: the
        service refuses them changed. What it does not take back is left out: null fields of texts and calls, a null
        ``caller``, a citation's ``file_id``, blank texts, thinking without its signature, and calls that are not among
        ``tool_calls``.

        Source: https://platform.claude.com/docs/en/build-with-claude/extended-thinking (preserving thinking blocks)
        """
        content: list[Any] = [param for block in self._whole() if (param := _param(block)) is not None]
        return {"role": "assistant", "content": content}

    def _whole(self) -> Iterator[ContentBlock]:
        cut = self.stop_reason in CUT_BY
        for place, block in enumerate(self.content, 1):
            if not (cut and place == len(self.content) and isinstance(block, ToolUseBlock)):
                yield block


def _param(block: ContentBlock) -> dict[str, Any] | None:
    match block:
        case InvalidToolUseBlock() | ThinkingBlock(signature=""):
            return None
        case TextBlock(text=text):
            return text_as_sent(block.model_dump()) if text.strip() else None
        case ToolUseBlock():
            return present(block.model_dump())
        case ServerToolUseBlock() | WebSearchToolResultBlock() | WebFetchToolResultBlock() if block.caller is None:
            return {name: value for name, value in block.model_dump().items() if name != "caller"}
    return block.model_dump()


class MessageTokensCount(Answer):
    """How many input tokens a request would take, as the service estimates it."""

    input_tokens: int
    context_management: Detail[dict[str, Any]] = None
    """With context editing: ``original_input_tokens``, the count without it."""
