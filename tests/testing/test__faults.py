"""Recording answers that break off, and replaying them."""

import gzip

import pytest

from claude_foundry.testing._cassette import load
from tests.faults.server import Exchange, FaultServer, scripted
from tests.faults.wire import chunked, document, encoded, message, sized, squeezed, stream, told
from tests.testing.projects import HELLO, cassettes, record, replay

EVENTS = "text/event-stream"
CUT = len(stream()) // 2
WHOLE = document(message())
FAULTS = {
    "reset in a stream": (Exchange((stream()[:CUT],), end="rst"), "ReadError"),
    "closed in a stream": (Exchange((stream()[:CUT],), end="fin"), "RemoteProtocolError"),
    "stalled in a stream": (Exchange((stream()[:CUT],), end="stall"), "ReadTimeout"),
    "bytes that are no chunk": (
        Exchange((chunked(encoded(told()[:6]), ended=False), b"no chunk\r\n")),
        "RemoteProtocolError",
    ),
    "compressed": (Exchange((squeezed(b"".join(encoded(told())))[:-40],), end="fin"), "RemoteProtocolError"),
    "ended inside its coding": (
        Exchange(
            (sized(gzip.compress(b"".join(encoded(told())))[:-40], headers="content-encoding: gzip\r\n", kind=EVENTS),)
        ),
        "RemoteProtocolError",
    ),
    "reset in a document": (Exchange((WHOLE[:-20],), end="rst"), "ReadError"),
    "closed in a document": (Exchange((WHOLE[:-20],), end="fin"), "RemoteProtocolError"),
}
CALLS = f"""
import os
import pathlib

import pytest

from claude_foundry import AsyncFoundryClient, FoundryClient, FoundryError
from claude_foundry.testing import _service
from claude_foundry.testing._plugin import _SERVICE

SETTINGS = dict(max_retries=0, timeout=0.3)


@pytest.fixture(scope="module")
def foundry_service(foundry_service, request, record_mode):
    if record_mode == "none":
        return foundry_service
    url = os.environ["SERVER_WITH_FAULTS"]
    endpoint = dict(base_url=url, api_key="a-key-of-no-service")
    request.config.stash[_SERVICE] = served = _service.Service(
        base_url=url, endpoint=endpoint, recorded_from="a server with faults"
    )
    return served


def same(name, record_mode, failed, seen):
    '''Keeps how a recording failed, and compares how a replay fails.'''
    retryable = getattr(failed.value, "retryable", None)
    kept, told = pathlib.Path(name), f"{{type(failed.value).__name__}}: {{retryable}} {{seen}}"
    if record_mode == "rewrite":
        kept.write_text(told, encoding="utf-8")
    assert told == kept.read_text(encoding="utf-8")


@pytest.mark.vcr
def test_stream(foundry_endpoint, record_mode):
    seen = []
    with FoundryClient(**SETTINGS, **foundry_endpoint) as client, pytest.raises(FoundryError) as failed:
        with client.messages.stream(**{HELLO}) as stream:
            for text in stream.text_stream:
                seen.append(text)
    same("stream", record_mode, failed, "".join(seen))


@pytest.mark.vcr
@pytest.mark.asyncio
async def test_stream_async(foundry_endpoint, record_mode):
    seen = []
    async with AsyncFoundryClient(**SETTINGS, **foundry_endpoint) as client:
        with pytest.raises(FoundryError) as failed:
            async with client.messages.stream(**{HELLO}) as stream:
                async for text in stream.text_stream:
                    seen.append(text)
    same("astream", record_mode, failed, "".join(seen))


@pytest.mark.vcr
def test_whole(foundry_endpoint, record_mode):
    asked = {{**{HELLO}, "max_tokens": 1}}
    with FoundryClient(**SETTINGS, **foundry_endpoint) as client, pytest.raises(FoundryError) as failed:
        client.messages.create(**asked)
    same("whole", record_mode, failed, "")


@pytest.mark.vcr
@pytest.mark.asyncio
async def test_whole_async(foundry_endpoint, record_mode):
    asked = {{**{HELLO}, "max_tokens": 1}}
    async with AsyncFoundryClient(**SETTINGS, **foundry_endpoint) as client:
        with pytest.raises(FoundryError) as failed:
            await client.messages.create(**asked)
    same("awhole", record_mode, failed, "")


@pytest.mark.vcr
def test_create(foundry_endpoint, record_mode):
    with FoundryClient(**SETTINGS, **foundry_endpoint) as client, pytest.raises(FoundryError) as failed:
        client.messages.create(**{HELLO})
    same("create", record_mode, failed, "")


@pytest.mark.vcr
@pytest.mark.asyncio
async def test_create_async(foundry_endpoint, record_mode):
    async with AsyncFoundryClient(**SETTINGS, **foundry_endpoint) as client:
        with pytest.raises(FoundryError) as failed:
            await client.messages.create(**{HELLO})
    same("acreate", record_mode, failed, "")
"""


@pytest.mark.parametrize("name", FAULTS)
def test_faults(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """An answer that breaks off is stored with what came and how it ended, and replays as the same failure."""
    exchange, fault = FAULTS[name]
    project.makepyfile(test_calls=CALLS)
    with FaultServer() as server:
        monkeypatch.setenv("SERVER_WITH_FAULTS", server.url(scripted(exchange)))
        record(project).assert_outcomes(passed=6)

    replay(project).assert_outcomes(passed=6)

    recorded = [load(text) for text in cassettes(project).values()]
    assert [each.interactions[0].response.fault for each in recorded] == [fault] * 6
    assert all(each.interactions[0].response.body for each in recorded)
    assert "ResponseFormatError" not in (project.path / "whole").read_text("utf-8")


def test_a_stream_without_an_end(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that was closed in good order before its last event is kept as it came, and is cut on replay too."""
    project.makepyfile(test_calls=CALLS)
    with FaultServer() as server:
        monkeypatch.setenv("SERVER_WITH_FAULTS", server.url(scripted(Exchange((stream(told()[:6]),)))))
        record(project).assert_outcomes(passed=6)

    replay(project).assert_outcomes(passed=6)

    assert {load(text).interactions[0].response.fault for text in cassettes(project).values()} == {None}


CANCELLED = f"""
import os

import pytest

from claude_foundry import APITimeoutError, AsyncFoundryClient, Timeout


@pytest.mark.vcr
@pytest.mark.asyncio
async def test_cancelled(foundry_endpoint):
    settings = dict(max_retries=0, api_key="a-key-of-no-service")
    async with AsyncFoundryClient(base_url=os.environ["SERVER_WITH_FAULTS"], **settings) as client:
        with pytest.raises(APITimeoutError):
            await client.messages.create(**{HELLO}, timeout=Timeout(total=0.3))


@pytest.mark.vcr
def test_next(foundry_endpoint):
    pass
"""


def test_an_answer_whose_read_was_cancelled(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recording that lost an answer to a cancelled read fails, and says what to do instead."""
    project.makepyfile(test_calls=CANCELLED)
    with FaultServer() as server:
        monkeypatch.setenv("SERVER_WITH_FAULTS", server.url(scripted(Exchange((WHOLE[:-20],), end="stall"))))
        run = record(project)

    run.assert_outcomes(passed=2, errors=1)
    run.stdout.fnmatch_lines(["*Not written: an asynchronous call was cancelled*"])
    assert cassettes(project) == {}
