"""A connection whose framing cannot be trusted serves nobody else."""

import asyncio

import pytest

from claude_foundry import APIConnectionError, AsyncFoundryClient, FoundryClient
from tests.faults import wire
from tests.faults.server import Exchange, FaultServer, scripted
from tests.faults.test_leaving import REQUEST, is_left

TWO_LENGTHS = wire.chunked(wire.encoded(wire.told()), headers="content-length: 20\r\n")
streamed = pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])


@streamed
def test_two_lengths(streams: bool) -> None:
    """After an answer with Transfer-Encoding and Content-Length the connection is closed, the client is not (C31)."""
    with FaultServer() as server:
        url = server.url(scripted(Exchange((TWO_LENGTHS,), "stall")))
        with FoundryClient(base_url=url, api_key="k", max_retries=0) as client:
            with pytest.raises(APIConnectionError, match="both a length and chunks"):
                client.messages.stream(**REQUEST).__enter__() if streams else client.messages.create(**REQUEST)

            assert is_left(server)


@streamed
def test_two_lengths_in_a_loop(streams: bool) -> None:
    """In an event loop likewise (C31)."""

    async def ask(server: FaultServer) -> bool:
        url = server.url(scripted(Exchange((TWO_LENGTHS,), "stall")))
        async with AsyncFoundryClient(base_url=url, api_key="k", max_retries=0) as client:
            with pytest.raises(APIConnectionError, match="both a length and chunks"):
                await (client.messages.stream(**REQUEST).__aenter__() if streams else client.messages.create(**REQUEST))
            return await asyncio.to_thread(is_left, server)

    with FaultServer() as server:
        assert asyncio.run(ask(server))
