"""Chunks of a streamed answer. Those of deltas, by far the most, are made without validation.

To validate one costs several times what all else of a stream costs, and finds nothing: its fields come from here. What
it would make of them is compared once with what is made here; where anything differs, every chunk is validated.
"""

from functools import cache
from typing import Any, TypeVar

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.tool import ToolCallChunk
from langchain_core.outputs import ChatGenerationChunk

PROVIDER = "anthropic"
"""The name by which langchain-core picks its translator of content blocks."""
Block = dict[str, Any]

_MESSAGE_FIELDS = frozenset(
    {
        *("content", "additional_kwargs", "response_metadata", "type", "name", "id"),
        *("tool_calls", "invalid_tool_calls", "usage_metadata", "tool_call_chunks", "chunk_position"),
    }
)
_GENERATION_FIELDS = frozenset({"text", "generation_info", "type", "message"})
_SET_BY_A_CALL = frozenset({"tool_calls", "invalid_tool_calls", "tool_call_chunks"})
K = TypeVar("K", bound=ChatGenerationChunk)
_new = object.__new__
_put = object.__setattr__


def validated(content: list[Block], *, identifier: str | None, **fields: Any) -> ChatGenerationChunk:
    """Gives a chunk with any of the fields of a message, validated."""
    known = {"response_metadata": {"model_provider": PROVIDER}, **fields}
    return ChatGenerationChunk(message=AIMessageChunk(content=list(content), id=identifier, **known))


def delta(block: Block | None, *, identifier: str | None, call: ToolCallChunk | None = None) -> ChatGenerationChunk:
    """Gives the chunk of a delta.

    Args:
        block: what it adds to the content; None for nothing.
        identifier: of the message.
        call: what it adds to the arguments of a call. One delta has one: of two in a chunk, langchain-core makes
            calls of the service.
    """
    if same_as_validated():
        return _unvalidated(block, identifier, call)
    calls = {} if call is None else {"tool_call_chunks": [call]}
    # Of arguments alone langchain-core makes standard blocks only where no provider is named, whose content it reads.
    named: Block = {"response_metadata": {}} if block is None else {}
    return validated([] if block is None else [block], identifier=identifier, **named, **calls)


def _unvalidated(block: Block | None, identifier: str | None, call: ToolCallChunk | None) -> ChatGenerationChunk:
    # Run for each delta: what pydantic keeps of an object is put in place without a further call.
    message = _new(AIMessageChunk)
    fields: dict[str, Any] = {
        "content": [] if block is None else [block],
        "additional_kwargs": {},
        "response_metadata": {} if block is None else {"model_provider": PROVIDER},
        "type": "AIMessageChunk",
        "name": None,
        "id": identifier,
        "tool_calls": [],
        "invalid_tool_calls": [],
        "usage_metadata": None,
        "tool_call_chunks": [] if call is None else [call],
        "chunk_position": None,
    }
    given = {"content", "id", "response_metadata"}
    _put(message, "__dict__", fields)
    _put(message, "__pydantic_fields_set__", given if call is None else given | _SET_BY_A_CALL)
    _put(message, "__pydantic_extra__", {})
    _put(message, "__pydantic_private__", None)
    generation = _new(ChatGenerationChunk)
    text = block["text"] if block is not None and block["type"] == "text" else ""
    fields = {"text": text, "generation_info": None, "type": "ChatGenerationChunk", "message": message}
    _put(generation, "__dict__", fields)
    _put(generation, "__pydantic_fields_set__", {"message", "text"})
    _put(generation, "__pydantic_extra__", None)
    _put(generation, "__pydantic_private__", None)
    return generation


def recast(chunk: ChatGenerationChunk, kind: type[K]) -> K:
    """Gives a chunk as one of a class that has the same fields, with the same message; nothing is validated again."""
    made = _new(kind)
    for name in ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__"):
        _put(made, name, getattr(chunk, name))
    return made


@cache
def same_as_validated(kind: type[AIMessageChunk] = AIMessageChunk) -> bool:
    """Tells whether langchain-core's class of chunks, as it is installed, makes of a delta what is made here."""
    fields = (frozenset(kind.model_fields), frozenset(ChatGenerationChunk.model_fields))
    if fields != (_MESSAGE_FIELDS, _GENERATION_FIELDS):
        return False
    block = {"type": "text", "text": "a", "index": 0}
    one, other = _unvalidated(block, "msg_1", None), validated([block], identifier="msg_1")
    pairs = ((one, other), (one.message, other.message))
    return all(_state(raw) == _state(made) for raw, made in pairs)


def _state(model: Any) -> tuple[Any, ...]:
    given = model.__pydantic_fields_set__
    return type(model), model.__dict__, given, model.__pydantic_extra__, model.__pydantic_private__
