"""Requests that meet the end of a kept connection of httpx's own transport."""

import json
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest
from pydantic import SecretStr

from claude_foundry import APIConnectionError, APITimeoutError, AsyncFoundryClient, FoundryClient
from claude_foundry._auth import FoundryAuth
from claude_foundry._config import FoundryConfig, KeySignIn
from claude_foundry._deadline import waiting
from claude_foundry._paced import sent
from claude_foundry._reused import current
from tests.answers import message
from tests.shells import REQUEST
from tests.wire import Wire, raw

Act = Callable[[Any], Any]
Ask = Callable[..., None]

BODY = json.dumps(message()).encode()
WHOLE = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(BODY), BODY)
broken = pytest.raises(APIConnectionError, match="The connection to 127")


def create(client: Any) -> Any:
    return client.messages.create(**REQUEST)


def act_once(client: Any) -> Any:
    return client.request("POST", "v1/x", json={})


def upload(client: Any) -> Any:
    return client.files.upload(iter([b"some text"]), filename="a.txt")


def ask_for_another(client: Any) -> Any:
    return client._sender.pool.client().get(client.base_url)


class Ending:
    """A service that ends its first connection at one of the requests there; on others it answers them all."""

    def __init__(self, *, at: int = 1, end: Callable[[Wire], None] = Wire.reset) -> None:
        self.requests = 0
        self._at = at
        self._end: Callable[[Wire], None] | None = end

    def __call__(self, wire: Wire) -> None:
        first, self._end = self._end, None
        for number in range(10):
            wire.asked()
            self.requests += 1
            if first is not None and number == self._at:
                first(wire)
                return
            wire.send(WHOLE)


def end_in_the_head(wire: Wire) -> None:
    wire.send(b"HTTP/1.1 200 OK\r\ncontent-")
    wire.end()


def say_nothing(wire: Wire) -> None:
    wire.wait()


def _plain(url: str, *acts: Act, timeout: float = 5.0) -> None:
    with httpx.Client() as http:
        client = FoundryClient(base_url=url, api_key="k", http_client=http, max_retries=0, timeout=timeout)
        for act in acts:
            act(client)


async def _in_loop(url: str, *acts: Act, timeout: float = 5.0) -> None:
    async with httpx.AsyncClient() as http:
        client = AsyncFoundryClient(base_url=url, api_key="k", http_client=http, max_retries=0, timeout=timeout)
        for act in acts:
            await act(client)


def _in_asyncio(url: str, *acts: Act, **settings: Any) -> None:
    anyio.run(lambda: _in_loop(url, *acts, **settings), backend="asyncio")


def _in_trio(url: str, *acts: Act, **settings: Any) -> None:
    anyio.run(lambda: _in_loop(url, *acts, **settings), backend="trio")


asks = pytest.mark.parametrize("ask", [_plain, _in_asyncio, _in_trio])


@asks
@pytest.mark.parametrize("end", [Wire.reset, Wire.end])
def test_a_kept_connection_that_ends(ask: Ask, end: Callable[[Wire], None]) -> None:
    """A request that meets the end of a kept connection is sent once more, on a new one, at no retry's cost."""
    with raw(service := Ending(end=end)) as url:
        ask(url, create, create)

    assert service.requests == 3


def test_a_kept_connection_of_our_own_under_trio() -> None:
    """A request is sent once more likewise where a client of our own sends over httpx's transport."""

    async def ask() -> None:
        async with AsyncFoundryClient(base_url=url, api_key="k", max_retries=0) as client:
            await create(client)
            await create(client)

    with raw(service := Ending()) as url:
        anyio.run(ask, backend="trio")

    assert service.requests == 3


@asks
def test_a_new_connection_that_ends(ask: Ask) -> None:
    """A request whose own connection ends failed in the service, perhaps, and is a retry's."""
    with raw(service := Ending(at=0)) as url, broken:
        ask(url, create)

    assert service.requests == 1


@asks
def test_an_answer_that_had_begun(ask: Ask) -> None:
    """A request whose answer had begun was taken in, and is a retry's."""
    with raw(service := Ending(end=end_in_the_head)) as url, broken:
        ask(url, create, create)

    assert service.requests == 2


@asks
def test_what_may_have_acted(ask: Ask) -> None:
    """A request that may have acted already, other than by a message, is left to its caller."""
    with raw(service := Ending()) as url, broken:
        ask(url, create, act_once)

    assert service.requests == 2


