"""From LangChain's messages and settings to the fields of a request.

Sources: https://platform.claude.com/docs/en/api/messages,
https://platform.claude.com/docs/en/agents-and-tools/tool-use/implement-tool-use (order of tool results)
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, ChatMessage, HumanMessage, SystemMessage, ToolMessage

from claude_foundry._mending import Turn, mended, with_content
from claude_foundry._models import Model
from claude_foundry._translation import refuse_sampling, tool_id
from claude_foundry._warnings import warn
from claude_foundry.errors import ConfigurationError
from claude_foundry.langchain import _tools
from claude_foundry.langchain._chunks import PROVIDER
from claude_foundry.langchain._content import Block, blocks
from claude_foundry.langchain._output_tool import output_format
from claude_foundry.langchain._whole_texts import UNKNOWN_TEXT_FIELDS

_OF_ANY_PROVIDER = ("text", "tool_use", "tool_call")
_MOVED = "A system message that follows others is sent before them all, with the system prompt."


def request(
    messages: Sequence[BaseMessage], *, call: Mapping[str, Any], model: Model, in_place: bool = False
) -> dict[str, Any]:
    """Gives the fields of a request.

    Args:
        messages: the conversation.
        call: fields of this call, with those set on the chat model. ``tools`` come as ``bind_tools`` left them.
        model: what is known of the model that answers.
        in_place: whether the model takes system messages inside the conversation.

    Raises:
        ConfigurationError: something cannot be sent to this model, or nothing is said.
    """
    system, turns = split(messages, in_place=in_place)
    whole = mended(turns, model=model)
    conversation = stood_apart(whole) if in_place else whole
    if not conversation:
        raise ConfigurationError("The messages say nothing: give at least one human message that is not empty.")
    merged = {**call, "messages": conversation, "output_config": _output_config(call)}
    merged.pop("response_format", None)
    if system:
        merged["system"] = system
    fields = {**merged, **_tools.tool_fields(merged, model)}
    refuse_sampling(fields, model=model)
    return {name: value for name, value in fields.items() if value is not None and value not in ([], {})}


def _output_config(call: Mapping[str, Any]) -> dict[str, Any]:
    given = dict(call.get("output_config") or {})
    match call.get("response_format"):
        case None:
            return given
        # LangChain's agents ask in OpenAI's words for the output that a provider makes itself.
        case {"type": "json_schema", "json_schema": {"schema": schema}} | {"type": "json_schema", "schema": schema}:
            return {**given, "format": output_format(schema)}
    raise ConfigurationError("response_format: give {'type': 'json_schema', 'json_schema': {'schema': ...}}.")


def split(messages: Sequence[BaseMessage], *, in_place: bool = False) -> tuple[list[Block], list[Turn]]:
    """Gives the system blocks and the turns of the conversation.

    Neighbouring messages of one role become one turn, in which tool results come first. Messages' names are not sent:
    the API knows none. Every system message is part of the system blocks wherever it stands. With ``in_place`` one
    that follows the user's turn and ends it stays there, as a block of type ``system``, for ``stood_apart``.
    Messages that are moved or left out are warned of.
    """
    answered = _answered(messages)
    said = [turn for turn in (_turn(message, answered) for message in messages) if _is_said(turn)]
    system: list[Block] = []
    turns: list[Turn] = []
    for place, turn in enumerate(said):
        role, content = turn["role"], turn["content"]
        if role == "system" and in_place and _ends_the_users_turn(said, place):
            turns[-1]["content"].append({"type": "system", "content": content})
        elif role == "system":
            system.extend(_texts(content))
            if turns:
                warn(_MOVED)
        elif turns and turns[-1]["role"] == role:
            turns[-1]["content"] = _results_first([*turns[-1]["content"], *content])
        else:
            turns.append(turn)
    return system, turns


def _is_said(turn: Turn) -> bool:
    # An empty system message says as much as none, and answers of the model may be empty.
    if not turn["content"] and turn["role"] == "user":
        warn("A message of the user's says nothing and is left out: the API takes no empty one.")
    return bool(turn["content"])


def stood_apart(turns: Iterable[Turn]) -> list[Turn]:
    """Gives the turns with system messages that stay in their place as turns of their own."""
    apart = []
    for turn in turns:
        content = [block for block in turn["content"] if block["type"] != "system"]
        instructions = [block["content"] for block in turn["content"] if block["type"] == "system"]
        apart.append(with_content(turn, content))
        apart.extend({"role": "system", "content": instruction} for instruction in instructions)
    return apart


def _ends_the_users_turn(said: Sequence[Turn], place: int) -> bool:
    before = next((turn["role"] for turn in reversed(said[:place]) if turn["role"] != "system"), None)
    after = next((turn["role"] for turn in said[place:] if turn["role"] != "system"), None)
    return before == "user" and after != "user"


def _texts(content: list[Block]) -> list[Block]:
    for block in content:
        if block["type"] != "text":
            raise ConfigurationError(
                f"A system message holds a block of type {block['type']!r}: it takes text only; give the rest in a "
                "human message."
            )
    return content


def _answered(messages: Iterable[BaseMessage]) -> set[str]:
    """Gives the ids of the calls that have a result, in a message of its own or in the user's content."""
    by_message = {tool_id(message.tool_call_id) for message in messages if isinstance(message, ToolMessage)}
    parts = [part for message in messages if isinstance(message.content, list) for part in message.content]
    results = [part for part in parts if isinstance(part, dict) and part.get("type") == "tool_result"]
    return by_message | {tool_id(result.get("tool_use_id")) for result in results}


