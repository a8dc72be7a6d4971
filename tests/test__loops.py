"""The running event loop."""

import asyncio

import pytest

from claude_foundry import ConfigurationError
from claude_foundry._loops import refuse_trio, running_loop


async def twice() -> tuple[object, object]:
    return running_loop(), running_loop()


def test_asyncio() -> None:
    """Within one loop of asyncio it is the same, and in another one another."""
    [first, again], [other, _] = asyncio.run(twice()), asyncio.run(twice())

    assert first is again
    assert first is not other


def test_trio() -> None:
    """Likewise under trio."""
    trio = pytest.importorskip("trio")

    [first, again], [other, _] = trio.run(twice), trio.run(twice)

    assert first is again
    assert first is not other


async def refused() -> bool:
    try:
        refuse_trio("not here")
    except ConfigurationError:
        return True
    return False


def test_refusing_trio() -> None:
    """What does not run under trio is refused there, and neither in a loop of asyncio nor outside of any."""
    trio = pytest.importorskip("trio")

    assert (trio.run(refused), asyncio.run(refused())) == (True, False)
    refuse_trio("not here")
