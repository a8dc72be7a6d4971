"""From LlamaIndex's messages and settings to the fields of a request.

Sources: https://platform.claude.com/docs/en/api/messages,
https://platform.claude.com/docs/en/build-with-claude/extended-thinking (what must be sent back unchanged)
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, MessageRole

from claude_foundry import _caching, _mending, _reasoning
from claude_foundry._fields import present, string
from claude_foundry._mending import Turn, with_content
from claude_foundry._models import UNKNOWN, Model
from claude_foundry._translation import tool_id
from claude_foundry.errors import ConfigurationError
from claude_foundry.llamaindex import _added_words, _cache_points, _citing, _container, _params, _tools
from claude_foundry.llamaindex._cache_points import cached
from claude_foundry.llamaindex._content import Block, content
from claude_foundry.llamaindex._earlier_calls import with_calls

_SYSTEM = (MessageRole.SYSTEM, MessageRole.DEVELOPER)
_RESULT = (MessageRole.TOOL, MessageRole.FUNCTION)
_NOT_THE_MODELS = (*_SYSTEM, *_RESULT, MessageRole.USER)
_SHOWN = ("image", "document", "search_result", "container_upload")
_NOT_SAID = (*_SHOWN, _added_words.KIND)
_CALL_ID = "additional_kwargs['tool_call_id']"
_IN_RESULTS = ("text", "image", "document", "search_result")


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request, and how to read its answer."""

    fields: dict[str, Any]
    """What the client is called with."""
    names: Mapping[str, str] = field(default_factory=dict)
    """A tool's name on the wire to its own."""
    model: Model = UNKNOWN
    """What is known of the model that answers."""
    added: tuple[str, ...] = ()
    """What is said in the user's name at its end."""
    asked_at: datetime | None = None
    """When it was made."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How an LLM sends conversations and tools."""

    replay_thinking: bool = True
    """Whether reasoning in the history is sent back."""
    cache_tools: str | None = None
    """How long the tools are cached."""
    now: datetime | None = None
    """Against which a container's life is held; None takes it for living."""


_DEFAULTS = Options()


def request(
    messages: Sequence[ChatMessage],
    *,
    settings: Mapping[str, Any],
    call: Mapping[str, Any],
    model: Model,
    options: Options = _DEFAULTS,
) -> Request:
    """Gives the request for an answer.

    Args:
        messages: the conversation; files are read.
        settings: fields set on the LLM.
        call: arguments of this call; they win. Tools stand under their own names.
        model: what is known of the model that answers.
        options: how the conversation and the tools are sent.

    Raises:
        ConfigurationError: something cannot be sent.
    """
    merged = _params.merged(settings, call, model=model)
    names = _tools.wire_names(tool["name"] for tool in merged.get("tools", ()) if "name" in tool)
    system, turns = conversation(messages, names=names, model=model, replay_thinking=options.replay_thinking)
    fields = {**merged, "system": system or None, "thinking": _reasoning.possible(merged.get("thinking"), turns)}
    tools, nudge = _tool_fields(fields, names, model)
    asked = _mending.nudged(turns, nudge) if nudge else turns
    fields.update(
        tools,
        tools=_tools.cached(tools["tools"] or (), options.cache_tools) or None,
        container=_container.of_request(merged, messages, now=options.now),
        messages=asked,
    )
    return Request(
        fields=_caching.settled(present(fields)),
        names={wire: own for own, wire in names.items()},
        model=model,
        added=_added(turns, nudge if asked is not turns else None),
        asked_at=options.now,
    )


def _added(turns: Sequence[Turn], nudge: str | None) -> tuple[str, ...]:
    continued = (_mending.CONTINUE,) if turns[-1] is _mending.CONTINUED else ()
    return (*continued, nudge) if nudge else continued


def refuse_others(messages: Iterable[Any]) -> None:
    """Raises for the first message that is none of LlamaIndex's.

    Raises:
        ConfigurationError: there is one.
    """
    for place, message in enumerate(messages):
        if not isinstance(message, ChatMessage):
            raise ConfigurationError(f"messages[{place}] is {type(message).__name__}: give a ChatMessage.")


