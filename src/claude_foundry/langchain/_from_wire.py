"""From answers of the Messages API to LangChain's messages and chunks.

Source: https://docs.langchain.com/oss/python/langchain/messages
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, cast

from langchain_core.messages import AIMessage, InvalidToolCall, ToolCall
from langchain_core.messages.ai import InputTokenDetails, OutputTokenDetails, UsageMetadata
from langchain_core.messages.tool import ToolCallChunk, invalid_tool_call, tool_call, tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk
from pydantic import BaseModel

from claude_foundry._fields import present
from claude_foundry._stream import MessageAccumulator
from claude_foundry.langchain._chunks import PROVIDER, delta, recast, validated
from claude_foundry.langchain._gathering import Opening
from claude_foundry.types import InvalidToolUseBlock, Message, StreamEvent, ToolUseBlock, Usage

_WHY_CUT = "The arguments of this call are not known to be whole."
_METADATA = ("stop_reason", "stop_sequence", "stop_details", "container", "context_management", "input_transformations")
_MAY_BE_NULL = ("_use", "_result")
_IN_DELTAS = ("text", "thinking", "tool_use", "server_tool_use", "mcp_tool_use")
_NOTHING: tuple[ChatGenerationChunk, ...] = ()
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
    """Gives what LangChain keeps beside the content; whole and streamed answers have the same keys."""
    found = {name: _plain(getattr(answer, name, None)) for name in _METADATA}
    ids = {"id": answer.id, "request_id": answer.request_id, "apim_request_id": answer.apim_request_id}
    known = present({**found, **ids, "service_tier": answer.usage.service_tier})
    counts = present(answer.usage.model_dump())
    return {"model_provider": PROVIDER, "model_name": answer.model, **known, **({"usage": counts} if counts else {})}


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


class ChunkReader:
    """Translates one stream: feed it each event, then the whole message for the last chunk.

    The content of every chunk is a list: which kinds of blocks an answer has is known at its end only.
    """

    def __init__(self, *, with_usage: bool = True) -> None:
        self._with_usage = with_usage
        self._opened = False
        self._id: str | None = None
        self._begun: dict[int, Block] = {}
        self._calls: dict[int, str] = {}
        self._arguments: dict[int, list[str]] = {}
        # Blocks of kinds that are not known here come at once when they are whole: how langchain-core would join
        # their parts (numbers it adds, texts it joins) need not be what the service means.
        self._held = MessageAccumulator()
        self._held_at: set[int] = set()

    def feed(self, event: StreamEvent) -> Sequence[ChatGenerationChunk]:
        """Gives the chunks of an event; most have one, some none."""
        chunks = self._fed(event)
        if self._opened or not chunks:
            return chunks
        self._opened = True
        return [recast(chunk, Opening) for chunk in chunks]

    def _fed(self, event: StreamEvent) -> Sequence[ChatGenerationChunk]:
        match event["type"]:
            case "content_block_delta":
                return self._delta(event)
            case "content_block_start":
                return self._start(event)
            case "content_block_stop" if event["index"] in self._held_at:
                self._held.add(event)
                return (self._whole(event["index"]),)
            case "message_start":
                self._held.add(event)
                return self._begin(event["message"])
        return _NOTHING

    def finish(self, answer: Message) -> Iterator[ChatGenerationChunk]:
        """Gives what was still held, what spoils each call that was cut, then the last chunk, with usage and metadata.

        Other chunks carry neither: of equal texts in two chunks, langchain-core makes a double one.
        """
        for index in sorted(self._held_at):
            yield self._whole(index)
        cut = {block.id for block in cut_calls(answer)}
        for index, identifier in self._calls.items():
            if identifier in cut:
                spoiler = tool_call_chunk(args=_spoiler("".join(self._arguments[index])), index=index)
                yield validated([], identifier=self._id, tool_call_chunks=[spoiler])
        counts = {"usage_metadata": usage(answer.usage)} if self._with_usage else {}
        known = {name: value for name, value in metadata(answer).items() if self._with_usage or name != "usage"}
        yield validated([], identifier=self._id, response_metadata=known, chunk_position="last", **counts)

    def _begin(self, message: Any) -> Sequence[ChatGenerationChunk]:
        self._id = message.get("id")
        # A turn that was taken up again brings whole blocks here.
        blocks = enumerate(message.get("content") or [])
        return [chunk for index, block in blocks for chunk in self._started(index, block)]

    def _start(self, event: Any) -> Sequence[ChatGenerationChunk]:
        index, block = event["index"], event["content_block"]
        kind, self._begun[index] = block["type"], dict(block)
        if kind in _IN_DELTAS or kind == "redacted_thinking" or kind.endswith("_tool_result"):
            return self._started(index, block)
        self._held.add(event)
        self._held_at.add(index)
        return _NOTHING

    def _started(self, index: int, block: Block) -> Sequence[ChatGenerationChunk]:
        match block["type"]:
            case "text" if not any(value for name, value in block.items() if name != "type"):
                return _NOTHING
            case "tool_use":
                return (self._call(index, block),)
        return (self._chunk({**kept(block), "index": index}),)

    def _whole(self, index: int) -> ChatGenerationChunk:
        self._held_at.discard(index)
        return self._chunk({**kept(self._held.block(index)), "index": index})

    def _call(self, index: int, block: Block) -> ChatGenerationChunk:
        # Most calls bring their input in fragments; one made by a program brings it whole.
        arguments = json.dumps(block["input"]) if block.get("input") else ""
        self._calls[index] = block["id"]
        self._arguments[index] = [arguments]
        call = tool_call_chunk(name=block["name"], args=arguments, id=block["id"], index=index)
        return validated([{**kept(block), "index": index}], identifier=self._id, tool_call_chunks=[call])

    def _chunk(self, block: Block) -> ChatGenerationChunk:
        return validated([block], identifier=self._id)

    def _delta(self, event: Any) -> Sequence[ChatGenerationChunk]:
        index, change = event["index"], event["delta"]
        if index in self._held_at:
            self._held.add(event)
            return _NOTHING
        match change["type"]:
            case "text_delta":
                return (delta({"type": "text", "text": change["text"], "index": index}, identifier=self._id),)
            case "input_json_delta":
                return self._json(index, change["partial_json"])
            case "thinking_delta":
                return self._added({"type": "thinking", "thinking": change["thinking"], "index": index})
            case "signature_delta":
                return self._added({"type": "thinking", "signature": change["signature"], "index": index})
            case "citations_delta":
                return self._added({"type": "text", "text": "", "citations": [change["citation"]], "index": index})
        return self._unknown(event)

    def _added(self, block: Block, call: ToolCallChunk | None = None) -> Sequence[ChatGenerationChunk]:
        return (delta(block, identifier=self._id, call=call),)

    def _json(self, index: int, text: str) -> Sequence[ChatGenerationChunk]:
        if not text:
            return _NOTHING
        block = {"type": "input_json_delta", "partial_json": text, "index": index}
        if index not in self._arguments:
            return self._added(block)
        self._arguments[index].append(text)
        call: ToolCallChunk = {"name": None, "args": text, "id": None, "index": index, "type": "tool_call_chunk"}
        return self._added(block, call)

    def _unknown(self, event: Any) -> Sequence[ChatGenerationChunk]:
        """What a delta of an unknown kind adds to a block of a known one.

        A field that the block has already is left out: what langchain-core would make of the two, if it can add them
        up at all, need not be what the service means.
        """
        index = event["index"]
        begun = self._begun[index]
        fields = {name: value for name, value in present(event["delta"]).items() if begun.get(name) is None}
        begun.update(fields)
        return (self._chunk({**fields, "type": begun["type"], "index": index}),) if fields else _NOTHING


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
