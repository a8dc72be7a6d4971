"""Each caller gets the answer to its own question: among threads, processes and event loops that share a client."""

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from claude_foundry import APIError, AsyncFoundryClient, FoundryClient, StreamInterruptedError
from tests.faults import wire
from tests.faults.echo import echo, outage
from tests.faults.faces import MAX_TOKENS, MODEL
from tests.faults.server import FaultServer, Script
from tests.shells import FakeTime
from tests.wire import HEAD, Wire, chunked, raw

THREADS, FORKS, LOOPS = 100, 8, 4


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with FaultServer() as listening:
        yield listening


def request_of(prompt: str) -> dict[str, Any]:
    return {"model": MODEL, "max_tokens": MAX_TOKENS, "messages": [{"role": "user", "content": prompt}]}


def settings_of(server: FaultServer, script: Script) -> dict[str, Any]:
    return {"base_url": server.url(script), "api_key": "key", "allow_insecure_loopback": True, "timeout": 30.0}


def asked(client: FoundryClient, name: str, *, times: int) -> int:
    """Asks whole and streamed by turns, and gives the number of wrong answers."""
    wrong = 0
    for number in range(times):
        prompt = f"{name} asks {number}"
        if number % 2:
            wrong += client.messages.create(**request_of(prompt)).text != prompt
            continue
        with client.messages.stream(**request_of(prompt)) as stream:
            wrong += stream.get_final_message().text != prompt
    return wrong


def run(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_threads(server: FaultServer) -> None:
    """A hundred threads on one client get their own answers."""
    results: list[int] = []
    with FoundryClient(**settings_of(server, echo())) as client:
        run(
            [
                threading.Thread(
                    target=lambda name: results.append(asked(client, name, times=6)), args=(f"thread {name}",)
                )
                for name in range(THREADS)
            ]
        )

    assert (len(results), sum(results)) == (THREADS, 0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_forks(server: FaultServer) -> None:
    """Forked processes and their parent, asking at the same time after a connection was made, get their own answers."""
    with FoundryClient(**settings_of(server, echo())) as client:
        asked(client, "before", times=2)
        children = [_child(client, f"child {number}") for number in range(FORKS)]
        wrong = asked(client, "parent", times=50)
        codes = [_ended(child) for child in children]

    assert (wrong, codes) == (0, [0] * FORKS)


def _child(client: FoundryClient, name: str) -> int:
    child = os.fork()
    if child == 0:
        code = 99
        try:
            code = asked(client, name, times=20)
        finally:
            os._exit(code)
    return child


class Halves:
    """Sends the first events of an answer, and the others when it is told to."""

    def __init__(self) -> None:
        self.go_on = threading.Event()

    def __call__(self, peer: Wire) -> None:
        events = wire.encoded(wire.told())
        peer.asked()
        peer.send(chunked(events[:6]))
        self.go_on.wait(30)
        peer.send(chunked(events[6:]).removeprefix(HEAD) + b"0\r\n\r\n")
        peer.wait()


def _read_in_a_fork(url: str, halves: Halves) -> tuple[int, str | None]:
    with FoundryClient(base_url=url, api_key="key", timeout=5.0).messages.stream(**request_of("Hello")) as stream:
        next(stream)
        if (child := os.fork()) == 0:
            code = 99
            try:
                list(stream)
            except StreamInterruptedError as refusal:
                stream.close()
                code = "forked" not in str(refusal)
            finally:
                os._exit(code)
        ended = _ended(child)
        halves.go_on.set()
        return ended, stream.get_final_message().text


def _read_in_a_fork_of_a_loop(url: str, halves: Halves) -> tuple[int, str | None]:
    async def read() -> tuple[int, str | None]:
        client = AsyncFoundryClient(base_url=url, api_key="key", timeout=5.0)
        async with client.messages.stream(**request_of("Hello")) as stream:
            await anext(stream)
            if (child := os.fork()) == 0:
                code = 99
                try:
                    [event async for event in stream]
                except StreamInterruptedError as refusal:
                    await stream.aclose()
                    code = "forked" not in str(refusal)
                finally:
                    os._exit(code)
            ended = _ended(child)
            halves.go_on.set()
            return ended, (await stream.get_final_message()).text

    return asyncio.run(read())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("read", [_read_in_a_fork, _read_in_a_fork_of_a_loop], ids=["sync", "async"])
def test_streams_of_another_process(read: Callable[[str, Halves], tuple[int, str | None]]) -> None:
    """A forked process that reads on in a stream of its parent's is told so, and may close it; the parent gets all."""
    halves = Halves()

    with raw(halves) as url:
        ended, text = read(url, halves)

    assert (ended, text) == (0, wire.TEXT)


def _ended(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_loops(server: FaultServer) -> None:
    """Four loops in four threads on one client, and one loop after another, get their own answers."""
    results: list[int] = []
    client = AsyncFoundryClient(**settings_of(server, echo()))

    async def ask(name: str) -> None:
        answers = await asyncio.gather(*(client.messages.create(**request_of(f"{name}.{n}")) for n in range(25)))
        results.extend(answer.text != f"{name}.{n}" for n, answer in enumerate(answers))

    def turns(name: str) -> None:
        for turn in range(4):
            asyncio.run(ask(f"{name}.{turn}"))

    run([threading.Thread(target=turns, args=(f"loop {name}",)) for name in range(LOOPS)])

    assert (len(results), sum(results)) == (LOOPS * 100, 0)


def load_in_outage(server: FaultServer, *, calls: int) -> float:
    """Gives the requests that a service which refuses everything gets for each call of a client's."""
    script, failed = outage(), 0
    with FoundryClient(**settings_of(server, script), _clock=FakeTime().clock()) as client:
        for number in range(calls):
            try:
                client.messages.create(**request_of(str(number)))
            except APIError:
                failed += 1
    assert failed == calls
    return len(script.requests) / calls


def test_outage(server: FaultServer) -> None:
    """In a full outage a client's retries add at most 15 percent to the load of 1,000 calls."""
    assert load_in_outage(server, calls=1000) <= 1.15
