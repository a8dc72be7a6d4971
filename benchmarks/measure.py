"""Measures one client in one scenario, in a process of its own, and prints the figures as JSON.

``python -m benchmarks.measure core text``
"""

import argparse
import asyncio
import gc
import json
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from benchmarks import answers
from benchmarks.drivers import Driver

Figures = dict[str, float]
_DEPTHS = (0, 8, 16, 24, 32)  # frames below an import


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much to do in one measurement.

    Args:
        calls: whole answers.
        streams: streamed answers in sequence.
        events: deltas of a stream.
        at_once: streams at the same time, each of ``paced`` deltas 2 ms apart.
        paced: deltas of such a stream.
        messages: of the long conversation.
    """

    calls: int = 300
    streams: int = 5
    events: int = 2000
    at_once: int = 1000
    paced: int = 20
    messages: int = 400


SMOKE = Size(calls=3, streams=1, events=20, at_once=5, paced=3, messages=8)


def measured(driver: str, scenario: str, *, size: Size) -> Figures:
    """Gives the figures of a client in a scenario: microseconds of CPU for one unit (of waiting for a first text), MiB.

    For an ``import`` the driver is the statements to run.
    """
    if scenario == "import":
        return started(driver)
    with served(scenario, size=size) as url:
        client = import_module(f"benchmarks.drivers.{driver}").Driver(url)
        return SCENARIOS[scenario](client, size)


@contextmanager
def served(scenario: str, *, size: Size) -> Iterator[str]:
    """Serves what a scenario needs and gives the address."""
    kind = "tool" if scenario == "tool" else "text"
    events = {"at_once": size.paced, "first_text": 10}.get(scenario, size.events)
    pause = 0.002 if scenario == "at_once" else 0.0
    command = [
        sys.executable,
        "-m",
        "benchmarks.server",
        "--kind",
        kind,
        "--events",
        str(events),
        "--pause",
        str(pause),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.terminate()


def started(statements: str) -> Figures:
    """Gives the CPU time and the peak memory of a process that runs ``statements`` and ends: medians over the depths.

    CPython 3.11 takes memory from the system and gives it back wherever calls cross the end of a chunk of its stack,
    which makes the same import cost up to a third more at one depth of the stack than at another.
    """
    figures = [_started(statements, depth=depth) for depth in _DEPTHS]
    return {name: statistics.median(each[name] for each in figures) for name in figures[0]}


def _started(statements: str, *, depth: int) -> Figures:
    nested = f"def at(depth):\n  at(depth - 1) if depth else exec({statements!r}, globals())\nat({depth})"
    report = "import resource as r; u = r.getrusage(r.RUSAGE_SELF); print(u.ru_utime + u.ru_stime, u.ru_maxrss)"
    ran = subprocess.run(
        [sys.executable, "-c", f"{nested}\n{report}"], capture_output=True, text=True, check=True, timeout=120
    )
    seconds, kibibytes = map(float, ran.stdout.split())
    return {"cpu": seconds * 1e6, "peak_mib": kibibytes / 1024}


def _call(client: Driver, size: Size) -> Figures:
    _repeat(client.call, 1 + size.calls // 10)
    return {"cpu": _cpu(lambda: _repeat(client.call, size.calls)) / size.calls}


def _text(client: Driver, size: Size) -> Figures:
    return _streamed(client.text, size, expected=answers.characters("text", size.events))


def _tool(client: Driver, size: Size) -> Figures:
    return _streamed(client.tool, size, expected=answers.characters("tool", size.events))


def _streamed(stream: Callable[[], int], size: Size, *, expected: int) -> Figures:
    arrived = stream()
    if arrived != expected:
        raise ValueError(f"{arrived} characters arrived, not {expected}")
    return {"cpu": _cpu(lambda: _repeat(stream, size.streams)) / (size.streams * size.events)}


def _first_text(client: Driver, size: Size) -> Figures:
    client.first_text()
    waits = []
    for _ in range(size.calls):
        began = time.perf_counter()
        waits.append(client.first_text() - began)
    return {"cpu": statistics.median(waits) * 1e6}


def _history(client: Driver, size: Size) -> Figures:
    send = client.history(size.messages)
    count = max(1, size.calls // 20)
    _repeat(send, 2)
    return {"cpu": _cpu(lambda: _repeat(send, count)) / count}


def _construct(client: Driver, size: Size) -> Figures:
    def once() -> int:
        client.construct()
        return client.call()

    count = max(1, size.calls // 5)
    once()
    return {"cpu": _cpu(lambda: _repeat(once, count)) / count}


def _threads(client: Driver, size: Size) -> Figures:
    count = max(1, size.calls // 30)

    def all_at_once() -> None:
        threads = [threading.Thread(target=_repeat, args=(client.call, count)) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    client.call()
    return {"cpu": _cpu(all_at_once) / (50 * count)}


def _at_once(client: Driver, size: Size) -> Figures:
    async def run() -> list[int]:
        return await asyncio.gather(*(client.stream() for _ in range(size.at_once)))

    arrived: list[int] = []
    cpu = _cpu(lambda: arrived.extend(asyncio.run(run())))
    if set(arrived) != {answers.characters("text", size.paced)}:
        raise ValueError(f"streams of {sorted(set(arrived))} characters arrived")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"cpu": cpu / (size.at_once * size.paced), "peak_mib": peak}


def _cpu(act: Callable[[], Any]) -> float:
    gc.collect()
    began = time.process_time_ns()
    act()
    return (time.process_time_ns() - began) / 1000


def _repeat(act: Callable[[], Any], count: int) -> None:
    for _ in range(count):
        act()


SCENARIOS: dict[str, Callable[[Driver, Size], Figures]] = {
    "start": lambda client, size: started(client.START.format(url="http://127.0.0.1:9")),
    "call": _call,
    "text": _text,
    "tool": _tool,
    "first_text": _first_text,
    "history": _history,
    "construct": _construct,
    "threads": _threads,
    "at_once": _at_once,
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("driver")
    parser.add_argument("scenario", choices=["import", *SCENARIOS])
    parser.add_argument("--times", type=int, default=1, help="how many times longer than usual")
    parser.add_argument("--often", type=int, default=1, help="how many times as many as usual")
    parser.add_argument("--smoke", action="store_true")
    given = parser.parse_args()
    usual = SMOKE if given.smoke else Size()
    chosen = Size(
        **{
            **vars(usual),
            "events": usual.events * given.times,
            "messages": usual.messages * given.times,
            "streams": usual.streams * given.often,
            "calls": usual.calls * given.often,
        },
    )
    print(json.dumps(measured(given.driver, given.scenario, size=chosen)))
