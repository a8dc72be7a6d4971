"""Connections of both clients under load and when calls are left: none lost, none leaked, nothing mixed up."""

import asyncio
import gc
import json
import logging
import os
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from claude_foundry import AsyncFoundryClient, FoundryClient, Timeout
from claude_foundry._clock import Clock
from tests.answers import message, pieces_of, refused
from tests.shells import REQUEST, FakeTime
from tests.wire import HEAD, Wire, chunked, raw

END = b"0\r\n\r\n"


def asking(text: str) -> dict[str, Any]:
    return {**REQUEST, "messages": [{"role": "user", "content": text}]}


def echo(wire: Wire) -> None:
    """Answers each request of a connection with its own text."""
    while True:
        body = json.loads(wire.asked().partition(b"\r\n\r\n")[2])
        said = message({"type": "text", "text": body["messages"][0]["content"]})
        wire.send(chunked(pieces_of(said)) + END)


def test_threads_share_one_client() -> None:
    """A hundred threads on one client each get the answers to their own questions."""
    wrong: list[str] = []

    def ask(client: FoundryClient, number: int) -> None:
        for turn in range(5):
            with client.messages.stream(**asking(f"{number}-{turn}")) as stream:
                text = stream.get_final_message().text
            if text != f"{number}-{turn}":
                wrong.append(text)

    with raw(echo) as url, FoundryClient(base_url=url, api_key="k", timeout=30) as client:
        threads = [threading.Thread(target=ask, args=(client, number)) for number in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert wrong == []


async def test_many_streams_at_once() -> None:
    """Two thousand streams of one loop are open at the same time, and each gets its own answer."""
    count, opened, all_open = 2000, 0, asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal opened
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))[15:])
        body = json.loads(await reader.readexactly(length))
        pieces = pieces_of(message({"type": "text", "text": body["messages"][0]["content"]}))
        writer.write(chunked(pieces[:3]))
        opened += 1
        if opened == count:
            all_open.set()
        await all_open.wait()
        writer.write(chunked(pieces[3:])[len(HEAD) :] + END)
        await writer.drain()
        writer.close()

    async def ask(client: AsyncFoundryClient, number: int) -> bool:
        async with client.messages.stream(**asking(f"{number}")) as stream:
            return (await stream.get_final_message()).text == f"{number}"

    _allow_files(3 * count)
    async with await asyncio.start_server(serve, "127.0.0.1", 0, backlog=4096) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        timeout = Timeout(connect=50, pool=50, read=50)
        async with AsyncFoundryClient(base_url=url, api_key="k", timeout=timeout, max_retries=0) as client:
            answers = await asyncio.gather(*(ask(client, number) for number in range(count)))

    assert answers.count(True) == count


def _allow_files(count: int) -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        pytest.skip(f"this system allows {hard} open files only")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count), hard))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system does not list open files")
async def test_cancels_leave_nothing() -> None:
    """Calls that are cancelled at any moment leave no socket and no task behind."""

    def files() -> int:
        return len(os.listdir("/proc/self/fd"))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            for piece in pieces_of(message()):
                writer.write(
                    (HEAD if piece.startswith(b"event: message_start") else b"") + chunked([piece])[len(HEAD) :]
                )
                await asyncio.sleep(0)
            await reader.read()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def ask(client: AsyncFoundryClient) -> None:
        async with client.messages.stream(**REQUEST) as stream:
            await stream.get_final_message()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with AsyncFoundryClient(base_url=url, api_key="k", max_retries=0) as client:
            await ask(client)
            tasks, before = len(asyncio.all_tasks()), files()
            for moments in range(1000):
                task = asyncio.create_task(ask(client))
                for _ in range(moments % 40):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            del task
            for _ in range(200):
                await asyncio.sleep(0)
                if files() <= before + 2 and len(asyncio.all_tasks()) <= tasks + 2:
                    break
            gc.collect()
            await asyncio.sleep(0.05)
            assert files() <= before + 4
            assert len(asyncio.all_tasks()) <= tasks + 4


async def test_cancelled_between_attempts() -> None:
    """A call that is cancelled while it waits for its next attempt ends at once."""
    sleeping = asyncio.Event()

    async def sleep(_: float) -> None:
        sleeping.set()
        await asyncio.Event().wait()

    time = FakeTime().clock()
    http = httpx.AsyncClient(transport=httpx.MockTransport(lambda request: refused(503)))
    clock = Clock(async_sleep=sleep, now=time.now, monotonic=time.monotonic, jitter=time.jitter)
    client = AsyncFoundryClient("a", api_key="k", http_client=http, _clock=clock)

    task = asyncio.create_task(client.messages.create(**REQUEST))
    await sleeping.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_forked_processes_mix_nothing_up() -> None:
    """After a fork both processes go on with one client, and each gets the answers to its own questions."""

    def ask(client: FoundryClient, name: str) -> bool:
        def said(text: str) -> str:
            with client.messages.stream(**asking(text)) as stream:
                return stream.get_final_message().text

        return all(said(f"{name}-{turn}") == f"{name}-{turn}" for turn in range(30))

    with raw(echo) as url, FoundryClient(base_url=url, api_key="k", timeout=20) as client:
        assert ask(client, "before")
        child = os.fork()
        if child == 0:
            os._exit(0 if ask(client, "child") else 1)
        assert ask(client, "parent")
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize("looped", [False, True], ids=["sync", "async"])
def test_cookies_are_not_kept(looped: bool) -> None:
    """What a gateway sets as a cookie is not sent back to it."""
    requests: list[bytes] = []
    head = HEAD.replace(b"\r\n\r\n", b"\r\nset-cookie: session=1; Path=/\r\n\r\n")

    def serve(wire: Wire) -> None:
        while True:
            requests.append(wire.asked())
            wire.send(head + chunked(pieces_of(message()))[len(HEAD) :] + END)

    async def ask_in_a_loop(url: str) -> None:
        async with AsyncFoundryClient(base_url=url, api_key="k") as client:
            for _ in range(2):
                async with client.messages.stream(**REQUEST) as stream:
                    await stream.get_final_message()

    with raw(serve) as url:
        if looped:
            asyncio.run(ask_in_a_loop(url))
        else:
            with FoundryClient(base_url=url, api_key="k") as client:
                for _ in range(2):
                    with client.messages.stream(**REQUEST) as stream:
                        stream.get_final_message()

    assert len(requests) == 2
    assert not any(b"cookie" in request.lower() for request in requests)


def test_logs_hold_no_credentials(caplog: pytest.LogCaptureFixture) -> None:
    """At the finest level neither this package, which tells of a retry, nor a library below writes a credential."""

    def serve(wire: Wire) -> None:
        wire.asked()
        wire.send(b"HTTP/1.1 503 Unavailable\r\nretry-after-ms: 1\r\ncontent-length: 2\r\n\r\n{}")
        echo(wire)

    with (
        caplog.at_level(logging.DEBUG),
        raw(serve) as url,
        FoundryClient(base_url=url, api_key="canary-1") as client,
        client.messages.stream(**asking("prompt-51ab")) as stream,
    ):
        stream.get_final_message()

    assert caplog.records
    assert not any(word in caplog.text for word in ("canary-1", "prompt-51ab"))
