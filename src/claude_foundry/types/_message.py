"""The answers of the two endpoints: a message, and a token count.

Sources: https://platform.claude.com/docs/en/api/messages,
https://platform.claude.com/docs/en/build-with-claude/token-counting,
https://platform.claude.com/docs/en/build-with-claude/claude-in-microsoft-foundry (correlation ids)
"""

from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from claude_foundry.types._blocks import ContentBlock, Detail, Details, TextBlock, WireModel


class Usage(WireModel):
    """Tokens of one answer. ``input_tokens`` leaves out what was read from or written to the cache."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation: Detail = None
    output_tokens_details: Detail = None
    server_tool_use: Detail = None
    service_tier: str | None = None
    inference_geo: str | None = None
    iterations: Details = None


class Answer(WireModel):
    """What every answer carries beside its body: the two ids that a support request asks for.

    They come from the response's headers and are left out when the answer is dumped.
    """

    request_id: str | None = Field(default=None, exclude=True)
    """``request-id``: Anthropic's id of the request."""
    apim_request_id: str | None = Field(default=None, exclude=True)
    """``apim-request-id``: Azure's id, the ``CorrelationId`` of its logs."""


class Message(Answer):
    """One answer of Claude: content blocks, why it stopped, and what it cost."""

    id: str
    type: Literal["message"]
    role: Literal["assistant"]
    model: str
    content: list[ContentBlock]
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: Detail = None
    container: Detail = None
    context_management: Detail = None
    usage: Usage = Field(default_factory=Usage)

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


class MessageTokensCount(Answer):
    """How many input tokens a request would take, as the service estimates it."""

    input_tokens: int
