"""One turn of the model, which may take several requests and gives one answer, whole or as one stream.

A paused turn is continued; one that asks for what the deployment lacks is asked in another way.

Source: https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

from claude_foundry._features import Capabilities
from claude_foundry._output_ways import never_forces
from claude_foundry._pauses import joined, next_request
from claude_foundry._translation import unforced
from claude_foundry._warnings import warn
from claude_foundry.errors import BadRequestError, FeatureNotSupportedError
from claude_foundry.langchain import _output_tool
from claude_foundry.types import Message, StreamEvent

_FEATURE = "structured_outputs"
M = TypeVar("M", covariant=True)


class Reader(Protocol[M]):
    """Makes of the events of a turn what a caller is given."""

    def feed(self, event: StreamEvent) -> Iterable[M]:
        """Gives what is made of the next event."""

    def finish(self, answer: Message) -> Iterable[M]:
        """Gives what is made at the end, of the whole answer."""

    def broken_off(self, error: Exception) -> Iterable[M]:
        """Gives what is made before the error that ended the turn is raised."""


class Turn:
    """Send ``request``, and ``take`` its answer, or its refusal, until there is no request; then see ``message``.

    Args:
        request: fields of the first request.
        deployment: what is known of the deployment that answers.
        continue_paused: whether a paused turn is continued.
    """

    def __init__(self, request: Mapping[str, Any], *, deployment: Capabilities, continue_paused: bool = True) -> None:
        self._next: dict[str, Any] | None = dict(request)
        self._deployment = deployment
        self._continue_paused = continue_paused
        self._parts: list[Message] = []
        self._output: str | None = None
        self._events = _Joined()
        if _is_forced(request) and not deployment.model.forced_tool_choice:
            self._next = request = self._unforced(request)
        if _output_tool.is_asked(request):
            self._next = self._possible(request)

    def request(self) -> dict[str, Any] | None:
        """Gives the fields of the next request, or None when the turn has ended."""
        return self._next

    def take(self, answer: Message) -> None:
        """Takes the answer to ``request``."""
        self._parts.append(answer)
        self._next = next_request(self._next or {}, self._parts) if self._continue_paused else None

    def take_refusal(self, refusal: BadRequestError) -> None:
        """Takes the service's refusal of a feature, or of a forced tool, which the deployment lacks from now on.

        Raises:
            BadRequestError: the given one, when the request needs what was refused.
        """
        request = self._next or {}
        if never_forces(refusal) and _is_forced(request):
            self._next = self._unforced(request)
            return
        lacks = isinstance(refusal, FeatureNotSupportedError) and _FEATURE in refusal.features
        if not lacks or not _output_tool.is_asked(request):
            raise refusal
        self._next = self._instead(request, whole=True)

    @property
    def message(self) -> Message:
        """The answer, after its last part was taken."""
        message = joined(self._parts)
        return message if self._output is None else _output_tool.as_text(message, self._output)

    def feed(self, event: StreamEvent) -> Iterable[StreamEvent]:
        """Gives the events to hand on for one of the stream of the current request."""
        return self._events.feed(event)

    def part_ended(self, answer: Message) -> None:
        """Takes the answer whose events were fed."""
        self.take(answer)
        self._events.next_part()

    def flush(self) -> Iterator[StreamEvent]:
        """Gives the events at the end: how the answer ended, as one."""
        yield from self._events.flush(self.message)

    def _unforced(self, request: Mapping[str, Any]) -> dict[str, Any]:
        warn(f"{self._deployment.deployment} does not accept a forced tool_choice; 'auto' is sent instead.")
        choice = {name: value for name, value in request["tool_choice"].items() if name != "name"}
        return {**request, "tool_choice": {**choice, "type": "auto"}}

    def _possible(self, request: Mapping[str, Any]) -> dict[str, Any]:
        lacks = self._deployment.has(_FEATURE) is False
        if lacks or not self._deployment.model.strict_tools:
            return self._instead(request, whole=lacks or _output_tool.needs_tool(request))
        return self._by_tool(request) if _output_tool.needs_tool(request) else dict(request)

    def _instead(self, request: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
        loose = _output_tool.with_loose_tools(request)
        if loose.get("tools") != request.get("tools"):
            name = self._deployment.deployment
            warn(f"{name} does not hold tools' arguments to a schema: 'strict' is not sent.")
        return self._by_tool(loose) if whole else loose

    def _by_tool(self, request: Mapping[str, Any]) -> dict[str, Any]:
        fields, self._output = _output_tool.by_tool(request)
        if self._output is not None:
            self._events = _Joined(_output_tool.TextEvents(self._output))
        choice = fields.get("tool_choice")
        instead = unforced(choice, model=self._deployment.model, thinking=fields.get("thinking"))
        return fields if instead is None else {**fields, "tool_choice": instead}


def _is_forced(request: Mapping[str, Any]) -> bool:
    return (request.get("tool_choice") or {}).get("type") in ("any", "tool")


class _Joined:
    """The streams of the parts of one turn, as one: one beginning, one end, and no two blocks with one index."""

    def __init__(self, output: _output_tool.TextEvents | None = None) -> None:
        self._output = output
        self._before = 0
        self._blocks = 0

    def feed(self, event: StreamEvent) -> Iterable[StreamEvent]:
        match event["type"]:
            case "content_block_delta" | "content_block_stop":
                return self._numbered(event)
            case "content_block_start":
                self._blocks = max(self._blocks, event["index"] + self._before + 1)
                return self._numbered(event)
            case "message_start":
                return self._start(event)
            case "message_delta" | "message_stop":
                # How the answer ended is told once, at the end of its last part.
                return ()
        return (event,)

    def _numbered(self, event: Any) -> Iterable[StreamEvent]:
        numbered: Any = {**event, "index": event["index"] + self._before} if self._before else event
        return (numbered,) if self._output is None else self._output.feed(numbered)

    def next_part(self) -> None:
        self._before = self._blocks

    def flush(self, message: Message) -> Iterator[StreamEvent]:
        if self._output is not None:
            yield from self._output.flush()
        yield from _ending(message)

    def _start(self, event: Any) -> Iterator[StreamEvent]:
        whole = event["message"].get("content") or []
        self._blocks = self._before + len(whole)
        if not self._before:
            yield event
            return
        for index, block in enumerate(whole, start=self._before):
            yield {"type": "content_block_start", "index": index, "content_block": block}
            yield {"type": "content_block_stop", "index": index}


def _ending(message: Message) -> Iterator[StreamEvent]:
    dumped = message.model_dump()
    delta = {name: dumped.get(name) for name in ("stop_reason", "stop_sequence", "stop_details", "container")}
    beside = {name: dumped[name] for name in ("context_management", "input_transformations") if dumped.get(name)}
    ended: Any = {"type": "message_delta", "delta": delta, "usage": dumped.get("usage") or {}, **beside}
    yield ended
    yield {"type": "message_stop"}
