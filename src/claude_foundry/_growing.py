"""JSON that is still being written, read as far as it has come."""

from typing import Any

from pydantic_core import from_json

_GROWTH = 1.1


def half_written(text: str) -> Any:
    """Gives what a text holds so far, its last string cut where it ends; None for what is no JSON."""
    try:
        return from_json(text, allow_partial="trailing-strings")
    except ValueError:
        return None


class Growth:
    """Tells when a text is worth reading again: when it has grown by a tenth.

    So reading costs a multiple of its length, and not its square.
    """

    def __init__(self) -> None:
        self._read_at = 0

    def is_due(self, length: int) -> bool:
        """Tells it of a text of a length, and takes it as read then; a shorter one is another text."""
        if self._read_at <= length < self._read_at * _GROWTH:
            return False
        self._read_at = length
        return True
