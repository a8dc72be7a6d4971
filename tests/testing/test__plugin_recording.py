"""Recording from an emulator, and replaying what was recorded."""

import re
from pathlib import Path

import httpx
import pytest

import claude_foundry
from claude_foundry.testing._cassette import ENDPOINT, load
from tests.testing.projects import HELLO, ONE, SEND, cassettes, record, replay, with_calls

ITER_RAW = httpx.Response.iter_raw
CALLS = f"""
import pathlib

import httpx
import pytest
import trio

from claude_foundry import AsyncFoundryClient, FoundryClient, NotFoundError

HELLO = {HELLO}


@pytest.fixture
def same(request, record_mode):
    '''Keeps what a recording gave, and compares what a replay gives.'''
    def check(answer):
        kept = pathlib.Path(f"{{request.node.name}}.answer")
        if record_mode == "rewrite":
            kept.write_text(answer, encoding="utf-8")
        assert answer == kept.read_text(encoding="utf-8")
    return check


@pytest.mark.vcr
def test_create(foundry_endpoint, same):
    with FoundryClient(**foundry_endpoint) as client:
        message = client.messages.create(**HELLO)
    assert message.request_id
    same(message.model_dump_json())


@pytest.mark.vcr
@pytest.mark.asyncio
async def test_create_async(foundry_endpoint, same):
    async with AsyncFoundryClient(**foundry_endpoint) as client:
        message = await client.messages.create(**HELLO)
    assert message.request_id
    same(message.model_dump_json())


@pytest.mark.vcr
def test_stream(foundry_endpoint, same):
    with FoundryClient(**foundry_endpoint) as client, client.messages.stream(**HELLO) as stream:
        events = list(stream)
        message = stream.get_final_message()
    assert message.request_id
    same(f"{{events}} {{message.model_dump_json()}}")


@pytest.mark.vcr
@pytest.mark.asyncio
async def test_stream_async(foundry_endpoint, same):
    async with AsyncFoundryClient(**foundry_endpoint) as client, client.messages.stream(**HELLO) as stream:
        events = [event async for event in stream]
        message = await stream.get_final_message()
    assert message.request_id
    same(f"{{events}} {{message.model_dump_json()}}")


@pytest.mark.vcr
def test_stream_trio(foundry_endpoint, same):
    async def streamed():
        async with httpx.AsyncClient() as http:
            client = AsyncFoundryClient(http_client=http, **foundry_endpoint)
            async with client.messages.stream(**HELLO) as stream:
                return await stream.get_final_message()
    message = trio.run(streamed)
    assert message.request_id
    same(message.model_dump_json())


@pytest.mark.vcr
@pytest.mark.parametrize("again", [1, 2])
def test_a_conversation(foundry_endpoint, same, again):
    with FoundryClient(**foundry_endpoint) as client:
        answers = [client.messages.create(**HELLO) for _ in range(again)]
        count = client.messages.count_tokens(model=HELLO["model"], messages=HELLO["messages"])
    same("".join(answer.model_dump_json() for answer in answers) + count.model_dump_json())


@pytest.mark.vcr
@pytest.mark.asyncio
async def test_an_error(foundry_endpoint, same):
    async with AsyncFoundryClient(**foundry_endpoint) as client:
        with pytest.raises(NotFoundError) as failed:
            await client.messages.create(**{{**HELLO, "model": "nobody-deployed-this"}})
    same(f"{{failed.value}} {{failed.value.request_id}} {{failed.value.apim_request_id}}")
"""


def test_what_was_recorded_replays_without_a_network(project: pytest.Pytester) -> None:
    """Answers, streams, counts and errors are the same on replay, through each transport, ids of the headers too."""
    project.makepyfile(test_calls=CALLS)

    record(project).assert_outcomes(passed=8)
    replay(project).assert_outcomes(passed=8)


def test_a_cassette_shows_where_it_comes_from_and_nothing_private(project: pytest.Pytester) -> None:
    """It names the emulator and the example host; neither the key nor the real host is in it."""
    with_calls(
        project, f"{SEND}\npathlib.Path('private').write_text(client._sender.config.sign_in.key.get_secret_value())"
    )

    record(project).assert_outcomes(passed=1)

    ((path, text),) = cassettes(project).items()
    (interaction,) = load(text).interactions
    assert path == str(Path("test_one", "test_one.yaml"))
    assert load(text).recorded_from == f"emulator {claude_foundry.__version__}"
    assert interaction.request.uri == f"{ENDPOINT}/v1/messages"
    assert isinstance(interaction.request.body, dict)
    assert interaction.request.body["messages"][0]["content"] == "Grüße, 世界 😀"
    key = (project.path / "private").read_text()
    assert len(key) > 20
    assert key not in text
    assert not re.search("127.0.0.1|localhost|api-key|authorization", text)


def test_a_cassette_that_would_hold_the_key_is_not_written(project: pytest.Pytester) -> None:
    """An answer that repeats the key fails the recording and leaves no file."""
    with_calls(
        project,
        "key = client._sender.config.sign_in.key.get_secret_value()\n"
        "client.messages.create(**{**HELLO, 'messages': [{'role': 'user', 'content': f'My key: {key}.'}]})",
    )

    run = record(project)

    run.assert_outcomes(passed=1, errors=1)
    run.stdout.fnmatch_lines(["*test_one.yaml: Not written: the cassette would hold the *api-key of a request."])
    assert cassettes(project) == {}


