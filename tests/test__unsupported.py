"""What Foundry does not have is named when it is used."""

import copy

import pytest

from claude_foundry import UnsupportedOnFoundryError
from claude_foundry._unsupported import ADMIN, BATCHES, MODELS, Unsupported


@pytest.mark.parametrize("part", [MODELS, BATCHES, ADMIN])
def test_every_use_says_so(part: Unsupported) -> None:
    """A call of it, and of whatever is looked for on it, says what is missing and what to do instead."""
    with pytest.raises(UnsupportedOnFoundryError, match="Microsoft Foundry does not have"):
        part()
    with pytest.raises(UnsupportedOnFoundryError, match=r"does not have .*\. .+"):
        part.list()


def test_python_may_look_at_it() -> None:
    """What Python itself looks for is missing as it is on any object, so that it can be copied and asked about."""
    assert not hasattr(MODELS, "__len__")
    assert isinstance(copy.copy(BATCHES), Unsupported)
