"""From the events of a stream to LangChain's chunks.

Source: https://docs.langchain.com/oss/python/langchain/messages
"""

from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.outputs import ChatGenerationChunk

from claude_foundry._fields import present
from claude_foundry._stream import MessageAccumulator
from claude_foundry.errors import StreamInterruptedError
from claude_foundry.langchain._call_chunks import CallChunks, invalid, spoiler
from claude_foundry.langchain._chunks import delta, recast, validated
from claude_foundry.langchain._from_wire import kept, metadata, usage
from claude_foundry.langchain._gathering import Opening
from claude_foundry.langchain._whole_texts import in_standard_form, unknown
from claude_foundry.types import Message, StreamEvent
from claude_foundry.types._blocks import CALLS, SERVER_CALLS

_IN_DELTAS = ("text", "thinking", *CALLS)
_CUT = "invalid_tool_use"
_NOTHING: tuple[ChatGenerationChunk, ...] = ()
Block = dict[str, Any]


class ChunkReader:
    """Translates one stream: feed it each event, then the whole message for the last chunk.

    The content of every chunk is a list: which kinds of blocks an answer has is known at its end only.

    Args:
        with_usage: whether token counts are told.
        standard: whether langchain-core is going to make standard blocks of the chunks.
    """

    def __init__(self, *, with_usage: bool = True, standard: bool = False) -> None:
        self._with_usage = with_usage
        self._standard = standard
        self._opened = False
        self._id: str | None = None
        self._begun: dict[int, Block] = {}
        # Blocks of kinds that are not known here come at once when they are whole: how langchain-core would join
        # their parts (numbers it adds, texts it joins) need not be what the service means.
        self._account = MessageAccumulator()
        self._calls = CallChunks(self._account)
        self._open: set[int] = set()
        """Calls, and blocks of unknown kinds, that have not ended."""
        self._late: dict[int, Block] = {}
        """What blocks of known kinds that have not ended have of unknown fields which deltas may still change."""
        self._served: set[int] = set()
        """Calls of the service's own that are handed on as they come: people watch code being written."""

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
                return (*self._calls.before(event["index"]), *self._start(event))
            case "content_block_stop" if event["index"] in self._open:
                return (*self._stop(event), *self._added_late(event["index"]))
            case "content_block_stop" if event["index"] in self._late:
                return self._added_late(event["index"])
            case "message_start":
                self._account.add(event)
                return self._begin(event["message"])
        return _NOTHING

    def finish(self, answer: Message) -> Iterator[ChatGenerationChunk]:
        """Gives what was still held, then the last chunk, with usage and metadata.

        Other chunks carry neither: of equal texts in two chunks, langchain-core makes a double one.
        """
        for index in sorted(self._open):
            if index not in self._calls and index not in self._served:
                yield self._whole(index)
        for index in sorted(self._late):
            yield from self._added_late(index)
        yield from self._calls.finish(answer)
        yield from self._spoiled()
        counts = {"usage_metadata": usage(answer.usage)} if self._with_usage else {}
        told = metadata(answer)
        known = {name: value for name, value in told.items() if self._with_usage or name != "usage"}
        yield validated([], identifier=self._id, response_metadata=known, chunk_position="last", **counts)

    def broken_off(self, error: Exception) -> Iterator[ChatGenerationChunk]:
        """Gives what makes of each call that was handed on and is not known to be whole one that nobody can run."""
        yield from self._calls.finish(error.partial if isinstance(error, StreamInterruptedError) else None)
        yield from self._spoiled()

    def _begin(self, message: Any) -> Sequence[ChatGenerationChunk]:
        self._id = self._calls.identifier = message.get("id")
        # A turn that was taken up again brings whole blocks here.
        return [chunk for index, block in enumerate(message.get("content") or []) for chunk in self._came(index, block)]

    def _came(self, index: int, block: Block) -> Iterator[ChatGenerationChunk]:
        yield from self._calls.before(index)
        yield from self._started(index, block)
        if index in self._calls:
            yield from self._calls.end(index)

    def _start(self, event: Any) -> Sequence[ChatGenerationChunk]:
        index = event["index"]
        block = self._begun[index] = self._without_late(index, event["content_block"])
        kind = block["type"]
        is_known = kind in _IN_DELTAS or kind == "redacted_thinking" or kind.endswith("_tool_result")
        # An input that comes with a call may be replaced until the call ends.
        waits = not is_known or bool(kind in SERVER_CALLS and block.get("input"))
        if waits or kind in CALLS:
            self._account.add(event)
            self._open.add(index)
        if kind in SERVER_CALLS and not waits:
            self._served.add(index)
        return _NOTHING if waits else self._started(index, block)

    def _without_late(self, index: int, block: Block) -> Block:
        """Gives a block that begins without what deltas may replace until it ends: fields of a text, unknown here."""
        beside = unknown(block) if block["type"] == "text" else {}
        if beside:
            self._late[index] = beside
        return {name: value for name, value in block.items() if name not in beside}

    def _started(self, index: int, block: Block) -> Sequence[ChatGenerationChunk]:
        match block["type"]:
            case "text" if not (block.get("text") or block.get("citations") or unknown(block)):
                return _NOTHING
            case "tool_use":
                return (self._calls.begin(index, block),)
        return (self._chunk({**kept(block), "index": index}),)

    def _stop(self, event: Any) -> Sequence[ChatGenerationChunk]:
        index = event["index"]
        self._open.discard(index)
        if index in self._calls:
            return self._calls.close(event)
        self._account.add(event)
        return _NOTHING if index in self._served else (self._whole(index),)

    def _whole(self, index: int) -> ChatGenerationChunk:
        block = self._account.block(index)
        if block["type"] == _CUT:
            return invalid(block, identifier=self._id)
        return self._chunk({**kept(block), "index": index})

    def _spoiled(self) -> Iterator[ChatGenerationChunk]:
        """Gives what makes of a cut call of the service's, whose block was handed on, one that nobody sends back."""
        for index in sorted(self._served):
            block = self._account.block(index)
            if block["type"] == _CUT:
                rest = spoiler(block["partial_json"])
                yield from self._added({"type": "input_json_delta", "partial_json": rest, "index": index})
                yield invalid(block, identifier=self._id)

    def _chunk(self, block: Block) -> ChatGenerationChunk:
        chunk = validated([block], identifier=self._id)
        if self._standard:
            chunk.message = in_standard_form(chunk.message)
        return chunk

    def _delta(self, event: Any) -> Sequence[ChatGenerationChunk]:
        index, change = event["index"], event["delta"]
        if index in self._open:
            return self._held(event)
        match change["type"]:
            case "text_delta":
                return (delta({"type": "text", "text": change["text"], "index": index}, identifier=self._id),)
            case "thinking_delta":
                return self._added({"type": "thinking", "thinking": change["thinking"], "index": index})
            case "signature_delta":
                return self._added({"type": "thinking", "signature": change["signature"], "index": index})
            case "citations_delta":
                return self._added({"type": "text", "text": "", "citations": [change["citation"]], "index": index})
        return self._unknown(event)

    def _held(self, event: Any) -> Sequence[ChatGenerationChunk]:
        index, change = event["index"], event["delta"]
        if index in self._calls:
            return self._calls.change(event)
        self._account.add(event)
        if index not in self._served:
            return _NOTHING
        if change["type"] != "input_json_delta":
            return self._unknown(event)
        block = {"type": "input_json_delta", "partial_json": change["partial_json"], "index": index}
        return self._added(block) if change["partial_json"] else _NOTHING

    def _added(self, block: Block) -> Sequence[ChatGenerationChunk]:
        return (delta(block, identifier=self._id),)

    def _unknown(self, event: Any) -> Sequence[ChatGenerationChunk]:
        """Takes what a delta of an unknown kind adds to a block of a known one, which is told when the block has ended.

        A field that the block began with is left out: what langchain-core would make of the two, if it can add them
        up at all, need not be what the service means.
        """
        begun, late = self._begun[event["index"]], self._late.setdefault(event["index"], {})
        late.update({name: value for name, value in event["delta"].items() if begun.get(name) is None})
        return _NOTHING

    def _added_late(self, index: int) -> Sequence[ChatGenerationChunk]:
        fields = present(self._late.pop(index, {}))
        kind = self._begun[index]["type"]
        # Of a text without its text langchain-core can make no standard block.
        text = {"text": ""} if kind == "text" else {}
        return (self._chunk({**text, **fields, "type": kind, "index": index}),) if fields else _NOTHING
