"""What stands around a program weakens nothing: its proxies, its certificates, its other keys, its logs (X2-X20)."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import certifi
import pytest

from claude_foundry import (
    APIConnectionError,
    AsyncFoundryClient,
    ConfigurationError,
    FoundryClient,
    RequestInfo,
    ResponseInfo,
)
from claude_foundry.langchain import ChatClaudeFoundry
from claude_foundry.llamaindex import ClaudeFoundry
from tests.faults import wire
from tests.faults.faces import FACES, MODEL, OWN, Asked, asked
from tests.faults.server import Authority, Exchange, FaultServer, answering_port, scripted
from tests.faults.test_leaks import failing, leaks, of_error

SECRET = "canary-key-4f1c9a72e0"
AZURE = "https://my-resource.services.ai.azure.com/anthropic"
own_faces = pytest.mark.parametrize("face", OWN)
KINDS: dict[str, Callable[..., Any]] = {
    "core": FoundryClient,
    "async-core": AsyncFoundryClient,
    "langchain": lambda **settings: ChatClaudeFoundry(model=MODEL, **settings),
    "llamaindex": lambda **settings: ClaudeFoundry(model=MODEL, **settings).client,
}
kinds = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with FaultServer() as listening:
        yield listening


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def whole(url: str, **settings: Any) -> Asked:
    return Asked(url=url, stream=False, settings={"timeout": 5.0, "max_retries": 0, **settings})


@kinds
@pytest.mark.parametrize("url", ["http://10.0.0.1/anthropic", "http://my-resource.services.ai.azure.com", "ftp://a.b"])
def test_only_tls(kind: str, url: str) -> None:
    """An endpoint to which the key would go in clear is refused before anything is sent (X8)."""
    with pytest.raises(ConfigurationError, match="base_url"):
        KINDS[kind](base_url=url, api_key=SECRET)


@kinds
def test_plain_http_to_this_machine_by_permission(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key left pointed at a port of this machine is not sent there in clear unasked (P10)."""
    monkeypatch.delenv("ANTHROPIC_FOUNDRY_ALLOW_INSECURE_LOOPBACK")
    url = "http://127.0.0.1:1/anthropic"

    with pytest.raises(ConfigurationError, match="allow_insecure_loopback=True"):
        KINDS[kind](base_url=url, api_key=SECRET)

    KINDS[kind](base_url=url, api_key=SECRET, allow_insecure_loopback=True)


HOSTILE = [
    "evil.com/#",
    "evil.com?",
    "a@evil.com/",
    "127.0.0.1:1/#",
    "evil.com",
    "a.b",
    "a\\b",
    "a%2e",
    "\uff41",
    "",
    " ",
]


@kinds
@pytest.mark.parametrize("resource", HOSTILE)
def test_resources_name_no_host(kind: str, resource: str) -> None:
    """What is no name of a resource is refused, whatever host it would lead to (X9)."""
    with pytest.raises(ConfigurationError, match="resource"):
        KINDS[kind](resource=resource, api_key=SECRET)


