"""What is read of answers that do not end as they should."""

import asyncio
from collections.abc import Callable, Iterator

import httpx
import pytest

from claude_foundry import AsyncFoundryClient, BadRequestError, FoundryClient, Timeout, _arrival
from tests.shells import REQUEST
from tests.wire import Wire, raw

Ask = Callable[[str], object]
HEAD = b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: 60000\r\n\r\n"
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


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_arrival, "REFUSAL_SECONDS", 0.1)


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


@pytest.mark.parametrize("ask", [_own, _on_httpx, _in_a_loop])
def test_a_dripping_refusal(ask: Ask) -> None:
    """A refusal whose body comes byte by byte is not awaited to its end."""
    sent: list[int] = []

    def drip(wire: Wire) -> None:
        wire.asked()
        wire.send(HEAD)
        for number in range(2000):
            sent.append(number)
            wire.send(b"x")
            wire.left.wait(0.005)

    with raw(drip) as url, pytest.raises(BadRequestError):
        ask(url)

    assert len(sent) < 2000


def test_a_shared_connection_is_not_drained() -> None:
    """Over HTTP/2, where the connection serves other calls too, nothing is read after the answer."""
    read: list[bytes] = []

    def chunks() -> Iterator[bytes]:
        read.append(b"more")
        yield b"more"

    _arrival.drained(httpx.Response(200, extensions={"http_version": b"HTTP/2"}), chunks())

    assert not read
