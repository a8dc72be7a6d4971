"""Figures of merit, one a run: ``python -m tests.faults.figures NAME`` prints it."""

import argparse
import asyncio
import compileall
import gc
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import claude_foundry
from benchmarks import answers
from claude_foundry import AsyncFoundryClient, FoundryClient, Timeout
from claude_foundry.errors import FoundryError
from claude_foundry.langchain import ChatClaudeFoundry
from claude_foundry.llamaindex import ClaudeFoundry
from tests.faults import test_leaving, test_numbered, wire
from tests.faults.faces import MAX_TOKENS, MODEL, PROMPT
from tests.faults.matrix import answer
from tests.faults.server import Exchange, FaultServer, scripted

REQUEST: dict[str, Any] = {"model": MODEL, "max_tokens": MAX_TOKENS, "messages": [{"role": "user", "content": PROMPT}]}
TRIES = 6
TOTAL = 0.25
"""Seconds that a call of the first figure may take."""


EVENTS = wire.encoded(wire.told())
LONG = wire.document(wire.message(text="x" * 1000))
SLOW: dict[str, tuple[Exchange, str]] = {
    "silent": (answer(end="stall"), "http"),
    "never answers TLS": (answer(end="stall"), "https"),
    "head by the byte": (answer(*wire.drip(LONG, pause=0.01), end="fin"), "http"),
    "body by the byte": (answer(LONG[:200], *wire.drip(LONG[200:], pause=0.01), end="fin"), "http"),
    "503 with Retry-After": (answer(wire.refusal(503, headers="retry-after-ms: 20\r\n")), "http"),
    "stalls in mid-stream": (answer(wire.head(), *EVENTS[:6], end="stall"), "http"),
    "events one by one": (answer(wire.head(), *EVENTS[:3], *wire.drip(EVENTS[3] * 99, pause=0.01, size=40)), "http"),
}


def deadline() -> str:
    """Gives the longest that calls with a limit took beyond it, and against which server."""
    worst = max((late(server, way), server) for server in SLOW for way in (_blocking, _in_a_loop))
    return f"{worst[0] * 1000:.0f} ms ({worst[1]})"


def late(name: str, way: Callable[[str, bool], list[float]]) -> float:
    """Gives the most seconds beyond their limit that whole and streamed calls took against one of the servers."""
    exchange, scheme = SLOW[name]
    with FaultServer() as server:
        took = [way(server.url(scripted(exchange), scheme=scheme), stream) for stream in (False, True)]
    return max(seconds - TOTAL for each in took for seconds in each)


def _settings(url: str) -> dict[str, Any]:
    return {
        "base_url": url,
        "api_key": "key",
        "allow_insecure_loopback": True,
        "max_retries": 100,
        "timeout": Timeout(total=TOTAL),
    }


def _blocking(url: str, stream: bool) -> list[float]:
    def ask() -> None:
        if not stream:
            client.messages.create(**REQUEST)
        with client.messages.stream(**REQUEST) as streamed:
            streamed.get_final_message()

    with FoundryClient(**_settings(url)) as client:
        return [_failing(ask) for _ in range(TRIES)]


def _failing(ask: Callable[[], None]) -> float:
    began = time.perf_counter()
    try:
        ask()
    except FoundryError:
        return time.perf_counter() - began
    raise AssertionError("the call was answered")


def _in_a_loop(url: str, stream: bool) -> list[float]:
    async def ask(client: AsyncFoundryClient) -> None:
        if not stream:
            await client.messages.create(**REQUEST)
        async with client.messages.stream(**REQUEST) as streamed:
            await streamed.get_final_message()

    async def ask_all() -> list[float]:
        async with AsyncFoundryClient(**_settings(url)) as client:
            return [await _async_failing(ask(client)) for _ in range(TRIES)]

    return asyncio.run(ask_all())


async def _async_failing(asking: Awaitable[None]) -> float:
    began = time.perf_counter()
    try:
        await asking
    except FoundryError:
        return time.perf_counter() - began
    raise AssertionError("the call was answered")


def tokens() -> str:
    """Gives how many of the tokens that came over failing streams were lost or came twice."""
    with FaultServer() as server:
        seen = [way(server, face) for way, face in test_numbered.CASES]
    return f"{sum(each.astray for each in seen)} of {sum(each.tokens for each in seen)}"


def closing() -> str:
    """Gives the longest until a server saw that a stream was left: in a loop and without, on each face."""
    with FaultServer() as server:
        waits = [_left(server, opened) for opened in test_leaving.OPENED for _ in range(TRIES)]
        waits += [
            asyncio.run(_left_in_a_loop(server, pieces)) for pieces in test_leaving.STREAMED for _ in range(TRIES)
        ]
    return f"{max(waits) * 1000:.0f} ms"


def _left(server: FaultServer, opened: Callable[[FaultServer], Any]) -> float:
    with opened(server) as stream:
        next(stream)
        began = time.perf_counter()
    return _until_seen(server, began)


async def _left_in_a_loop(server: FaultServer, pieces: Callable[[FaultServer], Any]) -> float:
    async with aclosing(pieces(server)) as stream:
        await anext(stream)
        began = time.perf_counter()
    return await asyncio.to_thread(_until_seen, server, began)


def _until_seen(server: FaultServer, began: float) -> float:
    while server.connections:
        time.sleep(0.0005)
    return time.perf_counter() - began


MANY = 5000


def many_streams() -> str:
    """Gives the CPU time and the memory of 5,000 streams at once in one loop, or of as many as files may be open."""
    count = min(MANY, _files_allowed(MANY + 100) - 100)
    with _paced(events=20, pause=0.5) as url:
        return asyncio.run(_many(url, count))


