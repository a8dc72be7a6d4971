"""LlamaIndex's objects, made at the rate of a stream's events."""

from typing import TypeVar

from pydantic import BaseModel

T = TypeVar("T", bound=BaseModel)


def like(template: T, **fields: object) -> T:
    """Gives an object like another but for some fields, which are not validated.

    Validation looks at every block of a message again with each event, and ``model_copy`` costs more than validation.

    Args:
        template: of the same class, made by its constructor.
        fields: that differ, of the right types.
    """
    made = type(template).__new__(type(template))
    object.__setattr__(made, "__dict__", {**template.__dict__, **fields})
    object.__setattr__(made, "__pydantic_fields_set__", {*template.__pydantic_fields_set__, *fields})
    object.__setattr__(made, "__pydantic_extra__", None)
    object.__setattr__(made, "__pydantic_private__", None)
    return made
