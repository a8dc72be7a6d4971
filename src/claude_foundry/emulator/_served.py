"""A turn in which the service runs tools: what was asked, what its tools have done so far, and what they work with.

Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/server-tools
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from claude_foundry._functions import FunctionTool
from claude_foundry.emulator import _tools, _turn
from claude_foundry.emulator._client_tools import callable_tools
from claude_foundry.emulator._pages import Page
from claude_foundry.emulator._words import stems
from claude_foundry.types._blocks import SERVER_CALLS

Block = dict[str, Any]
Tool = Mapping[str, Any]

MOST_STEPS = 10
"""Steps of the service's tools in one answer: the service pauses a turn before the eleventh."""
_RESULT = "tool_result"
# After these errors the same tool would answer no better.
_LASTING = ("unavailable", "max_uses_exceeded")


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What the service's tools work with: pages for the web, functions for MCP servers by name, and their limits."""

    pages: Mapping[str, Page] = field(default_factory=dict)
    functions: Mapping[str, Sequence[FunctionTool]] = field(default_factory=dict)
    most_steps: int = MOST_STEPS
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A request whose turn is being answered, and the blocks of its answer so far."""

    request: Mapping[str, Any]
    conversation: list[dict[str, Any]]
    resources: Resources
    answer: tuple[Block, ...] = ()

    @property
    def question(self) -> str:
        """The user's last question."""
        return _turn.question(self.conversation)

    @property
    def blocks(self) -> list[Block]:
        """What the assistant has said since the question."""
        run = _turn.run(self.conversation)
        said = (block for message in run if message["role"] == "assistant" for block in message["content"])
        return [*said, *self.answer]

    @property
    def tools(self) -> list[Tool]:
        """The caller's tools that may be called: those that are deferred, once a search has found them."""
        found = set(_references(block for message in self.conversation for block in message["content"]))
        found.update(_references(self.answer))
        own = callable_tools(self.request.get("tools") or ())
        return [tool for tool in own if not tool.get("defer_loading") or tool["name"] in found]

    def having(self, blocks: Sequence[Block]) -> "Turn":
        """Gives the turn after more of its answer."""
        return replace(self, answer=(*self.answer, *blocks))

    def offered(self, kind: str) -> Tool | None:
        """Gives the tool whose type begins so, when the request has it and its ``tool_choice`` allows it."""
        tool = next((tool for tool in self.request.get("tools") or () if _kind(tool).startswith(kind)), None)
        match self.request.get("tool_choice"):
            case {"type": "none"}:
                return None
            case {"type": "tool", "name": name} if tool is not None and tool.get("name") != name:
                return None
        return tool

    def is_forced(self, tool: Tool) -> bool:
        """Tells whether ``tool_choice`` demands a tool of the service, and none was called yet."""
        match self.request.get("tool_choice"):
            case {"type": "tool", "name": name} if tool.get("name") == name:
                return not self.calls(name)
            case {"type": "any"} if not self.tools:
                return not any(block["type"] in SERVER_CALLS for block in self.blocks)
        return False

    def needs_caller(self) -> bool:
        """Tells whether the question needs a tool of the caller's that may be called now."""
        return bool(_tools.needed(self.tools, self.question))

    def mentions(self, words: str) -> bool:
        """Tells whether the question has one of some words."""
        return not set(stems(words)).isdisjoint(stems(self.question))

    def calls(self, name: str) -> list[Block]:
        """Gives the calls of one of the service's tools since the question."""
        return [block for block in self.blocks if block["type"] in SERVER_CALLS and block["name"] == name]

    def pending(self) -> list[Block]:
        """Gives the calls of the service's tools that have no result yet."""
        answered = {block.get("tool_use_id") for block in self.blocks}
        return [block for block in self.blocks if block["type"] in SERVER_CALLS and block["id"] not in answered]

    def results(self) -> list[tuple[str, Block]]:
        """Gives the results of the service's tools since the question, each with the name of its tool."""
        names = {block["id"]: block["name"] for block in self.blocks if block["type"] in SERVER_CALLS}
        results = (block for block in self.blocks if block["type"].endswith(_RESULT))
        return [(names[block["tool_use_id"]], block) for block in results if block["tool_use_id"] in names]

    def is_over(self, name: str) -> bool:
        """Tells whether one of the service's tools has said that it will not do more."""
        errors = (error_code(block) for tool, block in self.results() if tool == name)
        return any(error in _LASTING for error in errors)


def error_code(result: Mapping[str, Any]) -> str | None:
    """Gives the code of a result that is an error."""
    match result.get("content"):
        case {"error_code": str(code)}:
            return code
    return None


def _kind(tool: Tool) -> str:
    return str(tool.get("type") or "custom")


def _references(blocks: Any) -> Iterator[str]:
    for block in blocks:
        match block:
            case {"type": "tool_search_tool_result", "content": {"tool_references": [*references]}}:
                yield from (reference["tool_name"] for reference in references)
            case {"type": "tool_result", "content": [*inner]}:
                yield from (part["tool_name"] for part in inner if part.get("type") == "tool_reference")
