"""Credentials on requests: which, when, and where to."""

import asyncio
import itertools
import threading
from typing import Any

import httpx
import pytest

from claude_foundry import (
    AsyncFoundryClient,
    ConfigurationError,
    FoundryClient,
)
from claude_foundry._auth import FoundryAuth
from claude_foundry._config import Settings, resolve
from tests.answers import refused, whole
from tests.shells import REQUEST, AsyncShell, FakeTime, Script, Shell, both

Kind = type[Shell]


class Token:
    def __init__(self, token: str) -> None:
        self.token = token


class Credential:
    """An azure-core TokenCredential that counts, and remembers scope and thread."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def get_token(self, *scopes: str, **_: Any) -> Token:
        self.asked.append((scopes[0], threading.get_ident()))
        return Token(f"token-{len(self.asked)}")


class AsyncCredential(Credential):
    """An azure-core AsyncTokenCredential."""

    async def get_token(self, *scopes: str, **_: Any) -> Token:  # type: ignore[override]
        return super().get_token(*scopes)


def settings(**sign_in: Any) -> dict[str, Any]:
    return {"api_key": None, **sign_in}


@both
def test_key(shell: Kind) -> None:
    """A key is sent under both of its names, and never as a bearer token."""
    service = Script(whole())

    shell(service, FakeTime(), api_key="secret").create(**REQUEST)

    headers = service.requests[0].headers
    assert (headers["x-api-key"], headers["api-key"]) == ("secret", "secret")
    assert "authorization" not in headers


@both
def test_token_for_each_attempt(shell: Kind) -> None:
    """A provider is asked at each attempt, and no key goes with its token."""
    service, tokens = Script(refused(500), whole()), iter(["one", "two"])

    shell(service, FakeTime(), **settings(azure_ad_token_provider=lambda: next(tokens))).create(**REQUEST)

    assert [request.headers["authorization"] for request in service.requests] == ["Bearer one", "Bearer two"]
    assert not any({"x-api-key", "api-key"} & set(request.headers) for request in service.requests)


@both
@pytest.mark.parametrize("scope", [None, "https://cognitiveservices.azure.com/.default"])
def test_credential(shell: Kind, scope: str | None) -> None:
    """A credential is asked for the scope of Foundry, or for the one that was set."""
    service, credential = Script(whole()), Credential()

    shell(service, FakeTime(), **settings(credential=credential, scope=scope)).create(**REQUEST)

    assert service.requests[0].headers["authorization"] == "Bearer token-1"
    assert credential.asked[0][0] == (scope or "https://ai.azure.com/.default")


def test_synchronous_credential_never_blocks_the_loop() -> None:
    """The asynchronous client asks a synchronous credential in another thread."""
    credential = Credential()

    AsyncShell(Script(whole()), FakeTime(), **settings(credential=credential)).create(**REQUEST)

    assert credential.asked[0][1] != threading.get_ident()


def test_asynchronous_credential() -> None:
    """The asynchronous client awaits an asynchronous credential in its own thread."""
    service, credential = Script(whole()), AsyncCredential()

    AsyncShell(service, FakeTime(), **settings(credential=credential)).create(**REQUEST)

    assert service.requests[0].headers["authorization"] == "Bearer token-1"
    assert credential.asked[0][1] == threading.get_ident()


def test_asynchronous_provider() -> None:
    """The asynchronous client takes a provider that is awaited, in any form."""

    async def provider() -> str:
        return "one"

    service = Script(whole(), whole())
    for form in (provider, lambda: provider()):
        AsyncShell(service, FakeTime(), **settings(azure_ad_token_provider=form)).create(**REQUEST)

    assert [request.headers["authorization"] for request in service.requests] == ["Bearer one"] * 2


@both
@pytest.mark.parametrize("token", ["", " ", b"secret-bytes", None, 7, "sec\nret"])
def test_unusable_tokens(shell: Kind, token: Any) -> None:
    """A token that is none is refused before anything is sent, and not echoed."""
    service = Script()

    with pytest.raises(ConfigurationError, match="token as a string") as caught:
        shell(service, FakeTime(), **settings(azure_ad_token_provider=lambda: token)).create(**REQUEST)

    assert "sec" not in str(caught.value)
    assert service.requests == []


@both
def test_failing_provider(shell: Kind) -> None:
    """A provider that fails is told with its kind of failure, which is the cause."""

    def provider() -> str:
        raise KeyError("vault")

    with pytest.raises(ConfigurationError, match="KeyError") as caught:
        shell(Script(), FakeTime(), **settings(azure_ad_token_provider=provider)).create(**REQUEST)

    assert isinstance(caught.value.__cause__, KeyError)


class CredentialUnavailableError(Exception):
    """As azure-identity raises when nobody is signed in."""


@both
def test_nobody_signed_in(shell: Kind) -> None:
    """When nobody is signed in, the error says how to sign in, or to do without."""

    def provider() -> str:
        raise CredentialUnavailableError("no account of ada@example.org")

    with pytest.raises(ConfigurationError, match=r"az login.*Foundry User.*api_key=") as caught:
        shell(Script(), FakeTime(), **settings(azure_ad_token_provider=provider)).create(**REQUEST)

    assert "ada" not in str(caught.value)


def test_other_origins_get_no_credential() -> None:
    """Credentials are put on requests to the configured origin only."""
    config = resolve(Settings(resource="a", api_key="secret"), environ={}, entra_installed=False)
    request = httpx.Request("POST", "https://b.services.ai.azure.com/anthropic/v1/messages")

    with pytest.raises(ConfigurationError, match="not the configured endpoint"):
        next(FoundryAuth(config).sync_auth_flow(request))

    assert "secret" not in str(request.headers)


def test_credentials_of_a_given_client_are_replaced() -> None:
    """A credential that a given HTTP client adds is replaced: key and token never go together."""
    service = Script(whole())
    client = FoundryClient(
        "a",
        api_key="secret",
        http_client=httpx.Client(transport=httpx.MockTransport(service), headers={"authorization": "Bearer other"}),
    )
    client.messages.create(**REQUEST)

    assert "authorization" not in service.requests[0].headers


def test_secrets_in_no_representation() -> None:
    """Clients show their endpoint and nothing secret."""
    for client in (FoundryClient("a", api_key="top-secret"), AsyncFoundryClient("a", api_key="top-secret")):
        assert "a.services.ai.azure.com" in repr(client)
        assert "top-secret" not in repr(client) + repr(vars(client)) + repr(client.messages)


def test_default_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    """With azure-identity installed and nothing given, its DefaultAzureCredential is asked, and its failure told."""
    azure = pytest.importorskip("azure.identity")
    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    client = FoundryClient("a", http_client=httpx.Client(transport=httpx.MockTransport(Script())))

    with pytest.raises(ConfigurationError, match=r"ClientAuthenticationError|CredentialUnavailableError"):
        client.messages.create(**REQUEST)

    assert azure.DefaultAzureCredential


def test_tokens_of_a_provider_are_never_shared() -> None:
    """Concurrent requests each carry a token of their own asking: a provider may give the calling user's."""
    service, numbers = Script(*[whole() for _ in range(20)]), itertools.count()
    client = AsyncFoundryClient(
        "a",
        azure_ad_token_provider=lambda: f"token-{next(numbers)}",
        http_client=httpx.AsyncClient(transport=httpx.MockTransport(service)),
    )

    async def all_at_once() -> None:
        await asyncio.gather(*(client.messages.create(**REQUEST) for _ in range(20)))

    asyncio.run(all_at_once())

    assert len({request.headers["authorization"] for request in service.requests}) == 20


def test_credentials_are_sealed() -> None:
    """A signed request that is printed, as by a traceback with locals, shows no credential."""
    config = resolve(Settings(resource="a", api_key="top-secret"), environ={}, entra_installed=False)
    request = next(FoundryAuth(config).sync_auth_flow(httpx.Request("POST", f"{config.base_url}/v1/messages")))

    seen = [request.headers, request.headers.raw, list(request.headers.items()), vars(request)]

    assert not any("top-secret" in repr(each) for each in seen)
    assert request.headers["x-api-key"] == "top-secret"


class Unreadable(httpx.Headers):
    """Headers that nobody may look at."""

    def __getitem__(self, key: str) -> str:
        raise PermissionError(key)


def test_dates_of_answers() -> None:
    """The date of an answer is looked at where tokens are kept, and costs a call with a key or a provider nothing."""

    def auth(**sign_in: Any) -> FoundryAuth:
        return FoundryAuth(resolve(Settings(resource="a", **sign_in), environ={}, entra_installed=False))

    auth(api_key="key").heard(Unreadable())
    auth(azure_ad_token_provider=lambda: "token").heard(Unreadable())
    with pytest.raises(PermissionError, match="date"):
        auth(credential=Credential()).heard(Unreadable())
