"""Every fault of the matrix, on every face: what a caller sees is what the row says."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import elsewhere
from tests.faults.elsewhere import GROUPS
from tests.faults.judge import ROWS, differences
from tests.faults.matrix import Expected, Fault, Servers, cases
from tests.faults.server import Authority, FaultServer

CASES = [pytest.param(*case, id=f"{case[0].id}-{case[2]}-{case[1]}") for case in cases(ROWS)]


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with FaultServer() as plain, FaultServer(context=Authority().server_context("127.0.0.1")) as tls:
        yield Servers(plain=plain, tls=tls)


@pytest.mark.parametrize(("fault", "face", "mode", "expected"), CASES)
def test_fault(fault: Fault, face: str, mode: str, expected: Expected, servers: Servers) -> None:
    """The error, the attempts, the delivered text and the time are those of the row."""
    seen = differences(fault, face, mode, expected, servers=servers)

    assert not seen, "; ".join(seen)


def test_size() -> None:
    """The matrix has at least 400 cases, and no name twice."""
    names = [row.id for row in ROWS]

    assert len(CASES) >= 400
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", [f"{group}{number + 1}" for group, most in GROUPS.items() for number in range(most)])
def test_every_fault_is_held(name: str) -> None:
    """Each fault has a row here, or tests elsewhere, and those are there."""
    rows = [row.id for row in ROWS if re.fullmatch(rf"{name}(?!\d).*", row.id)]
    renamed = [row.id for row in ROWS if row.id == elsewhere.RENAMED.get(name)]
    tests = [place.split("::") for place in elsewhere.ROWS.get(name, ())]

    assert rows or renamed or tests
    for file, test in tests:
        assert f"def {test}(" in Path(file).read_text("utf-8")
