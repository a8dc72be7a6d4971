"""Sending the requests of one turn in an event loop.

``_sending`` is its mirror, word for word without ``await``.
"""

from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, TypeVar

from llama_index.core.base.llms.types import ChatResponse

from claude_foundry.errors import BadRequestError
from claude_foundry.llamaindex._turn import Turn

if TYPE_CHECKING:
    from claude_foundry._async_client import AsyncFoundryClient

R = TypeVar("R")


async def answered(client: "AsyncFoundryClient", turn: Turn) -> ChatResponse:
    """Gives the whole answer of a turn."""
    turn.settle(client.capabilities)
    while (fields := turn.fields()) is not None:
        try:
            turn.take(await client.messages.create(**fields))
        except BadRequestError as refusal:
            turn.take_refusal(refusal)
    return turn.response()


async def responses(client: "AsyncFoundryClient", turn: Turn, form: Callable[[ChatResponse], R]) -> AsyncGenerator[R]:
    """Gives the responses of a turn as it is written, each in the form asked for. Close it to leave it early."""
    turn.settle(client.capabilities)
    try:
        while (fields := turn.fields()) is not None:
            try:
                async with client.messages.stream(**fields) as stream:
                    async for event in stream:
                        if (response := turn.feed(event)) is not None:
                            yield form(response)
                    turn.take(await stream.get_final_message())
            except BadRequestError as refusal:
                turn.take_refusal(refusal)
        yield form(turn.response(delta=""))
    except Exception as error:
        if (response := turn.broken_off(error)) is not None:
            yield form(response)
        raise
