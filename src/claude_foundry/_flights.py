"""One asking of a credential that is under way: who waits for its end, and what it brought."""

import copy
import os
import threading
from contextlib import suppress
from typing import Any

from claude_foundry._deadline import are_over, async_waiting, at_most
from claude_foundry._loops import running_loop
from claude_foundry._sealed import Sealed
from claude_foundry._token_life import Refusal
from claude_foundry.errors import FoundryError


class Flight:
    """One asking of the credential, for all threads of this process that wait for its end."""

    def __init__(self, place: object, refusal: Refusal | None, *, began: float) -> None:
        self.place = place
        self.refusal = refusal
        self.began = began
        self.claims = refusal.claims if refusal else None
        self.landed = self.event()
        # With neither at its end, whoever asked has given up.
        self.secret: Sealed | None = None
        self.failure: FoundryError | None = None

    @staticmethod
    def here() -> object:
        """Gives what stands for all that may wait together; a forked process waits for no thread of its parent."""
        return os.getpid(), None

    @staticmethod
    def event() -> Any:
        """Gives what is waited at."""
        return threading.Event()

    def brought(self, *, within: float) -> Sealed | None:
        """Waits so many seconds for the token; with None, whoever asked has given up, or it is not there yet.

        Raises:
            ConfigurationError: there is none.
            APITimeoutError: the credential gives nothing.
            TimeoutError: it takes longer than the call may.
        """
        if not self.landed.wait(at_most(within)) and are_over():
            raise TimeoutError
        return self.outcome()

    def outcome(self) -> Sealed | None:
        """Gives the token or raises what came in its place."""
        if self.failure is not None:
            raise anew(self.failure)
        return self.secret


class AsyncFlight(Flight):
    """Likewise for all tasks of this event loop."""

    @staticmethod
    def here() -> object:
        """Gives what stands for all that may wait together."""
        return os.getpid(), running_loop()

    @staticmethod
    def event() -> Any:
        """Gives what is waited at."""
        import anyio

        return anyio.Event()

    async def async_brought(self, *, within: float) -> Sealed | None:
        """Waits for the token likewise."""
        with suppress(TimeoutError):
            await async_waiting(within, self.landed.wait())
        return self.outcome()


def anew(failure: FoundryError) -> FoundryError:
    """Gives the same failure for another to raise: the frames of each are its own."""
    again = copy.copy(failure)
    again.__cause__ = failure.__cause__
    return again
