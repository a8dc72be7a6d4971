"""The running event loop."""

import asyncio

import pytest

from claude_foundry._loops import running_loop


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
