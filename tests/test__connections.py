"""Connections of both clients under load and when calls are left: none lost, none leaked, nothing mixed up."""

import asyncio
import gc
import json
import logging
import os
import threading
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from claude_foundry import APIConnectionError, AsyncFoundryClient, FoundryClient, Timeout
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


class Left:
    """A service whose streams stall after some text; it knows how many of them were left."""

    def __init__(self) -> None:
        self.closed = threading.Semaphore(0)

    def __call__(self, wire: Wire) -> None:
        wire.asked()
        wire.send(chunked(pieces_of(message())[:5]))
        if wire.until_closed():
            self.closed.release()


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


@pytest.mark.parametrize("way", ["break", "exception", "dropped", "interrupt"])
def test_leaving_a_stream(way: str) -> None:
    """However a stream is left, its connection is closed at once."""
    service = Left()

    def leave(client: FoundryClient) -> None:
        if way == "dropped":
            stream = client.messages.stream(**REQUEST).__enter__()
            next(iter(stream))
            return
        with client.messages.stream(**REQUEST) as stream:
            for _ in stream:
                if way == "exception":
                    raise ValueError("the caller's own")
                if way == "interrupt":
                    raise KeyboardInterrupt
                break

    with raw(service) as url, FoundryClient(base_url=url, api_key="k") as client:
        with suppress(ValueError, KeyboardInterrupt):
            leave(client)
        gc.collect()
        assert service.closed.acquire(timeout=5)


@pytest.mark.parametrize("way", ["break", "cancel", "timeout", "dropped", "aclosing"])
async def test_leaving_a_stream_in_a_loop(way: str, caplog: pytest.LogCaptureFixture) -> None:
    """However a stream is left in a loop, its connection is closed at once, and nothing is complained of."""
    service, complaints = Left(), []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))

    async def leave(client: AsyncFoundryClient, started: asyncio.Event) -> None:
        if way == "dropped":
            stream = await client.messages.stream(**REQUEST).__aenter__()
            await anext(aiter(stream))
            return
        async with client.messages.stream(**REQUEST) as stream:
            if way == "aclosing":
                async with aclosing(stream.text_stream) as texts:  # type: ignore[type-var]
                    await anext(texts)
                return
            async for _ in stream:
                started.set()
                if way == "break":
                    break

    with raw(service) as url:
        async with AsyncFoundryClient(base_url=url, api_key="k") as client:
            started = asyncio.Event()
            if way == "timeout":
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.3):
                        await leave(client, started)
            else:
                task = asyncio.create_task(leave(client, started))
                if way == "cancel":
                    await started.wait()
                    task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                del task
            gc.collect()
            for _ in range(5):
                await asyncio.sleep(0)
            assert await asyncio.to_thread(service.closed.acquire, timeout=5)

    gc.collect()
    assert complaints == []
    assert caplog.records == []


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


def test_closing_ends_a_call_that_waits() -> None:
    """A call that waits for its answer ends at once when its client is closed, and is not made again."""
    asked, raised = threading.Semaphore(0), list[Exception]()

    def serve(wire: Wire) -> None:
        wire.asked()
        asked.release()
        wire.wait()

    def ask(client: FoundryClient) -> None:
        try:
            client.messages.create(**REQUEST)
        except APIConnectionError as error:
            raised.append(error)

    with raw(serve) as url:
        client = FoundryClient(base_url=url, api_key="k", timeout=20, _clock=FakeTime().clock())
        thread = threading.Thread(target=ask, args=(client,))
        thread.start()
        assert asked.acquire(timeout=5)
        client.close()
        thread.join(5)
        assert not thread.is_alive()

    assert ["closed" in str(error) for error in raised] == [True]
    assert not asked.acquire(blocking=False)


async def test_closing_ends_a_call_that_waits_in_a_loop() -> None:
    """A call that waits for its answer ends likewise in an event loop."""
    asked, loop, times = asyncio.Event(), asyncio.get_running_loop(), list[int]()

    def serve(wire: Wire) -> None:
        wire.asked()
        times.append(1)
        loop.call_soon_threadsafe(asked.set)
        wire.wait()

    with raw(serve) as url:
        client = AsyncFoundryClient(base_url=url, api_key="k", timeout=20, _clock=FakeTime().clock())
        call = asyncio.create_task(client.messages.create(**REQUEST))
        await asyncio.wait_for(asked.wait(), 5)
        await client.aclose()
        with pytest.raises(APIConnectionError, match="closed"):
            await asyncio.wait_for(call, 5)

    assert times == [1]


class Racing:
    """A service that resets its first connection when a second request comes on it."""

    def __init__(self) -> None:
        self.requests = 0

    def __call__(self, wire: Wire) -> None:
        for number in range(2):
            wire.asked()
            self.requests += 1
            if number:
                wire.reset()
                return
            wire.send(chunked(pieces_of(message())) + END)


def test_a_connection_that_is_reset_as_it_is_used_again() -> None:
    """A request that meets the end of a kept connection is sent once more, on a new one, at no retry's cost."""
    with raw(service := Racing()) as url, FoundryClient(base_url=url, api_key="k", max_retries=0) as client:
        for _ in range(2):
            with client.messages.stream(**REQUEST) as stream:
                stream.get_final_message()

    assert service.requests == 3


async def test_a_connection_that_is_reset_as_it_is_used_again_in_a_loop() -> None:
    """A request is sent once more likewise in an event loop."""
    with raw(service := Racing()) as url:
        async with AsyncFoundryClient(base_url=url, api_key="k", max_retries=0) as client:
            for _ in range(2):
                async with client.messages.stream(**REQUEST) as stream:
                    await stream.get_final_message()

    assert service.requests == 3


def test_what_acts_once_is_not_sent_again() -> None:
    """A request that may have acted already, other than by a message, is left to its caller."""
    with raw(service := Racing()) as url, FoundryClient(base_url=url, api_key="k") as client:
        client.request("POST", "v1/x", json={})
        with pytest.raises(APIConnectionError):
            client.request("POST", "v1/x", json={})

    assert service.requests == 2


def without_bodies(wire: Wire) -> None:
    """Answers each request with the length of a body that a HEAD does not get."""
    while True:
        is_head = wire.asked().startswith(b"HEAD ")
        wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nrequest-id: req_1\r\n\r\n" + (b"" if is_head else b"{}"))


def test_a_head_is_answered_without_a_body() -> None:
    """The answer to a HEAD is whole with its head, whatever length it names; its connection goes on."""
    with raw(without_bodies) as url, FoundryClient(base_url=url, api_key="k", timeout=Timeout(read=5)) as client:
        told = client.request("HEAD", "v1/models")
        after = client.request("GET", "v1/models")

    assert (told.content, told.parse(), told.request_id) == (b"", None, "req_1")
    assert after.parse() == {}


async def test_a_head_is_answered_without_a_body_in_a_loop() -> None:
    """The answer to a HEAD is whole with its head likewise in an event loop."""
    with raw(without_bodies) as url:
        async with AsyncFoundryClient(base_url=url, api_key="k", timeout=Timeout(read=5)) as client:
            told = await client.request("HEAD", "v1/models")
            after = await client.request("GET", "v1/models")

    assert (told.content, told.parse(), told.request_id) == (b"", None, "req_1")
    assert after.parse() == {}