def _turn(message: BaseMessage, answered: set[str]) -> Turn:
    match message:
        case SystemMessage() | ChatMessage(role="system" | "developer"):
            return {"role": "system", "content": blocks(message.content)}
        case HumanMessage() | ChatMessage(role="user" | "human"):
            return {"role": "user", "content": blocks(message.content)}
        case AIMessage():
            return {"role": "assistant", "content": _assistant(message, answered)}
        case ToolMessage():
            return {"role": "user", "content": [_tool_result(message)]}
        case ChatMessage(role="assistant" | "ai"):
            return {"role": "assistant", "content": blocks(message.content)}
    raise ConfigurationError(
        f"A message of type {type(message).__name__} has no place in a conversation with Claude: "
        "use SystemMessage, HumanMessage, AIMessage or ToolMessage."
    )


def _results_first(content: Iterable[Block]) -> list[Block]:
    return sorted(content, key=lambda block: block["type"] != "tool_result")


def _assistant(message: AIMessage, answered: set[str]) -> list[Block]:
    calls = _calls(message, answered)
    named = {call["id"] for call in calls}
    kept = []
    beside = message.response_metadata.get(UNKNOWN_TEXT_FIELDS) or ()
    for block in blocks(_readable(message), beside=beside):
        if block["type"] != "tool_use":
            kept.append(block)
        elif (call := _taken(calls, identifier := tool_id(block.get("id")))) is not None:
            # The message's own list is what a reviewer may have edited; the block adds caller, cache_control and so on.
            kept.append({**block, **call})
        elif identifier in answered - named:
            # A call in the content alone is kept for the result that answers it; any other was taken out by a reviewer.
            kept.append({**block, "id": identifier})
    return [*kept, *calls]


def _calls(message: AIMessage, answered: set[str]) -> list[Block]:
    """The calls in order; several may have one id, or none. A call that was cut is here for the result it has."""
    calls = [_tool_use(call) for call in message.tool_calls]
    if message.invalid_tool_calls:
        named = {call["id"] for call in calls}
        cut = [_tool_use({**call, "args": {}}) for call in message.invalid_tool_calls]
        calls += [call for call in cut if call["id"] in answered - named]
    return calls


def _taken(calls: list[Block], identifier: str) -> Block | None:
    """Takes the first call of that id out of the list."""
    place = next((place for place, call in enumerate(calls) if call["id"] == identifier), None)
    return None if place is None else calls.pop(place)


def _readable(message: AIMessage) -> str | list[Any]:
    """Gives the content that Claude can read: of another provider's answer its text and its calls."""
    if isinstance(message.content, str) or message.response_metadata.get("model_provider", PROVIDER) == PROVIDER:
        return message.content
    return [part for part in message.content if isinstance(part, str) or part.get("type") in _OF_ANY_PROVIDER]


def _tool_use(call: Mapping[str, Any]) -> Block:
    return {"type": "tool_use", "id": tool_id(call["id"]), "name": call["name"] or "", "input": call["args"]}


def _tool_result(message: ToolMessage) -> Block:
    failed = message.status == "error"
    content = message.content if isinstance(message.content, str) else blocks(message.content)
    if failed and isinstance(content, list):
        # The API takes nothing but text in a failed result.
        content = [block for block in content if block["type"] == "text"]
    empty = not content.strip() if isinstance(content, str) else not content
    return {
        "type": "tool_result",
        # One without an id answers the next call.
        "tool_use_id": message.tool_call_id and tool_id(message.tool_call_id),
        **({} if empty else {"content": _without_cache_points(content)}),
        **({"is_error": True} if failed else {}),
        **_cache_point(content),
    }


def _cache_point(content: str | list[Block]) -> Block:
    """A cache point inside a result stands on the result as a whole: what is inside is not cached by itself."""
    points = (
        [] if isinstance(content, str) else [block["cache_control"] for block in content if "cache_control" in block]
    )
    return {"cache_control": points[-1]} if points else {}


def _without_cache_points(content: str | list[Block]) -> str | list[Block]:
    if isinstance(content, str):
        return content
    return [{name: value for name, value in block.items() if name != "cache_control"} for block in content]
