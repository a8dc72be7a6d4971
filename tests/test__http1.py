"""HTTP/1.1 as it is read and written, with h11 as the judge."""

from itertools import pairwise

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry._http1 import MAX_HEAD_BYTES, Answer, CutError, MalformedError, request_head

OK = b"HTTP/1.1 200 OK\r\n"
SIZED = OK + b"Content-Length: 5\r\n\r\nhello"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nEtag: x\r\n\r\n"

names = st.from_regex(rb"X-[A-Za-z0-9!#$%&'*+.^_`|~-]{1,10}", fullmatch=True)
values = st.from_regex(rb"[!-~]([ -~]{0,20}[!-~])?", fullmatch=True)
bodies = st.lists(st.binary(min_size=1, max_size=50), max_size=6)
cuts = st.lists(st.integers(min_value=0, max_value=600), max_size=8)


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """Gives whole answers of any framing that says where it ends."""
    head = b"HTTP/1.1 %d Some Reason\r\n" % draw(st.sampled_from([200, 201, 400, 404, 429, 500, 529]))
    head += b"".join(name + b": " + value + b"\r\n" for name, value in draw(st.lists(st.tuples(names, values))))
    pieces = draw(bodies)
    if draw(st.booleans()):
        body = b"".join(pieces)
        return head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"


