"""Writes ``benchmarks/RELIABILITY.md`` from a run: ``python -m tests.faults.report``."""

import json
import os
import platform
import re
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from claude_foundry import __version__
from tests.faults.figures import FIGURES
from tests.faults.judge import ROWS, differences
from tests.faults.matrix import Servers, cases
from tests.faults.server import Authority, FaultServer
from tests.faults.test_ownership import load_in_outage
from tests.faults.test_rechunking import CUTS
from tests.faults.transcripts import transcripts

TARGET = Path("benchmarks/RELIABILITY.md")
_FAILED = re.compile(r"\| (?:unexpected outcomes \| [1-9]|(?:\d+ )?failed\b)")
SOAK_SECONDS, FUZZ_SECONDS = 30, 10
_SOAK = f"python -m tests.soak.soak --seconds {SOAK_SECONDS}"
_FUZZ = f"python -m tests.fuzz --seconds {FUZZ_SECONDS}"
_LEAKS = (
    "http2",
    "leaks",
    "leaks_of_calls",
    "leaks_of_servers",
    "leaks_of_spans",
    "leaks_of_streams",
    "leaks_of_tools",
    "refused_secrets",
)
LEAKS = tuple(f"tests/faults/test_{name}.py" for name in _LEAKS)
MANY = "tests/test__connections.py"
LEFT = tuple(f"tests/faults/test_{name}.py" for name in ("leaving", "exit", "pool", "quiet"))


def matrix() -> tuple[int, list[str], float]:
    """Gives the number of cases, what was not as expected, and the seconds it took."""
    began, count, unexpected = time.perf_counter(), 0, []
    with FaultServer() as plain, FaultServer(context=Authority().server_context("127.0.0.1")) as tls:
        servers = Servers(plain=plain, tls=tls)
        for fault, face, mode, expected in cases(ROWS):
            count += 1
            if seen := differences(fault, face, mode, expected, servers=servers):
                unexpected.append(f"{fault.id} {mode} {face}: {'; '.join(seen)}")
    return count, unexpected, time.perf_counter() - began


def outage_load() -> float:
    with FaultServer() as server:
        return load_in_outage(server, calls=1000)


def tests_of(*chosen: str) -> str:
    """Gives the last line that pytest says of some files, or of what is chosen of them."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *chosen]
    return _run(command, seconds=900).strip().splitlines()[-1]


def soak() -> dict[str, int]:
    """Gives the tally of a soak in a process of its own."""
    return dict(json.loads(_run(_command(_SOAK), seconds=SOAK_SECONDS + 120).splitlines()[-1]))


def fuzz() -> str:
    """Gives what each property's fuzzing came to."""
    found = _run(_command(_FUZZ), seconds=6 * FUZZ_SECONDS + 120)
    return "; ".join(
        line.removeprefix("=== ")
        for line in found.splitlines()
        if line.startswith(("===", "Done ")) and "Uncaught" not in line
    )


def figures() -> list[tuple[str, str, str]]:
    """Gives the figures of merit, each made in a process of its own."""
    commands = {name: f"python -m tests.faults.figures {name}" for name in FIGURES}
    return [
        (told, _run(_command(commands[name]), seconds=300).strip() or "failed", f"`{commands[name]}`")
        for name, (told, _) in FIGURES.items()
    ]


def _command(line: str) -> list[str]:
    return [sys.executable, *line.split()[1:]]


def _run(command: list[str], *, seconds: float) -> str:
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if "tests.fuzz" in command else subprocess.DEVNULL,
        text=True,
        timeout=seconds,
        check=False,
        env=os.environ.copy(),
    )
    return done.stdout


def written() -> str:
    """Runs it all, and gives the page."""
    count, unexpected, seconds = matrix()
    tally, offsets = soak(), sum(map(len, transcripts().values()))
    rows: list[tuple[str, object, str]] = [
        ("rows of the fault matrix", len(ROWS), "`python -m tests.faults.report`"),
        ("faults injected (rows x modes x faces)", count, "`pytest tests/faults/test_matrix.py`"),
        ("unexpected outcomes", len(unexpected), "the same as above"),
        ("seconds for the whole matrix", f"{seconds:.0f}", "`python -m tests.faults.report`"),
        (
            f"offsets cut in {len(transcripts())} transcripts, each synchronous and asynchronous",
            offsets,
            "`pytest tests/faults/test_truncation.py`",
        ),
        ("their tests", tests_of("tests/faults/test_truncation.py"), "the same as above"),
        ("random cuttings of the streams, in all", CUTS, "`pytest tests/faults/test_rechunking.py`"),
        ("their tests", tests_of("tests/faults/test_rechunking.py"), "the same as above"),
        (
            "secrets searched for in 14 kinds of places",
            tests_of(*LEAKS),
            f"`pytest {' '.join(LEAKS)}`",
        ),
        (
            "proxies, certificates, other keys and logs of the environment",
            tests_of("tests/faults/test_environment.py"),
            "`pytest tests/faults/test_environment.py`",
        ),
        (
            "streams left in every way, an interpreter that ends, and a pool that is exhausted",
            tests_of(*LEFT),
            f"`pytest {' '.join(LEFT)}`",
        ),
        (
            "100 threads, 8 forks, 4 loops in 4 threads",
            tests_of("tests/faults/test_ownership.py"),
            "`pytest tests/faults/test_ownership.py`",
        ),
        ("2,000 streams at once in one loop", tests_of(MANY, "-k", "many_streams"), f"`pytest {MANY} -k many_streams`"),
        (
            "1,000 calls cancelled at any moment, nothing left behind",
            tests_of(MANY, "-k", "cancels_leave_nothing"),
            f"`pytest {MANY} -k cancels_leave_nothing`",
        ),
        (
            "requests a call in a full outage, 1,000 calls",
            f"{outage_load():.3f}",
            "`pytest tests/faults/test_ownership.py -k outage`",
        ),
        *figures(),
        *(
            (f"soak of {SOAK_SECONDS} s: {name.replace('_', ' ')}", value, f"`{_SOAK}`")
            for name, value in tally.items()
        ),
        (f"fuzzing, {FUZZ_SECONDS} s each", fuzz(), f"`{_FUZZ}`"),
    ]
    table = "\n".join(f"| {name} | {value} | {command} |" for name, value, command in rows)
    return f"{_head()}\n| figure | value | command |\n| --- | --- | --- |\n{table}\n{_listed(unexpected)}"


def _head() -> str:
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return (
        "# Reliability: figures of a run\n\n"
        f"Written by `make reliability` on {datetime.now(UTC):%Y-%m-%d}: claude-foundry {__version__}, {machine}.\n"
    )


def _listed(unexpected: list[str]) -> str:
    if not unexpected:
        return ""
    rows = Counter(line.split()[0] for line in unexpected)
    summary = ", ".join(f"{name} ({count})" for name, count in rows.items())
    return f"\nRows with unexpected outcomes, and in how many cases: {summary}.\n"


def main() -> None:
    TARGET.parent.mkdir(exist_ok=True)
    page = written()
    TARGET.write_text(page, encoding="utf-8")
    if _FAILED.search(page):
        sys.exit(f"{TARGET.name} holds what failed.")


if __name__ == "__main__":
    main()
