"""What a caller gives the emulator."""

from typing import Any

import pytest

from claude_foundry import ConfigurationError
from claude_foundry.emulator import Emulator, EmulatorTransport
from claude_foundry.emulator._respond import State
from claude_foundry.emulator._settings import resources

from . import web


def test_defaults() -> None:
    """Without settings there are no pages and no functions, and ten steps in an answer."""
    plain = resources()
    assert (dict(plain.pages), dict(plain.functions), plain.most_steps) == ({}, {}, 10)


@pytest.mark.parametrize("most", [0, -1, 1.5])
def test_steps_that_cannot_be(most: Any) -> None:
    """At least one step must be possible."""
    with pytest.raises(ConfigurationError, match="max_server_steps"):
        Emulator(max_server_steps=most)


def test_settings_stand_alone() -> None:
    """A state given to the transport has its own settings."""
    with pytest.raises(ConfigurationError, match="state has its own"):
        EmulatorTransport(State(), pages=web.PAGES)
