"""Answers that come before their request has gone up, over httpx's own transport in a loop of asyncio's.

anyio reads only when it is asked to, and asyncio throws away what nobody read when it notices, by writing, that a
connection is gone. A service that refuses a large request and closes would be heard as a reset alone.
"""

import asyncio
import ssl
from contextlib import suppress
from typing import Any

from claude_foundry._http1 import Answer, MalformedError

FILLS = 65536
"""Bytes of a request that a system takes whether or not the service reads them."""
MOST = 131072
"""Bytes of an answer that are taken before its request has gone up."""


class Early:
    """What comes over one connection of httpcore's while a request goes up over it.

    Args:
        stream: the connection; of libraries other than anyio, and of later versions of it, nothing is heard.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = getattr(stream, "_stream", None)
        self._sent = 0
        self._listening: _Listening | None = None
        self._came = b""

    def sending(self, size: int) -> None:
        """Takes it that so many more bytes of a request are sent, and begins to listen if they are many."""
        self._sent += size
        if self._listening is None and self._sent > FILLS:
            with suppress(AttributeError, NotImplementedError):
                self._listening = _Listening(_bottom(self._stream)._transport)

    async def came(self) -> bool:
        """Tells, when no more can be sent, whether there is an answer that tells why."""
        if self._listening is not None:
            with suppress(AttributeError, ssl.SSLError):
                self._came += await _come(self._stream)
        return _is_told(self._came)

    def taken(self, most: int) -> bytes:
        """Gives what came, as many bytes at most: the request has gone up as far as it could."""
        self._sent = 0
        if self._listening is not None:
            self._listening.end()
            self._listening = None
        piece, self._came = self._came[:most], self._came[most:]
        return piece


class _Listening(asyncio.Protocol):
    """Hands all that a connection tells on to what usually hears it, and has it read, up to a limit."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._usual: Any = transport.get_protocol()
        self._held = 0
        if not transport.is_closing():
            transport.set_protocol(self)
            transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        self._usual.data_received(data)
        self._held += len(data)
        if self._held > MOST:
            self._transport.pause_reading()

    def eof_received(self) -> bool | None:
        keeps_open: bool | None = self._usual.eof_received()
        return keeps_open

    def connection_lost(self, exc: Exception | None) -> None:
        self._usual.connection_lost(exc)

    def pause_writing(self) -> None:
        self._usual.pause_writing()

    def resume_writing(self) -> None:
        self._usual.resume_writing()

    def end(self) -> None:
        if not self._transport.is_closing():
            self._transport.set_protocol(self._usual)
            self._transport.pause_reading()


def _is_told(came: bytes) -> bool:
    """Tells whether this is a whole answer, or a refusal, which its head tells: others go on when the request does."""
    answer = Answer("POST")
    with suppress(MalformedError):
        answer.take(came)
    return answer.is_whole or (answer.head is not None and answer.head.status >= 400)


def _bottom(stream: Any) -> Any:
    """Gives the stream over a socket that one through TLS stands on."""
    while (below := getattr(stream, "transport_stream", None)) is not None:
        stream = below
    return stream


async def _come(stream: Any) -> bytes:
    """Gives what came over a stream, without waiting. One whose writing failed gives nothing itself any more."""
    below = getattr(stream, "transport_stream", None)
    if below is not None:
        stream._read_bio.write(await _come(below))
        return _decrypted(stream._ssl_object)
    pieces = []
    while stream._protocol.read_queue:
        pieces.append(await stream.receive())
    return b"".join(pieces)


def _decrypted(tls: ssl.SSLObject) -> bytes:
    pieces = []
    with suppress(ssl.SSLError):
        while piece := tls.read(FILLS):
            pieces.append(piece)
    return b"".join(pieces)
