"""The answers of the two endpoints: a message, and a token count.

Sources: https://platform.claude.com/docs/en/api/messages,
https://platform.claude.com/docs/en/build-with-claude/token-counting,
https://platform.claude.com/docs/en/build-with-claude/claude-in-microsoft-foundry (correlation ids)
"""

from typing import Any, Literal

from pydantic import Field

from claude_foundry.types._blocks import ContentBlock, TextBlock, WireModel


class Usage(WireModel):
    """Tokens of one answer. ``input_tokens`` leaves out what was read from or written to the cache."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation: dict[str, Any] | None = None
    output_tokens_details: dict[str, Any] | None = None
    server_tool_use: dict[str, Any] | None = None
    service_tier: str | None = None
    inference_geo: str | None = None
    iterations: list[dict[str, Any]] | None = None


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
    stop_details: dict[str, Any] | None = None
    container: dict[str, Any] | None = None
    context_management: dict[str, Any] | None = None
    usage: Usage = Field(default_factory=Usage)

    @property
    def text(self) -> str:
        """All text blocks, joined without a separator: citations split one text into several blocks."""
        return "".join(block.text for block in self.content if isinstance(block, TextBlock))


class MessageTokensCount(Answer):
    """How many input tokens a request would take, as the service estimates it."""

    input_tokens: int
