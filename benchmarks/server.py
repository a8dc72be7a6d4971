"""A server that only writes bytes: its cost must not hide the client's.

``python -m benchmarks.server --kind text --events 2000`` prints its port and serves until it is ended.
"""

import argparse
import asyncio
from dataclasses import dataclass

from benchmarks import answers

_HEAD = b"HTTP/1.1 200 OK\r\nrequest-id: req_1\r\napim-request-id: apim_1\r\n"
_WHOLE = _HEAD + b"content-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
_STREAM = _HEAD + b"content-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n"
_END = b"0\r\n\r\n"


@dataclass(frozen=True, kw_only=True)
class Script:
    """What to answer.

    Args:
        kind: of the deltas, ``text`` or ``tool``.
        events: deltas of one stream.
        pause: seconds between two events; 0 sends all at once, in pieces of many events.
    """

    kind: str
    events: int
    pause: float = 0.0

    def pieces(self) -> list[bytes]:
        """Gives the stream in the pieces in which it is written."""
        written = list(answers.events(self.kind, self.events))
        size = 1 if self.pause else 100
        return [_chunk(b"".join(written[start : start + size])) for start in range(0, len(written), size)]


class Answering(asyncio.Protocol):
    """One connection: reads requests, writes what the script says."""

    def __init__(self, script: Script, pieces: list[bytes], whole: bytes) -> None:
        self._script = script
        self._pieces = pieces
        self._whole = whole
        self._arrived = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the connection to write on."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answers when the request is whole."""
        self._arrived += data
        head, _, body = self._arrived.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
        if len(body) < length or b"\r\n\r\n" not in self._arrived:
            return
        self._arrived = b""
        is_stream = b'"stream":true' in body or b'"stream": true' in body
        if not is_stream:
            self._transport.write(self._whole)
        elif self._script.pause:
            self._later(0)
        else:
            self._transport.write(_STREAM + b"".join(self._pieces) + _END)

    def _later(self, place: int) -> None:
        if self._transport.is_closing():
            return
        self._transport.write((_STREAM if place == 0 else b"") + self._pieces[place])
        if place + 1 == len(self._pieces):
            self._transport.write(_END)
            return
        asyncio.get_running_loop().call_later(self._script.pause, self._later, place + 1)


async def serve(script: Script) -> None:
    """Serves on a free port of the loopback interface, which it prints."""
    pieces, body = script.pieces(), answers.whole()
    whole = _WHOLE % (len(body), body)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Answering(script, pieces, whole), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--kind", default="text")
    parser.add_argument("--events", type=int, default=1)
    parser.add_argument("--pause", type=float, default=0.0)
    given = parser.parse_args()
    asyncio.run(serve(Script(kind=given.kind, events=given.events, pause=given.pause)))
