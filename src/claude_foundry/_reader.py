"""From the bytes of an answer to its events, with an account of what has come, and of how long nothing has.

Source: https://platform.claude.com/docs/en/build-with-claude/streaming
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from claude_foundry import _instead, _response
from claude_foundry._bounds import MAX_ANSWER, MAX_EVENT
from claude_foundry._echoes import Secrets
from claude_foundry._promises import broken
from claude_foundry._refusal import entitled, ids, ids_suffix
from claude_foundry._sse import EventDecoder
from claude_foundry._stream import MessageAccumulator, events
from claude_foundry.errors import APIConnectionError, APITimeoutError, ResponseFormatError
from claude_foundry.types import StreamEvent
from claude_foundry.types._message import Terminal

_STARTS = ("message_start", "content_block_start")


class EventReader:
    """Reads the answer to a stream request: bytes to events, with an account of what has come.

    Args:
        headers: of the answer.
        secrets: of its request, which no error tells.
        max_event_bytes: that an event may have.
    """

    def __init__(
        self,
        headers: Mapping[str, str],
        *,
        secrets: Secrets | None = None,
        max_event_bytes: int = MAX_EVENT,
    ) -> None:
        self.account = MessageAccumulator()
        self.ids = ids(headers)
        self.taken = 0
        """Events that have been given."""
        self._headers = headers
        self._secrets = secrets
        self._decoder = EventDecoder(max_event_bytes=max_event_bytes)
        self.is_stream = "text/event-stream" in headers.get("content-type", "").lower()
        """Whether the answer is one of events, by what its head says."""
        self._body: list[bytes] = []
        self._held = 0
        self._ended = False

    @property
    def terminal(self) -> Terminal | None:
        """What the stream of a whole answer ended with, or None until then."""
        if self.account.stopped:
            return "message_stop"
        return "message_delta" if self._ended else None

    def feed(self, chunk: bytes) -> Iterator[StreamEvent]:
        """Gives the events that ``chunk`` completed; nothing after ``message_stop``.

        Raises:
            APIStatusError: one of them is an ``error`` event.
            ResponseFormatError: one of them is not what the API promises.
        """
        if not chunk:
            return iter(())
        if self.is_stream:
            return self._take(self._decoder.feed(chunk))
        self._held += len(chunk)
        if self._held > MAX_ANSWER:
            raise ResponseFormatError(f"The answer has more than {MAX_ANSWER} bytes.", **self.ids)
        self._body.append(chunk)
        return iter(())

    def flush(self) -> Iterator[StreamEvent]:
        """Gives what was left at the end: of an answer that came whole instead of as a stream, all its events.

        Raises:
            APIStatusError: the answer is an error.
            ResponseFormatError: it is neither a stream nor a message.
        """
        if self.is_stream:
            return self._rest()
        return self._take(
            _events_of_body(b"".join(self._body), kind=self._headers.get("content-type", "no content type"))
        )

    def end(self) -> None:
        """Takes it that nothing more comes, and tells a whole answer from one that was cut without a fault.

        Raises:
            APIConnectionError: something is missing.
        """
        if not self.account.complete:
            raise APIConnectionError("The stream ended before the answer was whole.")
        self._ended = True

    def told_end(self) -> str:
        """Gives the line that tells of a whole answer whose stream ended early: no content."""
        return f"The stream of a whole answer ended without message_stop{ids_suffix(**self.ids)}"

    def _rest(self) -> Iterator[StreamEvent]:
        try:
            yield from self._take(self._decoder.flush())
        except ResponseFormatError:
            # Half an event at the end is one that was cut; a whole answer does not need it.
            if not self.account.complete:
                raise APIConnectionError("The stream ended in the middle of an event.") from None

    def _take(self, events: Iterable[StreamEvent]) -> Iterator[StreamEvent]:
        account = self.account
        if account.stopped:
            return
        # A local number costs less for each event than one of the object.
        taken = self.taken
        try:
            for event in events:
                kind = event["type"]
                if kind == "error":
                    raise _instead.failure(event, headers=self._headers, secrets=self._secrets)
                if kind in _STARTS and account.repeats(event):
                    continue
                account.add(event)
                taken += 1
                yield event
                if account.stopped:
                    return
        finally:
            self.taken = taken


class Patience:
    """Adds up the time that an answer spends on bringing no content; it begins when it is made.

    What is neither content nor handed on, such as comments, is the answer's time however fast it comes; what whoever
    reads does with a ping is not.

    Args:
        limit: seconds that it may take together; None for no limit.
        monotonic: the clock.
    """

    def __init__(self, limit: float | None, monotonic: Callable[[], float]) -> None:
        self._limit = limit
        self._monotonic = monotonic
        self._waited = 0.0
        self.go_on()

    def go_on(self) -> None:
        """Begins to count, again after a pause."""
        self._asked = self._monotonic()

    def pause(self) -> None:
        """Counts no longer: a ping is handed on."""
        self._waited += self._monotonic() - self._asked

    def judge(self, *, content: bool) -> None:
        """Takes what it was that came, and begins the next wait.

        Raises:
            APITimeoutError: it is no content, and the time without any is longer than the limit.
        """
        now = self._monotonic()
        self._waited = 0.0 if content else self._waited + now - self._asked
        self._asked = now
        if self._limit is not None and self._waited > self._limit:
            raise APITimeoutError(f"The stream brought no events but pings for {self._limit:g} s (timeout: read).")


def _events_of_body(body: bytes, *, kind: str) -> Iterator[Any]:
    if not body.strip():
        return iter(())
    if (failed := _instead.event_in(body)) is not None:
        return iter((failed,))
    message, fault = None, ""
    try:
        message = _response.document(body)
    except ValueError as error:
        fault = str(error)
    if not isinstance(message, dict) or message.get("type") != "message" or not _is_whole(message):
        told = entitled(kind, body, fault=fault)
        raise ResponseFormatError(f"The request for a stream was answered with {told}, not with events.")
    try:
        # The whole message is there: what does not fit in it is found before the first of it is handed on.
        if (wrong := broken(message["content"])) is not None:
            raise TypeError(wrong)
        return iter(list(events(message)))
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise ResponseFormatError(
            f"The request for a stream was answered with a message that is malformed ({type(error).__name__})."
        ) from None


def _is_whole(message: dict[str, Any]) -> bool:
    content = message.get("content")
    return isinstance(content, list) and all(isinstance(block, dict) for block in content)
