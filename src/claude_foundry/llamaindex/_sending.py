"""Sending the requests of one turn without an event loop.

``_async_sending`` is its mirror, word for word with ``await``.
"""

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, TypeVar

from llama_index.core.base.llms.types import ChatResponse

from claude_foundry.errors import BadRequestError
from claude_foundry.llamaindex._turn import Turn

if TYPE_CHECKING:
    from claude_foundry._client import FoundryClient

R = TypeVar("R")


def answered(client: "FoundryClient", turn: Turn) -> ChatResponse:
    """Gives the whole answer of a turn."""
    turn.settle(client.capabilities)
    while (fields := turn.fields()) is not None:
        try:
            turn.take(client.messages.create(**fields))
        except BadRequestError as refusal:
            turn.take_refusal(refusal)
    return turn.response()


def responses(client: "FoundryClient", turn: Turn, form: Callable[[ChatResponse], R]) -> Generator[R]:
    """Gives the responses of a turn as it is written, each in the form asked for. Close it to leave it early."""
    turn.settle(client.capabilities)
    try:
        while (fields := turn.fields()) is not None:
            try:
                with client.messages.stream(**fields) as stream:
                    for event in stream:
                        if (response := turn.feed(event)) is not None:
                            yield form(response)
                    turn.take(stream.get_final_message())
            except BadRequestError as refusal:
                turn.take_refusal(refusal)
        yield form(turn.response(delta=""))
    except Exception as error:
        if (response := turn.broken_off(error)) is not None:
            yield form(response)
        raise
