"""From answers of the Messages API to LangChain's messages and chunks.

Source: https://docs.langchain.com/oss/python/langchain/messages
"""

import json
from collections.abc import Iterator
from typing import Any, cast

from langchain_core.messages import AIMessage, AIMessageChunk, InvalidToolCall, ToolCall
from langchain_core.messages.ai import InputTokenDetails, OutputTokenDetails, UsageMetadata
from langchain_core.messages.tool import invalid_tool_call, tool_call, tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk
from pydantic import BaseModel

from claude_foundry._fields import present
from claude_foundry.types import InvalidToolUseBlock, Message, StreamEvent, Usage

PROVIDER = "anthropic"
"""The name by which langchain-core picks its translator of content blocks."""
_CUT = ("max_tokens", "model_context_window_exceeded")
_WHY_CUT = "The arguments of this call are not known to be whole."
_METADATA = ("stop_reason", "stop_sequence", "stop_details", "container", "context_management")
Block = dict[str, Any]


def message(answer: Message) -> AIMessage:
    """Gives the message of a whole answer."""
    content = [present(_as_gathered(block.model_dump())) for block in answer.content]
    exact, cut = _calls(content, answer.stop_reason)
    return AIMessage(
        content=_simplified(content),
        id=answer.id,
        tool_calls=exact,
        invalid_tool_calls=cut,
        usage_metadata=usage(answer.usage),
        response_metadata=metadata(answer),
    )


def _as_gathered(block: Block) -> Block:
    """A call that was cut, as a gathered stream shows it."""
    return {**block, "type": "tool_use", "input": {}} if block["type"] == "invalid_tool_use" else block


def _simplified(content: list[Block]) -> str | list[str | Block]:
    match content:
        case [{"type": "text", "text": str(text), **rest}] if not rest:
            return text
    return list(content)


def _calls(content: list[Block], stop_reason: str | None) -> tuple[list[ToolCall], list[InvalidToolCall]]:
    """A call at the very end of an answer that reached a limit may lack arguments: it is not handed on as a call."""
    last = content[-1] if content and stop_reason in _CUT else None
    calls = [block for block in content if block["type"] == "tool_use"]
    cut = [block for block in calls if "partial_json" in block or not isinstance(block.get("input"), dict)]
    exact = [block for block in calls if block is not last and block not in cut]
    return [tool_call(name=block["name"], args=block["input"], id=block["id"]) for block in exact], [
        invalid_tool_call(
            name=block.get("name"),
            args=block.get("partial_json") or json.dumps(block.get("input")),
            id=block.get("id"),
            error=_WHY_CUT,
        )
        for block in calls
        if block not in exact
    ]


def metadata(answer: Message) -> dict[str, Any]:
    """Gives what LangChain keeps beside the content; whole and streamed answers have the same keys."""
    found = answer.model_dump(include=set(_METADATA))
    ids = {"id": answer.id, "request_id": answer.request_id, "apim_request_id": answer.apim_request_id}
    kept = present({**found, **ids, "service_tier": answer.usage.service_tier})
    return {"model_provider": PROVIDER, "model_name": answer.model, **kept}


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


class ChunkReader:
    """Translates one stream: feed it each event, then the whole message for the last chunk."""

    def __init__(self, *, with_usage: bool = True) -> None:
        self._with_usage = with_usage
        self._id: str | None = None
        self._calls: dict[int, str] = {}
        self._arguments: dict[int, list[str]] = {}

    def feed(self, event: StreamEvent) -> Iterator[ChatGenerationChunk]:
        """Gives the chunks of an event; most have one, some none."""
        match event["type"]:
            case "message_start":
                self._id = event["message"].get("id")
                for index, block in enumerate(event["message"].get("content") or []):
                    yield from self._start(index, block)
            case "content_block_start":
                yield from self._start(event["index"], event["content_block"])
            case "content_block_delta":
                yield from self._delta(event["index"], event["delta"])

    def finish(self, answer: Message) -> Iterator[ChatGenerationChunk]:
        """Gives what spoils each call that was cut, then the last chunk, with usage and metadata."""
        cut = {block.id for block in answer.content if isinstance(block, InvalidToolUseBlock)}
        for index, identifier in self._calls.items():
            if identifier in cut:
                spoiler = _spoiler("".join(self._arguments[index]))
                yield self._chunk([], tool_call_chunks=[tool_call_chunk(args=spoiler, index=index)])
        yield self._chunk(
            [],
            usage_metadata=usage(answer.usage) if self._with_usage else None,
            response_metadata=metadata(answer),
            chunk_position="last",
        )

    def _start(self, index: int, block: Block) -> Iterator[ChatGenerationChunk]:
        match block["type"]:
            case "text" if not block.get("text"):
                return
            case "tool_use":
                yield self._call(index, block)
            case _:
                yield self._chunk([present({**block, "index": index})])

    def _call(self, index: int, block: Block) -> ChatGenerationChunk:
        # Most calls bring their input in fragments; one made by a program brings it whole.
        arguments = json.dumps(block["input"]) if block.get("input") else ""
        self._calls[index] = block["id"]
        self._arguments[index] = [arguments]
        call = tool_call_chunk(name=block["name"], args=arguments, id=block["id"], index=index)
        return self._chunk([present({**block, "index": index})], tool_call_chunks=[call])

    def _delta(self, index: int, delta: dict[str, Any]) -> Iterator[ChatGenerationChunk]:
        match delta["type"]:
            case "text_delta":
                yield self._chunk([{"type": "text", "text": delta["text"], "index": index}])
            case "citations_delta":
                yield self._chunk([{"type": "text", "text": "", "citations": [delta["citation"]], "index": index}])
            case "thinking_delta":
                yield self._chunk([{"type": "thinking", "thinking": delta["thinking"], "index": index}])
            case "signature_delta":
                yield self._chunk([{"type": "thinking", "signature": delta["signature"], "index": index}])
            case "input_json_delta" if delta["partial_json"]:
                yield self._json(index, delta["partial_json"])
            case "input_json_delta":
                return
            case kind:
                yield self._chunk([present({**delta, "type": kind.removesuffix("_delta"), "index": index})])

    def _json(self, index: int, text: str) -> ChatGenerationChunk:
        content = [{"type": "input_json_delta", "partial_json": text, "index": index}]
        if index not in self._arguments:
            return self._chunk(content)
        self._arguments[index].append(text)
        return self._chunk(content, tool_call_chunks=[tool_call_chunk(args=text, index=index)])

    def _chunk(self, content: list[Block], **fields: Any) -> ChatGenerationChunk:
        known = {"response_metadata": {"model_provider": PROVIDER}, **fields}
        return ChatGenerationChunk(message=AIMessageChunk(content=list(content), id=self._id, **known))


def _spoiler(partial_json: str) -> str:
    """Gives the text that, appended to cut arguments, no lenient parser completes: a bracket that does not match.

    langchain-core joins the fragments of a call and repairs what is cut, which would make half a call executable.
    """
    open_brackets: list[str] = []
    in_string = escaped = False
    for letter in partial_json:
        if in_string:
            in_string, escaped = escaped or letter != '"', not escaped and letter == "\\"
        elif letter == '"':
            in_string = True
        elif letter in "{[":
            open_brackets.append(letter)
        elif letter in "}]" and open_brackets:
            open_brackets.pop()
    closing = '""' if escaped else '"' if in_string else ""
    return closing + ("}" if open_brackets[-1:] == ["["] else "]")