def _files_allowed(count: int) -> int:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = count if hard == resource.RLIM_INFINITY else min(count, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, allowed), hard))
    return max(soft, allowed)


@contextmanager
def _paced(*, events: int, pause: float) -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.server", "--events", str(events), "--pause", str(pause)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.terminate()


async def _many(url: str, count: int) -> str:
    open_now, most, memory = 0, 0, 0.0

    async def stream(client: AsyncFoundryClient) -> int:
        nonlocal open_now, most, memory
        async with client.messages.stream(**REQUEST) as streamed:
            open_now += 1
            if open_now == count:
                memory = _resident()
            most = max(most, open_now)
            length = len((await streamed.get_final_message()).text)
        open_now -= 1
        return length

    timeout = Timeout(connect=60, pool=60)
    async with AsyncFoundryClient(
        base_url=url, api_key="key", allow_insecure_loopback=True, timeout=timeout, max_retries=0
    ) as client:
        await stream(client)
        gc.collect()
        before, began = _resident(), time.process_time()
        came = await asyncio.gather(*(stream(client) for _ in range(count)))
        cpu = time.process_time() - began
    assert set(came) == {answers.characters("text", 20)}
    each = f"{(memory - before) / count:.0f} KB each" if memory else "never all at once"
    return f"{cpu:.1f} s, {each} ({most} open at once)"


def _resident() -> float:
    """Gives the KB of memory that the process holds now."""
    import resource

    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 1024


DELTA = 16
"""Letters in each delta of the tool's arguments."""


def tool_json() -> str:
    """Gives the CPU time of reading a tool call with 256 KB of arguments, in deltas of 16 bytes, on each face."""
    arguments = json.dumps({"path": "x" * (256 * 1024 - len('{"path": ""}'))})
    body = wire.chunked([b"".join(wire.encoded(wire.called(*wire.split(arguments, DELTA))))])
    with FaultServer() as server:
        url = server.url(scripted(answer(body)))
        read: dict[str, Callable[[], str]] = {
            "core": partial(_tool_of_core, url),
            "LangChain": partial(_tool_of_langchain, url),
            "LlamaIndex": partial(_tool_of_llamaindex, url),
        }
        spent = {face: _cpu(ask, expected=json.loads(arguments)["path"]) for face, ask in read.items()}
    return ", ".join(f"{face} {seconds:.2f} s" for face, seconds in spent.items())


def _cpu(ask: Callable[[], str], *, expected: str) -> float:
    assert ask() == expected
    gc.collect()
    # Of this thread alone: the server's are others.
    began = time.thread_time()
    ask()
    return time.thread_time() - began


def _tool_of_core(url: str) -> str:
    with (
        FoundryClient(base_url=url, api_key="key", allow_insecure_loopback=True) as client,
        client.messages.stream(**REQUEST) as stream,
    ):
        return str(stream.get_final_message().tool_calls[0].input["path"])


def _tool_of_langchain(url: str) -> str:
    model = ChatClaudeFoundry(
        model=MODEL, max_tokens=MAX_TOKENS, base_url=url, api_key="key", allow_insecure_loopback=True
    )
    chunks = model.stream(PROMPT)
    told = "".join(call["args"] or "" for chunk in chunks for call in chunk.tool_call_chunks)
    return str(json.loads(told)["path"])


def _tool_of_llamaindex(url: str) -> str:
    llm = ClaudeFoundry(model=MODEL, max_tokens=MAX_TOKENS, base_url=url, api_key="key", allow_insecure_loopback=True)
    *_, last = llm.stream_chat(test_leaving.MESSAGES)
    (call,) = llm.get_tool_calls_from_response(last)
    return str(call.tool_kwargs["path"])


IMPORTS = {
    "httpx and pydantic alone": "import httpx, pydantic; pydantic.BaseModel",
    "claude_foundry": "import claude_foundry",
    "FoundryClient": "from claude_foundry import FoundryClient",
}


def core_import() -> str:
    """Gives the CPU time and the peak memory of processes that import the core and end, the package compiled."""
    compileall.compile_dir(Path(claude_foundry.__file__).parent, quiet=1)
    return "; ".join(f"{name} {_imported(statement)}" for name, statement in IMPORTS.items())


def _imported(statement: str) -> str:
    # httpx loads its terminal program where what that needs is installed, as for these tests, and not for the core.
    alone = f"import sys; sys.modules['click'] = None; {statement}"
    # What starts a process must be small itself: its memory counts into the peak.
    command = [sys.executable, "-m", "benchmarks.measure", alone, "import"]
    found = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=120).stdout)
    return f"{found['cpu'] / 1000:.0f} ms, {found['peak_mib'] * 1.048576:.0f} MB"


FIGURES: dict[str, tuple[str, Callable[[], str]]] = {
    "deadline": ("worst wait beyond the caller's deadline (aim: 100 ms)", deadline),
    "closing": ("worst wait until the server sees that a stream was left (aim: 300 ms)", closing),
    "tokens": ("tokens lost or doubled across retries (aim: 0)", tokens),
    "many_streams": ("5,000 streams at once in one loop: CPU and memory (aim: 10 s, 30 KB each)", many_streams),
    "tool_json": ("tool JSON of 256 KB in deltas of 16 bytes: CPU (aim: 0.2 s)", tool_json),
    "core_import": ("import of the core: CPU and peak memory (aim: 120 ms, 35 MB)", core_import),
}
"""What each figure tells, and what makes it."""

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=FIGURES)
    print(FIGURES[parser.parse_args().name][1]())
