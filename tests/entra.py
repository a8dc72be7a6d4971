"""Credentials as azure-core has them, and a service that takes their tokens, for tests of sign-in."""

import asyncio
import inspect
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import httpx

from claude_foundry import AsyncFoundryClient, FoundryClient, Timeout
from claude_foundry._clock import Clock
from claude_foundry._kept_tokens import KeptTokens
from tests.answers import refused, whole
from tests.shells import REQUEST, FakeTime

HOUR = 3600.0
SHORT = Timeout(total=0.05)
"""Shorter than any credential of these tests takes."""


@dataclass
class AccessToken:
    """What a credential gives."""

    token: Any
    expires_on: Any
    refresh_on: Any = None


def at_once(_: int) -> None:
    """Lets a credential give its token without more ado."""


class Entra:
    """A synchronous credential: each token has a number, and lives for an hour. ``act`` is called before each."""

    def __init__(self, time: FakeTime | None = None, *, act: Callable[[int], Any] = at_once) -> None:
        self.time = time or FakeTime()
        self.act = act
        self.asked = 0
        self.claims: list[str | None] = []
        self.asking = threading.Event()

    def get_token(self, *_: str, claims: str | None = None, **__: Any) -> Any:
        number = self._counted(claims)
        self.act(number)
        return self.given(number)

    def _counted(self, claims: str | None) -> int:
        self.asked += 1
        self.claims.append(claims)
        self.asking.set()
        return self.asked

    def given(self, number: int) -> Any:
        return AccessToken(f"token-{number}", self.time.now + HOUR)


class AsyncEntra(Entra):
    """An asynchronous one; what ``act`` gives is awaited."""

    async def get_token(self, *_: str, claims: str | None = None, **__: Any) -> Any:  # type: ignore[override]
        number = self._counted(claims)
        awaited = self.act(number)
        if inspect.isawaitable(awaited):
            await awaited
        return self.given(number)


class Service:
    """Answers every token but the refused ones, and writes down which came."""

    def __init__(self, refuses: Iterable[str] = (), *, challenge: str = "Bearer") -> None:
        self.refuses = set(refuses)
        self.challenge = challenge
        self.tokens: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        token = request.headers["authorization"].removeprefix("Bearer ")
        self.tokens.append(token)
        if token in self.refuses:
            return refused(401, kind="authentication_error", headers={"www-authenticate": self.challenge})
        return whole()


def clock_of(credential: Entra) -> Clock:
    """Gives a clock whose day is the credential's, and on which a call's time passes as it does."""
    return Clock(now=lambda: credential.time.now, jitter=lambda: 0.5)


def client_of(service: Service, credential: Entra) -> FoundryClient:
    """Gives a client of a service, on that clock."""
    http = httpx.Client(transport=httpx.MockTransport(service))
    return FoundryClient("a", credential=credential, http_client=http, _clock=clock_of(credential))


def async_client_of(service: Service, credential: Entra) -> AsyncFoundryClient:
    """Gives an asynchronous one."""
    http = httpx.AsyncClient(transport=httpx.MockTransport(service))
    return AsyncFoundryClient("a", credential=credential, http_client=http, _clock=clock_of(credential))


def in_turn(client: Any, *before: Callable[[], Any]) -> None:
    """Calls a client of either kind as often as there is something to be done before."""

    async def calls() -> None:
        for act in before:
            act()
            await awaited(client.messages.create(**REQUEST))

    asyncio.run(calls())


async def awaited(answer: Any) -> Any:
    """Gives an answer of either kind of client."""
    return await answer if inspect.isawaitable(answer) else answer


def nothing() -> None:
    """Does nothing."""


def until_waiting(threads: Iterable[threading.Thread]) -> None:
    """Returns when all these threads wait for a token that another one asks for."""
    left = list(threads)
    while left:
        frames = sys._current_frames()
        left = [thread for thread in left if "brought" not in _functions(frames.get(thread.ident or 0))]
        time.sleep(0)


def _functions(frame: Any) -> set[str]:
    names = set()
    while frame is not None:
        names.add(frame.f_code.co_name)
        frame = frame.f_back
    return names


def started(work: Callable[[], Any], *, times: int = 1) -> list[threading.Thread]:
    """Runs something in threads."""
    threads = [threading.Thread(target=work) for _ in range(times)]
    for thread in threads:
        thread.start()
    return threads


def ended(threads: Iterable[threading.Thread]) -> None:
    """Waits for threads."""
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def until_kept(tokens: KeptTokens, token: str = "token-1") -> None:
    """Returns when a token is kept."""
    while tokens._kept is None or tokens._kept.secret != token:
        time.sleep(0)


async def until_all_wait() -> None:
    """Lets all other tasks go on until each of them waits."""
    for _ in range(20):
        await asyncio.sleep(0)


async def until_asked(credential: Entra) -> None:
    """Lets all other tasks go on until the credential is asked, in whichever thread."""
    await asyncio.to_thread(credential.asking.wait, 30)
