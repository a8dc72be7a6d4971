"""From the events of a stream to those of LangChain's content-block protocol: ``stream_events`` in version 3.

A call is told as finished when a later block begins, or the answer ends: only then it is known that no limit has cut
it. Its arguments are parsed strictly.

Sources: https://docs.langchain.com/oss/python/langchain/streaming,
https://reference.langchain.com/python/langchain_core/language_models
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.messages.tool import tool_call

from claude_foundry._stream import MessageAccumulator
from claude_foundry.langchain._chunks import PROVIDER
from claude_foundry.langchain._from_wire import invalid_call, kept, message, metadata, usage
from claude_foundry.langchain._last_call import LastCall
from claude_foundry.langchain._whole_texts import standard
from claude_foundry.types import Message, StreamEvent
from claude_foundry.types._blocks import CALLS

Block = dict[str, Any]
Event = dict[str, Any]

# What may be long is told once, when the block is finished.
_TOLD_AT_THE_END = ("args", "output", "value", "index")


class ProtocolReader:
    """Translates one stream: feed it each event, then the whole message for the end.

    Args:
        message_id: the id that the message gets instead of the service's.
        with_usage: whether token counts are told.
    """

    def __init__(self, *, message_id: str | None = None, with_usage: bool = True) -> None:
        self._message_id = message_id
        self._with_usage = with_usage
        self._account = MessageAccumulator()
        self._kinds: dict[int, str] = {}
        # The protocol counts blocks from 0 without a gap, in the order of their starts.
        self._places: dict[int, int] = {}
        self._open: set[int] = set()
        self._last = LastCall()

    def feed(self, event: StreamEvent) -> Iterable[Event]:
        """Gives the protocol's events for one of the stream; most have one, some none."""
        match event["type"]:
            case "content_block_delta":
                self._account.add(event)
                return self._changed(event["index"], event["delta"])
            case "content_block_start":
                self._account.add(event)
                return self._started(event["index"], event["content_block"])
            case "content_block_stop":
                self._account.add(event)
                return self._ended(event["index"])
            case "message_start":
                self._account.add(event)
                return self._begun(event["message"])
        return ()

    def finish(self, answer: Message) -> Iterator[Event]:
        """Gives the events at the end: what is still open, a refusal where langchain-core tells it, and the counts."""
        waiting, is_cut = self._last.at_end(answer)
        for index in sorted(self._open):
            yield self._finished(index, is_cut=is_cut and index == waiting)
        for block in _refusal(answer):
            place = len(self._places)
            self._places[-1] = place
            yield {"event": "content-block-start", "index": place, "content": block}
            yield {"event": "content-block-finish", "index": place, "content": block}
        told = metadata(answer)
        known = {name: value for name, value in told.items() if self._with_usage or name != "usage"}
        counts = {"usage": usage(answer.usage)} if self._with_usage else {}
        yield {"event": "message-finish", **counts, "metadata": known}

    def broken_off(self, error: Exception) -> Iterable[Event]:
        """Gives no event: what is open stays so, and a call that was not told as finished cannot be run."""
        return ()

    def _begun(self, begun: Any) -> Iterator[Event]:
        about = {"provider": PROVIDER, "model": begun.get("model")}
        yield {"event": "message-start", "role": "ai", "id": self._message_id or begun.get("id"), "metadata": about}
        # A turn that was taken up again brings whole blocks here.
        for index, block in enumerate(begun.get("content") or []):
            yield from self._started(index, block)
            yield from self._ended(index)

    def _ended(self, index: int) -> Iterator[Event]:
        if self._kinds[index] != "tool_use" or self._last.ended(index):
            yield self._finished(index)

    def _started(self, index: int, block: Any) -> Iterator[Event]:
        if (shown := self._last.begun(index)) is not None:
            yield self._finished(shown)
        place = self._places[index] = len(self._places)
        self._kinds[index] = block["type"]
        self._open.add(index)
        yield {"event": "content-block-start", "index": place, "content": _opening(block, place)}
        if change := _brought(block):
            yield {"event": "content-block-delta", "index": place, "delta": change}

    def _changed(self, index: int, delta: Any) -> Iterable[Event]:
        change = _change(self._kinds[index], delta)
        if change is None:
            return ()
        return ({"event": "content-block-delta", "index": self._places[index], "delta": change},)

    def _finished(self, index: int, *, is_cut: bool = False) -> Event:
        self._open.discard(index)
        block = self._account.block(index)
        content = {**invalid_call(block)} if is_cut else _finished(block)
        return {"event": "content-block-finish", "index": self._places[index], "content": content}


def _change(kind: str, delta: Any) -> Event | None:
    match delta["type"]:
        case "text_delta" if kind == "text" and delta["text"]:
            return {"type": "text-delta", "text": delta["text"]}
        case "input_json_delta" if kind in CALLS and delta["partial_json"]:
            return {"type": "tool-call-delta", "args": delta["partial_json"]}
        case "thinking_delta" if kind == "thinking" and delta["thinking"]:
            return {"type": "reasoning-delta", "reasoning": delta["thinking"]}
    return None


def _brought(block: Block) -> Event | None:
    """What a block brings at its start already; most are empty then."""
    match block:
        case {"type": "text", "text": str(text)} if text:
            return {"type": "text-delta", "text": text}
        case {"type": "thinking", "thinking": str(text)} if text:
            return {"type": "reasoning-delta", "reasoning": text}
        case {"type": kind, "input": dict(arguments)} if kind in CALLS and arguments:
            return {"type": "tool-call-delta", "args": json.dumps(arguments)}
    return None


def _opening(block: Block, place: int) -> Block:
    match block["type"]:
        case "text":
            return {"type": "text", "text": ""}
        case "thinking":
            return {"type": "reasoning", "reasoning": ""}
        case "tool_use":
            return {"type": "tool_call_chunk", "id": block["id"], "name": block["name"], "args": "", "index": place}
    content = _standard(block)
    if content["type"] == "server_tool_call":
        call = {"id": content["id"], "name": content["name"], "args": "", "index": place}
        return {"type": "server_tool_call_chunk", **call}
    empty: Block = {"value": {}} if content["type"] == "non_standard" else {}
    return {name: value for name, value in content.items() if name not in _TOLD_AT_THE_END} | empty


def _finished(block: Block) -> Block:
    return {**invalid_call(block)} if block["type"] == "invalid_tool_use" else _standard(block)


def _standard(block: Block) -> Block:
    """The block as langchain-core translates it, so that it is the same in every way of asking."""
    calls = [tool_call(name=block["name"], args=block["input"], id=block["id"])] if block["type"] == "tool_use" else []
    alone = AIMessage([kept(block)], tool_calls=calls, response_metadata={"model_provider": PROVIDER})
    return standard(block, alone.content_blocks[0])


def _refusal(answer: Message) -> list[Block]:
    if answer.stop_reason != "refusal":
        return []
    return [dict(block) for block in message(answer).content_blocks if str(block["type"]) == "refusal"]
