"""HTTP/1.1 on the wire: a request's head as bytes, and from an answer's bytes its head and its body.

Sources: https://www.rfc-editor.org/rfc/rfc9112, https://www.rfc-editor.org/rfc/rfc9110
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

Headers = list[tuple[bytes, bytes]]

MAX_HEAD_BYTES = 64 * 1024
_MAX_LINE_BYTES = 4 * 1024
_PROTOCOL = b"HTTP/1."
_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?: [^\x00\r]*)?\Z")
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([^\x00\r]*)\Z")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\x00\r]*)?\Z")
_LENGTH = re.compile(rb"[0-9]{1,18}\Z")
_END_OF_HEAD = re.compile(rb"\n\r?\n")
_WITHOUT_BODY = {204, 304}
_NO_STATUS = "the answer does not begin with a status line of HTTP/1.1"


class MalformedError(ValueError):
    """What arrived, or what was to be sent, is not HTTP/1.1."""


class CutError(MalformedError):
    """The connection ended before the answer did."""


def request_head(method: str, target: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Gives the bytes of a request before its body.

    Raises:
        MalformedError: a part holds a line break, which would begin another header.
    """
    lines = [method.encode("ascii") + b" " + target + b" HTTP/1.1", *(name + b": " + value for name, value in headers)]
    head = b"\r\n".join(lines)
    if head.count(b"\n") != len(lines) - 1 or head.count(b"\r") != len(lines) - 1 or b"\0" in head:
        raise MalformedError("a header or the address holds a line break")
    return head + b"\r\n\r\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """The head of an answer."""

    status: int
    headers: Headers
    is_old: bool
    """Whether it is of HTTP/1.0, whose connections end with their answer."""

    def listed(self, name: bytes) -> list[bytes]:
        """Gives the comma-separated values of all headers of a name, in lower case."""
        values = b",".join(value for key, value in self.headers if key.lower() == name)
        return [value.strip().lower() for value in values.split(b",") if value.strip()]


class Body:
    """How the end of a body is known: here, by that of the connection."""

    def __init__(self, *, is_whole: bool = False) -> None:
        self.is_whole = is_whole
        self.rest = b""
        """What came after the end."""
        self.fault: MalformedError | None = None
        """What is wrong with what came; nothing is taken after it."""

    def take(self, data: bytes) -> bytes:
        """Takes what arrived and gives what of it belongs to the body."""
        return data

    def end(self) -> None:
        """Takes the end of the connection.

        Raises:
            MalformedError: the body is not whole.
        """
        self.is_whole = True


class Answer:
    """One answer as it arrives: ``take`` its bytes until ``is_whole``.

    Args:
        method: of the request that is answered.
    """

    def __init__(self, method: str) -> None:
        self._method = method
        self.head: Head | None = None
        self.has_begun = False
        """Whether any of its bytes have come."""
        self._arrived = b""
        self._announced = 0
        self._body: Body | None = None

    @property
    def is_broken(self) -> bool:
        """Whether what comes next of the body is malformed: what came before it is given first."""
        return self._body is not None and self._body.fault is not None

    @property
    def is_whole(self) -> bool:
        """Whether all of the answer has come."""
        return self._body is not None and self._body.is_whole

    @property
    def keeps_alive(self) -> bool:
        """Whether the connection may carry another request."""
        if self.head is None or self._body is None or not self._body.is_whole or self._body.rest:
            return False
        return not self.head.is_old and b"close" not in self.head.listed(b"connection")

    def take(self, data: bytes) -> bytes:
        """Takes what arrived, nothing for the end of the connection; gives what of it belongs to the body.

        Raises:
            MalformedError: it is not an answer of HTTP/1.1, or it is cut.
        """
        if self._body is not None and self._body.fault is not None:
            raise self._body.fault
        if not data:
            self._end()
            return b""
        if self._body is not None:
            return self._body.take(data)
        self.has_begun = True
        self._arrived += data
        self._read_head()
        if self._body is None:
            return b""
        data, self._arrived = self._arrived, b""
        return self._body.take(data) if data else b""

    def _read_head(self) -> None:
        while (found := _END_OF_HEAD.search(self._arrived)) is not None:
            head = _head(self._arrived[: found.start()])
            self._arrived = self._arrived[found.end() :]
            self._announced += found.end()
            if head.status == 101:
                raise MalformedError("the server switches to another protocol")
            # Heads of the hundreds only announce the answer.
            if head.status >= 200:
                self.head, self._body = head, _body(head, self._method)
                return
        if self._announced + len(self._arrived) > MAX_HEAD_BYTES:
            raise MalformedError(f"the head of the answer has more than {MAX_HEAD_BYTES} bytes")
        if not _PROTOCOL.startswith(self._arrived.lstrip(b"\r\n")[: len(_PROTOCOL)]):
            raise MalformedError(_NO_STATUS)

    def _end(self) -> None:
        if self._body is None:
            cut = "inside the head of the answer" if self._arrived else "without an answer"
            raise CutError(f"the server closed the connection {cut}")
        self._body.end()


def _head(data: bytes) -> Head:
    if len(data) > MAX_HEAD_BYTES:
        raise MalformedError(f"the head of the answer has more than {MAX_HEAD_BYTES} bytes")
    first, *lines = [line.removesuffix(b"\r") for line in data.lstrip(b"\r\n").split(b"\n")]
    status = _STATUS.match(first)
    if status is None:
        raise MalformedError(_NO_STATUS)
    headers: Headers = []
    for line in lines:
        if line[:1] in (b" ", b"\t") and headers:
            name, value = headers.pop()
            headers.append((name, value + b" " + line.strip(b" \t")))
            continue
        field = _FIELD.match(line)
        if field is None:
            raise MalformedError("a header of the answer is malformed")
        headers.append((field[1], field[2].strip(b" \t")))
    return Head(status=int(status[2]), headers=headers, is_old=status[1] == b"0")


def _body(head: Head, method: str) -> Body:
    # The head of an answer to HEAD tells of the body that GET would bring.
    if head.status in _WITHOUT_BODY or method == "HEAD":
        return _Sized(0)
    lengths = set(head.listed(b"content-length"))
    match head.listed(b"transfer-encoding"):
        case []:
            pass
        case [b"chunked"] if not lengths:
            return _Chunked()
        case [b"chunked"]:
            raise MalformedError("the answer has both a length and chunks")
        case _:
            raise MalformedError("the answer has a transfer encoding other than chunked")
    if not lengths:
        return Body()
    length = lengths.pop()
    if lengths or not _LENGTH.match(length):
        raise MalformedError("the content length of the answer is malformed")
    return _Sized(int(length))


class _Sized(Body):
    def __init__(self, length: int) -> None:
        super().__init__(is_whole=length == 0)
        self._missing = length

    def take(self, data: bytes) -> bytes:
        if len(data) > self._missing:
            data, self.rest = data[: self._missing], self.rest + data[self._missing :]
        self._missing -= len(data)
        self.is_whole = self._missing == 0
        return data

    def end(self) -> None:
        if not self.is_whole:
            raise CutError(f"the server closed the connection {self._missing} bytes before the end of the answer")


class _Chunked(Body):
    def __init__(self) -> None:
        super().__init__()
        self._arrived = b""
        self._missing = 0
        self._in_trailers = False
        self._trailed = 0

    def take(self, data: bytes) -> bytes:
        if self.is_whole:
            self.rest += data
            return b""
        pieces: list[bytes] = []
        try:
            self._read(self._arrived + data, pieces)
        except MalformedError as fault:
            self.fault = fault
        return b"".join(pieces)

    def _read(self, arrived: bytes, pieces: list[bytes]) -> None:
        place = 0
        while not self.is_whole:
            if self._missing:
                place = self._take_data(arrived, place, pieces)
                if self._missing:
                    break
            end = arrived.find(b"\n", place)
            if end < 0:
                break
            self._take_line(arrived[place:end].removesuffix(b"\r"))
            place = end + 1
        self._keep(arrived[place:])

    def end(self) -> None:
        if not self.is_whole:
            raise CutError("the server closed the connection inside the answer")

    def _take_data(self, arrived: bytes, place: int, pieces: list[bytes]) -> int:
        # The two bytes after a chunk end its line.
        stop = min(place + self._missing - 2, len(arrived))
        if stop > place:
            pieces.append(arrived[place:stop])
            self._missing -= stop - place
            place = stop
        if self._missing == 2 and arrived.startswith(b"\r\n", place):
            self._missing, place = 0, place + 2
        elif self._missing <= 2 and len(arrived) > place and not b"\r\n".startswith(arrived[place : place + 2]):
            raise MalformedError("a chunk of the answer is longer than its size")
        return place

    def _take_line(self, line: bytes) -> None:
        if self._in_trailers:
            self._trailed += len(line)
            if self._trailed > MAX_HEAD_BYTES:
                raise MalformedError(f"the trailers of the answer have more than {MAX_HEAD_BYTES} bytes")
            self.is_whole = not line
            return
        size = _CHUNK.match(line)
        if size is None:
            raise MalformedError("the size of a chunk of the answer is malformed")
        length = int(size[1], 16)
        self._missing = length + 2 if length else 0
        self._in_trailers = length == 0

    def _keep(self, arrived: bytes) -> None:
        if self.is_whole:
            self.rest = arrived
            return
        self._arrived = arrived
        if len(arrived) > _MAX_LINE_BYTES:
            raise MalformedError("a line between the chunks of the answer is too long")
