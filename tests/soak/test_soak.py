"""A short soak: the same that ``make soak`` runs long."""

import sys

import pytest

from tests.soak.soak import MOST_GROWTH_KB, soak


@pytest.mark.skipif(sys.platform != "linux", reason="open sockets and memory are read from /proc")
def test_nothing_is_lost_or_left() -> None:
    """Hundreds of calls among faults lose and double no character and leave no socket, task, thread or memory."""
    tally = soak(seconds=8.0)

    assert tally.whole > 100
    assert tally.failed > 10
    assert (tally.wrong, tally.untyped) == (0, 0)
    assert tally.memory_growth_kb < MOST_GROWTH_KB
    assert (tally.sockets_left, tally.tasks_left, tally.threads_left) == (0, 0, 0)
