"""Sending the requests of one turn in an event loop.

``_sending`` is its mirror, word for word without ``await``.
"""

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, TypeVar

from claude_foundry.errors import BadRequestError
from claude_foundry.langchain._turn import Reader, Turn
from claude_foundry.types import Message

if TYPE_CHECKING:
    from claude_foundry._async_client import AsyncFoundryClient

T = TypeVar("T")


async def answered(client: "AsyncFoundryClient", turn: Turn) -> Message:
    """Gives the whole answer of a turn."""
    while (request := turn.request()) is not None:
        try:
            turn.take(await client.messages.create(**request))
        except BadRequestError as refusal:
            turn.take_refusal(refusal)
    return turn.message


async def read(client: "AsyncFoundryClient", turn: Turn, reader: Reader[T]) -> AsyncGenerator[T]:
    """Gives what a reader makes of a turn's events, which it reads as one stream. Close it to leave it early."""
    try:
        while (request := turn.request()) is not None:
            try:
                async with client.messages.stream(**request) as stream:
                    async for event in stream:
                        for told in turn.feed(event):
                            for made in reader.feed(told):
                                yield made
                    turn.part_ended(await stream.get_final_message())
            except BadRequestError as refusal:
                turn.take_refusal(refusal)
        for told in turn.flush():
            for made in reader.feed(told):
                yield made
        for made in reader.finish(turn.message):
            yield made
    except Exception as error:
        for made in reader.broken_off(error):
            yield made
        raise
