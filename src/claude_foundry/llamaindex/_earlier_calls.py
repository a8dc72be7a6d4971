"""Calls in the messages of older histories, which stand beside the content and not in it.

Sources: https://platform.openai.com/docs/api-reference/chat/create (tool_calls),
https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview
"""

from collections.abc import Iterator
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ContentBlock, ToolCallBlock
from pydantic import BaseModel


def with_calls(message: ChatMessage) -> ChatMessage:
    """Gives the message with the calls of ``additional_kwargs["tool_calls"]`` as blocks, if it has no such blocks.

    Args:
        message: of the model's, in LlamaIndex's older form: calls are objects or dicts of OpenAI's or Anthropic's.
    """
    given = message.additional_kwargs.get("tool_calls")
    if not isinstance(given, list) or any(block.block_type == "tool_call" for block in message.blocks):
        return message
    return message.model_copy(update={"blocks": [*message.blocks, *_calls(given)]})


def _calls(given: list[Any]) -> Iterator[ContentBlock]:
    for call in given:
        match call.model_dump() if isinstance(call, BaseModel) else call:
            case {"id": str(identifier), "function": {"name": str(name), "arguments": str() | dict() as arguments}}:
                pass
            case {"id": str(identifier), "name": str(name), "input": str() | dict() as arguments}:
                pass
            case _:
                continue
        yield ToolCallBlock(tool_call_id=identifier, tool_name=name, tool_kwargs=arguments)
