"""Sending without an event loop: the one loop that does I/O, and the answer that arrives as events.

``_async_sender`` is its mirror, word for word with ``await``.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from typing import Self

import httpx

from claude_foundry import _again, _hooks, _http, _retry, _wire
from claude_foundry._auth import FoundryAuth
from claude_foundry._clock import Clock
from claude_foundry._config import FoundryConfig
from claude_foundry._hooks import Hooks, RequestInfo
from claude_foundry._learnt import Learnt
from claude_foundry._stream import EventReader, hands_on_content, text_of
from claude_foundry._wire import WireRequest
from claude_foundry.errors import (
    APIConnectionError,
    APIError,
    ConfigurationError,
    ResponseFormatError,
    StreamInterruptedError,
    from_response,
)
from claude_foundry.types import Message, StreamEvent


class Sender:
    """Sends the requests of one configuration: signs, retries, and tells failures apart."""

    def __init__(
        self,
        config: FoundryConfig,
        *,
        pool: _http.Pool,
        clock: Clock,
        hooks: Hooks | None = None,
        learnt: Learnt | None = None,
        auth: FoundryAuth | None = None,
    ) -> None:
        self.config = config
        self.pool = pool
        self.clock = clock
        self.hooks = hooks or Hooks()
        self.learnt = learnt or Learnt()
        self._auth = auth or FoundryAuth(config)

    def configured(self, config: FoundryConfig) -> Self:
        """Gives a sender of another configuration on the same connections."""
        return type(self)(
            config, pool=self.pool, clock=self.clock, hooks=self.hooks, learnt=self.learnt, auth=self._auth
        )

    def answered(self, request: WireRequest) -> httpx.Response:
        """Gives the whole answer, its body read."""
        return self.retried(self.whole, request)

    def retried(self, attempt: Callable[[WireRequest], httpx.Response], request: WireRequest) -> httpx.Response:
        """Gives the answer of the first attempt that succeeds, its body read or still to be read."""
        attempts = 0
        while True:
            told = _hooks.attempted(request, attempt=attempts)
            _hooks.told(self.hooks.on_request, told)
            began = self.clock.monotonic()
            try:
                response = attempt(request)
            except (APIError, ResponseFormatError) as failure:
                following = _again.after(failure, request, attempt=attempts, jitter=self.clock.jitter())
                self._tell_failure(told, failure, began=began, delay=following.delay if following else None)
                if following is None:
                    raise
            else:
                self._tell_answer(told, response, began=began)
                return response
            request = following.request
            self.clock.sleep(following.delay)
            attempts += 1

    def _tell_failure(
        self, told: RequestInfo, failure: APIError | ResponseFormatError, *, began: float, delay: float | None
    ) -> None:
        elapsed = self.clock.monotonic() - began
        ended = _hooks.failed(told, failure, elapsed=elapsed, retry_delay=delay)
        _hooks.told(self.hooks.on_response, ended)

    def _tell_answer(self, told: RequestInfo, response: httpx.Response, *, began: float) -> None:
        elapsed = self.clock.monotonic() - began
        ended = _hooks.answered(told, status_code=response.status_code, headers=response.headers, elapsed=elapsed)
        _hooks.told(self.hooks.on_response, ended)

    def whole(self, request: WireRequest) -> httpx.Response:
        """Makes one attempt to get the whole answer."""
        response = self.sent(request)
        try:
            with _http.failures(request):
                response.read()
        finally:
            response.close()
        return response

    def sent(self, request: WireRequest) -> httpx.Response:
        http = self.pool.client()
        limits = _http.timeout(request.timeout)
        with _http.failures(request):
            built = http.build_request(
                request.method, request.url, headers=request.headers, content=request.content, timeout=limits
            )
            response = http.send(built, auth=self._auth, stream=True, follow_redirects=False)
            response.request = _http.unsigned(response.request)
            if response.is_success:
                return response
            try:
                body = response.read()
            finally:
                response.close()
        hint = _retry.hinted_delay(response.headers, now=self.clock.now())
        failure = from_response(
            response.status_code, headers=response.headers, body=body, retry_after=hint, deployment=request.model
        )
        self.learnt.take_in(failure)
        raise failure


class MessageStream:
    """One streamed answer: iterate its events, plain dicts as on the wire.

    Entering sends the request and waits for the first content, so that faults until then are retried; after it
    a fault raises StreamInterruptedError with what had arrived. Leaving closes the connection at once.
    """

    def __init__(self, sender: Sender, request: WireRequest) -> None:
        self._sender = sender
        self._request = request
        self._response: httpx.Response | None = None
        self._reader = EventReader({})
        self._events: Generator[StreamEvent] | None = None
        self._arrivals: Generator[StreamEvent] | None = None

    @property
    def request_id(self) -> str | None:
        """Anthropic's id of the request."""
        return self._reader.ids["request_id"]

    @property
    def apim_request_id(self) -> str | None:
        """Azure's id of the request."""
        return self._reader.ids["apim_request_id"]

    @property
    def text_stream(self) -> Iterator[str]:
        """The texts of the answer as they come."""
        return (text for event in self if (text := text_of(event)))

    def snapshot(self) -> Message | None:
        """Gives the message as far as it has come, or None before it began."""
        so_far = self._reader.account.snapshot()
        return None if so_far is None else _wire.decoded(so_far, ids=self._reader.ids)

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
        if message is None or not self._reader.account.complete:
            raise StreamInterruptedError("The stream was left before the answer was whole.", partial=message)
        return message

    def close(self) -> None:
        """Closes the connection, or gives it back when the answer was read to its end."""
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
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[StreamEvent]:
        if self._events is None:
            raise ConfigurationError("The stream is not open: use it as `with client.messages.stream(...) as stream`.")
        return self._events

    def _opened(self, request: WireRequest) -> httpx.Response:
        self._response = self._sender.sent(request)
        self._reader = EventReader(self._response.headers)
        self._arrivals = self._arriving(self._response)
        try:
            held = self._held(self._arrivals)
        except BaseException:
            self._response.close()
            raise
        self._events = self._handed_on(held, self._arrivals)
        return self._response

    def _held(self, arriving: Iterator[StreamEvent]) -> list[StreamEvent]:
        held = []
        for event in arriving:
            held.append(event)
            if hands_on_content(event):
                break
        return held

    def _handed_on(self, held: list[StreamEvent], arriving: Iterator[StreamEvent]) -> Generator[StreamEvent]:
        for event in held:
            yield event
        try:
            for event in arriving:
                yield event
        except (APIError, ResponseFormatError) as error:
            raise StreamInterruptedError(str(error), partial=self._partial(), cause=error) from error

    def _arriving(self, response: httpx.Response) -> Generator[StreamEvent]:
        reader = self._reader
        try:
            with _http.failures(self._request):
                for chunk in response.iter_bytes():
                    for event in reader.feed(chunk):
                        yield event
        except APIConnectionError:
            if not reader.account.complete:
                raise
        for event in reader.flush():
            yield event
        reader.check_complete()
