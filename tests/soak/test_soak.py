"""A short soak: the same that ``make soak`` runs long."""

import sys

import pytest

from tests.soak.soak import soak


@pytest.mark.skipif(sys.platform != "linux", reason="open sockets and memory are read from /proc")
def test_nothing_is_lost_or_left() -> None:
    """After hundreds of calls among faults no character is lost or doubled, and no socket, task or thread is left."""
    tally = soak(seconds=8.0)

    assert tally.whole > 100
    assert tally.failed > 10
    assert (tally.wrong, tally.untyped) == (0, 0)
    assert (tally.sockets_left, tally.tasks_left, tally.threads_left) == (0, 0, 0)
