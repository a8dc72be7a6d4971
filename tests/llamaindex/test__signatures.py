"""Signatures of methods, worked out once."""

import inspect

import pytest

from claude_foundry.llamaindex import ClaudeFoundry
from claude_foundry.llamaindex._signatures import with_signatures
from tests.llamaindex.contract_ground import CHATS, COMPLETIONS


class Plain:
    """A class with methods."""

    value = 3

    def public(self, number: int, *, word: str = "a") -> str:
        return word * number

    def _private(self) -> None:
        return None


def test_public_methods_hold_theirs() -> None:
    """Public methods hold the signature that they have, private ones and other members stay as they are."""
    before = inspect.signature(Plain.public)
    assert with_signatures(Plain) is Plain
    assert Plain.public.__signature__ == before == inspect.signature(Plain.public)
    assert not hasattr(Plain._private, "__signature__")


@pytest.mark.parametrize("way", [*CHATS, *COMPLETIONS])
def test_methods_that_are_asked_at_each_call(way: str) -> None:
    """Each of the eight methods holds its signature, below what LlamaIndex wraps around it."""
    method = vars(ClaudeFoundry)[way]
    assert inspect.unwrap(method).__signature__ == inspect.signature(method)