def pieces_of(data: bytes, places: list[int]) -> list[bytes]:
    """Cuts bytes at the places."""
    edges = [0, *sorted({place for place in places if 0 < place < len(data)}), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def taken(answer: Answer, pieces: list[bytes]) -> bytes:
    """Feeds an answer and gives its body."""
    return b"".join(answer.take(piece) for piece in pieces)


def judged(data: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Gives status, headers and body as h11 reads them."""
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="POST", target="/", headers=[("Host", "x"), ("Content-Length", "0")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    head = connection.next_event()
    assert isinstance(head, h11.Response)
    body = b""
    while isinstance(event := connection.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage)
    return head.status_code, list(head.headers), body


@given(answers(), cuts)
def test_an_answer_reads_the_same_however_it_is_cut(data: bytes, places: list[int]) -> None:
    """Head and body are those that h11 reads, wherever the network cuts the bytes."""
    answer = Answer("POST")

    body = taken(answer, pieces_of(data, places))

    assert answer.head is not None
    assert answer.is_whole
    assert answer.keeps_alive
    headers = [(name.lower(), value) for name, value in answer.head.headers]
    assert (answer.head.status, headers, body) == judged(data)


@given(answers(), st.data())
def test_an_answer_that_is_cut_is_an_error(data: bytes, draw: st.DataObject) -> None:
    """A connection that ends before the answer does is never taken for its end."""
    answer = Answer("POST")
    answer.take(data[: draw.draw(st.integers(min_value=1, max_value=len(data) - 1))])

    with pytest.raises(MalformedError):
        answer.take(b"")

    assert not answer.keeps_alive


@given(st.binary(max_size=300), cuts)
def test_garbage_is_an_error_or_nothing(data: bytes, places: list[int]) -> None:
    """Bytes that are no answer of HTTP/1.1 raise MalformedError and nothing else."""
    with pytest.raises(MalformedError):
        taken(Answer("POST"), [*pieces_of(data, places), b""])


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        OK + b"no colon\r\n\r\n",
        OK + b"Name : value\r\n\r\n",
        OK + b"Name: a\0b\r\n\r\n",
        OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
        OK + b"Content-Length: +5\r\n\r\n",
        OK + b"Content-Length: 99999999999999999999\r\n\r\n",
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n5;" + b"x" * 5000,
        OK + b"Name: " + b"x" * MAX_HEAD_BYTES,
        OK + b"Name:" + b" " * (MAX_HEAD_BYTES - 100) + b"\0\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\r\nHTTP/2",
        b"HTTP/1.1 103 Early Hints\r\n\r\n" * (MAX_HEAD_BYTES // 20),
        CHUNKED[:-2] + b"Name: value\r\n" * (MAX_HEAD_BYTES // 10),
        OK + b"Name: " + b"x" * MAX_HEAD_BYTES + b"\r\n\r\n",
    ],
    ids=lambda data: data[:60],
)
def test_what_is_malformed_is_refused(data: bytes) -> None:
    """A framing that could be read in two ways, or without end, is refused."""
    answer = Answer("POST")

    with pytest.raises(MalformedError) as caught:
        taken(answer, [data, b""])

    assert not isinstance(caught.value, CutError)


def test_a_head_is_told_before_what_is_wrong_behind_it() -> None:
    """What comes with a head does not take it away, however malformed it is."""
    answer = Answer("POST")

    assert answer.take(OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n") == b""
    assert answer.head is not None
    assert (answer.head.status, answer.is_broken, answer.is_whole, answer.keeps_alive) == (200, True, False, False)
    for data in (b"5\r\nhello\r\n", b""):
        with pytest.raises(MalformedError, match="size of a chunk"):
            answer.take(data)


@pytest.mark.parametrize("wrong", [b"xyz\r\n", b"5\r\nhello, there", b"f" * 5000])
@given(data=st.data())
def test_what_is_sound_is_given_before_what_is_not(wrong: bytes, data: st.DataObject) -> None:
    """However the bytes are cut, the same of a body is given before what is malformed behind it is told."""
    whole = OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n" + wrong
    cuts = sorted(data.draw(st.sets(st.integers(1, len(whole) - 1), max_size=6)))
    answer = Answer("POST")
    pieces = [whole[begin:end] for begin, end in pairwise([0, *cuts, len(whole)])]

    body, sound = b"", iter(pieces)
    while not answer.is_broken:
        body += answer.take(next(sound))

    assert body == b"abcdefg" + b"hello" * wrong.startswith(b"5\r\nhello")
    with pytest.raises(MalformedError, match="chunk"):
        answer.take(b"")


@pytest.mark.parametrize(
    ("data", "body", "keeps_alive"),
    [
        (SIZED, b"hello", True),
        (CHUNKED, b"hello world", True),
        (CHUNKED.replace(b"\r\n", b"\n").replace(b"hello\n", b"hello\r\n").replace(b"world\n", b"world\r\n"),
         b"hello world", True),
        (SIZED.replace(b"HTTP/1.1", b"HTTP/1.0"), b"hello", False),
        (SIZED.replace(b"Content", b"Connection: Close\r\nContent"), b"hello", False),
        (SIZED + b"HTTP/1.1", b"hello", False),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + SIZED, b"hello", True),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b"", True),
        (OK + b"Content-Length: 5, 5\r\n\r\nhello", b"hello", True),
        (OK + b"Name: a\r\n b\r\nContent-Length: 5\r\n\r\nhello", b"hello", True),
    ],
)  # fmt: skip
def test_what_servers_write_is_understood(data: bytes, body: bytes, keeps_alive: bool) -> None:
    """Each framing gives its body, and tells whether the connection can go on."""
    answer = Answer("POST")

    arrived = taken(answer, pieces_of(data, list(range(len(data)))))

    assert answer.is_whole
    assert (arrived, answer.keeps_alive) == (body, keeps_alive)


def test_a_body_without_a_size_ends_with_the_connection() -> None:
    """An answer without length or chunks is whole when the server closes, and the connection is spent."""
    answer = Answer("POST")

    body = answer.take(OK + b"\r\nhello") + answer.take(b" world") + answer.take(b"")

    assert (body, answer.is_whole) == (b"hello world", True)


@given(st.text(max_size=20))
def test_no_header_can_begin_another(value: str) -> None:
    """A value with a line break is refused; any other stands in one line of its own."""
    raw = value.encode()

    try:
        head = request_head("POST", b"/path", [(b"Name", raw)])
    except MalformedError:
        assert set(b"\r\n\0") & set(raw)
    else:
        assert head == b"POST /path HTTP/1.1\r\nName: " + raw + b"\r\n\r\n"
