"""The properties that ``make fuzz`` tries for long, tried short."""

from collections.abc import Callable

import pytest

from tests.fuzz.properties import PROPERTIES


@pytest.mark.parametrize("name", PROPERTIES)
def test_property(name: str) -> None:
    """It holds for all that hypothesis draws."""
    holds: Callable[[], None] = PROPERTIES[name]

    holds()
