"""The tokens of one credential: one call asks, the others wait for what comes, and all take it until it is due.

What is done here without an event loop has its asynchronous mirror beside it.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar, cast

from claude_foundry._clock import Clock
from claude_foundry._deadline import are_over, async_waiting, in_time, waiting
from claude_foundry._flights import AsyncFlight, Flight, anew
from claude_foundry._forks import lock_of
from claude_foundry._sealed import Sealed
from claude_foundry._token_life import (
    LONGEST,
    LOST,
    PATIENCE,
    Refusal,
    Token,
    follows,
    is_due,
    is_refused,
    lag_of,
    put_off,
    serving,
    token_of,
)
from claude_foundry._token_sources import CredentialSource, async_given_by, given_by, hung
from claude_foundry.errors import ConfigurationError

_LOG = logging.getLogger("claude_foundry")


F = TypeVar("F", bound=Flight)


@dataclass(frozen=True)
class Lead(Generic[F]):
    """An asking that a call is to make itself, and the token that serves if nothing comes of it."""

    flight: F
    held: Token | None


class KeptTokens:
    """Tokens of a credential, which stands for one identity. Safe to share between threads and event loops.

    Args:
        source: of the tokens.
        clock: of the client.
        patience: seconds for which a call waits for the next token while the one before serves.
        longest: seconds after which whoever asks gives up.
        lost: seconds after which nobody waits for an asking of another's.
    """

    def __init__(
        self,
        source: CredentialSource,
        *,
        clock: Clock,
        patience: float = PATIENCE,
        longest: float = LONGEST,
        lost: float = LOST,
    ) -> None:
        self._source = source
        self._clock = clock
        self._patience = patience
        self._longest = longest
        self._lost = lost
        self._kept: Token | None = None
        self._flights: dict[object, Flight] = {}
        self._date, self._lag = "", 0.0
        # The garbage collector may end a task that asks at any moment, in a thread that holds it too.
        self._lock = lock_of(self, threading.RLock)

    def token(self, refusal: Refusal | None = None) -> Sealed:
        """Gives the kept token, or the one that the credential gives now.

        Args:
            refusal: of the token before, which is kept no longer.

        Raises:
            ConfigurationError: it gave none, or failed (SignInError).
            APITimeoutError: it gives nothing.
            TimeoutError: it takes longer than the call may.
        """
        while True:
            match self._turn(refusal, Flight):
                case Token(secret=secret):
                    return secret
                case Lead(flight=flight, held=held):
                    if (led := self._led(flight, held=held)) is not None:
                        return led
                case flight:
                    if (brought := flight.brought(within=self._left(flight))) is not None:
                        return brought

    async def async_token(self, refusal: Refusal | None = None) -> Sealed:
        """Gives a token likewise; with one that serves no thread is used."""
        while True:
            match self._turn(refusal, AsyncFlight):
                case Token(secret=secret):
                    return secret
                case Lead(flight=flight, held=held):
                    if (led := await self._async_led(flight, held=held)) is not None:
                        return led
                case flight:
                    if (brought := await flight.async_brought(within=self._left(flight))) is not None:
                        return brought

    def heard(self, date: str) -> None:
        """Learns of the service's clock by the ``Date`` of an answer, which changes once a second."""
        if date == self._date:
            return
        with self._lock:
            self._date, self._lag = date, lag_of(date, now=self._clock.now(), before=self._lag)

    def _turn(self, refusal: Refusal | None, kind: type[F]) -> Token | Lead[F] | F:
        """Gives the token to take, the asking to make, or the one to wait for."""
        place = kind.here()
        with self._lock:
            now, lag = self._clock.now(), self._lag
            if is_refused(self._kept, refusal):
                self._kept = None
            held = serving(self._kept, refusal, now=now, lag=lag)
            flight = cast("F | None", self._under_way(place, refusal))
            if held is not None and (flight is not None or not is_due(held, now=now, lag=lag)):
                return held
            if flight is not None:
                return flight
            if held is not None:
                self._kept = put_off(held, now=now)
            flight = self._flights[place] = kind(place, refusal, began=self._clock.monotonic())
            return Lead(flight, held)

    def _under_way(self, place: object, refusal: Refusal | None) -> Flight | None:
        flight = self._flights.get(place)
        if flight is None or not self._left(flight):
            return None
        return flight if refusal is None or refusal.claims in (None, flight.claims) else None

    def _left(self, flight: Flight) -> float:
        return max(flight.began + self._lost - self._clock.monotonic(), 0.0)

    def _led(self, flight: Flight, *, held: Token | None) -> Sealed | None:
        try:
            with waiting(self._longest if held is None else self._patience):
                return in_time(partial(self._flown, flight))
        except ConfigurationError as failure:
            return self._instead(held, failure)
        except TimeoutError:
            # The thread that asks goes on, for those who may wait longer.
            if are_over():
                raise
            return self._meanwhile(held, flight)
        except BaseException:
            self._land(flight)
            raise

    async def _async_led(self, flight: AsyncFlight, *, held: Token | None) -> Sealed | None:
        try:
            return await async_waiting(self._longest if held is None else self._patience, self._async_flown(flight))
        except ConfigurationError as failure:
            return self._instead(held, failure)
        except TimeoutError:
            return self._meanwhile(held, flight)

    def _flown(self, flight: Flight) -> Sealed:
        with self._landing(flight):
            return given_by(self._source.ask(flight.claims), take=partial(self._taken, flight))

    async def _async_flown(self, flight: AsyncFlight) -> Sealed:
        with self._landing(flight):
            return await async_given_by(self._source.ask(flight.claims), take=partial(self._taken, flight))

    @contextmanager
    def _landing(self, flight: Flight) -> Iterator[None]:
        try:
            yield
        except ConfigurationError as failure:
            flight.failure = anew(failure)
            raise
        finally:
            self._land(flight)

    def _land(self, flight: Flight) -> None:
        with self._lock:
            if self._flights.get(flight.place) is flight:
                del self._flights[flight.place]
        flight.landed.set()

    def _taken(self, flight: Flight, answer: Any) -> Sealed:
        try:
            now, jitter = self._clock.now(), self._clock.jitter()
            token = token_of(answer, now=now, jitter=jitter, claims=flight.claims)
        finally:
            # A traceback with locals would show it.
            del answer
        with self._lock:
            if self._is_wanted(token, flight):
                self._kept = token
        flight.secret = token.secret
        return token.secret

    def _is_wanted(self, token: Token, flight: Flight) -> bool:
        if self._serving(token, flight.refusal) is None:
            return False
        # One that set out later may ask for claims that this one knows nothing of; a token that comes when nobody
        # waits for it any more is better than none.
        held = self._serving(self._kept)
        return self._flights.get(flight.place) is flight or held is None or follows(token, held, lag=self._lag)

    def _serving(self, token: Token | None, refusal: Refusal | None = None) -> Token | None:
        return serving(token, refusal, now=self._clock.now(), lag=self._lag)

    def _meanwhile(self, held: Token | None, flight: Flight) -> Sealed | None:
        """Gives the token before while the next one is long in coming; with None it serves no longer."""
        if held is None:
            # Who waits for this asking would have to wait as long for another.
            flight.failure = hung("credential", seconds=self._longest)
            self._land(flight)
            raise anew(flight.failure)
        serves = self._serving(held)
        if serves is None:
            return None
        _LOG.warning("The token that is kept serves on, for there is no other yet: the credential is slow.")
        return serves.secret

    def _instead(self, held: Token | None, failure: ConfigurationError) -> Sealed:
        serves = self._serving(held)
        if serves is None:
            raise failure
        _LOG.warning(f"The token that is kept serves on, for there is no other yet: {failure}")
        return serves.secret
