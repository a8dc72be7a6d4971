"""From answers of the Messages API, whole or as events, to LlamaIndex's responses.

Sources: https://platform.claude.com/docs/en/api/messages, https://platform.claude.com/docs/en/build-with-claude/streaming
"""

import json
from collections.abc import Mapping
from typing import Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    CompletionResponse,
    MessageRole,
    ToolCallBlock,
)
from llama_index.core.llms.llm import ToolSelection

from claude_foundry._cost import cost_usd
from claude_foundry._growing import half_written
from claude_foundry._models import known
from claude_foundry._warnings import warn
from claude_foundry.errors import StreamInterruptedError
from claude_foundry.llamaindex import _added_words, _container, _whole_texts
from claude_foundry.llamaindex._copies import like
from claude_foundry.llamaindex._parts import Call, Shown, Text, part_of, rendered
from claude_foundry.llamaindex._to_wire import Request
from claude_foundry.types import Message, StreamEvent
from claude_foundry.types._message import CUT_BY

_UNFINISHED = "invalid_tool_use"
_MESSAGE = ChatMessage(role=MessageRole.ASSISTANT, blocks=[])
_RESPONSE = ChatResponse(message=_MESSAGE)
_COMPLETION = CompletionResponse(text="")
_CACHE_COUNTS = ("cache_creation_input_tokens", "cache_read_input_tokens")


def chat_response(message: Message, *, request: Request, delta: str | None = None) -> ChatResponse:
    """Gives the response of a whole answer.

    Args:
        message: the answer.
        request: what it answers.
        delta: "" for the last response of a stream.
    """
    _warn_if_unsaid(message)
    wire = message.model_dump(mode="json")
    content = _without_unfinished(wire)
    parts = [part_of(block, names=request.names, whole=block["type"] != _UNFINISHED) for block in content]
    incomplete = [_incomplete(block, request.names) for block in content if block["type"] == _UNFINISHED]
    counts = _counts(wire.get("usage") or {})
    told = {
        **counts,
        "stop_reason": message.stop_reason,
        "request_id": message.request_id,
        "apim_request_id": message.apim_request_id,
        "retries_taken": message.retries_taken,
        # The usual end is not told.
        **({} if message.terminal in (None, "message_stop") else {"terminal": message.terminal}),
        "deployment": request.fields["model"],
        **_cost(message, request),
        **({"incomplete_tool_calls": incomplete} if incomplete else {}),
    }
    inclusive = {name: counts[name] for name in ("prompt_tokens", "completion_tokens", "total_tokens")}
    shown = [*rendered(parts), *_whole_texts.kept(content)]
    blocks = _container.kept(shown, wire.get("container"), asked_at=request.asked_at)
    if request.added:
        blocks = _added_words.kept(blocks, request.added)
    return like(
        _RESPONSE,
        message=like(_MESSAGE, blocks=blocks, additional_kwargs={}),
        raw={**wire, "usage": {**(wire.get("usage") or {}), **inclusive}},
        delta=delta,
        additional_kwargs=told,
    )


def completion(response: ChatResponse) -> CompletionResponse:
    """Gives the completion that a chat response stands for."""
    return like(
        _COMPLETION,
        text=response.message.content or "",
        delta=response.delta,
        raw=response.raw,
        additional_kwargs=response.additional_kwargs,
    )


def tool_selections(response: ChatResponse) -> list[ToolSelection]:
    """Gives the calls of a response; arguments that are half written, as far as they can be read."""
    return [
        ToolSelection(
            tool_id=block.tool_call_id or "", tool_name=block.tool_name, tool_kwargs=_readable(block.tool_kwargs)
        )
        for block in response.message.blocks
        if isinstance(block, ToolCallBlock)
    ]


def with_one_call(response: ChatResponse) -> ChatResponse:
    """Gives the response with its first call only, everything else in its place."""
    calls = [block for block in response.message.blocks if isinstance(block, ToolCallBlock)]
    if len(calls) < 2:
        return response
    blocks = [block for block in response.message.blocks if not any(block is call for call in calls[1:])]
    return response.model_copy(update={"message": response.message.model_copy(update={"blocks": blocks})})


