"""Connections that are used again, or carry answers without a body."""

import pytest

from claude_foundry import APIConnectionError, AsyncFoundryClient, FoundryClient, Timeout
from tests.answers import message, pieces_of
from tests.shells import REQUEST
from tests.test__connections import END
from tests.wire import Wire, chunked, raw


class Racing:
    """A service that resets its first connection when a second request comes on it."""

    def __init__(self) -> None:
        self.requests = 0

    def __call__(self, wire: Wire) -> None:
        for number in range(2):
            wire.asked()
            self.requests += 1
            if number:
                wire.reset()
                return
            wire.send(chunked(pieces_of(message())) + END)


def test_a_connection_that_is_reset_as_it_is_used_again() -> None:
    """A request that meets the end of a kept connection is sent once more, on a new one, at no retry's cost."""
    with raw(service := Racing()) as url, FoundryClient(base_url=url, api_key="k", max_retries=0) as client:
        for _ in range(2):
            with client.messages.stream(**REQUEST) as stream:
                stream.get_final_message()

    assert service.requests == 3


async def test_a_connection_that_is_reset_as_it_is_used_again_in_a_loop() -> None:
    """A request is sent once more likewise in an event loop."""
    with raw(service := Racing()) as url:
        async with AsyncFoundryClient(base_url=url, api_key="k", max_retries=0) as client:
            for _ in range(2):
                async with client.messages.stream(**REQUEST) as stream:
                    await stream.get_final_message()

    assert service.requests == 3


def test_what_acts_once_is_not_sent_again() -> None:
    """A request that may have acted already, other than by a message, is left to its caller."""
    with raw(service := Racing()) as url, FoundryClient(base_url=url, api_key="k") as client:
        client.request("POST", "v1/x", json={})
        with pytest.raises(APIConnectionError):
            client.request("POST", "v1/x", json={})

    assert service.requests == 2


def without_bodies(wire: Wire) -> None:
    """Answers each request with the length of a body that a HEAD does not get."""
    while True:
        is_head = wire.asked().startswith(b"HEAD ")
        wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nrequest-id: req_1\r\n\r\n" + (b"" if is_head else b"{}"))


def test_a_head_is_answered_without_a_body() -> None:
    """The answer to a HEAD is whole with its head, whatever length it names; its connection goes on."""
    with raw(without_bodies) as url, FoundryClient(base_url=url, api_key="k", timeout=Timeout(read=5)) as client:
        told = client.request("HEAD", "v1/models")
        after = client.request("GET", "v1/models")

    assert (told.content, told.parse(), told.request_id) == (b"", None, "req_1")
    assert after.parse() == {}


async def test_a_head_is_answered_without_a_body_in_a_loop() -> None:
    """The answer to a HEAD is whole with its head likewise in an event loop."""
    with raw(without_bodies) as url:
        async with AsyncFoundryClient(base_url=url, api_key="k", timeout=Timeout(read=5)) as client:
            told = await client.request("HEAD", "v1/models")
            after = await client.request("GET", "v1/models")

    assert (told.content, told.parse(), told.request_id) == (b"", None, "req_1")
    assert after.parse() == {}
