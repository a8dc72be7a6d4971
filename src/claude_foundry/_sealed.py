"""Secrets, kept out of what a traceback with locals shows: of headers and bodies, and of refused settings."""

import functools
from collections.abc import Callable
from typing import ParamSpec, SupportsIndex, TypeVar

from claude_foundry.errors import ConfigurationError

P = ParamSpec("P")
T = TypeVar("T")


class Sealed(str):
    """A credential in a header: its representation, as a traceback with locals prints it, does not show it.

    httpx keeps headers as bytes and shows all but ``authorization`` in clear. A part of it, to which long values are
    shortened, shows nothing either.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "'[sealed]'"

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        return Sealed(super().__getitem__(key))

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return SealedBytes(super().encode(encoding, errors))


class SealedBytes(bytes):
    """Bytes that hold a credential, likewise."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "b'[sealed]'"

    def __getitem__(self, key):  # type: ignore[no-untyped-def]
        part = super().__getitem__(key)
        return SealedBytes(part) if isinstance(part, bytes) else part

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return Sealed(super().decode(encoding, errors))


def sealing(decide: Callable[P, T]) -> Callable[P, T]:
    """Lets a function raise its ConfigurationErrors without the frames that hold what it was given."""

    @functools.wraps(decide)
    def outside(*args: P.args, **given: P.kwargs) -> T:
        try:
            return decide(*args, **given)
        except ConfigurationError as error:
            refused = error.with_traceback(None)
        # Here, the secrets are gone: in the frames below they would be shown.
        del args, given
        try:
            raise refused
        finally:
            del refused

    return outside