def test_a_refused_cassette_leaves_the_next_test_alone(project: pytest.Pytester) -> None:
    """After a recording that was refused, the next test records and its requests are its own."""
    with_calls(
        project,
        "key = client._sender.config.sign_in.key.get_secret_value()\n"
        "client.messages.create(**{**HELLO, 'messages': [{'role': 'user', 'content': key}]})",
    )
    module = project.path / "test_one.py"
    project.makepyfile(test_two=module.read_text("utf-8").replace("'content': key", "'content': 'Hello'"))

    record(project).assert_outcomes(passed=2, errors=1)

    assert list(cassettes(project)) == [str(Path("test_two", "test_one.yaml"))]
    assert httpx.Response.iter_raw is ITER_RAW


def test_a_token_for_an_mcp_server_may_be_another_on_replay(project: pytest.Pytester) -> None:
    """A token is not written, and a request with another is the one that was recorded."""
    with_calls(
        project,
        "token = 'replayed' if record_mode == 'none' else 't0ken-for-an-mcp-server'\n"
        "server = {'type': 'url', 'url': 'https://mcp.example', 'name': 'a', 'authorization_token': token}\n"
        "toolset = {'type': 'mcp_toolset', 'mcp_server_name': 'a'}\n"
        "client.messages.create(**HELLO, mcp_servers=[server], tools=[toolset])",
    )

    record(project).assert_outcomes(passed=1)

    assert "t0ken" not in "".join(cassettes(project).values())
    replay(project).assert_outcomes(passed=1)


def test_requests_to_other_hosts_are_not_recorded(project: pytest.Pytester) -> None:
    """What a sign-in sends elsewhere while recording reaches its host and stays out of the cassette."""
    with_calls(
        project,
        f"{SEND}\n"
        "if record_mode == 'rewrite':\n"
        "    with Emulator() as other:\n"
        "        assert httpx.post(f'{other.base_url}/v1/messages', json={}).status_code == 401\n",
    )

    record(project).assert_outcomes(passed=1)

    ((_, text),) = cassettes(project).items()
    assert len(load(text).interactions) == 1
    replay(project).assert_outcomes(passed=1)


def test_replayed_bodies_come_in_pieces(project: pytest.Pytester) -> None:
    """A stream is played in pieces that cut events and characters, with and without an event loop."""
    with_calls(
        project,
        "import asyncio\n"
        "url = f'{foundry_service.base_url}/v1/messages'\n"
        "key = client._sender.config.sign_in.key.get_secret_value()\n"
        "headers = {'anthropic-version': '2023-06-01', 'x-api-key': key}\n"
        "async def aread():\n"
        "    async with httpx.AsyncClient(transport=AsyncioTransport()) as http:\n"
        "        async with http.stream('POST', url, json={**HELLO, 'stream': True}, headers=headers) as answer:\n"
        "            return [piece async for piece in answer.aiter_bytes()]\n"
        "with httpx.stream('POST', url, json={**HELLO, 'stream': True}, headers=headers) as answer:\n"
        "    read = list(answer.iter_bytes())\n"
        "for pieces in (read, asyncio.run(aread())):\n"
        "    assert max(map(len, pieces)) == 61\n"
        "    assert b''.join(pieces).count(b'event: ') > 5\n"
        "    assert b'message_stop' in b''.join(pieces)\n",
    )

    record(project).assert_outcomes(passed=1)
    replay(project).assert_outcomes(passed=1)


def test_two_tests_may_share_a_cassette(project: pytest.Pytester) -> None:
    """Tests that name the same cassette play it once each."""
    project.makepyfile(
        test_one=ONE.replace("@pytest.mark.vcr", "@pytest.mark.vcr\n@pytest.mark.default_cassette('hello')")
        + f"        {SEND}\n\n\ntest_two = test_one\n"
    )

    record(project).assert_outcomes(passed=2)

    assert list(cassettes(project)) == [str(Path("test_one", "hello.yaml"))]
    replay(project).assert_outcomes(passed=2)


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all"])
def test_recording_into_a_cassette_is_refused(project: pytest.Pytester, mode: str) -> None:
    """A cassette is recorded whole, for it says once whom it was recorded from."""
    run = project.runpytest_inprocess(f"--record-mode={mode}")

    assert run.ret == pytest.ExitCode.USAGE_ERROR
    run.stderr.fnmatch_lines(["*--record-mode=rewrite*"])


def test_an_endpoint_on_this_machine_is_not_taken_for_the_service(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recording does not call an emulator that the environment names Microsoft Foundry."""
    monkeypatch.setenv("ANTHROPIC_FOUNDRY_BASE_URL", "http://127.0.0.1:9/anthropic")
    monkeypatch.setenv("ANTHROPIC_FOUNDRY_API_KEY", "some-key")
    with_calls(project, SEND)

    run = record(project)

    run.assert_outcomes(errors=1)
    run.stdout.fnmatch_lines(["*ConfigurationError: ANTHROPIC_FOUNDRY_BASE_URL names this machine*"])
