"""What is left of an httpx client: the same requests, sent over one transport."""

import asyncio
import string
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry._direct import AsyncDirectClient, DirectClient, Signing, names

NAMES = st.text(string.ascii_letters + string.digits + "-", min_size=1, max_size=12).map("x-{}".format)
HEADERS = st.dictionaries(NAMES, st.text(string.ascii_letters + " ", max_size=20).map(str.strip))
TIMEOUT = httpx.Timeout(3.0)


class Pieces(httpx.SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        yield b"a"


def built(client: Any, **parts: Any) -> httpx.Request:
    given = {"method": "POST", "url": "https://a.test:8443/v1/x?y=1", "headers": {}, "timeout": TIMEOUT, **parts}
    return client.build_request(given.pop("method"), given.pop("url"), **given)


def answering(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, text=f"{request.headers.get('x-signed')}")


@given(HEADERS, st.binary(max_size=50))
def test_requests_are_those_of_httpx(headers: dict[str, str], content: bytes) -> None:
    """Address, headers of the caller's, length, body and limits are what httpx would send of them."""
    own = built(DirectClient(httpx.MockTransport(answering)), headers=headers, content=content)
    plain = httpx.Request("POST", "https://a.test:8443/v1/x?y=1", headers=headers, content=content)

    assert (own.url, own.method, own.read()) == (plain.url, plain.method, content)
    assert dict(own.headers) == dict(plain.headers)
    assert own.extensions["timeout"] == TIMEOUT.as_dict()


def test_bodies_in_pieces() -> None:
    """A body of unknown length is announced as coming in chunks."""
    own = built(DirectClient(httpx.MockTransport(answering)), content=iter(Pieces()))

    assert own.headers["transfer-encoding"] == "chunked"
    assert own.read() == b"a"


@given(HEADERS)
def test_names(headers: dict[str, str]) -> None:
    """The names of headers are told in lower case, whatever they hold."""
    assert names(httpx.Headers(headers)) == {name.lower() for name in headers}
    assert names(httpx.Headers([(b"\xff-x", b"1")])) == {"�-x"}


class Marking(Signing):
    def signed(self, request: httpx.Request) -> httpx.Request:
        return httpx.Request(request.method, request.url, headers={"x-signed": "yes"})


class Transport(httpx.MockTransport):
    closed = 0

    def close(self) -> None:
        self.closed += 1

    async def aclose(self) -> None:
        self.closed += 1


def test_send() -> None:
    """What is sent is the signed request, which the answer names."""
    transport = Transport(answering)
    client = DirectClient(transport)

    answer = client.send(built(client, content=b""), auth=Marking())

    assert (answer.text, answer.request.headers["x-signed"]) == ("yes", "yes")
    client.close()
    assert (client.is_closed, transport.closed) == (True, 1)


async def test_send_in_a_loop() -> None:
    """In an event loop likewise."""
    transport = Transport(answering)
    client = AsyncDirectClient(transport)

    answer = await client.send(built(client, content=b""), auth=Marking())

    assert (await answer.aread(), answer.request.headers["x-signed"]) == (b"yes", "yes")
    await client.aclose()
    assert (client.is_closed, transport.closed) == (True, 1)


async def test_failing_sign_in() -> None:
    """Where nothing can be signed, nothing is sent, and the connections stay open."""
    sent: list[httpx.Request] = []

    class Failing(Signing):
        def signed(self, request: httpx.Request) -> httpx.Request:
            raise ValueError("no token")

    transport = Transport(lambda request: sent.append(request) or answering(request))
    client, looped = DirectClient(transport), AsyncDirectClient(transport)

    with pytest.raises(ValueError, match="no token"):
        client.send(built(client, content=b""), auth=Failing())
    with pytest.raises(ValueError, match="no token"):
        await looped.send(built(looped, content=b""), auth=Failing())

    assert (sent, client.is_closed, looped.is_closed, transport.closed) == ([], False, False, 0)


async def test_closed_while_signing() -> None:
    """What is closed while it waits for a token, as by a loop that has ended, ends quietly."""

    class Waiting(Signing):
        async def async_signed(self, request: httpx.Request) -> httpx.Request:
            await asyncio.Event().wait()
            return request

    client = AsyncDirectClient(Transport(answering))
    sending = client.send(built(client, content=b""), auth=Waiting())
    sending.send(None)

    sending.close()

    assert sending.cr_frame is None


async def test_closed() -> None:
    """What was built before its client was closed opens no connection of a transport that would open again."""
    client, in_loop = DirectClient(Transport(answering)), AsyncDirectClient(Transport(answering))
    request = built(client, content=b"")
    client.close()
    await in_loop.aclose()

    with pytest.raises(RuntimeError, match="was closed"):
        client.send(request, auth=Marking())
    with pytest.raises(RuntimeError, match="was closed"):
        await in_loop.send(request, auth=Marking())
