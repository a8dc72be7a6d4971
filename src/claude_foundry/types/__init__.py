"""The vocabulary of the Messages API: what a call takes and what it gives."""

from claude_foundry.types._blocks import (
    ContentBlock,
    InvalidToolUseBlock,
    RedactedThinkingBlock,
    ServerToolUseBlock,
    TextBlock,
    ThinkingBlock,
    ToolUseBlock,
    UnknownBlock,
)
from claude_foundry.types._events import StreamEvent
from claude_foundry.types._message import Message, MessageTokensCount, Usage
from claude_foundry.types._request import CallOptions, CountTokensRequest, MessageRequest

__all__ = [
    "CallOptions",
    "ContentBlock",
    "CountTokensRequest",
    "InvalidToolUseBlock",
    "Message",
    "MessageRequest",
    "MessageTokensCount",
    "RedactedThinkingBlock",
    "ServerToolUseBlock",
    "StreamEvent",
    "TextBlock",
    "ThinkingBlock",
    "ToolUseBlock",
    "UnknownBlock",
    "Usage",
]
