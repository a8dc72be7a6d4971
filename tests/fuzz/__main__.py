"""Runs each property under atheris for so many seconds: ``python -m tests.fuzz --seconds 20``.

Without atheris, which is not to be had for every Python, hypothesis draws the same inputs for as long.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec

from hypothesis import HealthCheck, settings

NAMES = ("decoder", "reader", "whole_reader", "error_reader", "endpoint", "healing")


def fuzzed(name: str, *, seconds: int) -> None:
    """Runs one property under atheris, which ends the process."""
    import atheris

    with atheris.instrument_imports(include=["claude_foundry"]):
        from tests.fuzz.properties import PROPERTIES
    one_input = PROPERTIES[name].hypothesis.fuzz_one_input  # type: ignore[attr-defined]

    def try_once(data: bytes) -> None:
        one_input(data)

    # What the fuzzer keeps of an input that fails belongs to no working folder.
    kept = tempfile.mkdtemp(prefix=f"fuzz-{name}-")
    atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", "-max_len=4096", f"-artifact_prefix={kept}/"], try_once)
    atheris.Fuzz()


def drawn(name: str, *, seconds: int) -> None:
    """Runs one property under hypothesis, again and again."""
    from tests.fuzz.properties import PROPERTIES

    until = time.monotonic() + seconds
    while time.monotonic() < until:
        settings(max_examples=1000, deadline=None, database=None, suppress_health_check=list(HealthCheck))(
            PROPERTIES[name]
        )()


def main() -> None:
    """Runs the property that the command line names, or each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="?", choices=NAMES)
    parser.add_argument("--seconds", type=int, default=20)
    arguments = parser.parse_args()
    if arguments.name is not None:
        (fuzzed if find_spec("atheris") else drawn)(arguments.name, seconds=arguments.seconds)
        return
    command, codes = [sys.executable, "-m", "tests.fuzz", "--seconds", str(arguments.seconds)], []
    for name in NAMES:
        print(f"=== {name}, {'atheris' if find_spec('atheris') else 'hypothesis'}", flush=True)
        codes.append(subprocess.run([*command, name], check=False).returncode)
        print("=== holds" if codes[-1] == 0 else "=== DOES NOT HOLD", flush=True)
    raise SystemExit(any(codes))


if __name__ == "__main__":
    main()
