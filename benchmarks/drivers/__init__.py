"""One client each, behind one face: see ``Driver``."""

from collections.abc import Callable
from typing import Protocol


class Driver(Protocol):
    """What is measured of a client. Every method gives what arrived, so that a wrong answer cannot count.

    Args:
        url: where the server is, without a path.
    """

    START: str
    """The statements that import and construct the client, with ``{url}`` for the server."""

    def __init__(self, url: str) -> None: ...

    def construct(self) -> None:
        """Makes the client anew, as an application does that makes one a request."""

    def call(self) -> int:
        """Gives the characters of a whole answer."""

    def text(self) -> int:
        """Gives the characters of a streamed text."""

    def tool(self) -> int:
        """Gives the characters of the argument of a streamed tool call."""

    def first_text(self) -> float:
        """Gives the moment of the first text of a stream, which it then reads to its end."""

    def history(self, count: int) -> Callable[[], int]:
        """Prepares a conversation of ``count`` messages and gives what sends it."""

    async def stream(self) -> int:
        """Gives the characters of a streamed text, in an event loop."""
