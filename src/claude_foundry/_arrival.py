"""What comes back over a connection: bounded, decompressed, kept to the call's deadline, and read no longer than it is.

What is done here without an event loop has its asynchronous mirror beside it.
"""

from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import httpx

from claude_foundry import _paced
from claude_foundry._bounds import MAX_REFUSAL, Bounded
from claude_foundry._deadline import Deadline, are_over, async_kept, async_waiting, kept, waiting
from claude_foundry._direct import AsyncDirectClient, DirectClient, Signing, names
from claude_foundry._echoes import Secrets
from claude_foundry._surplus import watched
from claude_foundry._waited import async_waited, cut_after, waited
from claude_foundry.errors import APIError, ResponseFormatError

DRAIN_SECONDS = 0.05
"""For the end of a body after the answer in it is whole: with it the connection can serve again."""
_DRAIN_BYTES = 64 * 1024
REFUSAL_SECONDS = 5.0
"""For the body of a refusal: most of what it says, its head has said."""
_BROKEN = (httpx.HTTPError, httpx.StreamError, APIError, ResponseFormatError, TimeoutError)


def sent(
    http: httpx.Client | DirectClient, request: httpx.Request, *, auth: Signing, deadline: Deadline | None
) -> httpx.Response:
    """Sends a request and gives its answer, the body still to be read."""
    try:
        if deadline is None:
            return waited(watched(_paced.sent(http, request, auth=auth)))
        with kept(deadline):
            return waited(watched(_paced.sent(http, request, auth=auth)))
    except httpx.HTTPStatusError as error:
        return _asked_for(error, request)


async def async_sent(
    http: httpx.AsyncClient | AsyncDirectClient, request: httpx.Request, *, auth: Signing, deadline: Deadline | None
) -> httpx.Response:
    """Sends a request likewise."""
    try:
        return async_waited(watched(await async_kept(deadline, _paced.async_sent(http, request, auth=auth))))
    except httpx.HTTPStatusError as error:
        return _asked_for(error, request)


def _asked_for(error: httpx.HTTPStatusError, request: httpx.Request) -> httpx.Response:
    """Gives the refusal whose status a hook of a client that was given raised; what else one raises is its own."""
    with suppress(RuntimeError):
        if error.response.request is request and not error.response.is_success:
            return error.response
    raise error


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
    # An answer to HEAD tells of the coding of a body that is not there.
    encoded = "content-encoding" in told and response.request.method != "HEAD"
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
        if are_over():
            # No wait of httpx's own transport knows how long those before it took.
            raise httpx.ReadTimeout("the waits together took too long")
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


def take(response: httpx.Response) -> None:
    """Takes the whole body into memory, and lets go of what it came over."""
    if response.is_stream_consumed:
        # By a hook or transport of the user's: over the connection nothing more will come.
        response.read()
        return
    stream: Any = response.stream
    taken = bytearray()
    for piece in stream:
        taken += piece
    stream.close()
    response.stream = httpx.ByteStream(bytes(taken))


async def async_take(response: httpx.Response) -> None:
    """Takes the whole body into memory likewise."""
    if response.is_stream_consumed:
        await response.aread()
        return
    stream: Any = response.stream
    taken = bytearray()
    async for piece in stream:
        taken += piece
    await stream.aclose()
    response.stream = httpx.ByteStream(bytes(taken))


def pieces(response: httpx.Response) -> Any:
    """Gives the body of a response, limited and decompressed, to be read piece by piece; some may hold nothing.

    httpx's own ways through it would look for a coding again, and take each piece through two generators more.
    """
    if response.is_stream_consumed or response.is_closed:
        # A hook or transport of the user's has read it, or has left it.
        return httpx.ByteStream(response.read())
    return response.stream


def refused(response: httpx.Response, *, deadline: Deadline | None) -> bytes:
    """Gives what comes of a refusal's body in a short time: where it breaks off, the status is not lost with it.

    No secret of the request is left in it, nor in the headers of the response.
    """
    came = bytearray()
    _hasten(response)
    try:
        with suppress(*_BROKEN):
            limited(response, deadline=deadline, most=MAX_REFUSAL, cut=True)
            with waiting(REFUSAL_SECONDS), cut_after(REFUSAL_SECONDS, response):
                for piece in pieces(response):
                    came += piece
    finally:
        response.close()
    return _without_secrets(response, bytes(came))


async def async_refused(response: httpx.Response, *, deadline: Deadline | None) -> bytes:
    """Gives what comes of a refusal's body likewise."""
    came = bytearray()
    try:
        with suppress(*_BROKEN):
            limited(response, deadline=deadline, most=MAX_REFUSAL, cut=True)
            await async_waiting(REFUSAL_SECONDS, _gathered(pieces(response), came))
    finally:
        await response.aclose()
    return _without_secrets(response, bytes(came))


def _without_secrets(response: httpx.Response, body: bytes) -> bytes:
    """Gives the body of a refusal without the secrets of its request, which its headers lose too."""
    secrets: Secrets = response.extensions["secrets"]
    told = response.headers.raw
    left, *values = secrets.left_out_of_each((body, *(value for _, value in told)))
    response.headers = httpx.Headers([(name, value) for (name, _), value in zip(told, values, strict=True)])
    return left


def _hasten(response: httpx.Response) -> None:
    # httpx's own transport asks the request how long to wait for the body when it begins to read it.
    limits = response.request.extensions.get("timeout", {})
    limits["read"] = min(limits.get("read") or REFUSAL_SECONDS, REFUSAL_SECONDS)


async def _gathered(chunks: AsyncIterable[bytes], came: bytearray) -> None:
    async for chunk in chunks:
        came += chunk


def drained(response: httpx.Response, chunks: Iterator[bytes]) -> None:
    """Reads what is left of a body, for a short time only."""
    # A connection of HTTP/2 serves others too, and goes on without this answer.
    if response.http_version == "HTTP/2":
        return
    with suppress(*_BROKEN), waiting(DRAIN_SECONDS), cut_after(DRAIN_SECONDS, response):
        left = _DRAIN_BYTES
        # Where pieces of nothing come without a pause, no wait for the next one notices that the time is over.
        while left > 0 and not are_over() and (chunk := next(chunks, None)) is not None:
            left -= len(chunk)


async def async_drained(response: httpx.Response, chunks: AsyncIterator[bytes]) -> None:
    """Reads what is left of a body likewise."""
    with suppress(*_BROKEN):
        await async_waiting(DRAIN_SECONDS, _read(chunks))


async def _read(chunks: AsyncIterator[bytes]) -> None:
    left = _DRAIN_BYTES
    while left > 0 and (chunk := await anext(chunks, None)) is not None:
        left -= len(chunk)
