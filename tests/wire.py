"""A server of raw bytes on loopback, in threads: what an HTTP server would never send."""

import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def chunked(pieces: Iterable[bytes]) -> bytes:
    """Gives the head of a stream and some of its pieces; the stream goes on."""
    return HEAD + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


class Wire:
    """One connection, from the server's side."""

    def __init__(self, peer: socket.socket, left: threading.Event) -> None:
        self.peer = peer
        self.left = left
        """Set when the test is over."""

    def asked(self) -> bytes:
        """Reads one request whole; gives it."""
        came = b""
        while b"\r\n\r\n" not in came:
            came += self._received()
        head, _, body = came.partition(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
        while len(body) < int(lengths[0] if lengths else 0):
            body += self._received()
        return head + b"\r\n\r\n" + body

    def _received(self) -> bytes:
        came = self.peer.recv(65536)
        if not came:
            raise ConnectionError("the client left")
        return came

    def send(self, data: bytes) -> None:
        self.peer.sendall(data)

    def end(self) -> None:
        self.peer.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        self.peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.peer.close()

    def wait(self) -> None:
        """Says nothing until the test is over."""
        self.left.wait(30)

    def until_closed(self) -> bool:
        """Waits until the client closes; tells whether it did."""
        self.peer.settimeout(10)
        with suppress(TimeoutError):
            while self.peer.recv(65536):
                pass
            return True
        return False


@contextmanager
def raw(serve: Callable[[Wire], object], *, receives: int | None = None) -> Iterator[str]:
    """Serves each connection in a thread of its own, and takes in only so many bytes ahead; gives the URL."""
    left, threads = threading.Event(), []

    def handle(peer: socket.socket) -> None:
        with peer, suppress(OSError):
            serve(Wire(peer, left))

    def accept() -> None:
        with suppress(OSError):
            while True:
                peer, _ = server.accept()
                threads.append(threading.Thread(target=handle, args=(peer,), daemon=True))
                threads[-1].start()

    with socket.create_server(("127.0.0.1", 0), backlog=4096) as server:
        if receives is not None:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            left.set()
            # Closing alone does not wake a thread that accepts.
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            accepting.join(5)
            for thread in threads:
                thread.join(5)
