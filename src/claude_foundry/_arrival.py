"""What comes back over a connection: bounded, decompressed, kept to the call's deadline, and read no longer than it is.

What is done here without an event loop has its asynchronous mirror beside it.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import httpx

from claude_foundry._bounds import Bounded
from claude_foundry._deadline import Deadline, async_kept, async_waiting, kept, waiting
from claude_foundry._direct import AsyncDirectClient, DirectClient, names
from claude_foundry.errors import APIError, ResponseFormatError

DRAIN_SECONDS = 0.05
"""For the end of a body after the answer in it is whole: with it the connection can serve again."""
_DRAIN_BYTES = 64 * 1024


def sent(
    http: httpx.Client | DirectClient, request: httpx.Request, *, auth: httpx.Auth, deadline: Deadline | None
) -> httpx.Response:
    """Sends a request and gives its answer, the body still to be read."""
    if deadline is None:
        return http.send(request, auth=auth, stream=True, follow_redirects=False)
    with kept(deadline):
        return http.send(request, auth=auth, stream=True, follow_redirects=False)


async def async_sent(
    http: httpx.AsyncClient | AsyncDirectClient, request: httpx.Request, *, auth: httpx.Auth, deadline: Deadline | None
) -> httpx.Response:
    """Sends a request likewise."""
    return await async_kept(deadline, http.send(request, auth=auth, stream=True, follow_redirects=False))


def limited(
    response: httpx.Response, *, deadline: Deadline | None, most: int | None = None, cut: bool = False
) -> httpx.Response:
    """Gives the response with its body limited.

    Args:
        response: not yet read.
        deadline: of the call.
        most: bytes to take of it; None for no bound.
        cut: whether what is beyond is left away instead of refused.

    Raises:
        ResponseFormatError: the body is encoded as was not asked for.
    """
    told = names(response.headers)
    if "transfer-encoding" in told and "content-length" in told:
        # Whoever stands between may see another end of the body than we do (RFC 9112 section 6.1).
        raise ResponseFormatError(
            "The answer could not be read: its headers name two lengths (transfer-encoding, content-length)."
        )
    encoded = "content-encoding" in told
    if encoded or deadline is not None or most is not None:
        coding = response.headers["content-encoding"] if encoded else ""
        bounds = Bounded(coding, most=most, cut=cut)
        response.stream = _Limited(response.stream, bounds, deadline)
    if encoded:
        # What is decoded here must not be decoded again, and has another length.
        for name in told.intersection(("content-encoding", "content-length")):
            del response.headers[name]
    return response


class _Limited(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that is read as the one below it is; one in memory can be read in both ways."""

    def __init__(self, stream: Any, bounds: Bounded, deadline: Deadline | None) -> None:
        self._stream = stream
        self._bounds = bounds
        self._deadline = deadline

    def __iter__(self) -> Iterator[bytes]:
        chunks = iter(self._stream)
        while not self._bounds.full and (chunk := self._next(chunks)) is not None:
            yield from self._bounds.feed(chunk)
        self._bounds.end()

    def _next(self, chunks: Iterator[bytes]) -> bytes | None:
        if self._deadline is None:
            return next(chunks, None)
        with kept(self._deadline):
            return next(chunks, None)

    def close(self) -> None:
        self._stream.close()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        chunks = aiter(self._stream)
        while not self._bounds.full and (chunk := await self._async_next(chunks)) is not None:
            for piece in self._bounds.feed(chunk):
                yield piece
        self._bounds.end()

    async def _async_next(self, chunks: AsyncIterator[bytes]) -> bytes | None:
        if self._deadline is None:
            return await anext(chunks, None)
        return await async_kept(self._deadline, anext(chunks, None))

    async def aclose(self) -> None:
        await self._stream.aclose()


def drained(chunks: Iterator[bytes]) -> None:
    """Reads what is left of a body, for a short time only."""
    with suppress(httpx.HTTPError, httpx.StreamError, APIError, ResponseFormatError), waiting(DRAIN_SECONDS):
        left = _DRAIN_BYTES
        while left > 0 and (chunk := next(chunks, None)) is not None:
            left -= len(chunk)


async def async_drained(chunks: AsyncIterator[bytes]) -> None:
    """Reads what is left of a body likewise."""
    with suppress(httpx.HTTPError, httpx.StreamError, APIError, ResponseFormatError, TimeoutError):
        await async_waiting(DRAIN_SECONDS, _read(chunks))


async def _read(chunks: AsyncIterator[bytes]) -> None:
    left = _DRAIN_BYTES
    while left > 0 and (chunk := await anext(chunks, None)) is not None:
        left -= len(chunk)
