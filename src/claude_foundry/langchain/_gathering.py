"""The chunks of a stream added up: langchain-core does so at the end of each, for tracers.

It copies what it has so far for every chunk. Runs of deltas are joined here before, at a third of the cost.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, cast

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.tool import ToolCallChunk
from langchain_core.outputs import ChatGenerationChunk

from claude_foundry.langchain._chunks import delta


class Opening(ChatGenerationChunk):
    """The first chunk of a stream, to which langchain-core adds all others; the sum is a plain chunk again."""

    @classmethod
    def lc_id(cls) -> list[str]:
        """Gives the name under which langchain-core writes it: that of any chunk."""
        return ChatGenerationChunk.lc_id()

    def __add__(self, other: ChatGenerationChunk | list[ChatGenerationChunk]) -> ChatGenerationChunk:
        """Adds one chunk, or all the rest of the stream."""
        return super().__add__(list(joined(other)) if isinstance(other, list) else other)


def joined(chunks: Iterable[ChatGenerationChunk]) -> Iterator[ChatGenerationChunk]:
    """Gives fewer chunks that add up to the same: successive deltas of one text, thought or call are one."""
    for common, members in groupby(chunks, _common):
        run = list(members)
        if common is None or len(run) == 1:
            yield from run
        else:
            yield _as_one(common[0], run)


def _common(chunk: ChatGenerationChunk) -> tuple[Any, ...] | None:
    """Gives what the deltas of a run share, first the field they add to; None where a chunk stands alone."""
    message = getattr(chunk, "message", None)
    if not isinstance(message, AIMessageChunk) or message.additional_kwargs or message.usage_metadata:
        return None
    if message.chunk_position or chunk.generation_info:
        return None
    match message.content, message.tool_call_chunks:
        case [{"type": "text" | "thinking" as kind, "index": index, **rest}], [] if _is_text(rest, kind):
            return kind, index, message.id, message.response_metadata
        case [], [{"name": None, "id": None, "args": str(), "index": index}]:
            return "args", index, message.id, message.response_metadata
    return None


def _is_text(rest: Mapping[Any, Any], field: str) -> bool:
    return len(rest) == 1 and isinstance(rest.get(field), str)


def _as_one(field: str, run: list[ChatGenerationChunk]) -> ChatGenerationChunk:
    messages: list[Any] = [chunk.message for chunk in run]
    first = messages[0]
    parts = [(message.content or message.tool_call_chunks)[0] for message in messages]
    whole_part = {**parts[0], field: "".join([part[field] for part in parts])}
    if first.content:
        whole = delta(whole_part, identifier=first.id)
    else:
        whole = delta(None, identifier=first.id, call=cast(ToolCallChunk, whole_part))
    whole.message.response_metadata = first.response_metadata
    return whole
