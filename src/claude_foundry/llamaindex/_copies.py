"""LlamaIndex's objects, made at the rate of a stream's events."""

from typing import TypeVar

from pydantic import BaseModel

T = TypeVar("T", bound=BaseModel)
_new = object.__new__
_put = object.__setattr__


def like(template: T, **fields: object) -> T:
    """Gives an object like another but for some fields, which are not validated.

    Validation looks at every block of a message again with each event, and ``model_copy`` costs more than validation.

    Args:
        template: of the same class, made by its constructor.
        fields: that differ, of the right types.
    """
    made = _new(type(template))
    _put(made, "__dict__", template.__dict__ | fields)
    _put(made, "__pydantic_fields_set__", template.__pydantic_fields_set__.union(fields))
    _put(made, "__pydantic_extra__", None)
    _put(made, "__pydantic_private__", None)
    return made
