"""What is read of answers that do not end as they should."""

import asyncio
import gzip
import json
import pickle
from collections.abc import Awaitable, Callable, Iterator

import httpx
import pytest

from claude_foundry import (
    APIConnectionError,
    AsyncFoundryClient,
    BadRequestError,
    FoundryClient,
    Message,
    OverloadedError,
    Timeout,
    _arrival,
)
from tests.answers import message
from tests.shells import REQUEST, Body, FakeTime, Script, Shell, both
from tests.wire import Wire, raw

Ask = Callable[[str], object]
HEAD = b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: 60000\r\n\r\n"
# The name of a file, which has no bound, stands before what is compressed (RFC 1952 section 2.3.1).
SQUEEZED = HEAD.replace(b"\r\n\r\n", b"\r\ncontent-encoding: gzip\r\n\r\n\x1f\x8b\x08\x08" + bytes(6))
PATIENT = Timeout(read=30)


def _own(url: str) -> None:
    with FoundryClient(base_url=url, api_key="k", timeout=PATIENT) as client:
        client.messages.create(**REQUEST)


def _on_httpx(url: str) -> None:
    with httpx.Client() as http, FoundryClient(base_url=url, api_key="k", timeout=PATIENT, http_client=http) as client:
        client.messages.create(**REQUEST)


def _in_a_loop(url: str) -> None:
    async def ask() -> None:
        async with AsyncFoundryClient(base_url=url, api_key="k", timeout=PATIENT) as client:
            await client.messages.create(**REQUEST)

    asyncio.run(ask())


def _in_a_loop_on_httpx(url: str) -> None:
    async def ask() -> None:
        async with httpx.AsyncClient() as http:
            client = AsyncFoundryClient(base_url=url, api_key="k", timeout=PATIENT, http_client=http)
            await client.messages.create(**REQUEST)

    asyncio.run(ask())


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_arrival, "REFUSAL_SECONDS", 0.1)


@pytest.mark.parametrize("ask", [_own, _on_httpx, _in_a_loop])
def test_a_refusal_that_drips_beside_its_body(ask: Ask) -> None:
    """A refusal that goes on for ever with what is no body ends after a short time too."""
    ended: list[bool] = []

    def drip(wire: Wire) -> None:
        wire.asked()
        wire.send(b"HTTP/1.1 400 Bad Request\r\ntransfer-encoding: chunked\r\n\r\n4\r\nLong\r\n5;")
        for _ in range(500):
            wire.left.wait(0.02)
            wire.send(b"x")
        ended.append(True)

    with raw(drip) as url, pytest.raises(BadRequestError, match="Long"):
        ask(url)

    assert ended == []


@pytest.mark.parametrize("ask", [_own, _on_httpx, _in_a_loop])
def test_a_stalled_refusal(ask: Ask) -> None:
    """A refusal whose body stalls is told after a short time, with what came of its text."""
    closed: list[bool] = []

    def stall(wire: Wire) -> None:
        wire.asked()
        wire.send(HEAD + b"Prompt is too long")
        closed.append(wire.until_closed())

    with raw(stall) as url, pytest.raises(BadRequestError, match="Prompt is too long"):
        ask(url)

    assert closed == [True]


@pytest.mark.parametrize("head", [HEAD, SQUEEZED])
@pytest.mark.parametrize("ask", [_own, _on_httpx, _in_a_loop, _in_a_loop_on_httpx])
def test_a_dripping_refusal(ask: Ask, head: bytes) -> None:
    """A refusal whose body comes byte by byte is not awaited to its end, nor is one that becomes nothing."""
    sent: list[int] = []

    def drip(wire: Wire) -> None:
        wire.asked()
        wire.send(head)
        for number in range(2000):
            sent.append(number)
            wire.send(b"x")
            wire.left.wait(0.005)

    with raw(drip) as url, pytest.raises(BadRequestError):
        ask(url)

    assert len(sent) < 2000


def _read(response: httpx.Response) -> None:
    response.read()


async def _aread(response: httpx.Response) -> None:
    await response.aread()


def _create_after_hook(url: str) -> object:
    with httpx.Client(event_hooks={"response": [_read]}) as http:
        client = FoundryClient(base_url=url, api_key="k", timeout=PATIENT, max_retries=0, http_client=http)
        return client.messages.create(**REQUEST)


def _create_after_hook_in_a_loop(url: str) -> object:
    async def ask() -> object:
        async with httpx.AsyncClient(event_hooks={"response": [_aread]}) as http:
            client = AsyncFoundryClient(base_url=url, api_key="k", timeout=PATIENT, max_retries=0, http_client=http)
            return await client.messages.create(**REQUEST)

    return asyncio.run(ask())


@pytest.mark.parametrize("coded", [False, True])
@pytest.mark.parametrize("ask", [_create_after_hook, _create_after_hook_in_a_loop])
def test_a_body_that_a_hook_has_read(ask: Ask, coded: bool) -> None:
    """A body that a hook of the user's httpx client has read, as one that logs does, is not waited for once more."""
    plain = json.dumps(message()).encode()
    body = gzip.compress(plain) if coded else plain
    coding = b"content-encoding: gzip\r\n" if coded else b""

    def answer(wire: Wire) -> None:
        wire.asked()
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n%bcontent-length: %d\r\n\r\n"
        wire.send(head % (coding, len(body)) + body)

    with raw(answer) as url:
        said = ask(url)

    assert isinstance(said, Message)
    assert said.text == "Hello there."


