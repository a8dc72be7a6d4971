"""A fault is told to the caller, and to nobody else."""

import gc
import logging

import pytest

from tests.faults import rows_connection
from tests.faults.faces import FACES, PROMPT, Asked, asked
from tests.faults.matrix import Fault
from tests.faults.server import FaultServer

RESETS = [row for row in rows_connection.ROWS if "reset" in row.how]


@pytest.mark.parametrize("fault", RESETS, ids=lambda row: row.id)
@pytest.mark.parametrize("face", ["async-core", "async-core-httpx"])
def test_no_noise(fault: Fault, face: str, caplog: pytest.LogCaptureFixture) -> None:
    """After a reset the event loop has nothing to complain of, such as an exception that nobody took."""
    with FaultServer() as server, caplog.at_level(logging.WARNING):
        for mode, _ in fault.modes():
            asked(
                FACES[face], Asked(server.url(fault.script()), mode == "stream", {"timeout": 10.0}, PROMPT, fault.calls)
            )
        gc.collect()

    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []
