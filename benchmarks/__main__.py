"""Runs the comparisons: ``python -m benchmarks --old-sdk-python PATH``.

Peers that need different versions of the SDK cannot share an environment: the interpreter that runs this has the new
SDK, and ``--old-sdk-python`` is that of an environment with the old one.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from benchmarks import measure, pairs, report
from benchmarks.pairs import Pair
from benchmarks.report import Result

_HERE = Path(__file__).parent
_LONGEST = 600  # seconds for one measurement


def main() -> int:
    """Runs what was asked for; the exit status tells whether every ratio holds."""
    given = _arguments()
    if given.smoke:
        return _smoke(given.driver)
    chosen = [pair for pair in pairs.pairs() if given.only in pair.name]
    pythons = {False: sys.executable, True: given.old_sdk_python}
    for python in set(pythons.values()):
        _compile(python)
    results = [_compared(pair, python=pythons[pair.old_sdk], rounds=given.rounds) for pair in chosen]
    if not given.only:
        (_HERE / "RESULTS.md").write_text(report.table(results, rounds=given.rounds))
        report.plot(results, _HERE / "results.svg")
    missed = [result for result in results if not result.holds]
    limited = [result for result in results if result.pair.at_most is not None]
    print(f"{len(limited) - len(missed)} of {len(limited)} ratios hold.")
    return 1 if missed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--old-sdk-python", default=sys.executable, help="interpreter with the SDK before 1.0")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each side of a pair")
    parser.add_argument("--only", default="", help="part of the names of the pairs to compare; writes no results")
    parser.add_argument("--smoke", action="store_true", help="run each scenario once, tiny, and compare nothing")
    parser.add_argument("--driver", action="append", default=[], help="of the smoke run; may be repeated")
    return parser.parse_args()


def _compile(python: str) -> None:
    """Compiles this package, as pip compiled the others when it installed them."""
    package = _HERE.parent / "src" / "claude_foundry"
    subprocess.run([python, "-m", "compileall", "-q", package], check=True, timeout=_LONGEST)


def _smoke(drivers: list[str]) -> int:
    for driver in drivers:
        for scenario in measure.SCENARIOS:
            print(driver, scenario, measure.measured(driver, scenario, size=measure.SMOKE), flush=True)
    return 0


def _compared(pair: Pair, *, python: str, rounds: int) -> Result:
    ours: list[float] = []
    other: list[float] = []
    for turn in range(rounds):
        for side in ("ours", "other") if turn % 2 else ("other", "ours"):
            (ours if side == "ours" else other).append(_figure(pair, side, python=python))
    result = Result(pair=pair, ours=ours, other=other)
    print(result.row(), flush=True)
    return result


def _figure(pair: Pair, side: str, *, python: str) -> float:
    what = pair.ours if side == "ours" else pair.other
    # Both sides do as much in all: what comes with the amount, as the collector of garbage does, is then no growth.
    times, often = (pair.our_times, 1) if side == "ours" else (1, pair.our_times)
    figures = _measured(python, what, pair.scenario, "--times", str(times), "--often", str(often))
    # A history is one unit; ten times as long, it is ten.
    per = times if pair.scenario == "history" else 1
    return figures[pair.figure] / per


def _measured(python: str, what: str, scenario: str, *options: str) -> dict[str, float]:
    command = [python, "-m", "benchmarks.measure", what, scenario, *options]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST, cwd=_HERE.parent)
    if ran.returncode:
        raise SystemExit(f"{what} failed in {scenario}:\n{ran.stderr}")
    return json.loads(ran.stdout.splitlines()[-1])


if __name__ == "__main__":
    sys.exit(main())
