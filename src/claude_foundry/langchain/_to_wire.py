"""From LangChain's messages and settings to the fields of a request.

Sources: https://platform.claude.com/docs/en/api/messages,
https://platform.claude.com/docs/en/agents-and-tools/tool-use/implement-tool-use (order of tool results)
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, ChatMessage, HumanMessage, SystemMessage, ToolMessage

from claude_foundry._mending import mended
from claude_foundry._models import Model
from claude_foundry._schema import strict_schema
from claude_foundry._translation import refuse_sampling, tool_id
from claude_foundry.errors import ConfigurationError
from claude_foundry.langchain import _tools
from claude_foundry.langchain._content import Block, blocks


def request(
    messages: Sequence[BaseMessage],
    *,
    settings: Mapping[str, Any],
    call: Mapping[str, Any],
    model: Model,
) -> dict[str, Any]:
    """Gives the fields of a request.

    Args:
        messages: the conversation.
        settings: fields set on the chat model.
        call: fields of this call; they win. ``tools`` come as ``bind_tools`` left them.
        model: what is known of the model that answers.

    Raises:
        ConfigurationError: something cannot be sent to this model.
    """
    system, turns = split(messages)
    conversation = mended(turns, model=model)
    merged = {**settings, **call, "messages": conversation, "output_config": _output_config(settings, call)}
    merged.pop("response_format", None)
    if system:
        merged["system"] = system
    fields = {**merged, **_tools.tool_fields(merged, model)}
    refuse_sampling(fields, model=model)
    return {name: value for name, value in fields.items() if value is not None and value not in ([], {})}


def _output_config(settings: Mapping[str, Any], call: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**(settings.get("output_config") or {}), **(call.get("output_config") or {})}
    match call.get("response_format"):
        case None:
            return merged
        # LangChain's agents ask in OpenAI's words for the output that a provider makes itself.
        case {"type": "json_schema", "json_schema": {"schema": schema}} | {"type": "json_schema", "schema": schema}:
            return {**merged, "format": {"type": "json_schema", "schema": strict_schema(schema)}}
    raise ConfigurationError("response_format: give {'type': 'json_schema', 'json_schema': {'schema': ...}}.")


def split(messages: Sequence[BaseMessage]) -> tuple[list[Block], list[dict[str, Any]]]:
    """Gives the system blocks, of every system message wherever it stands, and the turns of the conversation.

    Neighbouring messages of one role become one turn, in which tool results come first.
    """
    answered = {tool_id(message.tool_call_id) for message in messages if isinstance(message, ToolMessage)}
    system: list[Block] = []
    turns: list[dict[str, Any]] = []
    for message in messages:
        role, content = _turn(message, answered)
        if role == "system":
            system.extend(content)
        elif turns and turns[-1]["role"] == role:
            turns[-1]["content"] = _results_first([*turns[-1]["content"], *content])
        elif content:
            turns.append({"role": role, "content": content})
    return system, turns


def _turn(message: BaseMessage, answered: set[str]) -> tuple[str, list[Block]]:
    match message:
        case SystemMessage():
            return "system", blocks(message.content)
        case HumanMessage():
            return "user", blocks(message.content)
        case AIMessage():
            return "assistant", _assistant(message, answered)
        case ToolMessage():
            return "user", [_tool_result(message)]
        case ChatMessage(role="system" | "developer"):
            return "system", blocks(message.content)
        case ChatMessage(role="user" | "human"):
            return "user", blocks(message.content)
        case ChatMessage(role="assistant" | "ai"):
            return "assistant", blocks(message.content)
    raise ConfigurationError(
        f"A message of type {type(message).__name__} has no place in a conversation with Claude: "
        "use SystemMessage, HumanMessage, AIMessage or ToolMessage."
    )


def _results_first(content: Iterable[Block]) -> list[Block]:
    return sorted(content, key=lambda block: block["type"] != "tool_result")


def _assistant(message: AIMessage, answered: set[str]) -> list[Block]:
    calls = {tool_id(call["id"]): _tool_use(call) for call in message.tool_calls}
    cut = {tool_id(call["id"]): _tool_use({**call, "args": {}}) for call in message.invalid_tool_calls}
    # A call that was cut stands in the history only for the sake of the result that answers it.
    calls.update({identifier: call for identifier, call in cut.items() if identifier in answered})
    content = blocks(message.content)
    # A call in the content alone is kept for the result that answers it; any other was taken out by a reviewer.
    known = {*calls, *answered}
    kept = [_with_call(block, calls) for block in content if block["type"] != "tool_use" or _identifier(block) in known]
    in_content = {_identifier(block) for block in kept if block["type"] == "tool_use"}
    return [*kept, *(call for identifier, call in calls.items() if identifier not in in_content)]


def _identifier(block: Block) -> str:
    return tool_id(block.get("id"))


def _tool_use(call: Mapping[str, Any]) -> Block:
    return {"type": "tool_use", "id": tool_id(call["id"]), "name": call["name"] or "", "input": call["args"]}


def _with_call(block: Block, calls: Mapping[str, Block]) -> Block:
    if block["type"] != "tool_use":
        return block
    # The message's own list is what a reviewer may have edited; the content block adds caller, cache_control and so on.
    return {**block, "id": _identifier(block), **calls.get(_identifier(block), {})}


def _tool_result(message: ToolMessage) -> Block:
    failed = message.status == "error"
    content = message.content if isinstance(message.content, str) else blocks(message.content)
    if failed and isinstance(content, list):
        # The API takes nothing but text in a failed result.
        content = [block for block in content if block["type"] == "text"]
    return {
        "type": "tool_result",
        "tool_use_id": tool_id(message.tool_call_id),
        **({"content": content} if content else {}),
        **({"is_error": True} if failed else {}),
    }
