"""Bodies as they come, decompressed, with a bound on what they may become.

Source: RFC 9110 section 8.4 (content codings)
"""

import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from claude_foundry.errors import APIConnectionError, ResponseFormatError

MAX_ANSWER = 64 * 1024 * 1024
MAX_EVENT = 8 * 1024 * 1024
"""The service's events have some kilobytes, and 32 MB is the most of a request."""
MAX_REFUSAL = 64 * 1024
_PIECE = 64 * 1024
_MAX_RATIO = 100
_FREE = 1024 * 1024
_MEMBER = b"\x1f"
_NAME = re.compile(r"[a-z0-9.-]{1,16}")
_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


class Bounded:
    """The content of one body: ``feed`` it bytes, take its pieces.

    Args:
        coding: of the content, as ``content-encoding`` names it; empty for none.
        most: bytes of the content that are taken; None for no bound.
        cut: whether what is beyond is left away instead of refused.

    Raises:
        ResponseFormatError: the coding is one that was not asked for.
    """

    def __init__(self, coding: str, *, most: int | None, cut: bool = False) -> None:
        self._inflate = _inflating(coding)
        self._most = most
        self._cut = cut
        self._came = 0
        self._became = 0
        self.full = False
        """Whether no more is taken."""

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Gives the content that ``chunk`` holds.

        Raises:
            ResponseFormatError: it is more than the bound, or cannot be decompressed.
        """
        self._came += len(chunk)
        for piece in self._inflate(chunk):
            yield self._counted(piece)
            if self.full:
                return

    def end(self) -> None:
        """Tells a body that came to its end from one that was cut inside of its compressed data; none at all is whole.

        Raises:
            APIConnectionError: it was cut.
        """
        if self._came and isinstance(self._inflate, _Inflating) and not (self._inflate.ended or self.full):
            raise APIConnectionError("The answer ended in the middle of its compressed data.")

    def _counted(self, piece: bytes) -> bytes:
        before, self._became = self._became, self._became + len(piece)
        if self._became > max(_FREE, self._came * _MAX_RATIO):
            raise ResponseFormatError(f"The answer decompresses to more than {_MAX_RATIO} times its size.")
        # Compressed data may go on for ever and become nothing.
        if self._most is None or max(self._became, self._came - _FREE) <= self._most:
            return piece
        if not self._cut:
            raise ResponseFormatError(f"The answer has more than {self._most} bytes.")
        self.full = True
        return piece[: self._most - before]


def _inflating(coding: str) -> Callable[[bytes], Iterator[bytes]]:
    coding = coding.strip().lower()
    if coding in ("", "identity"):
        return _as_it_is
    if coding not in _WINDOWS:
        shown = repr(coding) if _NAME.fullmatch(coding) else "what has no name"
        raise ResponseFormatError(f"The answer is encoded as {shown}, which was not asked for.")
    return _Inflating(_WINDOWS[coding])


def _as_it_is(chunk: bytes) -> Iterator[bytes]:
    yield chunk


class _Inflating:
    def __init__(self, window: int) -> None:
        self._window = window
        self._stream: Any = zlib.decompressobj(window)
        self._has_members = window > zlib.MAX_WBITS

    @property
    def ended(self) -> bool:
        return bool(self._stream.eof)

    def __call__(self, chunk: bytes) -> Iterator[bytes]:
        """Gives at least one piece, which may be empty."""
        chunk = self._following(chunk)
        while True:
            piece = self._inflated(chunk)
            yield piece
            chunk = self._following(self._stream.unused_data) if self.ended else self._stream.unconsumed_tail
            # A full piece may leave more behind although all of the input was taken.
            if not chunk and (self.ended or len(piece) < _PIECE):
                return

    def _following(self, chunk: bytes) -> bytes:
        """Gives what of a chunk is compressed data of the answer.

        A file of gzip may have several members, with zeros behind each (RFC 1952 section 2.2). Anything else that
        follows the end is none of the answer, as for other readers.
        """
        if not self.ended:
            return chunk
        member = chunk.lstrip(b"\0") if self._has_members else b""
        if member.startswith(_MEMBER):
            self._stream = zlib.decompressobj(self._window)
            return member
        self._has_members = self._has_members and not member
        return b""

    def _inflated(self, chunk: bytes) -> bytes:
        try:
            return bytes(self._stream.decompress(chunk, _PIECE))
        except zlib.error:
            raise ResponseFormatError("The answer cannot be decompressed.") from None
