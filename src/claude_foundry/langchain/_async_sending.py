"""Sending the requests of one turn in an event loop.

``_sending`` is its mirror, word for word without ``await``.
"""

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from claude_foundry.errors import BadRequestError
from claude_foundry.langchain._turn import Turn
from claude_foundry.types import Message, StreamEvent

if TYPE_CHECKING:
    from claude_foundry._async_client import AsyncFoundryClient


async def answered(client: "AsyncFoundryClient", turn: Turn) -> Message:
    """Gives the whole answer of a turn."""
    while (request := turn.request()) is not None:
        try:
            turn.take(await client.messages.create(**request))
        except BadRequestError as refusal:
            turn.take_refusal(refusal)
    return turn.message


async def events(client: "AsyncFoundryClient", turn: Turn) -> AsyncGenerator[StreamEvent]:
    """Gives the events of a turn as one stream; ``turn.message`` is whole at its end. Close it to leave it early."""
    while (request := turn.request()) is not None:
        try:
            async with client.messages.stream(**request) as stream:
                async for event in stream:
                    for told in turn.feed(event):
                        yield told
                turn.part_ended(await stream.get_final_message())
        except BadRequestError as refusal:
            turn.take_refusal(refusal)
    for told in turn.flush():
        yield told
