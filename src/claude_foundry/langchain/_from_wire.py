"""From answers of the Messages API to LangChain's messages.

Source: https://docs.langchain.com/oss/python/langchain/messages
"""

import json
from typing import Any, cast

from langchain_core.messages import AIMessage, InvalidToolCall, ToolCall
from langchain_core.messages.ai import InputTokenDetails, OutputTokenDetails, UsageMetadata
from langchain_core.messages.tool import invalid_tool_call, tool_call
from pydantic import BaseModel

from claude_foundry._fields import present
from claude_foundry.langchain._chunks import PROVIDER
from claude_foundry.langchain._whole_texts import UNKNOWN_TEXT_FIELDS, names_in
from claude_foundry.types import InvalidToolUseBlock, Message, ToolUseBlock, Usage

_WHY_CUT = "The arguments of this call are not known to be whole."
_METADATA = ("stop_reason", "stop_sequence", "stop_details", "container", "context_management", "input_transformations")
_MAY_BE_NULL = ("_use", "_result")
Block = dict[str, Any]


def message(answer: Message) -> AIMessage:
    """Gives the message of a whole answer; a call that was cut is among its invalid calls, and nowhere else."""
    cut = cut_calls(answer)
    content = [kept(block.model_dump()) for block in answer.content if not any(block is call for call in cut)]
    return AIMessage(
        content=_simplified(content),
        id=answer.id,
        tool_calls=[_call(block) for block in content if block["type"] == "tool_use"],
        invalid_tool_calls=[invalid_call(block.model_dump()) for block in cut],
        usage_metadata=usage(answer.usage),
        response_metadata=metadata(answer),
    )


def kept(block: Block) -> Block:
    """Gives a block of an answer as a message holds it: all of it, but fields of a call or a text that are null."""
    kind = block["type"]
    return present(block) if kind == "text" or kind.endswith(_MAY_BE_NULL) else block


def invalid_call(block: Block) -> InvalidToolCall:
    """Gives a call whose arguments are not known to be whole."""
    arguments = block["partial_json"] if "partial_json" in block else json.dumps(block.get("input"))
    return invalid_tool_call(name=block.get("name"), args=arguments, id=block.get("id"), error=_WHY_CUT)


def _simplified(content: list[Block]) -> str | list[str | Block]:
    match content:
        case [{"type": "text", "text": str(text), **rest}] if not rest:
            return text
    return list(content)


def cut_calls(answer: Message) -> list[ToolUseBlock | InvalidToolUseBlock]:
    """Gives the calls of an answer that are not known to be whole.

    The one at the very end of an answer that a limit or a refusal ended may lack arguments, however whole it looks.
    """
    whole = {id(block) for block in answer.tool_calls}
    calls = (block for block in answer.content if isinstance(block, ToolUseBlock | InvalidToolUseBlock))
    return [block for block in calls if id(block) not in whole]


def _call(block: Block) -> ToolCall:
    return tool_call(name=block["name"], args=block["input"], id=block["id"])


def metadata(answer: Message) -> dict[str, Any]:
    """Gives what LangChain keeps beside the content; whole and streamed answers have the same keys.

    Invalid calls are among it: those that langchain-core makes of a stream have more than their arguments.
    """
    found = {name: _plain(getattr(answer, name, None)) for name in _METADATA}
    ids = {"id": answer.id, "request_id": answer.request_id, "apim_request_id": answer.apim_request_id}
    # The usual end is not told.
    terminal = None if answer.terminal == "message_stop" else answer.terminal
    sent = {"retries_taken": answer.retries_taken, "terminal": terminal}
    known = present({**found, **ids, **sent, "service_tier": answer.usage.service_tier})
    invalid = [invalid_call(block.model_dump()) for block in cut_calls(answer)]
    names, counts = names_in(answer), present(answer.usage.model_dump())
    further = {"invalid_tool_calls": invalid, UNKNOWN_TEXT_FIELDS: names, "usage": counts}
    beside = {name: value for name, value in further.items() if value}
    return {"model_provider": PROVIDER, "model_name": answer.model, **known, **beside}


def _plain(value: Any) -> Any:
    match value:
        case BaseModel():
            return value.model_dump()
        case list():
            return [_plain(item) for item in value]
    return value


def usage(counts: Usage) -> UsageMetadata:
    """Gives the token counts; LangChain's input tokens include what the cache gave and took."""
    read, written = counts.cache_read_input_tokens or 0, counts.cache_creation_input_tokens or 0
    total_in = (counts.input_tokens or 0) + read + written
    total_out = counts.output_tokens or 0
    return UsageMetadata(
        input_tokens=total_in,
        output_tokens=total_out,
        total_tokens=total_in + total_out,
        input_token_details=_input_details(counts, read, written),
        output_token_details=_output_details(counts),
    )


def _input_details(counts: Usage, read: int, written: int) -> InputTokenDetails:
    by_life = {name: value for name, value in _counts(counts.cache_creation).items() if isinstance(value, int)}
    # Readers sum the details, so that what stands by its life time is not counted a second time.
    general = 0 if sum(by_life.values()) else written
    return cast(InputTokenDetails, {"cache_read": read, "cache_creation": general, **by_life})


def _output_details(counts: Usage) -> OutputTokenDetails:
    thinking = _counts(counts.output_tokens_details).get("thinking_tokens")
    return OutputTokenDetails(reasoning=thinking) if isinstance(thinking, int) else OutputTokenDetails()


def _counts(detail: BaseModel | None) -> dict[str, Any]:
    # A detail in a form not known to the core is no model.
    return detail.model_dump() if isinstance(detail, BaseModel) else {}
