"""Calls in the messages of older histories, which stand beside the content and not in it.

Sources: https://platform.openai.com/docs/api-reference/chat/create (tool_calls),
https://platform.openai.com/docs/api-reference/responses (function calls),
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolUseBlock.html,
https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ContentBlock, ToolCallBlock
from pydantic import BaseModel

# In OpenAI's Responses a call has an id of its own beside the one that its result names.
_IDS = ("call_id", "id", "toolUseId", "tool_id")
_NAMES = ("name", "tool_name")
_ARGUMENTS = ("arguments", "input", "parameters", "tool_kwargs")


def with_calls(message: ChatMessage) -> ChatMessage:
    """Gives the message with the calls of ``additional_kwargs["tool_calls"]`` as blocks, if it has no such blocks.

    Args:
        message: of the model's, in LlamaIndex's older form: calls are objects or dicts of OpenAI's, Anthropic's,
            Bedrock's, Ollama's or Cohere's, or LlamaIndex's own ``ToolSelection``.
    """
    given = message.additional_kwargs.get("tool_calls")
    if not isinstance(given, list) or any(block.block_type == "tool_call" for block in message.blocks):
        return message
    return message.model_copy(update={"blocks": [*message.blocks, *_calls(given)]})


def _calls(given: list[Any]) -> Iterator[ContentBlock]:
    for call in given:
        fields = call.model_dump() if isinstance(call, BaseModel) else call
        if not isinstance(fields, Mapping):
            continue
        inner = fields.get("function")
        whole = {**fields, **inner} if isinstance(inner, Mapping) else fields
        name, arguments = _first(whole, _NAMES), _first(whole, _ARGUMENTS) or {}
        if isinstance(name, str) and isinstance(arguments, str | dict):
            identifier = _first(whole, _IDS)
            yield ToolCallBlock(
                tool_call_id=None if identifier is None else str(identifier), tool_name=name, tool_kwargs=arguments
            )


def _first(fields: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((fields[name] for name in names if fields.get(name) is not None), None)
