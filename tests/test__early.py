"""Answers that come before their request has gone up, over httpx's own transport in an event loop."""

import asyncio
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest

from claude_foundry import APITimeoutError, AsyncFoundryClient, RequestTooLargeError, Timeout
from claude_foundry._early import FILLS, MOST, Early
from tests.answers import message
from tests.faults import wire as answers
from tests.faults.server import Authority, End, Exchange, FaultServer, Script, scripted
from tests.shells import REQUEST
from tests.wire import Wire, raw

Act = Callable[[AsyncFoundryClient], Awaitable[Any]]

TOO_LARGE = answers.refusal(413, "request_too_large")
SETTLE, LONG = 0.05, 5.0
LARGE = REQUEST | {"messages": [{"role": "user", "content": "x" * 8_000_000}]}


async def create(client: AsyncFoundryClient) -> Any:
    return await client.messages.create(**LARGE)


async def upload(client: AsyncFoundryClient) -> Any:
    return await client.files.upload(iter([b"x" * 100_000] * 80), filename="a.bin")


def asked(url: str, act: Act, *, verify: Any = True, timeout: Timeout | None = None) -> Any:
    async def ask() -> Any:
        async with httpx.AsyncClient(verify=verify) as http:
            settings: dict[str, Any] = {"base_url": url, "api_key": "k", "http_client": http, "max_retries": 0}
            async with AsyncFoundryClient(**settings, timeout=timeout) as client:
                return await asyncio.wait_for(act(client), 20)

    return asyncio.run(ask())


def unread(*steps: bytes | float, end: End) -> Script:
    """Gives what is answered to the head of a request, whose body nobody reads."""
    return scripted(Exchange(steps, end), reads_body=False)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module", params=["plain", "tls", "tls-1.2"])
def serving(request: pytest.FixtureRequest, authority: Authority) -> Iterator[FaultServer]:
    context = None if request.param == "plain" else authority.server_context("127.0.0.1")
    if context is not None and request.param == "tls-1.2":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    with FaultServer(context=context) as server:
        yield server


@pytest.mark.parametrize("act", [create, upload])
@pytest.mark.parametrize("end", ["fin", "rst"])
def test_a_refusal_that_ends_the_connection(act: Act, end: End, serving: FaultServer, authority: Authority) -> None:
    """A refusal is told, though the connection is gone before the request has gone up."""
    url = serving.url(unread(TOO_LARGE, SETTLE, end=end))

    with pytest.raises(RequestTooLargeError, match="32 MB"):
        asked(url, act, verify=authority.client_context())


def test_a_refusal_by_who_reads_no_more(serving: FaultServer, authority: Authority) -> None:
    """A refusal is told, though the connection stays and takes nothing more of the request."""
    url = serving.url(unread(TOO_LARGE, LONG, end="fin"))

    with pytest.raises(RequestTooLargeError, match="32 MB"):
        asked(url, create, verify=authority.client_context(), timeout=Timeout(write=0.3))


def test_nothing_but_silence(serving: FaultServer, authority: Authority) -> None:
    """Who takes nothing of the request, and says nothing, is told of as that."""
    url = serving.url(unread(LONG, end="fin"))

    with pytest.raises(APITimeoutError, match="did not take the request"):
        asked(url, create, verify=authority.client_context(), timeout=Timeout(write=0.3))


@pytest.mark.parametrize(
    "came",
    [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 4", answers.head()],
    ids=["announced", "begun", "not whole"],
)
def test_what_tells_nothing(came: bytes, serving: FaultServer, authority: Authority) -> None:
    """What is no answer yet, or one that has just begun, does not stand for why nothing more of a request is taken."""
    url = serving.url(unread(came, LONG, end="fin"))

    with pytest.raises(APITimeoutError, match="did not take the request"):
        asked(url, create, verify=authority.client_context(), timeout=Timeout(write=0.3))


def test_what_a_connection_serves_afterwards() -> None:
    """A connection over which a large request went up serves the next ones."""
    connections = []

    def serve(wire: Wire) -> None:
        connections.append(wire)
        while wire.asked():
            wire.send(answers.document(message()))

    async def thrice(client: AsyncFoundryClient) -> list[str]:
        return [(await create(client)).text for _ in range(3)]

    with raw(serve) as url:
        texts = asked(url, thrice)

    assert (texts, len(connections)) == ([message()["content"][0]["text"]] * 3, 1)


def test_requests_through_tls_afterwards(serving: FaultServer, authority: Authority) -> None:
    """A large request that is answered when it has come whole is answered as ever, one after the other."""
    script = scripted(Exchange((answers.document(message()),)))

    async def twice(client: AsyncFoundryClient) -> list[str]:
        return [(await create(client)).text for _ in range(2)]

    texts = asked(serving.url(script), twice, verify=authority.client_context())

    assert (texts, len(script.requests)) == ([message()["content"][0]["text"]] * 2, 2)


def test_an_answer_without_end() -> None:
    """Of an answer that comes before its request has gone up no more is taken than has its place."""
    sent = threading.Event()

    def serve(wire: Wire) -> None:
        wire.peer.recv(65536)
        wire.peer.settimeout(0.3)
        wire.send(b"HTTP/1.1 413 Too Large\r\n\r\n")
        try:
            while True:
                wire.send(b"x" * 65536)
        except TimeoutError:
            sent.set()

    with raw(serve) as url, pytest.raises(RequestTooLargeError):
        asked(url, create, timeout=Timeout(write=2.0))
    assert sent.is_set()


class Transport(asyncio.Transport):
    """A transport that writes down what is done to it."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[str] = []
        self.protocol: asyncio.BaseProtocol = asyncio.Protocol()

    def is_closing(self) -> bool:
        return False

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self.protocol

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def resume_reading(self) -> None:
        self.done.append("resumed")

    def pause_reading(self) -> None:
        self.done.append("paused")


class Stream:
    """A stream of anyio's over a transport, as httpcore holds it."""

    def __init__(self) -> None:
        self._transport = Transport()
        self._stream = self


def test_what_is_small() -> None:
    """A request that the system takes whole changes nothing of how a connection is read."""
    stream = Stream()
    early = Early(stream)

    early.sending(FILLS)
    early.taken(1)
    early.sending(FILLS)

    assert stream._transport.done == []


def test_what_is_large() -> None:
    """A connection is read while a large request goes up, up to the limit, and is given back as it was."""
    stream = Stream()
    usual, early = stream._transport.protocol, Early(stream)

    early.sending(FILLS + 1)
    listening: Any = stream._transport.protocol
    listening.data_received(b"x" * MOST)
    resumed = [*stream._transport.done]
    listening.data_received(b"x")
    early.taken(1)

    assert (resumed, stream._transport.done) == (["resumed"], ["resumed", "paused", "paused"])
    assert stream._transport.protocol is usual


def test_other_libraries() -> None:
    """Of a connection that is not anyio's nothing is heard, and it goes on as ever."""
    early = Early(object())

    early.sending(FILLS + 1)

    assert not asyncio.run(early.came())
    assert early.taken(10) == b""