@own_faces
def test_proxy(face: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy of the environment is asked for a tunnel, and sees no key; its password is in no error (X10)."""
    refusal = b"HTTP/1.1 407 Sign in first\r\ncontent-length: 0\r\n\r\n"
    with answering_port(refusal) as (port, heads):
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:{SECRET}@127.0.0.1:{port}")
        seen = asked(FACES[face], whole(AZURE, api_key=f"{SECRET}-2"))

    assert isinstance(seen.error, APIConnectionError)
    assert "proxy" in str(seen.error)
    assert [head.split(b"\r\n")[0] for head in heads] == [b"CONNECT my-resource.services.ai.azure.com:443 HTTP/1.1"]
    assert SECRET.encode() not in heads[0]
    shown = of_error(seen.error)
    assert leaks({name: shown[name] for name in ("message", "repr", "fields", "pickle of the error")}) == []


@own_faces
def test_no_proxy(face: str, monkeypatch: pytest.MonkeyPatch, authority: Authority) -> None:
    """A host that NO_PROXY names is reached without it (X10)."""
    with (
        answering_port(b"") as (port, heads),
        FaultServer(context=authority.server_context("127.0.0.1")) as direct,
    ):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        seen = asked(FACES[face], whole(direct.url(scripted(Exchange()))))

    assert "certificate" in str(seen.error)
    assert heads == []


@own_faces
def test_this_machine_needs_no_proxy(face: str, server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes to this machine in clear, as to the emulator, goes through no proxy that could read the key (X8)."""
    url = server.url(scripted(Exchange((wire.document(wire.message()),))))
    with answering_port(b"") as (port, heads):
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        seen = asked(FACES[face], whole(url))

    assert (seen.error, seen.texts, heads) == (None, [wire.TEXT], [])


@own_faces
@pytest.mark.parametrize(
    "proxy", [f"socks5://u:{SECRET}@127.0.0.1:1", f"gopher://u:{SECRET}@127.0.0.1:1", "http://127.0.0.1:x"]
)
def test_unusable_proxy(face: str, proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that cannot be used is told as a mistake of the configuration, without its password (X10)."""
    # Where the package for SOCKS is not installed, which is so by default, its import fails.
    monkeypatch.setitem(sys.modules, "socksio", None)
    monkeypatch.setenv("ALL_PROXY", proxy)

    seen = asked(FACES[face], whole(AZURE))

    assert isinstance(seen.error, ConfigurationError)
    assert "PROXY" in str(seen.error)
    assert leaks({"message": str(seen.error), "repr": repr(seen.error)}) == []


ASK = """
import asyncio, sys
from claude_foundry import AsyncFoundryClient, FoundryClient, FoundryError
settings = {"base_url": sys.argv[1], "api_key": "key", "max_retries": 0, "timeout": 5.0}
request = {"model": "m", "max_tokens": 4, "messages": [{"role": "user", "content": "Hello"}]}
async def ask():
    async with AsyncFoundryClient(**settings) as client:
        return (await client.messages.create(**request)).text
for use in (lambda: FoundryClient(**settings).messages.create(**request).text, lambda: asyncio.run(ask())):
    try:
        print(ascii(use()))
    except FoundryError as error:
        print(f"{type(error).__name__}: {'certificate' in str(error)}, {'SSL_CERT_FILE=' in str(error)}")
"""


def asked_by_a_process(url: str, **variables: str) -> list[str]:
    """Gives what a synchronous and an asynchronous call in a fresh process come to."""
    done = subprocess.run(
        [sys.executable, "-c", ASK, url], env={**os.environ, **variables}, capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_no_variable_turns_certificates_off(authority: Authority, tmp_path: Path) -> None:
    """Variables that turn the check of certificates off elsewhere have no effect (X11)."""
    variables = {"PYTHONHTTPSVERIFY": "0", "REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": "", "SSL_VERIFY": "0"}
    with FaultServer(context=authority.server_context("127.0.0.1")) as tls:
        said = asked_by_a_process(tls.url(scripted(Exchange((wire.document(wire.message()),)))), **variables)

    assert said == ["APIConnectionError: True, False"] * 2


def test_own_authority(authority: Authority, tmp_path: Path) -> None:
    """An authority that SSL_CERT_FILE names is trusted (X12)."""
    file = authority.write(tmp_path / "authority.pem")
    with FaultServer(context=authority.server_context("127.0.0.1")) as tls:
        url = tls.url(scripted(Exchange((wire.document(wire.message()),))))
        said = asked_by_a_process(url, SSL_CERT_FILE=str(file))

    assert said == [ascii(wire.TEXT)] * 2


def test_unreadable_authority(server: FaultServer, tmp_path: Path) -> None:
    """A file of certificates that is none is told by its variable, also where there is a proxy (X12)."""
    unreadable = tmp_path / "none.pem"
    for text in (None, "no certificate"):
        if text is not None:
            unreadable.write_text(text)

        for beside in ({}, {"HTTPS_PROXY": "http://127.0.0.1:9"}):
            said = asked_by_a_process(server.url(scripted(Exchange())), SSL_CERT_FILE=str(unreadable), **beside)

            assert said == ["ConfigurationError: True, True"] * 2


def test_unwritable_key_log(server: FaultServer, tmp_path: Path) -> None:
    """A file for the keys of TLS that cannot be written is not taken for one of certificates (X12)."""
    nowhere = str(tmp_path / "none" / "keys")
    for beside in ({}, {"SSL_CERT_FILE": certifi.where()}):
        said = asked_by_a_process(server.url(scripted(Exchange())), SSLKEYLOGFILE=nowhere, **beside)

        assert said == ["ConfigurationError: False, False"] * 2


@pytest.mark.parametrize("face", FACES)
def test_other_keys_stay(face: str, server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys and addresses of other services, though they stand in the environment, are not used (X18)."""
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "AZURE_OPENAI_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, SECRET)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "https://api.example")
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", f"x-other: {SECRET}")
    script = scripted(Exchange((wire.document(wire.message()),)))

    seen = asked(FACES[face], whole(server.url(script)))

    assert seen.error is None
    assert [SECRET in str(request) for request in script.requests] == [False]


def test_other_keys_do_not_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of another service is not taken where ours is missing (X18)."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", SECRET)

    client = FoundryClient("my-resource", azure_ad_token_provider=lambda: "")
    error = failing(lambda: client.messages.create(model=MODEL, max_tokens=1, messages=[]))

    assert isinstance(error, ConfigurationError)


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_no_content_in_logs(
    face: str, stream: bool, server: FaultServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither prompt nor answer stands in a log at any level, whatever variables of others are set (X2, X19)."""
    monkeypatch.setenv("ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE", "content")
    monkeypatch.setenv("ANTHROPIC_LOG", "debug")
    for name in ("httpx", "httpcore", "asyncio", "claude_foundry", "azure"):
        caplog.set_level(logging.DEBUG, logger=name)
    caplog.set_level(logging.DEBUG)
    answers = (Exchange((wire.refusal(503),)), Exchange((wire.stream() if stream else wire.document(wire.message()),)))
    asking = Asked(server.url(scripted(*answers)), stream, {"timeout": 5.0}, prompt=f"Keep {SECRET} to yourself.")

    seen = asked(FACES[face], asking)

    assert (seen.error, seen.texts) == (None, [wire.TEXT])
    assert "Retry 1 of 2" in caplog.text
    assert [text for text in (SECRET, "all is well") if text in caplog.text] == []


def test_no_content_in_hooks(server: FaultServer) -> None:
    """What hooks are told of a call holds neither prompt nor answer nor key (X19)."""
    told: list[RequestInfo | ResponseInfo] = []
    url = server.url(scripted(Exchange((wire.document(wire.message()),))))
    with FoundryClient(base_url=url, api_key=f"{SECRET}-2", on_request=told.append, on_response=told.append) as client:
        client.messages.create(model=MODEL, max_tokens=4, messages=[{"role": "user", "content": SECRET}])

    assert len(told) == 2
    assert [word for word in (SECRET, "all is well") if word in repr(told)] == []
