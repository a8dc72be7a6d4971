"""The turns of a run of tools: what to send next, what to call, when to end.

Sources: https://platform.claude.com/docs/en/agents-and-tools/tool-use/handle-tool-calls,
https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, TypeAlias

from pydantic_core import PydanticSerializationError, to_json

from claude_foundry._fields import whole
from claude_foundry._functions import FunctionTool, ToolError
from claude_foundry._pauses import as_turn, container_of
from claude_foundry._thinking import is_mismatch, without_thinking
from claude_foundry.errors import APIError, ConfigurationError, FoundryError, ToolRunStoppedError
from claude_foundry.types import InvalidToolUseBlock, Message, ToolRun, ToolStep, ToolUseBlock
from claude_foundry.types._content_params import ToolResultBlockParam

Tool: TypeAlias = Callable[..., Any] | FunctionTool | Mapping[str, Any]
Move: TypeAlias = Literal["call", "continue", "cut", "end"]

_NO_LIST = (str, Mapping)
_LONGEST_ERROR = 1000
# By the field that each of them has.
_RESULT_BLOCKS = {
    "text": "text",
    "image": "source",
    "document": "source",
    "search_result": "source",
    "tool_reference": "tool_name",
}
# Typed tools that the caller runs; every other type is run by the service.
_RUN_BY_CALLER = ("bash_", "text_editor_", "memory_", "computer_", "browser_", "custom")
_CUT = {
    "max_turns": "The run reached max_turns={max_turns} before its final answer; raise it, or go on from run.messages.",
    "cut_call": "The answer ended ({stop_reason}) inside or after a tool call, which may be cut and was not run.",
}


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call to make: the tool, or None when there is none of that name."""

    block: ToolUseBlock
    tool: FunctionTool | None
    names: Sequence[str] = ()

    def bound(self) -> Callable[[], Any]:
        """Gives the function with its validated arguments.

        Raises:
            ValueError: there is no such tool, or its arguments do not fit.
        """
        if self.tool is None:
            raise ValueError(f"no tool is named {self.block.name!r}; there are: {', '.join(self.names) or 'none'}")
        return self.tool.bound(self.block.input)

    def result(self, value: Any) -> ToolResultBlockParam:
        """Gives the ``tool_result`` of what the function returned."""
        try:
            content = _content(value)
            to_json(content)
        except (PydanticSerializationError, ValueError) as error:
            return self.failed(TypeError(f"the result cannot be written as JSON: {error}"))
        return {"type": "tool_result", "tool_use_id": self.block.id, "content": content}

    def failed(self, error: Exception) -> ToolResultBlockParam:
        """Gives the ``tool_result`` of an error."""
        named = type(error).__name__
        text = f"{named}: {error}" if str(error) and not isinstance(error, ToolError) else str(error) or named
        # A file name may hold what UTF-8 cannot write.
        written = text[:_LONGEST_ERROR].encode("utf-8", "replace").decode("utf-8")
        return {"type": "tool_result", "tool_use_id": self.block.id, "content": written, "is_error": True}


