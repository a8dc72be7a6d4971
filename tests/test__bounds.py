"""Bodies with a bound, however they are compressed."""

import gzip
import zlib

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry import APIConnectionError, BadRequestError, ResponseFormatError, StreamInterruptedError
from claude_foundry._bounds import MAX_REFUSAL, Bounded
from tests.answers import SSE, message, pieces_of
from tests.shells import REQUEST, Body, FakeTime, Script, Shell, both

Kind = type[Shell]


def fed(bounded: Bounded, data: bytes, size: int) -> list[bytes]:
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    return [piece for each in pieces for piece in bounded.feed(each)]


@given(st.binary(max_size=5000), st.integers(min_value=1, max_value=600), st.sampled_from(["gzip", "deflate", ""]))
def test_any_cut(content: bytes, size: int, coding: str) -> None:
    """However a compressed body is cut, its content comes out whole."""
    data = {"gzip": gzip.compress, "deflate": zlib.compress, "": bytes}[coding](content)
    bounded = Bounded(coding, most=None)

    pieces = fed(bounded, data, size)
    bounded.end()

    assert b"".join(pieces) == content


@given(st.lists(st.binary(max_size=300), min_size=2, max_size=4), st.integers(1, 600), st.integers(0, 9))
def test_any_members(contents: list[bytes], size: int, zeros: int) -> None:
    """All members of a file of gzip are its content, with zeros between them or none."""
    bounded = Bounded("gzip", most=None)

    pieces = fed(bounded, (b"\0" * zeros).join(map(gzip.compress, contents)) + b"\0" * zeros, size)
    bounded.end()

    assert b"".join(pieces) == b"".join(contents)


@pytest.mark.parametrize("behind", [b"behind", b"\0\0\1", b"x" + gzip.compress(b"more")])
def test_what_is_behind_the_members(behind: bytes) -> None:
    """What begins no member is none of the content, nor is anything after it."""
    bounded = Bounded("gzip", most=None)

    pieces = fed(bounded, gzip.compress(b"content") + behind + gzip.compress(b"more"), 7)
    bounded.end()

    assert b"".join(pieces) == b"content"


def test_cut_members() -> None:
    """A file of gzip that is cut in its second member is told as any that is cut, and a bomb there as any bomb."""
    first, cut, bomb = gzip.compress(b"content"), Bounded("gzip", most=None), Bounded("gzip", most=None)
    list(cut.feed(first + gzip.compress(b"more")[:-4]))

    with pytest.raises(APIConnectionError, match="middle of its compressed data"):
        cut.end()
    with pytest.raises(ResponseFormatError, match="100 times"):
        list(bomb.feed(first + gzip.compress(bytes(64 * 1024 * 1024))))


def test_bombs() -> None:
    """What decompresses to a hundred times its size is refused long before it is whole, in small pieces."""
    bomb, bounded, seen = gzip.compress(bytes(64 * 1024 * 1024)), Bounded("gzip", most=None), []

    with pytest.raises(ResponseFormatError, match="100 times"):
        seen.extend(map(len, bounded.feed(bomb)))

    assert sum(seen) <= 100 * len(bomb)
    assert max(seen) <= 64 * 1024


def test_most() -> None:
    """More than the bound is refused, or cut where only its beginning is of use."""
    refusing, cutting = Bounded("", most=10), Bounded("", most=10, cut=True)

    with pytest.raises(ResponseFormatError, match="more than 10 bytes"):
        list(refusing.feed(b"x" * 11))

    assert (b"".join(cutting.feed(b"x" * 11)), cutting.full) == (b"x" * 10, True)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_nothing_at_all(coding: str) -> None:
    """A body of no bytes, as of an answer that has none, is whole whatever its coding."""
    bounded = Bounded(coding, most=None)

    assert b"".join(bounded.feed(b"")) == b""
    bounded.end()


EMPTY = b"\x00\x00\x00\xff\xff"
"""A block of compressed data that holds nothing."""


def test_endless_nothing() -> None:
    """Compressed data that becomes nothing has a bound of its own, the content's and 1 MiB."""
    beginning, nothing = zlib.compress(b"content")[:2], EMPTY * 1000
    refusing, cutting = Bounded("deflate", most=10), Bounded("deflate", most=10, cut=True)
    list(refusing.feed(beginning))
    list(cutting.feed(beginning))

    with pytest.raises(ResponseFormatError, match="more than 10 bytes"):
        fed(refusing, nothing * 300, len(nothing))
    fed(cutting, nothing * 300, len(nothing))

    assert cutting.full


def test_each_piece_is_told() -> None:
    """Whatever comes gives a piece, an empty one where it becomes nothing: before the end, and behind it."""
    bounded, data = Bounded("deflate", most=None), zlib.compress(b"content")

    pieces = [list(bounded.feed(each)) for each in (b"", data[:1], data[1:], b"behind", b"")]

    assert pieces == [[b""], [b""], [b"content"], [b""], [b""]]
    bounded.end()


def test_damaged() -> None:
    """A body that is no gzip, or not all of it, is told as such."""
    cut = Bounded("gzip", most=None)
    list(cut.feed(gzip.compress(b"content")[:-4]))

    with pytest.raises(APIConnectionError, match="middle of its compressed data"):
        cut.end()
    with pytest.raises(ResponseFormatError, match="cannot be decompressed"):
        list(Bounded("gzip", most=None).feed(b"plain"))
    with pytest.raises(ResponseFormatError, match="'br', which was not asked for"):
        Bounded("br", most=None)


@both
def test_compressed_stream(shell: Kind) -> None:
    """A gateway may compress a stream though none was asked for; it is read as any other."""
    data = gzip.compress(b"".join(pieces_of(message())))
    pieces = [data[start : start + 7] for start in range(0, len(data), 7)]
    service = Script(httpx.Response(200, headers={**SSE, "content-encoding": "gzip"}, stream=Body(pieces)))

    assert shell(service, FakeTime()).stream(**REQUEST).text == "Hello there."
    assert service.requests[0].headers["accept-encoding"] == "identity"


@both
def test_bomb_in_a_stream(shell: Kind) -> None:
    """A stream that decompresses to more than it can honestly be is interrupted."""
    start = gzip.compress(b"".join(pieces_of(message())[:5]) + b": " + bytes(64 * 1024 * 1024))
    service = Script(httpx.Response(200, headers={**SSE, "content-encoding": "gzip"}, stream=Body([start])))

    with pytest.raises((StreamInterruptedError, ResponseFormatError), match="100 times"):
        shell(service, FakeTime()).stream(**REQUEST)

    assert len(service.requests) == 1


@both
def test_large_refusal(shell: Kind) -> None:
    """Of an error answer no more is read than its beginning."""
    body = Body([b'{"error": {"message": "No', *[b"o" * 65536] * 1000])
    read: list[int] = []
    body.pieces = _counted(body.pieces, read)  # type: ignore[assignment]
    service = Script(httpx.Response(400, headers={"content-type": "application/json"}, stream=body))

    with pytest.raises(BadRequestError):
        shell(service, FakeTime()).create(**REQUEST)

    assert sum(read) <= MAX_REFUSAL + 65536 + 100
    assert body.closed


def _counted(pieces: list[bytes], read: list[int]):  # type: ignore[no-untyped-def]
    for piece in pieces:
        read.append(len(piece))
        yield piece
