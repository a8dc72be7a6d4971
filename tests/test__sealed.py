"""Secrets, kept out of what a traceback with locals shows."""

import inspect

import pytest

from claude_foundry import ConfigurationError, FoundryClient
from claude_foundry._sealed import Sealed, sealing


@pytest.mark.parametrize("part", [slice(None), slice(0, 3), slice(-1, None)])
def test_parts_are_sealed(part: slice) -> None:
    """A part of a secret, as long values are shortened to, shows as little as the whole, as a string and as bytes."""
    secret = Sealed("abcdef")

    shown = [repr(secret[part]), repr(secret.encode()[part]), repr(secret.encode()[part].decode())]

    assert shown == ["'[sealed]'", "b'[sealed]'", "'[sealed]'"]


def test_sealed_values_are_whole() -> None:
    """What is sealed is the same string, and the same bytes."""
    assert (Sealed("abc"), Sealed("abc").encode(), Sealed("abc").encode()[0]) == ("abc", b"abc", ord("a"))


@sealing
def decide(secret: str, *, cause: Exception | None = None) -> str:
    """Decides."""
    if secret == "wrong":
        raise ConfigurationError("secret: refused") from cause
    return secret.upper()


def test_answers_pass() -> None:
    """What a sealing function gives is given, and its signature is its own."""
    assert decide("right") == "RIGHT"
    assert list(inspect.signature(decide).parameters) == ["secret", "cause"]


def test_refusals_lose_their_frames() -> None:
    """A refusal keeps its message and cause, and none of the frames that hold what was given."""
    cause = ValueError("why")

    with pytest.raises(ConfigurationError, match="secret: refused") as caught:
        decide("wrong", cause=cause)

    below = caught.tb.tb_next
    assert below is not None
    assert (set(below.tb_frame.f_locals) & {"args", "given", "refused"}, below.tb_next) == (set(), None)
    assert caught.value.__cause__ is cause


def test_other_errors_keep_their_frames() -> None:
    """An error that is no refusal can be traced."""
    with pytest.raises(AttributeError) as caught:
        decide(1)  # type: ignore[arg-type]

    assert caught.traceback[-1].name == "decide"


def test_a_client_that_was_not_made_can_be_shown() -> None:
    """A traceback shows the client that a subclass failed to make."""

    class Client(FoundryClient):
        def __init__(self) -> None:
            """Does nothing."""

    assert repr(Client()) == "Client(not made)"
