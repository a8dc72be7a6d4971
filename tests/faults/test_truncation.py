"""A stream that is cut is never taken for a whole one, wherever it is cut."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest

from claude_foundry import AsyncFoundryClient, FoundryClient, Message, StreamInterruptedError
from tests.answers import SSE
from tests.faults.transcripts import transcripts
from tests.shells import REQUEST, Body

SETTINGS = {"resource": "a", "api_key": "k", "max_retries": 0}
BROKEN = httpx.ReadError("reset")
Pieces = list[bytes | Exception]


def cuts(body: bytes, *, reset: bool) -> Iterator[Pieces]:
    """Gives the body cut at each of its bytes: by a clean end, or by a reset."""
    for at in range(len(body)):
        yield [body[:at], BROKEN] if reset else [body[:at]]


class Served:
    """A service in memory that answers with the pieces it is given."""

    def __init__(self) -> None:
        self.pieces: Pieces = []

    def __call__(self, _: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=SSE, stream=Body(self.pieces))


def outcomes(bodies: Iterator[Pieces]) -> Iterator[Message | None]:
    """Gives what the synchronous client makes of each body: a message, or None for one that is interrupted."""
    served = Served()
    with FoundryClient(**SETTINGS, http_client=httpx.Client(transport=httpx.MockTransport(served))) as client:
        for served.pieces in bodies:
            try:
                with client.messages.stream(**REQUEST) as stream:
                    yield stream.get_final_message()
            except StreamInterruptedError:
                yield None


async def async_outcomes(bodies: Iterator[Pieces]) -> AsyncIterator[Message | None]:
    """Gives what the asynchronous client makes of each body."""
    served = Served()
    http = httpx.AsyncClient(transport=httpx.MockTransport(served))
    async with AsyncFoundryClient(**SETTINGS, http_client=http) as client:
        for served.pieces in bodies:
            try:
                async with client.messages.stream(**REQUEST) as stream:
                    yield await stream.get_final_message()
            except StreamInterruptedError:
                yield None


def in_a_loop(bodies: Iterator[Pieces]) -> list[Message | None]:
    async def collect() -> list[Message | None]:
        return [outcome async for outcome in async_outcomes(bodies)]

    return asyncio.run(collect())


Ways = Callable[[Iterator[Pieces]], Any]


@pytest.mark.parametrize(("way", "reset"), [(outcomes, False), (in_a_loop, True)], ids=["sync-ended", "async-reset"])
@pytest.mark.parametrize("name", transcripts())
def test_every_cut_is_seen(name: str, reset: bool, way: Ways) -> None:
    """Cut at any byte, a stream is interrupted, or, where nothing of the answer is missing, the whole message.

    One that was cut behind its last words says so.
    """
    body = transcripts()[name]
    (whole,) = way(iter([[body]]))

    found = list(way(cuts(body, reset=reset)))

    assert whole is not None
    cut = whole.model_copy(update={"terminal": "message_delta"})
    assert {at for at, message in enumerate(found) if message not in (None, cut, whole)} == set()
    told, ended = body.index(b"event: message_delta"), body.index(b"event: message_stop")
    assert not [at for at, message in enumerate(found[:told]) if message is not None]
    assert whole not in found[:ended]


def test_enough_cuts() -> None:
    """Five transcripts at least are cut."""
    assert len(transcripts()) >= 5
