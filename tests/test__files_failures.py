"""Files that cannot be read or sent, and answers that refuse them."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from claude_foundry import (
    AsyncFoundryClient,
    FoundryClient,
    InternalServerError,
    NotFoundError,
    ResponseFormatError,
    Timeout,
)
from tests.answers import IDS, refused, whole
from tests.shells import Body, FakeTime, Script, both
from tests.test__files import FILE, LARGE, METADATA, Kind
from tests.wire import Wire, raw


class OwnError(Exception):
    """What a caller's own code raises."""


def failing(*_: object) -> None:
    raise OwnError


@both
def test_failing_progress(shell: Kind, tmp_path: Path) -> None:
    """What a progress callback raises comes unchanged, is not retried, and leaves nothing open."""
    body = Body([b"abc", b"def"])
    downloads = Script(httpx.Response(200, headers=IDS, stream=body))
    uploads = Script(whole(METADATA))

    with pytest.raises(OwnError):
        shell(uploads, FakeTime()).ask(lambda client: client.files.upload(LARGE, on_progress=failing))
    with pytest.raises(OwnError):
        shell(downloads, FakeTime()).ask(
            lambda client: client.files.download_to(FILE, tmp_path / "a", on_progress=failing)
        )

    assert body.closed
    assert list(tmp_path.iterdir()) == []


@both
def test_failing_source(shell: Kind) -> None:
    """What a source raises comes unchanged, though it be an error of the transport's kind: it is the source's own."""
    own = httpx.ReadError("the source's own")

    def pieces() -> Iterator[bytes]:
        yield b"abc"
        raise own

    with pytest.raises(httpx.ReadError) as caught:
        shell(Script(), FakeTime()).ask(lambda client: client.files.upload(pieces()))

    assert caught.value is own


def _uploaded(url: str, file: Any) -> None:
    with FoundryClient(base_url=url, api_key="k", timeout=Timeout(total=30)) as client:
        client.files.upload(file)


def _uploaded_over_httpx(url: str, file: Any) -> None:
    with httpx.Client() as http, FoundryClient(base_url=url, api_key="k", http_client=http) as client:
        client.files.upload(file)


def _uploaded_in_a_loop(url: str, file: Any) -> None:
    async def upload() -> None:
        async with AsyncFoundryClient(base_url=url, api_key="k", timeout=Timeout(total=30)) as client:
            await client.files.upload(file)

    asyncio.run(upload())


@pytest.mark.parametrize("upload", [_uploaded, _uploaded_over_httpx, _uploaded_in_a_loop])
@pytest.mark.parametrize("own", [BrokenPipeError("the source's own"), TimeoutError("the source's own")])
def test_a_source_that_fails_as_connections_do(upload: Callable[[str, Any], None], own: OSError) -> None:
    """What a source raises comes unchanged over a connection too, and following its causes comes to an end."""

    def pieces() -> Iterator[bytes]:
        yield b"abc"
        raise own

    with raw(Wire.until_closed) as url, pytest.raises(OSError, match="the source's own") as caught:
        upload(url, pieces())

    assert caught.value is own
    causes: list[BaseException] = []
    error: BaseException | None = own
    while error is not None and len(causes) < 20:
        causes.append(error)
        error = error.__cause__ or error.__context__
    assert len(causes) < 20


@both
@pytest.mark.parametrize("answer", [{"id": FILE}, {**METADATA, "created_at": "yesterday"}])
def test_answers_of_another_form(shell: Kind, answer: dict[str, Any]) -> None:
    """A success that is not what the API promises is told as that."""
    with pytest.raises(ResponseFormatError, match="not a file's metadata"):
        shell(Script(whole(answer)), FakeTime()).ask(lambda client: client.files.metadata(FILE))
    with pytest.raises(ResponseFormatError, match="not a page of files"):
        shell(Script(whole({"data": [answer]})), FakeTime()).ask(lambda client: client.files.list())


@both
def test_refusals(shell: Kind) -> None:
    """Refusals are the typed errors of every call."""
    for status, kind in ((404, NotFoundError), (500, InternalServerError)):
        with pytest.raises(kind, match="req_1"):
            shell(Script(refused(status)), FakeTime(), max_retries=0).ask(lambda client: client.files.metadata(FILE))
