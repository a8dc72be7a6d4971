"""The Files API over connections that are real, break early, or carry a great deal."""

import asyncio
import io
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from claude_foundry import (
    APIStatusError,
    AsyncFoundryClient,
    ConfigurationError,
    FoundryClient,
    NotFoundError,
    RequestTooLargeError,
)
from claude_foundry._upload import MAX_BYTES
from tests.answers import whole
from tests.shells import Shell, both
from tests.test__files import LARGE, METADATA
from tests.test__files_failures import OwnError

Kind = type[Shell]


def test_files_over_a_connection(emulator_settings: dict[str, str], tmp_path: Path) -> None:
    """Against a server: up, listed, down and deleted, the same bytes."""
    path = tmp_path / "a.bin"
    path.write_bytes(LARGE)
    with FoundryClient(**emulator_settings) as client:
        ids = [client.files.upload(source).id for source in (path, LARGE, iter([LARGE]), io.BytesIO(LARGE))]

        assert set(ids) <= {file.id for file in client.files.list(limit=1)}
        assert {client.files.download(file) for file in ids} == {LARGE}
        assert client.files.download_to(ids[0], tmp_path / "b.bin").read_bytes() == LARGE
        assert [client.files.delete(file).id for file in ids] == ids
        with pytest.raises(NotFoundError, match="File not found"):
            client.files.metadata(ids[0])


async def test_files_over_a_connection_in_a_loop(emulator_settings: dict[str, str], tmp_path: Path) -> None:
    """Against a server, in an event loop: the same, and for an asynchronous iterator."""

    async def pieces() -> AsyncIterator[bytes]:
        yield LARGE[:7]
        yield LARGE[7:]

    path = tmp_path / "a.bin"
    path.write_bytes(LARGE)
    async with AsyncFoundryClient(**emulator_settings) as client:
        sources = (path, LARGE, iter([LARGE]), io.BytesIO(LARGE), pieces())
        ids = [(await client.files.upload(source)).id for source in sources]

        assert set(ids) <= {file.id async for file in client.files.list(limit=1)}
        assert {await client.files.download(file) for file in ids} == {LARGE}
        assert (await client.files.download_to(ids[0], tmp_path / "b.bin")).read_bytes() == LARGE
        assert [(await client.files.delete(file)).id for file in ids] == ids
        with pytest.raises(NotFoundError, match="File not found"):
            await client.files.metadata(ids[0])


@pytest.mark.parametrize("error", [OwnError, BrokenPipeError, ConnectionResetError, TimeoutError])
async def test_own_errors_over_a_connection(emulator_settings: dict[str, str], error: type[Exception]) -> None:
    """What the caller's own source raises on the way comes unchanged over a real connection too, and closes it."""
    closed: list[bool] = []

    def pieces() -> Iterator[bytes]:
        try:
            yield LARGE
            raise error
        finally:
            closed.append(True)

    with FoundryClient(**emulator_settings) as client, pytest.raises(error):
        client.files.upload(pieces())
    async with AsyncFoundryClient(**emulator_settings) as asynchronous:
        with pytest.raises(error):
            await asynchronous.files.upload(pieces())
        assert (await asynchronous.files.upload(b"abc")).size_bytes == 3

    assert closed == [True, True]


async def test_refused_on_the_way(emulator_settings: dict[str, str]) -> None:
    """A refusal that comes while the file goes up is the typed error it is, not a broken connection."""
    settings = {**emulator_settings, "api_key": "other"}

    with FoundryClient(**settings) as client, pytest.raises(APIStatusError, match="401"):
        client.files.upload(LARGE)
    async with AsyncFoundryClient(**settings) as asynchronous:
        with pytest.raises(APIStatusError, match="401"):
            await asynchronous.files.upload(LARGE)


@both
def test_too_large_on_the_way(shell: Kind) -> None:
    """A stream that turns out too large is stopped there, and said so."""
    chunk = bytes(1024 * 1024)

    def pieces() -> Iterator[bytes]:
        for _ in range(501):
            yield chunk

    taken = 0

    class Counting(httpx.BaseTransport, httpx.AsyncBaseTransport):
        """A service that takes a body without keeping it."""

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            for piece in request.stream:  # type: ignore[union-attr]
                self._take(piece)
            return whole(METADATA)

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            async for piece in request.stream:  # type: ignore[union-attr]
                self._take(piece)
            return whole(METADATA)

        def _take(self, piece: bytes) -> None:
            nonlocal taken
            taken += len(piece)

    with pytest.raises(ConfigurationError, match="takes at most 524,288,000"):
        upload_through(shell, Counting(), pieces())

    assert MAX_BYTES <= taken < MAX_BYTES + len(chunk)


def upload_through(shell: Kind, transport: Any, file: Any) -> Any:
    async def asynchronously() -> Any:
        client = AsyncFoundryClient("a", api_key="k", http_client=httpx.AsyncClient(transport=transport))
        return await client.files.upload(file)

    if shell.__name__ == "AsyncShell":
        return asyncio.run(asynchronously())
    return FoundryClient("a", api_key="k", http_client=httpx.Client(transport=transport)).files.upload(file)


@contextmanager
def hasty(answer: bytes) -> Iterator[str]:
    """A server that answers each request as soon as it begins, and throws away the rest of it. Gives its address."""

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(1024)
                connection.sendall(answer)
                while connection.recv(65_536):
                    pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/anthropic"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


async def test_answered_on_the_way() -> None:
    """A refusal that comes before the file is up is the typed error it is, over a connection that works."""
    answer = b"HTTP/1.1 413 Too Large\r\nrequest-id: req_1\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}"
    large = bytes(20_000_000)

    with hasty(answer) as url:
        with FoundryClient(base_url=url, api_key="k") as client, pytest.raises(RequestTooLargeError, match="req_1"):
            client.files.upload(large)
        async with AsyncFoundryClient(base_url=url, api_key="k") as asynchronous:
            with pytest.raises(RequestTooLargeError, match="req_1"):
                await asynchronous.files.upload(large)


async def test_cancelled_on_the_way(emulator_settings: dict[str, str]) -> None:
    """An upload that is cancelled closes its source, and the client goes on."""
    reached, closed = asyncio.Event(), asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        try:
            yield LARGE
            reached.set()
            await asyncio.Event().wait()
        finally:
            closed.set()

    async with AsyncFoundryClient(**emulator_settings) as client:
        upload = asyncio.create_task(client.files.upload(pieces()))
        await reached.wait()
        upload.cancel()
        with pytest.raises(asyncio.CancelledError):
            await upload

        await asyncio.wait_for(closed.wait(), 10)
        assert (await client.files.upload(b"abc")).size_bytes == 3
