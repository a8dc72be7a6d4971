"""When all connections are in use, the error says so, and which setting helps (C27)."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat, takewhile
from typing import Any

import httpx
import pytest

from claude_foundry import APITimeoutError, AsyncFoundryClient, FoundryClient, Timeout
from claude_foundry._asyncio_transport import AsyncioTransport
from claude_foundry._sync_transport import SyncTransport
from claude_foundry.langchain import ChatClaudeFoundry
from claude_foundry.llamaindex import ClaudeFoundry
from tests.faults import wire
from tests.faults.faces import MAX_TOKENS, MODEL, PROMPT
from tests.faults.server import Exchange, FaultServer, scripted

ONE = httpx.Limits(max_connections=1)
WORDS = r"All connections are in use \({}\).*Timeout\(pool=.*max_connections"
LIMITS = {"own": "1 of the client's own, and 1 call waits", "httpx": "1 of the HTTP client's"}
REQUEST: dict[str, Any] = {"model": MODEL, "max_tokens": MAX_TOKENS, "messages": [{"role": "user", "content": PROMPT}]}
BEGUN = Exchange((wire.head(), *wire.encoded(wire.told())[:6]), "stall")
WELL = Exchange((wire.document(wire.message()),))

SYNC: dict[str, Callable[[], httpx.Client]] = {
    "own": lambda: httpx.Client(transport=SyncTransport(limits=ONE)),
    "httpx": lambda: httpx.Client(limits=ONE),
}
ASYNC: dict[str, Callable[[], httpx.AsyncClient]] = {
    "own": lambda: httpx.AsyncClient(transport=AsyncioTransport(limits=ONE)),
    "httpx": lambda: httpx.AsyncClient(limits=ONE),
}
ADAPTERS: dict[str, Callable[..., Any]] = {
    "langchain": lambda **settings: ChatClaudeFoundry(model=MODEL, max_tokens=MAX_TOKENS, **settings).invoke(PROMPT),
    "llamaindex": lambda **settings: ClaudeFoundry(model=MODEL, max_tokens=MAX_TOKENS, **settings).complete(PROMPT),
}


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with FaultServer() as listening:
        yield listening


def settings(server: FaultServer) -> dict[str, Any]:
    url = server.url(scripted(BEGUN, WELL))
    return {"base_url": url, "api_key": "key", "max_retries": 0, "timeout": Timeout(pool=0.05, read=5.0)}


@pytest.mark.parametrize("kind", SYNC)
def test_exhausted(kind: str, server: FaultServer) -> None:
    """A call that finds no free connection tells how many there are and which settings help; a free one serves."""
    with SYNC[kind]() as http, FoundryClient(**settings(server), http_client=http) as client:
        with client.messages.stream(**REQUEST), pytest.raises(APITimeoutError, match=WORDS.format(LIMITS[kind])):
            client.messages.create(**REQUEST)

        assert client.messages.create(**REQUEST).text == wire.TEXT


@pytest.mark.parametrize("kind", ASYNC)
def test_exhausted_in_a_loop(kind: str, server: FaultServer) -> None:
    """In an event loop likewise, and a call that waits gets the connection that becomes free."""

    async def ask() -> list[str]:
        async with ASYNC[kind]() as http, AsyncFoundryClient(**settings(server), http_client=http) as client:
            async with client.messages.stream(**REQUEST):
                with pytest.raises(APITimeoutError, match=WORDS.format(LIMITS[kind])):
                    await client.messages.create(**REQUEST)
            patient = client.with_options(timeout=Timeout(pool=5.0))
            answers = await asyncio.gather(*(patient.messages.create(**REQUEST) for _ in range(3)))
            return [answer.text for answer in answers]

    assert asyncio.run(ask()) == [wire.TEXT] * 3


def test_calls_that_wait(server: FaultServer) -> None:
    """Where other calls wait too, the error tells how many; each of them gets the connection when it is free."""
    with SYNC["own"]() as http, FoundryClient(**settings(server), http_client=http) as client:
        patient = client.with_options(timeout=Timeout(pool=10.0))
        with ThreadPoolExecutor(2) as threads:
            with client.messages.stream(**REQUEST):
                waiting = [threads.submit(patient.messages.create, **REQUEST) for _ in range(2)]
                said = list(takewhile(lambda text: "3 calls wait" not in text, map(_refused, repeat(client, 100))))
            answers = [each.result(10.0).text for each in waiting]

    assert len(said) < 100
    assert answers == [wire.TEXT] * 2


def _refused(client: FoundryClient) -> str:
    with pytest.raises(APITimeoutError) as caught:
        client.messages.create(**REQUEST)
    return str(caught.value)


def test_calls_that_wait_in_a_loop(server: FaultServer) -> None:
    """In an event loop likewise, and a call that has given up is counted no more."""

    async def ask() -> tuple[list[str], list[str]]:
        async with ASYNC["own"]() as http, AsyncFoundryClient(**settings(server), http_client=http) as client:
            patient = client.with_options(timeout=Timeout(pool=10.0))
            async with client.messages.stream(**REQUEST):
                waiting = [asyncio.create_task(patient.messages.create(**REQUEST)) for _ in range(2)]
                said = []
                for _ in range(2):
                    with pytest.raises(APITimeoutError) as caught:
                        await client.messages.create(**REQUEST)
                    said.append(str(caught.value))
            return said, [answer.text for answer in await asyncio.gather(*waiting)]

    said, answers = asyncio.run(ask())

    assert all("(1 of the client's own, and 3 calls wait)" in text for text in said)
    assert answers == [wire.TEXT] * 2


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_exhausted_below_an_adapter(adapter: str, server: FaultServer) -> None:
    """The frameworks' models say the same."""
    with SYNC["own"]() as http, FoundryClient(**settings(server), http_client=http) as client:
        below = {**settings(server), "http_client": http}
        with client.messages.stream(**REQUEST), pytest.raises(APITimeoutError, match=WORDS.format(LIMITS["own"])):
            ADAPTERS[adapter](**below)
