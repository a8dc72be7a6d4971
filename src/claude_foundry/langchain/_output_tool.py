"""The API's structured output where a deployment lacks it: a tool takes the output, and its input comes as the text.

LangChain reads such output from the text of an answer, so that nothing above needs to know which way was taken.

Sources: https://platform.claude.com/docs/en/build-with-claude/structured-outputs,
https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools (forced tool use)
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from claude_foundry._schema import expressible, strict_schema
from claude_foundry.langchain._tool_schema import object_schema
from claude_foundry.types import ContentBlock, InvalidToolUseBlock, Message, StreamEvent, TextBlock, ToolUseBlock

FINAL = "Takes the answer in its final form. Call it once, with the whole answer, instead of writing it as text."
"""What makes a model call a tool that it cannot be forced to call."""
_NAME = "give_answer"


def is_asked(fields: Mapping[str, Any]) -> bool:
    """Tells whether a request asks for structured output, or for arguments held to a schema."""
    return _format(fields) is not None or any(_is_strict(tool) for tool in fields.get("tools") or ())


def output_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Gives the format of the API's structured output, in which a schema that the API cannot hold stays as it is."""
    return {"type": "json_schema", "schema": strict_schema(schema) if expressible(schema) else schema}


def needs_tool(fields: Mapping[str, Any]) -> bool:
    """Tells whether a request asks for output in a form that the API cannot hold, and a tool can."""
    output = _format(fields)
    return output is not None and isinstance(schema := output.get("schema"), Mapping) and not expressible(schema)


def with_loose_tools(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Gives the request with tools whose arguments are not held to their schemas."""
    tools = [_loose(tool) for tool in fields.get("tools") or ()]
    return {**fields, **({"tools": tools} if tools else {})}


def by_tool(fields: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
    """Gives the request with a tool in place of the output's format, and the tool's name; None when it has no format.

    The tool is forced where it is the only one. Beside others, one of them all is.
    """
    output = _format(fields)
    if output is None:
        return dict(fields), None
    tools = list(fields.get("tools") or ())
    name = _unused([tool.get("name") for tool in tools])
    tool = {"name": name, "description": FINAL, "input_schema": object_schema(output["schema"])}
    config = {key: value for key, value in fields["output_config"].items() if key != "format"}
    rest = {key: value for key, value in fields.items() if key != "output_config"}
    choice = _choice(fields.get("tool_choice"), name=name, alone=not tools)
    asked = {**rest, **({"output_config": config} if config else {}), "tools": [*tools, tool], "tool_choice": choice}
    return asked, name


def as_text(message: Message, name: str) -> Message:
    """Gives the answer with the tool's input as its text, in place of the call and of what was said beside it."""
    if not any(_is_output(block, name) for block in message.content):
        return message
    content = [_written(block, name) for block in message.content if not isinstance(block, TextBlock)]
    calls = any(isinstance(block, ToolUseBlock | InvalidToolUseBlock) for block in content)
    ended = {"stop_reason": "end_turn"} if message.stop_reason == "tool_use" and not calls else {}
    return message.model_copy(update={"content": content, **ended})


class TextEvents:
    """Does to a stream what ``as_text`` does to a whole answer: ``feed`` its events, ``flush`` at the end."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._inputs: dict[int, Any] = {}
        """What came of each call's input whole; None once its text has come."""
        self._texts: set[int] = set()
        self._held: list[StreamEvent] = []

    def feed(self, event: Any) -> Iterator[Any]:
        """Gives the events to hand on; texts wait until it is known that there is no call."""
        match event:
            case {
                "type": "content_block_start",
                "index": index,
                "content_block": {"type": "tool_use", "name": name} as call,
            } if name == self._name:
                self._inputs[index] = call.get("input") or {}
                yield {**event, "content_block": {"type": "text", "text": ""}}
            case {"type": "content_block_start", "index": index, "content_block": {"type": "text"}}:
                self._texts.add(index)
                self._held.append(event)
            case {"index": index} if index in self._texts:
                self._held.append(event)
            case {"index": index, "delta": {"partial_json": text}} if index in self._inputs:
                if text:
                    self._inputs[index] = None
                    yield _text(index, text)
            case {"type": "content_block_stop", "index": index} if self._inputs.get(index) is not None:
                yield _text(index, json.dumps(self._inputs[index]))
                yield event
            case _:
                yield event

    def flush(self) -> Iterator[StreamEvent]:
        """Gives the texts of an answer that came without the call."""
        if not self._inputs:
            yield from self._held


def _text(index: int, text: str) -> Any:
    return {"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": text}}


def _format(fields: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return (fields.get("output_config") or {}).get("format")


def _is_strict(tool: Any) -> bool:
    return isinstance(tool, Mapping) and bool(tool.get("strict"))


def _loose(tool: Any) -> Any:
    return {name: value for name, value in tool.items() if name != "strict"} if _is_strict(tool) else tool


def _unused(names: list[Any]) -> str:
    candidates = (_NAME, *(f"{_NAME}_{number}" for number in range(2, len(names) + 3)))
    return next(name for name in candidates if name not in names)


def _choice(given: Any, *, name: str, alone: bool) -> dict[str, Any]:
    if isinstance(given, Mapping) and given.get("type") == "tool":
        return dict(given)
    if alone or (given or {}).get("type") == "none":
        return {"type": "tool", "name": name, "disable_parallel_tool_use": True}
    return {**(given or {}), "type": "any"}


def _is_output(block: ContentBlock, name: str) -> bool:
    return isinstance(block, ToolUseBlock | InvalidToolUseBlock) and block.name == name


def _written(block: ContentBlock, name: str) -> ContentBlock:
    match block:
        case ToolUseBlock(name=called, input=arguments) if called == name:
            return TextBlock(type="text", text=json.dumps(arguments, ensure_ascii=False))
        case InvalidToolUseBlock(name=called, partial_json=text) if called == name:
            return TextBlock(type="text", text=text)
    return block
