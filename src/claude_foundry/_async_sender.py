"""Sending in an event loop: the one loop that does I/O.

``_sender`` is its mirror, word for word without ``await``.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Self

import httpx

from claude_foundry import _again, _arrival, _failures, _hooks, _http, _instead, _response, _retry, _trust
from claude_foundry._again import Next
from claude_foundry._auth import FoundryAuth
from claude_foundry._brakes import Brakes
from claude_foundry._clock import Clock
from claude_foundry._config import FoundryConfig
from claude_foundry._echoes import Secrets
from claude_foundry._forks import OfOneProcess
from claude_foundry._hooks import Attempt, Hooks, RequestInfo, ResponseInfo
from claude_foundry._learnt import Learnt
from claude_foundry._wire import PART, WireRequest
from claude_foundry.errors import (
    APIError,
    APIStatusError,
    ConfigurationError,
    FoundryError,
    RateLimitError,
    ResponseFormatError,
    from_response,
)

_LOG = logging.getLogger("claude_foundry")


class AsyncSender(OfOneProcess):
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
        brakes: Brakes | None = None,
    ) -> None:
        self.config = config
        self.pool = pool
        self.clock = clock
        self.hooks = hooks or Hooks()
        self.learnt = learnt or Learnt()
        self._auth = auth or FoundryAuth(config, clock=clock)
        self._brakes = brakes or Brakes(clock.monotonic)

    def configured(self, config: FoundryConfig, *, hooks: Hooks | None = None) -> Self:
        """Gives a sender of another configuration, or with other hooks, on the same connections."""
        return type(self)(
            config,
            pool=self.pool,
            clock=self.clock,
            hooks=hooks or self.hooks,
            learnt=self.learnt,
            auth=self._auth,
            brakes=self._brakes,
        )

    async def answered(self, request: WireRequest) -> httpx.Response:
        """Gives the whole answer, its body taken."""
        return await self.retried(self.whole, request)

    async def retried(
        self, attempt: Callable[[WireRequest, _http.AsyncClient], Awaitable[httpx.Response]], request: WireRequest
    ) -> httpx.Response:
        """Gives the answer of the first attempt that succeeds, its body taken or still to be read."""
        request = _again.begun(request, clock=self.clock)
        # One for all attempts: a call ends with the client that it began on.
        http = self.pool.client()
        spent = 0.0
        failed: tuple[ResponseInfo, ...] = ()
        if pause := self._pause(request):
            await self.clock.async_sleep(pause)
        while True:
            told = _hooks.attempted(self.hooks, request, attempt=len(failed))
            await self._tell_request(told)
            made = Attempt(request.method, request.url, request.model, self.clock.monotonic(), failed)
            try:
                response = await attempt(request, http)
            except (APIError, ResponseFormatError, ConfigurationError) as failure:
                elapsed = self.clock.monotonic() - made.began
                following = self._following(failure, request, attempt=len(failed))
                delay = following.delay if following else None
                left = self._brakes.left()
                ended = _hooks.logged(failure, made, elapsed=elapsed, retry_delay=delay, retry_budget=left)
                await self._tell_failure(told, ended)
                if following is None:
                    raise
                failed = failure.attempts
            else:
                elapsed, left = self.clock.monotonic() - made.began, self._brakes.earn(spent)
                response.extensions.update(retries_taken=len(failed), attempt=made, elapsed=elapsed, retry_budget=left)
                await self._tell_answer(told, response, elapsed=elapsed)
                return response
            # Another token costs nothing: what the retry before it took is still spent.
            request, spent = following.request, following.cost or spent
            await self.clock.async_sleep(following.delay)

    def _pause(self, request: WireRequest) -> float:
        # A caller who wants no retries wants to be told at once.
        wait = self._brakes.wait(request.model, jitter=self.clock.jitter()) if request.max_retries else 0.0
        # A wait that outlasts the call helps nobody: the service's own answer then tells how things stand.
        return wait if _again.has_time(request, wait) else 0.0

    def _following(self, failure: Exception, request: WireRequest, *, attempt: int) -> Next | None:
        if (anew := _again.signed_anew(failure, request)) is not None:
            _LOG.info(_again.told_anew(failure, request))
            return anew
        following = _again.after(
            failure,
            request,
            attempt=attempt,
            jitter=self.clock.jitter(),
            max_retry_after=self.config.max_retry_after,
        )
        if isinstance(failure, RateLimitError):
            self._brakes.pause(request.model, _again.pause(failure, following, most=self.config.max_retry_after))
        following = _again.kept_back(following, self._brakes.wait(request.model, jitter=0.0))
        if following is None or not self._brakes.spend(following.cost):
            if self._brakes.ran_dry():
                _LOG.warning(_again.told_dry(failure, request))
            return None
        _LOG.info(_again.told(failure, request, following, attempt=attempt))
        return following

    async def _tell_request(self, told: RequestInfo | None) -> None:
        if told is not None:
            await _hooks.async_told(self.hooks.on_request, told)

    async def _tell_failure(self, told: RequestInfo | None, ended: ResponseInfo) -> None:
        if told is not None:
            await _hooks.async_told(self.hooks.on_response, replace(ended, request=told))

    async def _tell_answer(self, told: RequestInfo | None, response: httpx.Response, *, elapsed: float) -> None:
        if told is None:
            return
        ended = _hooks.answered(
            told,
            status_code=response.status_code,
            headers=response.headers,
            elapsed=elapsed,
            retry_budget=response.extensions["retry_budget"],
        )
        await _hooks.async_told(self.hooks.on_response, ended)

    async def whole(self, request: WireRequest, http: _http.AsyncClient) -> httpx.Response:
        """Makes one attempt to get the whole answer."""
        response = await self.sent(request, http, most=request.max_bytes)
        try:
            with _failures.failures(request, response=response):
                await _arrival.async_take(response)
            self._check(request, response)
        except BaseException:
            await response.aclose()
            raise
        return response

    def _check(self, request: WireRequest, response: httpx.Response) -> None:
        event = _instead.event_in(_response.content(response)) if request.known else None
        if event is not None:
            failure = _instead.failure(event, headers=response.headers, secrets=response.extensions["secrets"])
            self.learnt.take_in(failure, deployment=request.model)
            raise failure

    async def sent(self, request: WireRequest, http: _http.AsyncClient, *, most: int | None = None) -> httpx.Response:
        """Makes one attempt to get an answer, of whose body at most so many bytes will be read."""
        with _failures.failures(request), _trust.limit_told(http, request.url):
            response = await self._exchanged(request, http)
            self._auth.heard(response.headers)
            response.extensions["secrets"] = Secrets(response.request.headers, beside=request.tokens)
            if not response.is_success:
                raise await self._refusal(request, response)
            response.request = _http.unsigned(request.method, request.url)
            try:
                if response.status_code == PART:
                    request.check_part()
                return _arrival.limited(response, deadline=request.deadline, most=most)
            except BaseException as error:
                await response.aclose()
                _failures.named(error, response)
                raise

    async def _refusal(self, request: WireRequest, response: httpx.Response) -> APIStatusError:
        body, signed = await _arrival.async_refused(response, deadline=request.deadline), response.request
        response.request = _http.unsigned(request.method, request.url)
        hint = _retry.hinted_delay(response.headers, now=self.clock.now(), body=body)
        failure = from_response(
            response.status_code,
            headers=response.headers,
            body=body,
            retry_after=hint,
            deployment=request.model,
            sent=len(request.content) if isinstance(request.content, bytes) else None,
        )
        self.learnt.take_in(failure, deployment=request.model)
        if _again.may_sign_anew(failure, request):
            try:
                failure._renewed = await self._auth.async_renewed(
                    response.headers, refused=signed, deadline=request.deadline
                )
            except FoundryError as error:
                # The refusal tells more than why there is no other token.
                failure.__cause__ = error.with_traceback(None)
        return failure

    async def _exchanged(self, request: WireRequest, http: _http.AsyncClient) -> httpx.Response:
        limits = request.timeout if request.deadline is None else request.timeout.within(request.deadline.checked())
        timeout = _http.timeout(limits, of_stream=request.stream)
        built = http.build_request(
            request.method, request.url, headers=request.headers, content=request.content, timeout=timeout
        )
        built.extensions.update(resendable=not request.acts_once, token_provider=limits.token_provider)
        auth = request.auth or self._auth
        try:
            response = await _arrival.async_sent(http, built, auth=auth, deadline=request.deadline)
        except httpx.ConnectError as error:
            if proxy := _trust.proxy_of(http, request.url):
                raise httpx.ProxyError(f"no connection to {proxy}: {error}") from error
            raise
        _http.begun(built, limits, of_stream=request.stream)
        return response
