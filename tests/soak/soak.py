"""Thousands of calls and streams against a server that fails by chance: nothing lost, doubled, or left open.

``python -m tests.soak.soak --seconds 120`` runs long; the tests run it short.
"""

import argparse
import asyncio
import gc
import hashlib
import json
import os
import random
import threading
import time
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from claude_foundry import APIError, AsyncFoundryClient, FoundryClient, ResponseFormatError
from claude_foundry._stream import text_of
from tests.faults.echo import faulty_echo
from tests.faults.faces import HANGS, MODEL
from tests.faults.server import FaultServer
from tests.shells import FakeTime

WORKERS = 8
"""Asynchronous workers, beside half as many threads."""
MOST_GROWTH_KB = 10_240
"""What the memory of the process may grow by while its parts settle."""


@dataclass
class Tally:
    """What came of all calls."""

    whole: int = 0
    failed: int = 0
    left_early: int = 0
    wrong: int = 0
    """Whole answers whose checksum differs, and parts that are no beginning of what was told."""
    untyped: int = 0
    """Errors that are not this package's."""
    sockets_left: int = 0
    tasks_left: int = 0
    threads_left: int = 0
    memory_growth_kb: int = 0

    @property
    def calls(self) -> int:
        return self.whole + self.failed + self.left_early


def prompt_of(chance: random.Random) -> str:
    """Gives a text that ends with the checksum of what stands before."""
    text = " ".join(f"{chance.getrandbits(32):x}é🌍" for _ in range(chance.randrange(1, 30)))
    return f"{text} {digest(text)}"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def is_whole(text: str) -> bool:
    before, _, checksum = text.rpartition(" ")
    return digest(before) == checksum


def request_of(prompt: str) -> dict[str, Any]:
    return {"model": MODEL, "max_tokens": 64, "messages": [{"role": "user", "content": prompt}]}


class Call:
    """One call: what was asked, what has come, and what it adds to the tally."""

    def __init__(self, chance: random.Random) -> None:
        self.prompt = prompt_of(chance)
        self.request = request_of(self.prompt)
        self.streams = chance.random() < 0.7
        self.leaves_after = chance.randrange(1, 8) if chance.random() < 0.1 else None
        self.pieces: list[str] = []
        self.left = False

    def take(self, piece: str | None) -> bool:
        """Takes a piece, and tells whether to go on."""
        self.pieces.append(piece or "")
        self.left = self.leaves_after == len(self.pieces)
        return not self.left

    def end(self, tally: Tally, error: Exception | None) -> None:
        text = "".join(self.pieces)
        whole = error is None and not self.left
        right = is_whole(text) and text == self.prompt if whole else self.prompt.startswith(text)
        tally.whole += whole
        tally.failed += error is not None
        tally.left_early += self.left and error is None
        tally.wrong += not right
        tally.untyped += error is not None and not isinstance(error, APIError | ResponseFormatError)


def ask(client: FoundryClient, call: Call) -> None:
    if not call.streams:
        call.take(client.messages.create(**call.request).text)
        call.left = False
        return
    with client.messages.stream(**call.request) as stream:
        for event in stream:
            if not call.take(text_of(event)):
                return


async def aask(client: AsyncFoundryClient, call: Call) -> None:
    if not call.streams:
        call.take((await client.messages.create(**call.request)).text)
        call.left = False
        return
    async with client.messages.stream(**call.request) as stream:
        async for event in stream:
            if not call.take(text_of(event)):
                return


def work(client: FoundryClient, tally: Tally, *, seed: int, until: float) -> None:
    chance = random.Random(seed)
    while time.monotonic() < until:
        call, error = Call(chance), None
        try:
            ask(client, call)
        except Exception as raised:  # noqa: BLE001 - the tally tells them apart
            error = raised
        call.end(tally, error)