@both
def test_the_coding_of_a_body_that_is_not_there(shell: type[Shell]) -> None:
    """The answer to a HEAD may tell of a compressed body, which does not come and is not missed."""
    told = {"content-encoding": "gzip", "content-length": "123"}
    service = Script(httpx.Response(200, headers=told, stream=Body([])))

    answer = shell(service, FakeTime()).ask(lambda client: client.request("HEAD", "v1/models"))

    assert (answer.content, answer.headers["content-length"]) == (b"", "123")


def test_a_shared_connection_is_not_drained() -> None:
    """Over HTTP/2, where the connection serves other calls too, nothing is read after the answer."""
    read: list[bytes] = []

    def chunks() -> Iterator[bytes]:
        read.append(b"more")
        yield b"more"

    _arrival.drained(httpx.Response(200, extensions={"http_version": b"HTTP/2"}), chunks())

    assert not read


def _asks_for_the_status(response: httpx.Response) -> None:
    response.raise_for_status()


async def _asks_in_a_loop(response: httpx.Response) -> None:
    response.raise_for_status()


def _reads_and_asks(response: httpx.Response) -> None:
    response.read()
    response.raise_for_status()


async def _reads_and_asks_in_a_loop(response: httpx.Response) -> None:
    await response.aread()
    response.raise_for_status()


@pytest.mark.parametrize(
    ("hook", "async_hook", "said"),
    [
        (_asks_for_the_status, _asks_in_a_loop, "529 (overloaded_error): HTTP 529"),
        (_reads_and_asks, _reads_and_asks_in_a_loop, "529 (overloaded_error): Not now, [sealed]."),
    ],
)
def test_hooks_that_raise_for_the_status(
    hook: Callable[..., None], async_hook: Callable[..., Awaitable[None]], said: str
) -> None:
    """A given client's hook that raises for the status changes nothing: retries, waits, ids, and no echoed key."""
    key, time, async_time = "a-key-of-letters", FakeTime(), FakeTime()
    settings = {"resource": "a", "api_key": key}

    def service(request: httpx.Request) -> httpx.Response:
        body = json.dumps({"error": {"message": f"Not now, {request.headers['api-key']}."}}).encode()
        told = {"request-id": "req_1", "apim-request-id": key, "retry-after": "7"}
        return httpx.Response(529, headers=told, stream=Body([body]))

    async def ask() -> None:
        http = httpx.AsyncClient(transport=httpx.MockTransport(service), event_hooks={"response": [async_hook]})
        await AsyncFoundryClient(**settings, http_client=http, _clock=async_time.clock()).messages.create(**REQUEST)

    http = httpx.Client(transport=httpx.MockTransport(service), event_hooks={"response": [hook]})
    with pytest.raises(OverloadedError) as caught:
        FoundryClient(**settings, http_client=http, _clock=time.clock()).messages.create(**REQUEST)
    with pytest.raises(OverloadedError) as async_caught:
        asyncio.run(ask())

    assert time.slept == async_time.slept == [7.0, 7.0]
    for error in (caught.value, async_caught.value):
        assert str(error) == f"{said} [request-id: req_1, apim-request-id: [sealed]]"
        assert key.encode() not in pickle.dumps((error, vars(error), error.__cause__, error.__context__))


def _of_another(response: httpx.Response) -> None:
    asked = httpx.Request("GET", "https://other.example/", headers={"x-other-key": "another-key-of-letters"})
    httpx.Response(503, request=asked).raise_for_status()


def _of_no_request(response: httpx.Response) -> None:
    raise httpx.HTTPStatusError("No.", request=response.request, response=httpx.Response(503))


def _of_a_success(response: httpx.Response) -> None:
    raise httpx.HTTPStatusError("No.", request=response.request, response=response)


@pytest.mark.parametrize("raising", [_of_another, _of_no_request, _of_a_success])
def test_hooks_that_raise_for_another_status(raising: Callable[[httpx.Response], None]) -> None:
    """What a given client's hook raises for no refusal of the service ends the call, without secrets, and once."""
    asked: list[httpx.Request] = []

    def service(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json=message())

    async def raising_in_a_loop(response: httpx.Response) -> None:
        raising(response)

    async def ask() -> None:
        http = httpx.AsyncClient(transport=httpx.MockTransport(service), event_hooks={"response": [raising_in_a_loop]})
        await AsyncFoundryClient("a", api_key="a-key-of-letters", http_client=http).messages.create(**REQUEST)

    http = httpx.Client(transport=httpx.MockTransport(service), event_hooks={"response": [raising]})
    with pytest.raises(APIConnectionError, match="hook of http_client") as caught:
        FoundryClient("a", api_key="a-key-of-letters", http_client=http).messages.create(**REQUEST)
    with pytest.raises(APIConnectionError, match="hook of http_client") as async_caught:
        asyncio.run(ask())

    assert len(asked) == 2
    for error in (caught.value, async_caught.value):
        cause = error.__cause__
        assert isinstance(cause, httpx.HTTPStatusError)
        assert b"-key-of-letters" not in pickle.dumps((error, cause.request, cause.response, vars(cause)))
