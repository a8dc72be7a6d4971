"""Sending the requests of one turn without an event loop.

``_async_sending`` is its mirror, word for word with ``await``.
"""

from collections.abc import Generator
from typing import TYPE_CHECKING

from claude_foundry.errors import BadRequestError
from claude_foundry.langchain._turn import Turn
from claude_foundry.types import Message, StreamEvent

if TYPE_CHECKING:
    from claude_foundry._client import FoundryClient


def answered(client: "FoundryClient", turn: Turn) -> Message:
    """Gives the whole answer of a turn."""
    while (request := turn.request()) is not None:
        try:
            turn.take(client.messages.create(**request))
        except BadRequestError as refusal:
            turn.take_refusal(refusal)
    return turn.message


def events(client: "FoundryClient", turn: Turn) -> Generator[StreamEvent]:
    """Gives the events of a turn as one stream; ``turn.message`` is whole at its end. Close it to leave it early."""
    while (request := turn.request()) is not None:
        try:
            with client.messages.stream(**request) as stream:
                for event in stream:
                    for told in turn.feed(event):
                        yield told
                turn.part_ended(stream.get_final_message())
        except BadRequestError as refusal:
            turn.take_refusal(refusal)
    for told in turn.flush():
        yield told
