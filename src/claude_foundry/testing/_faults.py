"""Answers that broke off while they were recorded: kept with what had come of them, and broken off again on replay.

Source: https://vcrpy.readthedocs.io/en/latest/advanced.html (VCR joins a stream before it records it)
"""

import functools
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Literal, TypeAlias

import httpx
from anyio import get_cancelled_exc_class

PIECE = 61
"""Bytes. VCR holds a body as one piece; cut like this, events and characters arrive in parts as from a network."""
Fault: TypeAlias = Literal["ReadError", "ReadTimeout", "RemoteProtocolError"]
FAULT = "x-recorded-fault"
"""The header by which VCR carries a fault; in a cassette it is a field."""
CUT: Fault = "RemoteProtocolError"

_BROKEN_OFF = "The answer broke off when it was recorded."
_FAULTS: dict[str, type[httpx.TransportError]] = {
    kind.__name__: kind for kind in (httpx.ReadError, httpx.ReadTimeout, httpx.RemoteProtocolError)
}


class _Noted(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A stream that ends where it breaks off, and says so in the headers of its response."""

    def __init__(self, stream: Any, response: httpx.Response, *, lost: Callable[[], None]) -> None:
        self._stream = stream
        self._response = response
        self._lost = lost

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._stream
        except tuple(_FAULTS.values()) as error:
            self._response.headers[FAULT] = type(error).__name__

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._stream:
                yield piece
        except tuple(_FAULTS.values()) as error:
            self._response.headers[FAULT] = type(error).__name__
        except get_cancelled_exc_class():
            self._lost()
            raise

    def close(self) -> None:
        self._stream.close()

    async def aclose(self) -> None:
        await self._stream.aclose()


def noting(make: Callable[..., None], *, lost: Callable[[], None]) -> Callable[..., None]:
    """Gives the constructor of a response whose stream, if it has one, is noted.

    Args:
        make: the constructor.
        lost: called where a read is cancelled: VCR records nothing of its answer.
    """

    @functools.wraps(make)
    def made(response: httpx.Response, *arguments: Any, stream: Any = None, **named: Any) -> None:
        noted = None if stream is None else _Noted(stream, response, lost=lost)
        make(response, *arguments, stream=noted, **named)

    return made


class _Broken(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The bytes that had come, in pieces, and then what they broke off with."""

    def __init__(self, stream: httpx.ByteStream, kind: type[httpx.TransportError]) -> None:
        self._stream = stream
        self._kind = kind

    def __iter__(self) -> Iterator[bytes]:
        for came in self._stream:
            yield from _pieces(came)
        raise self._kind(_BROKEN_OFF)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for came in self._stream:
            for piece in _pieces(came):
                yield piece
        raise self._kind(_BROKEN_OFF)


def _pieces(came: bytes) -> Iterator[bytes]:
    return (came[start : start + PIECE] for start in range(0, len(came), PIECE))


def breaking(assign: Callable[..., None]) -> Callable[..., None]:
    """Gives what assigns an attribute of a response, whose stream breaks off where a fault was noted."""

    @functools.wraps(assign)
    def assigned(response: httpx.Response, name: str, value: Any) -> None:
        if name == "stream" and isinstance(value, httpx.ByteStream):
            kind = _FAULTS.get(response.headers.get(FAULT, ""))
            value = value if kind is None else _Broken(value, kind)
        assign(response, name, value)

    return assigned
