"""What a run of tools gives: every answer of the model, with the results that were sent back.

Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/handle-tool-calls
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from claude_foundry.types._content_params import ToolResultBlockParam
from claude_foundry.types._message import Message
from claude_foundry.types._message_params import MessageParam


@dataclass(frozen=True, kw_only=True)
class ToolStep:
    """One turn: an answer, and the results of the tools it called."""

    message: Message
    results: Sequence[ToolResultBlockParam] = field(default=(), repr=False)
    """``tool_result`` blocks in the order of the calls; empty when the answer called no tool of the caller."""


@dataclass(frozen=True, kw_only=True)
class ToolRun:
    """All turns of one run."""

    steps: Sequence[ToolStep]
    messages: Sequence[MessageParam] = field(repr=False)
    """The conversation with all that was answered and called: append a user message to go on."""

    @property
    def final(self) -> Message:
        """The last answer."""
        return self.steps[-1].message
