"""The asyncio transport: failures named as httpx names them, connections given back or closed."""

import asyncio
import gc
import socket
import threading
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import httpx
import pytest

from claude_foundry import APIConnectionError, APITimeoutError, AsyncFoundryClient, StreamInterruptedError
from claude_foundry._asyncio_transport import AsyncioTransport
from tests.answers import message, pieces_of
from tests.shells import REQUEST
from tests.wire import Wire, chunked, raw

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


@asynccontextmanager
async def listening(serve: Serve):
    """Serves raw bytes on loopback; gives the URL."""

    async def serve_and_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async with await asyncio.start_server(serve_and_close, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def asked(reader: asyncio.StreamReader) -> None:
    """Reads one request whole."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
    await reader.readexactly(int(length.split(b":")[1]))


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def client(url: str, **settings: float) -> AsyncFoundryClient:
    return AsyncFoundryClient(base_url=url, api_key="key", max_retries=0, **settings)  # type: ignore[arg-type]


async def test_refused_connection() -> None:
    """A refused connection is told as such, with the address."""
    async with listening(lambda reader, writer: asyncio.sleep(0)) as url:
        pass

    async with client(url) as closed:
        with pytest.raises(APIConnectionError, match=r"No connection to 127\.0\.0\.1.*Connect call failed") as caught:
            await closed.messages.create(**REQUEST)

    assert not isinstance(caught.value, APITimeoutError)


async def test_reset_before_headers() -> None:
    """A connection closed before the headers is a connection error that may be retried, no time-out."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.transport.abort()

    async with listening(serve) as url, client(url) as foundry:
        with pytest.raises(APIConnectionError) as caught:
            await foundry.messages.create(**REQUEST)

    assert caught.value.retryable
    assert not isinstance(caught.value, APITimeoutError)


async def test_not_http() -> None:
    """An answer that is no HTTP is an error of this package."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")

    async with listening(serve) as url, client(url) as foundry:
        with pytest.raises(APIConnectionError):
            await foundry.messages.create(**REQUEST)


async def test_silent_service() -> None:
    """A service that says nothing runs into the time limit."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listening(serve) as url, client(url, timeout=0.05) as foundry:
        with pytest.raises(APITimeoutError, match="within the time limit"):
            await foundry.messages.create(**REQUEST)


@pytest.mark.parametrize("end", ["abort", "cut chunk", "bad chunk"])
async def test_broken_stream(end: str) -> None:
    """A stream that breaks in its middle is told with what had arrived."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.write(
            HEAD
            + b"".join(map(chunk, pieces_of(message())[:4]))
            + {"cut chunk": b"ff\r\ndata", "bad chunk": b"zz\r\n"}.get(end, b"")
        )
        await writer.drain()
        if end == "abort":
            writer.transport.abort()

    async with listening(serve) as url, client(url) as foundry:
        with pytest.raises((StreamInterruptedError, APIConnectionError)):
            async with foundry.messages.stream(**REQUEST) as stream:
                await stream.get_final_message()


@pytest.mark.parametrize("way", ["break", "cancel"])
async def test_leaving_closes_the_connection(way: str) -> None:
    """Leaving a stream, or being cancelled in it, closes its connection at once."""
    gone = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.write(HEAD + b"".join(map(chunk, pieces_of(message())[:4])))
        await reader.read()
        gone.set()

    async def read(foundry: AsyncFoundryClient, started: asyncio.Event) -> None:
        async with foundry.messages.stream(**REQUEST) as stream:
            async for _ in stream:
                started.set()
                if way == "break":
                    break

    async with listening(serve) as url, client(url) as foundry:
        started = asyncio.Event()
        task = asyncio.create_task(read(foundry, started))
        await started.wait()
        if way == "cancel":
            task.cancel()
        await asyncio.wait([task])
        await asyncio.wait_for(gone.wait(), 5)


async def test_connections_are_reused() -> None:
    """A stream that was read to its end gives its connection back."""
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        for _ in range(2):
            await asked(reader)
            writer.write(HEAD + b"".join(map(chunk, pieces_of(message()))) + b"0\r\n\r\n")

    async with listening(serve) as url, client(url) as foundry:
        for _ in range(2):
            async with foundry.messages.stream(**REQUEST) as stream:
                await stream.get_final_message()

    assert connections == 1


ONE = httpx.Limits(max_connections=1)


async def small(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers each request of a connection."""
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")


def request(url: str) -> httpx.Request:
    return httpx.Request("GET", url, extensions={"timeout": {"connect": 5, "pool": 5, "read": 5, "write": 5}})


async def read(transport: AsyncioTransport, url: str) -> bytes:
    return await (await transport.handle_async_request(request(url))).aread()


@asynccontextmanager
async def serving():
    """Serves small answers on loopback; gives the URL, and a transport that has one connection at most."""
    transport = AsyncioTransport(limits=ONE)
    async with listening(small) as url:
        try:
            yield url, transport
        finally:
            await transport.aclose()


async def test_connections_are_kept_alive() -> None:
    """TCP asks by itself whether a silent service is still there."""
    async with serving() as (url, transport):
        answer = await transport.handle_async_request(request(url))
        (connection,) = transport._connections._in_use
        asked = connection._transport.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        await answer.aread()

    assert asked


async def test_failures_give_their_place_back() -> None:
    """A request that cannot be sent takes no connection from the next one."""
    async with listening(small) as nobody:
        pass

    async with serving() as (url, transport):
        for _ in range(2):
            with pytest.raises(httpx.ConnectError):
                await transport.handle_async_request(request(nobody))
        said = await read(transport, url)

    assert said == b"ok"


async def test_broken_answers_give_their_place_back() -> None:
    """An answer that is no HTTP takes no connection from the next one either."""

    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")

    async with listening(other) as odd, serving() as (url, transport):
        with pytest.raises(httpx.RemoteProtocolError):
            await transport.handle_async_request(request(odd))
        said = await read(transport, url)

    assert said == b"ok"


async def test_dropped_answers_give_their_place_back() -> None:
    """An answer that nobody reads or closes takes no connection from the next one once it is collected."""
    async with serving() as (url, transport):
        answer = await transport.handle_async_request(request(url))
        del answer
        gc.collect()
        said = await read(transport, url)

    assert said == b"ok"


async def test_a_connection_that_ended_while_the_loop_was_busy() -> None:
    """A kept connection that the service closed while the loop had no turn to see it is not used again."""
    accepted, ended = 0, threading.Event()

    def serve(wire: Wire) -> None:
        nonlocal accepted
        accepted += 1
        wire.asked()
        wire.send(chunked(pieces_of(message())) + b"0\r\n\r\n")
        wire.end()
        ended.set()

    with raw(serve) as url:
        async with client(url) as foundry:
            for _ in range(2):
                async with foundry.messages.stream(**REQUEST) as stream:
                    await stream.get_final_message()
                assert ended.wait(5)
                ended.clear()

    assert accepted == 2
