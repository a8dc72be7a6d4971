"""One turn of the model, which may take several requests: after a pause, and where the service refuses one.

Sources: https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons,
https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools (forced tool use),
https://platform.claude.com/docs/en/build-with-claude/preserved-thinking
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from llama_index.core.base.llms.types import ChatResponse

from claude_foundry import _mending, _output_ways
from claude_foundry._features import Capabilities
from claude_foundry._pauses import joined, next_request
from claude_foundry._thinking import RefusedThinking, is_mismatch
from claude_foundry.errors import BadRequestError
from claude_foundry.llamaindex import _from_wire, _tools
from claude_foundry.llamaindex._to_wire import Request
from claude_foundry.types import Message, StreamEvent


class Turn:
    """``settle`` it, send ``fields`` and ``take`` the answer or refusal until there are none, then see ``response``.

    Args:
        request: the first one.
        continue_paused: whether a paused turn is taken up again.
        refused: what reasoning the service has refused; what it refuses of this turn is added.
    """

    def __init__(self, request: Request, *, continue_paused: bool, refused: RefusedThinking) -> None:
        self.request = request
        self._strips = request.fields.get("on_thinking_mismatch") == "strip"
        # A refusal is taken here and not by the client, which does not know what was refused before.
        own = {"on_thinking_mismatch": "raise"} if self._strips else {}
        self._next: dict[str, Any] | None = {**request.fields, **own}
        self._continue_paused = continue_paused
        self._refused = refused
        self._parts: list[Message] = []
        self._stream = _from_wire.ResponseStream(request)

    def settle(self, known: Callable[[str], Capabilities]) -> None:
        """Leaves out of the first request what would be refused again.

        Args:
            known: gives what is known of a deployment.
        """
        fields = self._next or {}
        if _tools.forces(fields) and not known(fields["model"]).model.forced_tool_choice:
            fields = self._unforced(fields)
        if self._strips:
            fields["messages"] = _mending.without_refused(fields["messages"], self._refused)
        self._next = fields

    def fields(self) -> dict[str, Any] | None:
        """Gives the fields of the next request, or None when the turn has ended."""
        return self._next

    def feed(self, event: StreamEvent) -> ChatResponse | None:
        """Gives the response that an event of the current request's stream leads to, if it shows anything new."""
        return self._stream.add(event)

    def broken_off(self, error: Exception) -> ChatResponse | None:
        """Gives the response that comes before the error which ended the turn, if there is one."""
        return self._stream.broken_off(error)

    def take(self, answer: Message) -> None:
        """Takes the answer to the current request, whose events were fed if it was streamed."""
        self._parts.append(answer)
        self._stream.next_part()
        self._next = next_request(self._next or {}, self._parts) if self._continue_paused else None

    def take_refusal(self, refusal: BadRequestError) -> None:
        """Takes the service's refusal of the current request, where another one may stand for it.

        A tool that may not be forced is asked for in words; reasoning of another conversation is left out.

        Raises:
            BadRequestError: the given one, when nothing can stand for what is refused.
        """
        fields = self._next or {}
        if _tools.forces(fields) and _output_ways.following("forced", refusal, tool_way="forced"):
            self._next = self._unforced(fields)
            return
        bare = _mending.without_thinking(fields["messages"])
        if not self._strips or not is_mismatch(refusal) or bare == fields["messages"]:
            raise refusal
        self._refused.take_in(fields["messages"])
        self._next = {**fields, "messages": bare}

    def response(self, *, delta: str | None = None) -> ChatResponse:
        """Gives the response of the whole turn.

        Args:
            delta: "" for the last response of a stream.
        """
        return _from_wire.chat_response(joined(self._parts), request=self.request, delta=delta)

    def _unforced(self, fields: dict[str, Any]) -> dict[str, Any]:
        choice, words = _tools.free(fields)
        told = _mending.nudged(fields["messages"], words)
        if told is not fields["messages"]:
            self.request = replace(self.request, added=(*self.request.added, words))
        return {**fields, "tool_choice": choice, "messages": told}
