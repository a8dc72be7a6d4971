"""The emulator as a server."""

import logging
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from claude_foundry import (
    AsyncFoundryClient,
    ConfigurationError,
    FeatureNotSupportedError,
    FoundryClient,
    RequestTooLargeError,
    server_tools,
)
from claude_foundry.emulator import Emulator

from . import wire

REQUEST: Any = {"model": "claude-opus-5", "max_tokens": 100, "messages": [wire.user("Weather in Oslo?")]}
TOO_LARGE = 33 * 1024 * 1024


def test_create_and_stream(emulator: Emulator) -> None:
    """A client reaches it at its base URL with its key."""
    with FoundryClient(base_url=emulator.base_url, api_key=emulator.api_key) as client:
        message = client.messages.create(**REQUEST)
        with client.messages.stream(**REQUEST) as stream:
            assert stream.get_final_message().text == message.text == "You asked: Weather in Oslo?"


async def test_async(emulator: Emulator) -> None:
    """An asynchronous client does too."""
    async with AsyncFoundryClient(base_url=emulator.base_url, api_key=emulator.api_key) as client:
        message = await client.messages.create(**REQUEST)
        async with client.messages.stream(**REQUEST) as stream:
            assert (await stream.get_final_message()).text == message.text


def test_environment(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its environment variables are all that a client needs."""
    for name, value in emulator.environ().items():
        monkeypatch.setenv(name, value)
    with FoundryClient() as client:
        assert client.messages.create(**REQUEST).text


def test_ready_at_once_and_gone_at_once() -> None:
    """It answers from the first moment; afterwards neither thread nor port is left."""
    before = threading.active_count()
    for _ in range(5):
        with Emulator() as emulator:
            url = httpx.URL(emulator.base_url)
            assert httpx.get(f"{emulator.base_url}/v1/models").status_code == 404
        with socket.socket() as probe:
            assert probe.connect_ex((url.host, url.port)) != 0
    assert threading.active_count() == before


def test_stops_with_a_connection_open() -> None:
    """A client that keeps its connection does not hold it up."""
    with Emulator() as emulator, httpx.Client() as http:
        http.get(emulator.base_url)
        before = threading.active_count()
        emulator.__exit__(None, None, None)
        assert threading.active_count() == before - 1


def test_many_at_once(emulator: Emulator) -> None:
    """Concurrent requests each get their own answer."""

    def ask(number: int) -> str:
        with FoundryClient(base_url=emulator.base_url, api_key=emulator.api_key) as client:
            return client.messages.create(**{**REQUEST, "messages": [wire.user(f"Number {number}")]}).text

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(24))) == [f"You asked: Number {number}" for number in range(24)]


@pytest.mark.parametrize("made", [FoundryClient, AsyncFoundryClient])
def test_its_endpoint_is_all_that_a_client_needs(
    emulator: Emulator, made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The arguments that it gives point a client at it without any variable, and do not show the key."""
    monkeypatch.delenv("ANTHROPIC_FOUNDRY_ALLOW_INSECURE_LOOPBACK")

    assert made(**emulator.endpoint()).base_url == emulator.base_url
    assert emulator.api_key not in repr(emulator.endpoint()["api_key"])


def test_listens_on_loopback(emulator: Emulator) -> None:
    """Its address is the loopback address."""
    assert httpx.URL(emulator.base_url).host == "127.0.0.1"


@pytest.mark.parametrize(
    "host", ["example.com", "127.0.0.1.example.com", "localhost.example.com:80", "127.0.0.1:example.com", ""]
)
def test_foreign_host_names(emulator: Emulator, host: str) -> None:
    """A request under a name that is not loopback's is refused, whatever its key."""
    headers = {**wire.HEADERS, "x-api-key": emulator.api_key, "host": host}
    answer = httpx.post(f"{emulator.base_url}/v1/messages", headers=headers, json=REQUEST)
    assert answer.status_code == 421


@pytest.mark.parametrize("host", ["localhost", "localhost:1234", "127.0.0.1"])
def test_own_host_names(emulator: Emulator, host: str) -> None:
    """A request under a loopback name is answered."""
    headers = {**wire.HEADERS, "x-api-key": emulator.api_key, "host": host}
    assert httpx.post(f"{emulator.base_url}/v1/messages", headers=headers, json=REQUEST).status_code == 200


@pytest.mark.parametrize(
    ("origin", "status"), [("https://example.com", 403), ("null", 403), ("http://localhost:3", 200)]
)
def test_pages_of_other_sites(emulator: Emulator, origin: str, status: int) -> None:
    """A page in a browser is answered where it comes from this machine."""
    headers = {**wire.HEADERS, "x-api-key": emulator.api_key, "origin": origin}
    assert httpx.post(f"{emulator.base_url}/v1/messages", headers=headers, json=REQUEST).status_code == status


@pytest.mark.parametrize(("path", "status"), [("/nothing", b"404"), ("/anthropic/v1/messages", b"401")])
def test_a_body_is_not_waited_for_in_vain(emulator: Emulator, path: str, status: bytes) -> None:
    """A request that its head gets refused is answered before its body comes."""
    url = httpx.URL(emulator.base_url)
    with socket.create_connection((url.host, url.port or 0), timeout=30) as wired:
        wired.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n".encode())
        assert wired.recv(1000).split(b" ")[1] == status


def test_query_is_ignored(emulator: Emulator) -> None:
    """A query changes nothing, as with ``?beta=true``."""
    headers = {**wire.HEADERS, "x-api-key": emulator.api_key}
    assert httpx.post(f"{emulator.base_url}/v1/messages?beta=true", headers=headers, json=REQUEST).status_code == 200


@pytest.mark.parametrize("piece", ["The ", "a", "\n", "---\n", "1 ", "'a' ", "{", "query: a\n", "context: ", "a."])
def test_odd_texts(emulator: Emulator, piece: str) -> None:
    """Long texts of one kind are answered like others."""
    text = piece * (100_000 // len(piece))
    with FoundryClient(base_url=emulator.base_url, api_key=emulator.api_key, max_retries=0) as client:
        messages = [wire.user(f"{text} JSON keys. query: {text}?")]
        assert client.messages.create(**{**REQUEST, "messages": messages, "tools": [wire.WEATHER]}).stop_reason


def test_too_large(emulator: Emulator) -> None:
    """A request of more than 32 MB is read to its end and refused."""
    with (
        FoundryClient(base_url=emulator.base_url, api_key=emulator.api_key, max_retries=0) as client,
        pytest.raises(RequestTooLargeError),
    ):
        client.messages.create(**{**REQUEST, "messages": [wire.user("x" * TOO_LARGE)]})


def test_port_in_use() -> None:
    """A port that is taken is told by number."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"port={port} cannot be used"), Emulator(port=port):
            pass


def test_not_listening() -> None:
    """Before it listens it has no base URL, and says how to get one."""
    with pytest.raises(ConfigurationError, match="with Emulator"):
        _ = Emulator().base_url


def test_entered_twice() -> None:
    """An emulator that listens is not started again."""
    with Emulator() as emulator, pytest.raises(ConfigurationError, match="already"):
        emulator.__enter__()


def test_logs_no_key(caplog: pytest.LogCaptureFixture) -> None:
    """Neither key nor prompt appears in a log, at any level."""
    with (
        caplog.at_level(logging.DEBUG),
        Emulator(api_key="hidden-key") as emulator,
        FoundryClient(base_url=emulator.base_url, api_key="hidden-key") as client,
    ):
        client.messages.create(**{**REQUEST, "messages": [wire.user("hidden-prompt")]})
    assert "hidden" not in caplog.text
    assert "hidden" not in repr(emulator)


@pytest.mark.parametrize("missing", ["starlette", "uvicorn"])
def test_missing_extra(missing: str) -> None:
    """Without its libraries the server names the extra to install; the transport works."""
    code = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from claude_foundry.emulator import Emulator\n"
        "Emulator().transport()\n"
        "Emulator().__enter__()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert "claude_foundry.errors.MissingExtraError" in done.stderr
    assert 'pip install "claude-foundry[emulator]"' in done.stderr


def test_unsupported_features() -> None:
    """A deployment refuses the features it is said to lack, in each of the service's wordings, and no others."""
    form = {"type": "json_schema", "schema": {"type": "object", "additionalProperties": False}}
    refused: dict[str, dict[str, Any]] = {
        "structured_outputs": {"output_config": {"format": form}},
        "web_search": {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
        "mcp_connector": server_tools.mcp("a", url="https://a.example"),
    }
    with (
        Emulator(unsupported={"claude-opus-5": list(refused)}) as own,
        FoundryClient(base_url=own.base_url, api_key=own.api_key) as client,
    ):
        for name, fields in refused.items():
            with pytest.raises(FeatureNotSupportedError) as caught:
                client.messages.create(**{**REQUEST, **fields})
            assert (caught.value.features, caught.value.deployment) == ((name,), "claude-opus-5")
            assert client.messages.create(**{**REQUEST, **fields, "model": "claude-opus-4-8"}).stop_reason == "end_turn"
        assert client.messages.create(**REQUEST).text
        assert client.capabilities("claude-opus-5").refused == refused.keys()
        assert client.capabilities("claude-opus-4-8").refused == frozenset()


@pytest.mark.parametrize(
    ("unsupported", "said"),
    [
        ({"team-a": ["structured_outputs"]}, r"unsupported=\['team-a'\]"),
        ({"claude-opus-5": ["structured_output"]}, "no feature known"),
        ({"claude-opus-5": ["token_counting"]}, "'token_counting'.* no request"),
    ],
)
def test_unsupported_by_mistake(unsupported: dict[str, list[str]], said: str) -> None:
    """A deployment or feature that does not exist, or that no request shows, is told."""
    with pytest.raises(ConfigurationError, match=said):
        Emulator(unsupported=unsupported)


def test_deployments() -> None:
    """A deployment of the user's own name follows the rules of its base model."""
    with (
        Emulator(deployments={"team-a": "claude-opus-5-5"}) as own,
        FoundryClient(base_url=own.base_url, api_key=own.api_key) as client,
    ):
        assert client.messages.create(**{**REQUEST, "model": "team-a"}).model == "team-a"
