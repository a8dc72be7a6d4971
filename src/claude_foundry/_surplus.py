"""Bytes behind an answer, which httpx's own transport would read as the answer to the next request.

Ours close a connection that has more to say than was asked; httpx keeps it, with what it has read ahead.

Source: https://www.rfc-editor.org/rfc/rfc9112 (section 9.2)
"""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx

# From httpx's stream down to h11's state: neither library tells of it in another way.
_BELOW = ("_httpcore_stream", "_stream", "_connection", "_h11_state")


def watched(response: httpx.Response) -> httpx.Response:
    """Gives a response whose connection serves no other request if more comes than its body."""
    # A client of httpx's has one more around it than its transport.
    below = getattr(response.stream, "_stream", response.stream)
    if (state := _state(below)) is not None:
        response.stream = _Watched(response.stream, state)
    return response


def _state(stream: Any) -> Any:
    """Gives h11's state of the connection that a body comes over; None where it is not httpx's, or not HTTP/1.1."""
    for name in _BELOW:
        stream = getattr(stream, name, None)
    return stream


class _Watched(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __init__(self, stream: Any, state: Any) -> None:
        self._stream = stream
        self._state = state

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream
        self._judge()

    def close(self) -> None:
        self._stream.close()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            yield piece
        self._judge()

    async def aclose(self) -> None:
        await self._stream.aclose()

    def _judge(self) -> None:
        if self._state.trailing_data[0]:
            # With the body httpx closes a connection that can send no more.
            self._state.send_failed()