async def awork(client: AsyncFoundryClient, tally: Tally, *, seed: int, until: float) -> None:
    chance = random.Random(seed)
    while time.monotonic() < until:
        call, error = Call(chance), None
        try:
            await asyncio.wait_for(aask(client, call), HANGS)
        except Exception as raised:  # noqa: BLE001 - the tally tells them apart
            error = raised
        call.end(tally, error)


async def in_a_loop(settings: dict[str, Any], tally: Tally, *, seed: int, until: float) -> None:
    async with AsyncFoundryClient(**settings) as client:
        await asyncio.gather(*(awork(client, tally, seed=seed + worker, until=until) for worker in range(WORKERS)))
    # What a call left to end by itself has a moment to do so.
    await asyncio.sleep(0.3)
    tally.tasks_left += len(asyncio.all_tasks()) - 1


def in_threads(settings: dict[str, Any], tallies: list[Tally], *, seed: int, until: float) -> None:
    with FoundryClient(**settings) as client:
        threads = [
            threading.Thread(target=work, args=(client, tally), kwargs={"seed": seed + number, "until": until})
            for number, tally in enumerate(tallies)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def round_of(server: FaultServer, *, seconds: float, seed: int) -> Tally:
    """Runs threads and a loop at the same time, each on one client, and adds up what came of it."""
    until = time.monotonic() + seconds
    settings = {
        "base_url": server.url(faulty_echo(seed)),
        "allow_insecure_loopback": True,
        "api_key": "key",
        "timeout": 5.0,
        "_clock": FakeTime().clock(),
    }
    tallies = [Tally() for _ in range(WORKERS // 2 + 1)]
    beside = threading.Thread(target=in_threads, args=(settings, tallies[1:]), kwargs={"seed": seed, "until": until})
    beside.start()
    asyncio.run(in_a_loop(settings, tallies[0], seed=seed + 100, until=until))
    beside.join()
    return Tally(**{name: sum(getattr(tally, name) for tally in tallies) for name in asdict(Tally())})


def soak(*, seconds: float, seed: int = 1) -> Tally:
    """Runs rounds for so many seconds; the first is not measured, it fills what is filled once."""
    with FaultServer() as server:
        round_of(server, seconds=seconds / 5, seed=seed)
        before = _open_sockets(server), threading.active_count(), _memory()
        tallies = [round_of(server, seconds=seconds / 5, seed=seed + 1000 * number) for number in range(1, 5)]
        after = _open_sockets(server), threading.active_count(), _memory()
    total = Tally(**{name: sum(getattr(tally, name) for tally in tallies) for name in asdict(Tally())})
    total.sockets_left, total.threads_left, total.memory_growth_kb = (b - a for a, b in zip(before, after, strict=True))
    return total


def _open_sockets(server: FaultServer) -> int:
    """Waits for the server's side to see what clients closed, and counts the process's sockets."""
    gc.collect()
    patience = time.monotonic() + 5.0
    while server.connections and time.monotonic() < patience:
        time.sleep(0.02)
    return sum(os.readlink(f"/proc/self/fd/{name}").startswith("socket:") for name in _descriptors())


def _descriptors() -> list[str]:
    return [name for name in os.listdir("/proc/self/fd") if os.path.islink(f"/proc/self/fd/{name}")]


def _memory() -> int:
    gc.collect()
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


def main() -> None:
    """Soaks as long as the command line says, prints the tally as JSON, and fails when anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=100.0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with warnings.catch_warnings(record=True) as noise:
        warnings.simplefilter("always")
        tally = soak(seconds=arguments.seconds, seed=arguments.seed)
    print(json.dumps({"calls": tally.calls, **asdict(tally), "warnings": len(noise)}))
    flaws = tally.wrong, tally.untyped, tally.sockets_left, tally.tasks_left, tally.threads_left, len(noise)
    raise SystemExit(any(flaws) or tally.memory_growth_kb > MOST_GROWTH_KB)


if __name__ == "__main__":
    main()
