"""How the parts of an answer are read: what is known gets its type, what is not is kept as it came."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import (
    VERSION,
    BaseModel,
    ConfigDict,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_serializer,
)

T = TypeVar("T")

# Before pydantic 2.14, models that are built when they are first used fail where two threads use them at once.
BUILT_WHEN_USED = tuple(map(int, VERSION.split(".")[:2])) >= (2, 14)


def _or_as_it_came(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    try:
        return handler(value)
    except ValidationError:
        return value


def _as_it_is(value: Any) -> Any:
    return value


Detail: TypeAlias = Annotated[T | None, WrapValidator(_or_as_it_came), PlainSerializer(_as_it_is)]
"""A part that may be absent. In a form that a later version of the API gave it, it is kept as it came."""


class WireModel(BaseModel):
    """A value as it came over the wire: unknown fields are kept, absent ones stay absent when dumped."""

    # Strict: a value that had to be converted would not be dumped as it came.
    model_config = ConfigDict(extra="allow", strict=True, defer_build=BUILT_WHEN_USED)

    @model_serializer(mode="wrap")
    def _as_received(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        given = self.model_fields_set
        return {name: value for name, value in handler(self).items() if name in given}


class Unknown(WireModel):
    """A part whose ``type`` is none of those known here, or whose form is another.

    To type checkers its ``type`` is a literal of its own: only so do they tell the known parts apart by theirs. To
    compare it, take ``str(part.type)``.
    """

    if TYPE_CHECKING:
        type: Literal["<any other>"]
    else:
        type: str


def present(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Gives the fields that have a value: None stands for one that is not given, and a request must not have null."""
    return {name: value for name, value in fields.items() if value is not None}
