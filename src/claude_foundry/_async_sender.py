"""Sending in an event loop: the one loop that does I/O, and the answer that arrives as events.

``_sender`` is its mirror, word for word without ``await``.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
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


class AsyncSender:
    """Sends the requests of one configuration: signs, retries, and tells failures apart."""

    def __init__(
        self,
        config: FoundryConfig,
        *,
        pool: _http.AsyncPool,
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

    async def answered(self, request: WireRequest) -> httpx.Response:
        """Gives the whole answer, its body read."""
        return await self.retried(self.whole, request)

    async def retried(
        self, attempt: Callable[[WireRequest], Awaitable[httpx.Response]], request: WireRequest
    ) -> httpx.Response:
        """Gives the answer of the first attempt that succeeds, its body read or still to be read."""
        attempts = 0
        while True:
            told = _hooks.attempted(request, attempt=attempts)
            await _hooks.async_told(self.hooks.on_request, told)
            began = self.clock.monotonic()
            try:
                response = await attempt(request)
            except (APIError, ResponseFormatError) as failure:
                following = _again.after(failure, request, attempt=attempts, jitter=self.clock.jitter())
                await self._tell_failure(told, failure, began=began, delay=following.delay if following else None)
                if following is None:
                    raise
            else:
                await self._tell_answer(told, response, began=began)
                return response
            request = following.request
            await self.clock.async_sleep(following.delay)
            attempts += 1

    async def _tell_failure(
        self, told: RequestInfo, failure: APIError | ResponseFormatError, *, began: float, delay: float | None
    ) -> None:
        elapsed = self.clock.monotonic() - began
        ended = _hooks.failed(told, failure, elapsed=elapsed, retry_delay=delay)
        await _hooks.async_told(self.hooks.on_response, ended)

    async def _tell_answer(self, told: RequestInfo, response: httpx.Response, *, began: float) -> None:
        elapsed = self.clock.monotonic() - began
        ended = _hooks.answered(told, status_code=response.status_code, headers=response.headers, elapsed=elapsed)
        await _hooks.async_told(self.hooks.on_response, ended)

    async def whole(self, request: WireRequest) -> httpx.Response:
        """Makes one attempt to get the whole answer."""
        response = await self.sent(request)
        try:
            with _http.failures(request):
                await response.aread()
        finally:
            await response.aclose()
        return response

    async def sent(self, request: WireRequest) -> httpx.Response:
        http = self.pool.client()
        limits = _http.timeout(request.timeout)
        with _http.failures(request):
            built = http.build_request(
                request.method, request.url, headers=request.headers, content=request.content, timeout=limits
            )
            response = await http.send(built, auth=self._auth, stream=True, follow_redirects=False)
            response.request = _http.unsigned(response.request)
            if response.is_success:
                return response
            try:
                body = await response.aread()
            finally:
                await response.aclose()
        hint = _retry.hinted_delay(response.headers, now=self.clock.now())
        failure = from_response(
            response.status_code, headers=response.headers, body=body, retry_after=hint, deployment=request.model
        )
        self.learnt.take_in(failure)
        raise failure


class AsyncMessageStream:
    """One streamed answer: iterate its events, plain dicts as on the wire.

    Entering sends the request and waits for the first content, so that faults until then are retried; after it
    a fault raises StreamInterruptedError with what had arrived. Leaving closes the connection at once.
    """

    def __init__(self, sender: AsyncSender, request: WireRequest) -> None:
        self._sender = sender
        self._request = request
        self._response: httpx.Response | None = None
        self._reader = EventReader({})
        self._events: AsyncGenerator[StreamEvent] | None = None
        self._arrivals: AsyncGenerator[StreamEvent] | None = None

    @property
    def request_id(self) -> str | None:
        """Anthropic's id of the request."""
        return self._reader.ids["request_id"]

    @property
    def apim_request_id(self) -> str | None:
        """Azure's id of the request."""
        return self._reader.ids["apim_request_id"]

    @property
    def text_stream(self) -> AsyncIterator[str]:
        """The texts of the answer as they come."""
        return (text async for event in self if (text := text_of(event)))

    def snapshot(self) -> Message | None:
        """Gives the message as far as it has come, or None before it began."""
        so_far = self._reader.account.snapshot()
        return None if so_far is None else _wire.decoded(so_far, ids=self._reader.ids)

    def _partial(self) -> Message | None:
        with suppress(ResponseFormatError):
            return self.snapshot()
        return None

    async def get_final_message(self) -> Message:
        """Reads to the end and gives the whole message.

        Raises:
            StreamInterruptedError: the stream ended before the answer was whole.
        """
        async for _ in self:
            pass
        message = self.snapshot()
        if message is None or not self._reader.account.complete:
            raise StreamInterruptedError("The stream was left before the answer was whole.", partial=message)
        return message

    async def aclose(self) -> None:
        """Closes the connection, or gives it back when the answer was read to its end."""
        for part in (self._events, self._arrivals, self._response):
            if part is not None:
                # A generator that another thread or task is reading cannot be closed; its connection can.
                with suppress(RuntimeError, ValueError):
                    await part.aclose()

    async def __aenter__(self) -> Self:
        if self._response is not None:
            raise ConfigurationError("The stream was entered before: call messages.stream(...) again.")
        try:
            await self._sender.retried(self._opened, self._request)
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __aiter__(self) -> AsyncIterator[StreamEvent]:
        if self._events is None:
            raise ConfigurationError(
                "The stream is not open: use it as `async with client.messages.stream(...) as stream`."
            )
        return self._events

    async def _opened(self, request: WireRequest) -> httpx.Response:
        self._response = await self._sender.sent(request)
        self._reader = EventReader(self._response.headers)
        self._arrivals = self._arriving(self._response)
        try:
            held = await self._held(self._arrivals)
        except BaseException:
            await self._response.aclose()
            raise
        self._events = self._handed_on(held, self._arrivals)
        return self._response

    async def _held(self, arriving: AsyncIterator[StreamEvent]) -> list[StreamEvent]:
        held = []
        async for event in arriving:
            held.append(event)
            if hands_on_content(event):
                break
        return held

    async def _handed_on(
        self, held: list[StreamEvent], arriving: AsyncIterator[StreamEvent]
    ) -> AsyncGenerator[StreamEvent]:
        for event in held:
            yield event
        try:
            async for event in arriving:
                yield event
        except (APIError, ResponseFormatError) as error:
            raise StreamInterruptedError(str(error), partial=self._partial(), cause=error) from error

    async def _arriving(self, response: httpx.Response) -> AsyncGenerator[StreamEvent]:
        reader = self._reader
        try:
            with _http.failures(self._request):
                async for chunk in response.aiter_bytes():
                    for event in reader.feed(chunk):
                        yield event
        except APIConnectionError:
            if not reader.account.complete:
                raise
        for event in reader.flush():
            yield event
        reader.check_complete()
