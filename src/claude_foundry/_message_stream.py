"""The answer that arrives as events, without an event loop.

``_async_message_stream`` is its mirror, word for word with ``await``.
"""

import logging
from collections.abc import Generator, Iterator
from contextlib import suppress
from typing import Self

import httpx

from claude_foundry import _arrival, _failures, _response, _wire
from claude_foundry._http import Client
from claude_foundry._reader import EventReader, Patience
from claude_foundry._sender import Sender
from claude_foundry._stream import hands_on_content, text_of
from claude_foundry._wire import WireRequest
from claude_foundry.errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    ConfigurationError,
    ResponseFormatError,
    StreamInterruptedError,
)
from claude_foundry.types import Message, StreamEvent
from claude_foundry.types._message import Terminal

_LOG = logging.getLogger("claude_foundry")
_NOT_OPEN = "The stream is not open: use it as `with client.messages.stream(...) as stream`."
_READ_ELSEWHERE = "The stream is being read by another thread or task: read it in one place, and share what comes."


class MessageStream:
    """One streamed answer: iterate its events, plain dicts as on the wire.

    Entering sends the request and waits for the first content, so that faults until then are retried. What breaks the
    answer off once its head has come, and is not retried, raises StreamInterruptedError with what had arrived. Leaving
    closes the connection at once.
    """

    def __init__(self, sender: Sender, request: WireRequest) -> None:
        self._sender = sender
        self._request = request
        self._response: httpx.Response | None = None
        self._reader = EventReader({})
        self._events: Generator[StreamEvent] | None = None
        self._ended = False
        self._arrivals: Generator[StreamEvent] | None = None
        self._break = _failures.Break()

    @property
    def request_id(self) -> str | None:
        """Anthropic's id of the request."""
        return self._reader.ids["request_id"]

    @property
    def apim_request_id(self) -> str | None:
        """Azure's id of the request."""
        return self._reader.ids["apim_request_id"]

    @property
    def retries_taken(self) -> int:
        """Attempts that failed before the one that this answer comes from."""
        return self._response.extensions.get("retries_taken", 0) if self._response is not None else 0

    @property
    def terminal(self) -> Terminal | None:
        """What the stream of a whole answer ended with; None until it has ended.

        An answer whose stream ended after ``message_delta``, with a stop reason and no block open, lacks nothing but
        ``message_stop``.
        """
        return self._reader.terminal

    @property
    def text_stream(self) -> Iterator[str]:
        """The texts of the answer as they come."""
        return Texts(iter(self))

    def snapshot(self) -> Message | None:
        """Gives the message as far as it has come, or None before it began."""
        so_far = self._reader.account.snapshot()
        if so_far is None:
            return None
        try:
            ids, terminal = self._reader.ids, self._reader.terminal
            return _wire.decoded(so_far, ids=ids, retries_taken=self.retries_taken, terminal=terminal)
        except ResponseFormatError as error:
            self._log(error)
            raise

    def _partial(self) -> Message | None:
        with suppress(ResponseFormatError):
            return self.snapshot()
        return None

    def get_final_message(self) -> Message:
        """Reads to the end and gives the whole message.

        Raises:
            StreamInterruptedError: the stream ended before the answer was whole.
        """
        for _ in self:
            pass
        message = self.snapshot()
        if message is None:
            raise self._left()
        return message

    def close(self) -> None:
        """Closes the connection, or gives it back when the answer was read to its end.

        Where another thread is just entering, nothing more is sent, and it gets an error.
        """
        self._ended = True
        self._let_go()

    def _let_go(self) -> None:
        for part in (self._events, self._arrivals, self._response):
            if part is not None:
                # A generator that another thread or task is reading cannot be closed; its connection can.
                with suppress(RuntimeError, ValueError):
                    part.close()

    def __enter__(self) -> Self:
        if self._response is not None:
            raise ConfigurationError("The stream was entered before: call messages.stream(...) again.")
        try:
            self._sender.retried(self._opened, self._request)
        except BaseException as error:
            self._let_go()
            if self._break.is_by(error):
                raise self._interrupted(error) from error
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[StreamEvent]:
        if self._events is None:
            raise ConfigurationError(_NOT_OPEN)
        return self

    def __next__(self) -> StreamEvent:
        """Gives the next event; only a whole answer ends without an error.

        Raises:
            StreamInterruptedError: the answer broke off, now or before.
            ConfigurationError: the stream is not open, or another thread waits for its next event.
        """
        events = self._events
        if self._ended or events is None or events.gi_running:  # type: ignore[attr-defined]
            self._refuse()
        return next(events)  # type: ignore[arg-type]

    def _read(self, request: WireRequest, http: Client) -> httpx.Response:
        try:
            response = self._opened(request, http, most=request.max_bytes)
            if self._arrivals is not None:
                with self._break.noted(http, *_failures.ALL):
                    for _ in self._arrivals:
                        pass
        except APITimeoutError as error:
            # Once its head has come the answer is being written and billed: only its caller may ask again.
            error.retryable = error.retryable and self._response is None
            raise
        return response

    def _opened(self, request: WireRequest, http: Client, *, most: int | None = None) -> httpx.Response:
        # What an earlier attempt brought is not this one's.
        self._events = self._response = None
        with _failures.unless(self._is_left):
            self._response = self._sender.sent(request, http, most=most)
        secrets, most_of_event = self._response.extensions["secrets"], self._sender.config.max_event_bytes
        self._reader = EventReader(self._response.headers, secrets=secrets, max_event_bytes=most_of_event)
        self._arrivals = self._arriving(self._response)
        held: list[StreamEvent] = []
        kinds = _failures.BREAKING if self._reader.is_stream else ()
        with _failures.unless(self._is_left), self._break.noted(http, *kinds):
            for event in self._arrivals:
                held.append(event)
                if hands_on_content(event):
                    break
        self._sender.learnt.take_in_events(held, deployment=request.model)
        self._events = self._handed_on(held, self._arrivals)
        return self._response

    def _is_left(self) -> bool:
        return self._ended

    def _handed_on(self, held: list[StreamEvent], arriving: Iterator[StreamEvent]) -> Generator[StreamEvent]:
        try:
            for event in held:
                yield event
            for event in arriving:
                yield event
        except (APIError, ResponseFormatError) as error:
            self._log(error)
            raise self._interrupted(error) from error
        finally:
            self._ended = True
        if not self._reader.account.complete:
            raise self._left()

    def _refuse(self) -> None:
        if self._events is None:
            raise ConfigurationError(_NOT_OPEN)
        if not self._ended:
            raise ConfigurationError(_READ_ELSEWHERE)
        if not self._reader.account.complete:
            raise self._left()

    def _left(self) -> StreamInterruptedError:
        said = "The stream ended before the answer was whole: it was left, or its last read was cancelled or failed."
        left = StreamInterruptedError(said, partial=self._partial(), events=self._reader.taken)
        self._log(left)
        return left

    def _interrupted(self, error: Exception) -> StreamInterruptedError:
        return StreamInterruptedError(str(error), partial=self._partial(), cause=error, events=self._reader.taken)

    def _log(self, error: APIError | ResponseFormatError) -> None:
        if self._response is not None:
            _response.log(error, self._response, now=self._sender.clock.monotonic())

    def _arriving(self, response: httpx.Response) -> Generator[StreamEvent]:
        reader, patience = self._reader, Patience(self._request.timeout.read, self._sender.clock.monotonic)
        try:
            with _failures.failures(self._request, response=response):
                chunks = iter(_arrival.pieces(response))
                for chunk in chunks:
                    content = False
                    for event in reader.feed(chunk):
                        if event["type"] != "ping":
                            content = True
                            yield event
                            continue
                        patience.pause()
                        yield event
                        patience.go_on()
                    patience.judge(content=content)
                    if reader.account.stopped:
                        _arrival.drained(response, chunks)
                        break
        except APIError as error:
            self._sender.learnt.take_in(error, deployment=self._request.model)
            if not (isinstance(error, APIConnectionError) and reader.account.complete):
                raise
        finally:
            # Also when nobody left the stream, and its generator is collected.
            response.close()
        with _failures.failures(self._request, response=response):
            for event in reader.flush():
                yield event
            reader.end()
        if reader.terminal == "message_delta":
            _LOG.info(reader.told_end())


class Texts:
    """The texts among the events of one answer."""

    def __init__(self, events: Iterator[StreamEvent]) -> None:
        self._events = events

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        while True:
            if text := text_of(next(self._events)):
                return text


def whole(stream: MessageStream) -> Message:
    """Sends a stream's request and gives the whole message. Faults are retried until its end: nothing was handed on.

    A time-out is not, once the answer has begun: it may be under way and billed.

    Raises:
        APIError: the request failed, after the retries that could help.
        StreamInterruptedError: the last attempt's answer broke off once its head had come.
        ResponseFormatError: the answer is neither a stream nor a message.
    """
    try:
        stream._sender.retried(stream._read, stream._request)
    except (APIError, ResponseFormatError) as error:
        if stream._break.is_by(error):
            raise stream._interrupted(error) from error
        raise
    finally:
        stream.close()
    return stream.get_final_message()
