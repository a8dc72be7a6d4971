"""Which connection of httpx's own transport serves a request: a new one, or a kept one that may just have ended.

httpcore's pool sends no request again, but tells its trace, by the name of a part, of all that is done for it.

Source: https://www.encode.io/httpcore/extensions/ (trace)
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Self

import httpx

from claude_foundry._connections import may_go_anew

_NOTHING_BUT = {"http11"}
"""The parts at work where a kept connection serves: others connect, greet, ask a proxy, or speak HTTP/2."""


class Serving:
    """What is known of how one request is served. Of transports that tell nothing, nothing is."""

    def __init__(self) -> None:
        self._parts: set[str] = set()
        self._received: int | None = None

    def told(self, event: str) -> None:
        """Takes in what a trace tells."""
        self._parts.add(event.partition(".")[0])

    def heard(self, piece: bytes) -> None:
        """Takes in what a wait for the answer brought; nothing at its beginning."""
        self._received = (self._received or 0) + len(piece)

    @property
    def takes_turns(self) -> bool:
        """Whether nothing is read while something is written: connections of HTTP/2 serve others at the same time."""
        return bool(self._parts) and "http2" not in self._parts

    def had_ended(self, request: httpx.Request, error: BaseException) -> bool:
        """Tells whether the service was just ending its idle connection, so that the request may be sent anew."""
        was_kept = self._parts == _NOTHING_BUT and self._received == 0
        return was_kept and may_go_anew(request, error)

    @contextmanager
    def begun(self) -> Iterator[Self]:
        """Has what comes over connections inside told to this one."""
        token = _current.set(self)
        try:
            yield self
        finally:
            _current.reset(token)


_current: ContextVar[Serving | None] = ContextVar("claude_foundry_serving", default=None)


def current() -> Serving:
    """Gives what is to be told of a read; for a request of others, one that nobody asks."""
    return _current.get() or Serving()
