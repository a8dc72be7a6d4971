"""From the events of a stream to one message, at any moment; and from a message to its events.

Source: https://platform.claude.com/docs/en/build-with-claude/streaming
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from claude_foundry._arguments import exact, exact_arguments, invalid
from claude_foundry._fields import present
from claude_foundry._promises import begun, broken_field, is_citation
from claude_foundry.errors import ResponseFormatError
from claude_foundry.types import MessageDeltaEvent, StreamEvent
from claude_foundry.types._blocks import CALLS

Block = dict[str, Any]

_TEXT_FIELDS = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "signature",
    "input_json_delta": "partial_json",
}
_EMPTY: dict[str, Any] = {"type": "message", "role": "assistant", "content": [], "stop_reason": None}


def text_of(event: Mapping[str, Any]) -> str | None:
    """Gives the text an event adds to the answer, if it adds any."""
    match event:
        case {"delta": {"type": "text_delta", "text": str(text)}}:
            return text
    return None


def hands_on_content(event: Mapping[str, Any]) -> bool:
    """Tells whether an event is part of the answer: once one was given to the caller, nothing may be retried."""
    return event["type"] not in ("message_start", "ping", "error")


class MessageAccumulator:
    """Builds the message a stream describes. ``add`` its events in order; look at any moment."""

    def __init__(self) -> None:
        self._message: dict[str, Any] | None = None
        self._blocks: dict[int, _OpenBlock | Block] = {}
        self._reasoned = False
        self.stopped = False
        """Whether ``message_stop`` has come."""

    def add(self, event: StreamEvent) -> None:
        """Takes the next event; unknown events change nothing.

        Raises:
            ResponseFormatError: the event does not fit what came before.
        """
        try:
            self._add(event)
        except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
            # What the error quotes may be the answer's.
            raise ResponseFormatError(
                f"The stream's event {str(event.get('type'))[:40]!r} does not fit what came before it "
                f"({type(error).__name__})."
            ) from None

    @property
    def started(self) -> bool:
        """Whether ``message_start`` has come."""
        return self._message is not None

    @property
    def complete(self) -> bool:
        """Whether nothing of the answer can be missing."""
        if self._message is None:
            return False
        closed = all(isinstance(block, dict) for block in self._blocks.values())
        return self.stopped or (closed and self._reasoned)

    def block(self, index: int) -> Block:
        """Gives the content block at ``index`` as far as it has come."""
        block = self._blocks[index]
        return block if isinstance(block, dict) else block.so_far()

    def snapshot(self) -> dict[str, Any] | None:
        """Gives the message so far as a dict, or None before it has started.

        A call whose arguments are not whole stands in it as ``invalid_tool_use``.
        """
        if self._message is None:
            return None
        return {**self._message, "content": [self.block(index) for index in sorted(self._blocks)]}

    def _add(self, event: StreamEvent) -> None:
        match event["type"]:
            case "content_block_delta":
                self._open(event["index"]).add(event["delta"])
            case "message_start":
                self._start(event["message"])
            case "content_block_start":
                self._begin(event["index"], event["content_block"])
            case "content_block_stop":
                self._blocks[event["index"]] = self._open(event["index"]).closed()
            case "message_delta":
                self._finish(event)
            case "message_stop":
                self.stopped = True

    def repeats(self, event: Mapping[str, Any]) -> bool:
        """Tells whether an event begins once more what has begun: a message, or a block in the same way."""
        if event["type"] == "message_start":
            return self.started
        index = event.get("index")
        block = self._blocks.get(index) if type(index) is int else None
        return isinstance(block, _OpenBlock) and block.given == event.get("content_block")

    def _start(self, message: dict[str, Any]) -> None:
        if self._message is not None:
            return
        if not isinstance(message.get("id"), str | None):
            raise TypeError("id")
        # A resumed turn may bring whole blocks here.
        blocks = [exact(dict(_checked(block))) for block in message.get("content") or []]
        self._message = {**_EMPTY, **message, "usage": dict(message.get("usage") or {})}
        self._blocks = dict(enumerate(blocks))

    def _begin(self, index: int, block: Block) -> None:
        if self._message is None or type(index) is not int or index < 0 or index in self._blocks:
            raise KeyError("index")
        self._blocks[index] = _OpenBlock(block)

    def _open(self, index: int) -> "_OpenBlock":
        block = self._blocks[index]
        # In Python true and 1.0 are 1, too.
        if block.__class__ is not _OpenBlock or index.__class__ is not int:
            raise KeyError(f"block {index} is closed, or none")
        return block

    def _finish(self, event: MessageDeltaEvent) -> None:
        if self._message is None:
            raise KeyError("message_start")
        delta = event.get("delta") or {}
        beside = {name: value for name, value in event.items() if name not in ("type", "delta", "usage")}
        told = {**delta, **beside}
        # Null means "as before", of counts too, which are cumulative.
        self._message = {**told, **self._message, **present(told)}
        self._message["usage"].update(present(event.get("usage") or {}))
        # One that the beginning of a stream named tells nothing of its end.
        self._reasoned = self._reasoned or bool(delta.get("stop_reason"))


class _OpenBlock:
    """A content block that is still arriving: fragments are kept apart and joined when asked for."""

    def __init__(self, start: Block) -> None:
        self._start = _begun(start)
        self.given = start
        self._fragments: defaultdict[str, list[str]] = defaultdict(list)
        self._cited: list[Any] = []

    def add(self, delta: Mapping[str, Any]) -> None:
        kind = delta["type"]
        if (name := _TEXT_FIELDS.get(kind)) is not None:
            if not isinstance(text := delta[name], str):
                raise TypeError(name)
            self._fragments[name].append(text)
            return
        match kind:
            case "citations_delta":
                if not is_citation(delta["citation"]):
                    raise TypeError("citation")
                if (before := self._start.get("citations")) is not self._cited:
                    self._start["citations"] = self._cited = list(before or ())
                self._cited.append(delta["citation"])
            case _:
                # A delta of a kind not known here carries whole fields, as compaction_delta does.
                whole = {name: value for name, value in delta.items() if name != "type"}
                self._start = _begun({**self._start, **whole})

    def so_far(self) -> Block:
        return invalid(self._joined()) if self._start["type"] in CALLS else self._joined()

    def closed(self) -> Block:
        block = self._joined()
        partial_json = block.pop("partial_json", "")
        if not partial_json:
            return exact(block)
        arguments = exact_arguments(partial_json)
        return invalid({**block, "partial_json": partial_json}) if arguments is None else {**block, "input": arguments}

    def _joined(self) -> Block:
        joined = {name: (self._start.get(name) or "") + "".join(parts) for name, parts in self._fragments.items()}
        # What is looked at does not grow any more.
        cited = {"citations": [*self._cited]} if self._start.get("citations") is self._cited else {}
        return {**self._start, **cited, **joined}


def _begun(block: Any) -> Block:
    """Gives a block as it begins, with a place for what its deltas add."""
    if not isinstance(block, dict):
        raise TypeError("block")
    return _checked(begun(block))


def _checked(block: Any) -> Block:
    """Gives a block back that is what the API promises, and to which fragments can be joined."""
    if not isinstance(block, dict) or not isinstance(block["type"], str):
        raise TypeError("block")
    for name in _TEXT_FIELDS.values():
        if not isinstance(block.get(name), str | None):
            raise TypeError(name)
    if (wrong := broken_field(block)) is not None:
        raise TypeError(wrong)
    return block


def events(
    message: Mapping[str, Any], *, split: Callable[[str], Iterable[str]] = lambda text: [text]
) -> Iterator[StreamEvent]:
    """Gives the events of the stream that describes a whole message.

    Args:
        message: as the API answers it.
        split: cuts a text into the texts of its deltas.
    """
    usage = dict(message.get("usage") or {})
    opening = {**message, "content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}
    managed = present({"context_management": opening.pop("context_management", None)})
    yield {"type": "message_start", "message": opening}
    for index, block in enumerate(message["content"]):
        start, deltas = _taken_apart(block, split)
        yield {"type": "content_block_start", "index": index, "content_block": start}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    finish: Any = {"type": "message_delta", "delta": _ending(message), "usage": usage, **managed}
    yield finish
    yield {"type": "message_stop"}


def _ending(message: Mapping[str, Any]) -> Any:
    optional = {name: message.get(name) for name in ("stop_details", "container")}
    return {
        "stop_reason": message.get("stop_reason"),
        "stop_sequence": message.get("stop_sequence"),
        **present(optional),
    }


def _taken_apart(block: Block, split: Callable[[str], Iterable[str]]) -> tuple[Block, list[Any]]:
    match block:
        case {"type": "text", "text": text}:
            citations = [{"type": "citations_delta", "citation": citation} for citation in block.get("citations") or []]
            texts = [{"type": "text_delta", "text": piece} for piece in split(text)]
            return {**block, "text": "", **({"citations": []} if citations else {})}, [*citations, *texts]
        case {"type": "thinking", "thinking": str(thinking), "signature": str(signature)}:
            thoughts = [{"type": "thinking_delta", "thinking": piece} for piece in split(thinking)]
            start = {**block, "thinking": "", "signature": ""}
            return start, [*thoughts, {"type": "signature_delta", "signature": signature}]
        case {"type": "tool_use" | "server_tool_use" | "mcp_tool_use", "input": arguments}:
            # A call without arguments brings nothing but an empty fragment.
            pieces = ["", *(split(json.dumps(arguments, ensure_ascii=False)) if arguments else ())]
            return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
        case {"type": "compaction"}:
            # The whole of it comes at once.
            return {**block, "content": None}, [{"type": "compaction_delta", "content": block.get("content")}]
        case _:
            return block, []