# Under trio httpx leaves what gives the body to be collected, which it warns of.
@pytest.mark.parametrize("ask", [_plain, _in_asyncio])
def test_a_body_that_was_read(ask: Ask) -> None:
    """A request whose body comes from an iterator is left to its caller."""
    with raw(service := Ending()) as url, broken:
        ask(url, create, upload)

    assert service.requests == 2


@asks
def test_a_time_limit(ask: Ask) -> None:
    """A kept connection that says nothing in time has not ended."""
    with raw(service := Ending(end=say_nothing)) as url, pytest.raises(APITimeoutError):
        ask(url, create, create, timeout=0.2)

    assert service.requests == 2


@asks
def test_a_connection_made_for_another(ask: Ask) -> None:
    """Over a connection that was not made for a request of this package nobody heard whether an answer had begun."""
    with raw(service := Ending()) as url, broken:
        ask(url, ask_for_another, create)

    assert service.requests == 2


class Failing(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport whose connections all end; what it tells is given."""

    def __init__(self, *events: str, closes: bool = False) -> None:
        self.limits: list[float] = []
        self._events = events
        self._closes = closes
        self.client: Any = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        for event in self._events:
            request.extensions["trace"](event, {})
        if self._closes:
            self.client.close()
        return self._failed(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        for event in self._events:
            await request.extensions["trace"](event, {})
        if self._closes:
            await self.client.aclose()
        return self._failed(request)

    def _failed(self, request: httpx.Request) -> httpx.Response:
        self.limits.append(request.extensions["timeout"]["connect"])
        current().heard(b"")
        raise httpx.ReadError("the connection was reset")


def _over(transport: Failing) -> None:
    with httpx.Client(transport=transport) as http:
        transport.client = http
        create(FoundryClient("a", api_key="k", http_client=http, max_retries=0))


def _over_in_a_loop(transport: Failing) -> None:
    async def ask() -> None:
        async with httpx.AsyncClient(transport=transport) as http:
            transport.client = http
            await create(AsyncFoundryClient("a", api_key="k", http_client=http, max_retries=0))

    anyio.run(ask)


overs = pytest.mark.parametrize("over", [_over, _over_in_a_loop])
SENDING = "http11.send_request_headers.started"


@overs
@pytest.mark.parametrize(
    ("events", "requests"),
    [
        ((SENDING,), 2),
        ((), 1),
        (("http2.send_request_headers.started",), 1),
        (("connection.connect_tcp.started", SENDING), 1),
        (("connection.connect_unix_socket.started", SENDING), 1),
        (("socks.connect_tcp.started", SENDING), 1),
        (("proxy.start_tls.started", SENDING), 1),
    ],
)
def test_what_a_transport_tells(over: Callable[[Failing], None], events: tuple[str, ...], requests: int) -> None:
    """Only of a transport that tells of a kept connection of HTTP/1.1, and of no new one, is it known that it ended."""
    transport = Failing(*events)

    with pytest.raises(APIConnectionError, match="was reset"):
        over(transport)

    assert len(transport.limits) == requests


@overs
def test_a_client_that_was_closed(over: Callable[[Failing], None]) -> None:
    """A request whose client was closed meanwhile is not sent again, and opens no connection that nobody closes."""
    transport = Failing(SENDING, closes=True)

    with pytest.raises(APIConnectionError, match="client was closed"):
        over(transport)

    assert len(transport.limits) == 1


@pytest.mark.parametrize(("left", "requests"), [(0.0, 1), (30.0, 2)])
def test_a_call_whose_time_is_nearly_over(left: float, requests: int) -> None:
    """A request is sent again only while the call has time, and connects within what is left of it."""
    transport = Failing(SENDING)
    config = FoundryConfig(base_url="https://a.test", sign_in=KeySignIn(key=SecretStr("k")))

    with httpx.Client(transport=transport, timeout=60.0) as http:
        request = http.build_request("GET", config.base_url, extensions={"resendable": True})
        with waiting(left), pytest.raises(httpx.ReadError):
            sent(http, request, auth=FoundryAuth(config))

    assert transport.limits[0] == 60.0
    assert [limit <= left for limit in transport.limits[1:]] == [True] * (requests - 1)
