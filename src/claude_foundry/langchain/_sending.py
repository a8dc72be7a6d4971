"""Sending the requests of one turn without an event loop.

``_async_sending`` is its mirror, word for word with ``await``.
"""

from collections.abc import Generator
from typing import TYPE_CHECKING, TypeVar

from claude_foundry.errors import BadRequestError
from claude_foundry.langchain._turn import Reader, Turn
from claude_foundry.types import Message

if TYPE_CHECKING:
    from claude_foundry._client import FoundryClient

T = TypeVar("T")


def answered(client: "FoundryClient", turn: Turn) -> Message:
    """Gives the whole answer of a turn."""
    while (request := turn.request()) is not None:
        try:
            turn.take(client.messages.create(**request))
        except BadRequestError as refusal:
            turn.take_refusal(refusal)
    return turn.message


def read(client: "FoundryClient", turn: Turn, reader: Reader[T]) -> Generator[T]:
    """Gives what a reader makes of a turn's events, which it reads as one stream. Close it to leave it early."""
    try:
        while (request := turn.request()) is not None:
            try:
                with client.messages.stream(**request) as stream:
                    for event in stream:
                        for told in turn.feed(event):
                            for made in reader.feed(told):
                                yield made
                    turn.part_ended(stream.get_final_message())
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