class ResponseStream:
    """Turns the events of one stream into responses: text and message cumulative, ``delta`` the increment.

    Blocks that LlamaIndex has no class for stand in the last response only, which ``chat_response`` makes.
    """

    def __init__(self, request: Request) -> None:
        self._names = request.names
        self._shown = Shown()
        self._parts = self._shown.parts
        self._before = 0
        self._has_calls = False

    def add(self, event: StreamEvent) -> ChatResponse | None:
        """Gives the response that an event leads to, if it shows anything new."""
        match event:
            case {"type": "content_block_delta", "index": int(index), "delta": dict(delta)}:
                return self._grown(self._before + index, delta, event)
            case {"type": "content_block_start", "index": int(index), "content_block": dict(block)}:
                return self._started({self._before + index: block}, event)
            case {"type": "content_block_stop", "index": int(index)}:
                return self._stopped(self._before + index, event)
            case {"type": "message_start", "message": {"content": [_, *_] as content}}:
                # A turn that is taken up again brings its blocks here, whole.
                return self._started(dict(enumerate(content, start=self._before)), event, whole=True)
        return None

    def broken_off(self, error: Exception) -> ChatResponse | None:
        """Gives the response without the calls that are not known to be whole, if any was shown."""
        partial = error.partial if isinstance(error, StreamInterruptedError) else None
        is_cut = partial is None or partial.stop_reason in CUT_BY
        last = max(self._parts, default=-1)
        cut = [index for index, part in self._parts.items() if part.break_off(is_cut=is_cut and index == last)]
        for index in cut:
            self._shown.grown(index)
        return self._response(None) if cut else None

    def next_part(self) -> None:
        """Ends one stream: the blocks of the next one go on where its blocks ended."""
        # Indexes may have holes.
        self._before = max(self._parts, default=-1) + 1

    def _started(
        self, blocks: Mapping[int, Mapping[str, Any]], event: StreamEvent, *, whole: bool = False
    ) -> ChatResponse | None:
        delta, calls = "", False
        for index, block in blocks.items():
            part = part_of(block, names=self._names, whole=whole)
            delta += self._separator(index) + part.text if part.text else ""
            calls = calls or isinstance(part, Call)
            self._shown.add(index, part)
        self._has_calls = self._has_calls or calls
        return self._response(event, delta=delta) if delta or calls else None

    def _grown(self, index: int, delta: Mapping[str, Any], event: StreamEvent) -> ChatResponse | None:
        part = self._parts[index]
        separator = self._separator(index) if isinstance(part, Text) and not part.text else ""
        if not part.grow(delta):
            return None
        self._shown.grown(index)
        match delta:
            case {"type": "text_delta", "text": text}:
                return self._response(event, delta=separator + text)
            case {"type": "thinking_delta", "thinking": thinking}:
                return self._response(event, thinking_delta=thinking)
        return self._response(event)

    def _stopped(self, index: int, event: StreamEvent) -> ChatResponse | None:
        changed = self._parts[index].stop()
        self._shown.grown(index)
        return self._response(event) if changed else None

    def _separator(self, index: int) -> str:
        """What LlamaIndex puts between two blocks of text when it reads a message's content."""
        apart = False
        for at in sorted((at for at in self._parts if at < index), reverse=True):
            part = self._parts[at]
            if part.text:
                return "\n" if apart else ""
            apart = apart or not isinstance(part, Text)
        return ""

    def _response(self, event: StreamEvent | None, *, delta: str = "", **told: Any) -> ChatResponse:
        blocks = self._shown.blocks()
        calls = [_legacy(block) for block in blocks if isinstance(block, ToolCallBlock)] if self._has_calls else []
        message = like(_MESSAGE, blocks=blocks, additional_kwargs={"tool_calls": calls} if calls else {})
        return like(_RESPONSE, message=message, raw=event, delta=delta, additional_kwargs=told)


def _legacy(block: ToolCallBlock) -> dict[str, Any]:
    """A call where LlamaIndex's streamed structured output looks for one."""
    return {"id": block.tool_call_id, "name": block.tool_name, "input": block.tool_kwargs}


def _readable(given: Mapping[str, Any] | str) -> dict[str, Any]:
    if not isinstance(given, str):
        return dict(given)
    parsed = half_written(given)
    return parsed if isinstance(parsed, dict) else {}


def _warn_if_unsaid(message: Message) -> None:
    """Warns of an answer that thinking alone has filled: agents take its empty text for the answer."""
    kinds = {block.type for block in message.content}
    if message.stop_reason == "max_tokens" and kinds and kinds <= {"thinking", "redacted_thinking"}:
        warn(
            "The answer ended at max_tokens in the middle of its thinking: raise max_tokens, or give thinking a lower "
            "effort."
        )


def _without_unfinished(wire: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The content, in which a call that ends a cut answer counts as unfinished: agents run what a response holds."""
    match wire:
        case {"content": [*before, {"type": "tool_use"} as last], "stop_reason": str(reason)} if reason in CUT_BY:
            return [*before, {**last, "type": _UNFINISHED, "partial_json": json.dumps(last["input"])}]
    return list(wire["content"])


def _incomplete(block: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": block["id"],
        "name": names.get(block["name"], block["name"]),
        "partial_json": block["partial_json"],
    }


def _cost(message: Message, request: Request) -> dict[str, float]:
    model = request.model if request.model.name else known(message.model)
    cost = cost_usd(message.usage, model=model)
    return {} if cost is None else {"cost_usd": cost}


def _counts(usage: Mapping[str, Any]) -> dict[str, int]:
    cache = {name: usage[name] for name in _CACHE_COUNTS if usage.get(name) is not None}
    prompt = (usage.get("input_tokens") or 0) + sum(cache.values())
    written = usage.get("output_tokens") or 0
    return {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written, **cache}
