"""A message with the object that its answer was read into.

Source: https://platform.claude.com/docs/en/build-with-claude/structured-outputs
"""

from typing import Generic, Self, TypeVar

from pydantic import Field

from claude_foundry.types._message import Message

T = TypeVar("T")


class ParsedMessage(Message, Generic[T]):
    """An answer, and ``parsed``: the validated object that it holds."""

    parsed: T = Field(exclude=True)
    """An instance of the ``output_type`` that was asked for. It is left out when the message is dumped."""

    @classmethod
    def of(cls, message: Message, parsed: T) -> Self:
        """Gives the message with what was read from it; nothing is validated again."""
        return cls.model_construct(message.model_fields_set | {"parsed"}, **dict(message), parsed=parsed)