class ToolLoop:
    """One run. Send ``request``, ``take`` the answer, ``answer`` its calls, until there is no request.

    Args:
        request: of the first turn; its fields hold for all turns, a forced ``tool_choice`` for the first only.
        tools: functions, and definitions of tools that the service runs.
        max_turns: most requests of the run.
        in_loop: whether async functions can be run.
        strips_thinking: whether the run goes on without thinking that the service finds out of place.

    Raises:
        ConfigurationError: a tool or ``max_turns`` cannot be used.
    """

    def __init__(
        self,
        request: Mapping[str, Any],
        *,
        tools: Iterable[Tool],
        max_turns: int,
        in_loop: bool = False,
        strips_thinking: bool = False,
    ) -> None:
        listed = [_checked(tool, in_loop=in_loop) for tool in _listed(tools)]
        self._functions = {tool.name: tool for tool in listed if isinstance(tool, FunctionTool)}
        # Left out by each request by itself, thinking would be refused anew at every turn.
        mismatch = {"on_thinking_mismatch": "raise"} if strips_thinking else {}
        self._fields = {**request, **mismatch, "tools": _definitions(listed)}
        self._strips_thinking = strips_thinking
        given = request.get("messages")
        # What is no list is refused with the first request.
        self._messages: Any = list(given) if isinstance(given, Iterable) and not isinstance(given, _NO_LIST) else given
        self._steps: list[ToolStep] = []
        self._max_turns = whole(max_turns, argument="max_turns")
        self._is_done = False
        self._failure: Exception | None = None

    @property
    def run(self) -> ToolRun:
        """The run so far."""
        messages = self._messages if isinstance(self._messages, list) else ()
        return ToolRun(steps=tuple(self._steps), messages=list(messages))

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Surrounds one turn: an error that ends it ends the run, and carries its steps."""
        try:
            yield
        except Exception as error:
            self._failure, self._is_done = error, True
            if isinstance(error, FoundryError):
                error.run = self.run
            raise

    def whole(self) -> ToolRun:
        """Gives the run, after its final answer.

        Raises:
            Exception: the one that ended it.
            ToolRunStoppedError: it was left.
        """
        if self._failure is not None:
            raise self._failure
        if not self._is_done:
            text = "The run was left before its final answer; run.messages is the conversation until then."
            raise ToolRunStoppedError(text, run=self.run, reason="left")
        return self.run

    def request(self) -> dict[str, Any] | None:
        """Gives the next request, or None after the final answer or an error."""
        if self._is_done:
            return None
        return {**self._fields, "messages": self._messages}

    def take_refusal(self, refusal: APIError) -> None:
        """Takes the refusal of ``request``: thinking that is out of place is left out from now on.

        Raises:
            APIError: the given one, when it refuses something else, or there is no thinking left.
        """
        bare = without_thinking(self._messages) if self._strips_thinking and is_mismatch(refusal) else self._messages
        if bare == self._messages:
            raise refusal
        self._messages = bare

    def take(self, message: Message) -> list[Call]:
        """Takes the answer to ``request`` and gives the calls it asks for.

        Raises:
            ToolRunStoppedError: its calls may be cut, or there may be no further turn.
        """
        move = _move(message)
        if move == "cut":
            self._stop(message, "cut_call")
        if move != "end" and len(self._steps) + 1 >= self._max_turns:
            self._stop(message, "max_turns")
        if move != "call":
            return []
        names = list(self._functions)
        calls = (block for block in message.content if isinstance(block, ToolUseBlock))
        return [Call(block=block, tool=self._functions.get(block.name), names=names) for block in calls]

    def answer(self, message: Message, results: Sequence[ToolResultBlockParam]) -> ToolStep:
        """Takes the results of the calls, in their order, and gives the turn that they complete."""
        # Not before: a conversation that ends in calls without results could not be continued.
        # What was refused is discarded.
        self._messages = [*self._messages, *(as_turn(message) if message.stop_reason != "refusal" else ())]
        if results:
            self._messages.append({"role": "user", "content": list(results)})
        self._is_done = _move(message) == "end"
        self._fields = _continued(self._fields, message)
        self._steps.append(ToolStep(message=message, results=tuple(results)))
        return self._steps[-1]

    def _stop(self, message: Message, reason: Literal["max_turns", "cut_call"]) -> NoReturn:
        text = _CUT[reason].format(max_turns=self._max_turns, stop_reason=message.stop_reason)
        if _move(message) == "continue":
            self.answer(message, ())
        else:
            self._steps.append(ToolStep(message=message))
        self._is_done = True
        raise ToolRunStoppedError(text, run=self.run, reason=reason)


def _move(message: Message) -> Move:
    has_calls = any(isinstance(block, ToolUseBlock) for block in message.content)
    match message.stop_reason:
        case "refusal":
            return "end"
        case _ if any(isinstance(block, InvalidToolUseBlock) for block in message.content):
            return "cut"
        case "max_tokens" | "model_context_window_exceeded" if has_calls:
            return "cut"
        case _ if has_calls:
            return "call"
        case "pause_turn" | "compaction":
            return "continue"
    return "end"


def _continued(fields: Mapping[str, Any], message: Message) -> dict[str, Any]:
    """Gives the fields of the turns after an answer."""
    following = {**fields, **container_of(fields, message)}
    choice = fields.get("tool_choice")
    if isinstance(choice, Mapping) and choice.get("type") in ("any", "tool"):
        # Forced again, the model could never come to its answer.
        following["tool_choice"] = {**{name: choice[name] for name in choice if name != "name"}, "type": "auto"}
    return following


def _listed(tools: Any) -> list[Any]:
    if isinstance(tools, _NO_LIST) or callable(tools) or not isinstance(tools, Iterable):
        raise ConfigurationError("tools: give a list of functions and of definitions of tools that the service runs.")
    return list(tools)


def _checked(tool: Any, *, in_loop: bool) -> FunctionTool | Mapping[str, Any]:
    if isinstance(tool, Mapping):
        kind = str(tool.get("type") or "custom")
        if kind.startswith(_RUN_BY_CALLER):
            raise ConfigurationError(
                f"tools: {tool.get('name') or kind!r} is not run by the service; give its function, or its handler by "
                "client_tools."
            )
        return tool
    if not isinstance(tool, FunctionTool) and not callable(tool):
        raise ConfigurationError(f"tools: {type(tool).__name__} is neither a function nor a definition.")
    function = tool if isinstance(tool, FunctionTool) else FunctionTool(tool, {})
    if function.is_async and not in_loop:
        raise ConfigurationError(f"tools: {function.name} is an async function; use AsyncFoundryClient.")
    return function


def _definitions(tools: Iterable[FunctionTool | Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    definitions = [tool.definition if isinstance(tool, FunctionTool) else tool for tool in tools]
    names = [definition["name"] for definition in definitions if "name" in definition]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigurationError(f"tools: {', '.join(twice)} is given twice; give each tool a name of its own.")
    return definitions


def _content(value: Any) -> str | list[Any]:
    match value:
        case str():
            return value
        case _ if _is_block(value):
            return [value]
        case [_, *_] if isinstance(value, list) and all(_is_block(item) for item in value):
            return value
    return to_json(value).decode()


def _is_block(item: Any) -> bool:
    return isinstance(item, Mapping) and _RESULT_BLOCKS.get(str(item.get("type"))) in item