def conversation(
    messages: Sequence[ChatMessage], *, names: Mapping[str, str], model: Model, replay_thinking: bool = True
) -> tuple[list[Block], list[Turn]]:
    """Gives the system blocks, of every system message wherever it stands, and the turns.

    Raises:
        ConfigurationError: a block cannot be sent, or nothing is said.
    """
    whole = [message if message.role in _NOT_THE_MODELS else with_calls(message) for message in messages]
    every = {**_names_in(whole), **names}
    told = [_system(message) for message in whole if message.role in _SYSTEM]
    said = [turn for message in whole if message.role not in _SYSTEM for turn in _turns(message, every)]
    parts = _cache_points.settled([*told, *(turn["content"] for turn in said)])
    system = [block for part in parts[: len(told)] for block in part]
    said = [with_content(turn, part) for turn, part in zip(said, parts[len(told) :], strict=True)]
    turns = _mending.mended(said if replay_thinking else _mending.without_thinking(said), model=model)
    if not turns:
        raise ConfigurationError("messages hold nothing to answer: give at least one user message with content.")
    return system, _citing.aligned(turns)


def _names_in(messages: Iterable[ChatMessage]) -> dict[str, str]:
    """Names of calls in the history, which the tools of this request need not include."""
    called = [block.tool_name for message in messages for block in message.blocks if block.block_type == "tool_call"]
    return _tools.wire_names(called)


def _tool_fields(fields: Mapping[str, Any], names: Mapping[str, str], model: Model) -> tuple[Block, str | None]:
    tools = [_tools.renamed(tool, names) for tool in fields.get("tools", ())]
    wanted = _tools.choice(fields.get("tool_choice"), names=list(names)) if "tool_choice" in fields else None
    permitted, nudge = _tools.permitted(
        _tools.renamed(wanted, names) if wanted else None,
        names=list(names.values()),
        model=model,
        thinking=fields.get("thinking"),
    )
    return {"tools": tools or None, "tool_choice": permitted if tools else None}, nudge


def _system(message: ChatMessage) -> list[Block]:
    blocks = _marked(content(message.blocks, names={}), message)
    points = len(_cache_points.leading(blocks))
    refused = next((block["type"] for block in blocks[points:] if block["type"] != "text"), None)
    if refused is not None:
        raise ConfigurationError(f"A system message holds a block of type {refused}: it takes text only.")
    return blocks


def _turns(message: ChatMessage, names: Mapping[str, str]) -> list[Turn]:
    match message.role:
        case MessageRole.TOOL | MessageRole.FUNCTION:
            return [{"role": "user", "content": _result(message)}]
        case MessageRole.USER:
            return [{"role": "user", "content": _marked(content(message.blocks, names=names), message)}]
    blocks = _marked(content(message.blocks, names=names, assistant=True), message)
    apart = [block for block in blocks if block["type"] in _NOT_SAID]
    if not apart:
        return [{"role": "assistant", "content": blocks}]
    return [
        {"role": "user", "content": [text for block in apart for text in _added_words.texts(block)]},
        {"role": "assistant", "content": [block for block in blocks if block["type"] not in _NOT_SAID]},
        # What another model has drawn or found, Claude takes from the user only.
        {"role": "user", "content": [block for block in apart if block["type"] in _SHOWN]},
    ]


def _result(message: ChatMessage) -> list[Block]:
    identifier = string(message.additional_kwargs.get("tool_call_id") or "", argument=_CALL_ID)
    blocks = content(message.blocks, names={})
    is_error = bool(message.additional_kwargs.get("is_error"))
    kept = [block for block in blocks if block["type"] == "text" or (not is_error and block["type"] in _IN_RESULTS)]
    inner = [{name: value for name, value in block.items() if name != "cache_control"} for block in kept]
    told = {"content": inner or None, "is_error": is_error or None, "cache_control": _control(kept)}
    result = {"type": "tool_result", "tool_use_id": tool_id(identifier) if identifier else "", **present(told)}
    return [*_cache_points.leading(blocks), *_marked([result], message)]


def _control(blocks: Iterable[Block]) -> Any:
    return next((block["cache_control"] for block in blocks if "cache_control" in block), None)


def _marked(blocks: list[Block], message: ChatMessage) -> list[Block]:
    control = message.additional_kwargs.get("cache_control")
    return cached(blocks, control) if isinstance(control, Mapping) else blocks
