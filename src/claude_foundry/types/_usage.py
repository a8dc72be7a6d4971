"""What an answer cost.

Source: https://platform.claude.com/docs/en/api/messages
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import ConfigDict, Field

from claude_foundry.types._wire_model import Detail, Unknown, WireModel


class CacheCreation(WireModel):
    """Tokens written to the cache, by the time they are kept."""

    ephemeral_5m_input_tokens: int | None = None
    ephemeral_1h_input_tokens: int | None = None


class OutputTokensDetails(WireModel):
    """What the output tokens were spent on."""

    thinking_tokens: int | None = None


class ServerToolUsage(WireModel):
    """How often the service's own tools asked the web."""

    web_search_requests: int | None = None
    web_fetch_requests: int | None = None


class FallbackCreditStatus(WireModel):
    """Whether the credit of a refusal was used (``redeemed``, ``not_applied``), and if not, why."""

    type: str
    reason: str | None = None
    remove_to_redeem: list[str] | None = None


class FallbackCredit(WireModel):
    """What became of a refusal's credit."""

    status: Detail[FallbackCreditStatus] = None


class _Iteration(WireModel):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation: Detail[CacheCreation] = None


class MessageIterationUsage(_Iteration):
    """Tokens of one pass of the model."""

    type: Literal["message"]
    model: str | None = None


class CompactionIterationUsage(_Iteration):
    """Tokens of a compaction; those of the whole answer leave them out."""

    type: Literal["compaction"]


class AdvisorMessageIterationUsage(_Iteration):
    """Tokens of an advisor."""

    type: Literal["advisor_message"]
    model: str


class FallbackMessageIterationUsage(_Iteration):
    """Tokens of a model that went on after a refusal."""

    type: Literal["fallback_message"]
    model: str


class UnknownIterationUsage(Unknown):
    """Tokens of a pass of any other kind, or in a form not known here."""


_Known = Annotated[
    MessageIterationUsage | CompactionIterationUsage | AdvisorMessageIterationUsage | FallbackMessageIterationUsage,
    Field(discriminator="type"),
]
IterationUsage: TypeAlias = Annotated[_Known | UnknownIterationUsage, Field(union_mode="left_to_right")]


class Usage(WireModel):
    """Tokens of one answer. ``input_tokens`` leaves out what was read from or written to the cache."""

    model_config = ConfigDict(strict=False)

    input_tokens: int | None = None
    output_tokens: int | None = None
    """Thinking among them."""
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation: Detail[CacheCreation] = None
    output_tokens_details: Detail[OutputTokensDetails] = None
    server_tool_use: Detail[ServerToolUsage] = None
    service_tier: str | None = None
    inference_geo: str | None = None
    speed: str | None = None
    iterations: Detail[list[IterationUsage]] = None
    """With compaction or a fallback: each pass. What an answer costs is the sum of them."""
    fallback_credit: Detail[FallbackCredit] = None
