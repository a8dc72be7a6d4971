"""One turn of the model, which may take several requests: one that the service paused is gone on with.

Source: https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons
"""

from typing import Any

from llama_index.core.base.llms.types import ChatResponse

from claude_foundry._pauses import joined, next_request
from claude_foundry.llamaindex import _from_wire
from claude_foundry.llamaindex._to_wire import Request
from claude_foundry.types import Message, StreamEvent


class Turn:
    """Send ``fields`` and ``take`` the answer, until there are no fields; then see ``response``.

    Args:
        request: the first one.
        continue_paused: whether a paused turn is gone on with.
    """

    def __init__(self, request: Request, *, continue_paused: bool) -> None:
        self.request = request
        self._next: dict[str, Any] | None = request.fields
        self._continue_paused = continue_paused
        self._parts: list[Message] = []
        self._stream = _from_wire.ResponseStream(request)

    def fields(self) -> dict[str, Any] | None:
        """Gives the fields of the next request, or None when the turn has ended."""
        return self._next

    def feed(self, event: StreamEvent) -> ChatResponse | None:
        """Gives the response that an event of the current request's stream leads to, if it shows anything new."""
        return self._stream.add(event)

    def take(self, answer: Message) -> None:
        """Takes the answer to the current request, whose events were fed if it was streamed."""
        self._parts.append(answer)
        self._stream.next_part()
        self._next = next_request(self._next or {}, self._parts) if self._continue_paused else None

    def response(self, *, delta: str | None = None) -> ChatResponse:
        """Gives the response of the whole turn.

        Args:
            delta: "" for the last response of a stream.
        """
        return _from_wire.chat_response(joined(self._parts), request=self.request, delta=delta)
