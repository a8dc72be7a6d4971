"""What an answer says beside its content: why it was refused, its container, what became of its context.

Source: https://platform.claude.com/docs/en/api/messages
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from claude_foundry.types._wire_model import Detail, Unknown, WireModel


class StopDetails(WireModel):
    """Why the model refused."""

    type: str
    """``refusal``."""
    category: str | None = None
    """Such as ``cyber``, ``bio``, ``frontier_llm``, ``reasoning_extraction`` or ``general_harms``."""
    explanation: str | None = None
    fallback_credit_token: str | None = None
    """Sent with the same request to another model, it saves paying the input twice."""
    fallback_has_prefill_claim: bool | None = None
    recommended_model: str | None = None


class ContainerSkill(WireModel):
    """A skill that lies in the container."""

    type: str
    """``anthropic`` or ``custom``."""
    skill_id: str
    version: str


class Container(WireModel):
    """The container that code ran in; send its ``id`` as ``container`` to go on in it."""

    id: str
    expires_at: str | None = None
    """ISO 8601."""
    skills: Detail[list[ContainerSkill]] = None


class ClearToolUsesEdit(WireModel):
    """Results of tools that were cleared."""

    type: Literal["clear_tool_uses_20250919"]
    cleared_tool_uses: int
    cleared_input_tokens: int


class ClearThinkingEdit(WireModel):
    """Thinking that was cleared."""

    type: Literal["clear_thinking_20251015"]
    cleared_thinking_turns: int
    cleared_input_tokens: int


class UnknownEdit(Unknown):
    """An edit of any other kind, or in a form not known here."""


_Known = Annotated[ClearToolUsesEdit | ClearThinkingEdit, Field(discriminator="type")]
AppliedEdit: TypeAlias = Annotated[_Known | UnknownEdit, Field(union_mode="left_to_right")]


class ContextManagement(WireModel):
    """What the service cleared from the conversation before the model read it."""

    applied_edits: Detail[list[AppliedEdit]] = None


class InputTransformation(WireModel):
    """What the service changed in the request's thinking blocks, and why."""

    type: str
    """``thinking_dropped`` or ``thinking_mismatch_allowed``."""
    path: str
    reason: str
