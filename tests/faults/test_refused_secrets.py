"""A key or a token that cannot be sent is refused, and not shown; nor is one that comes with another mistake."""

import asyncio
import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from pydantic import SecretStr

from claude_foundry import AsyncFoundryClient, ConfigurationError, FoundryClient, Timeout
from claude_foundry.langchain import ChatClaudeFoundry
from claude_foundry.llamaindex import ClaudeFoundry
from tests.faults.faces import MODEL
from tests.faults.test_leaks import KEY, REQUEST, TOKEN, failing, leaks, of_error


def langchain(resource: str | None = None, **settings: Any) -> None:
    _ = ChatClaudeFoundry(model=MODEL, resource=resource, **settings).client


def llamaindex(resource: str | None = None, **settings: Any) -> None:
    _ = ClaudeFoundry(model=MODEL, resource=resource, **settings).client


def shown(use: Callable[[], object]) -> list[str]:
    """Gives the sinks that show a secret: of the error, and of the package's own frames, below those of this file."""
    error = failing(use)
    assert isinstance(error, ConfigurationError)
    below = error.__traceback__
    while below is not None and "/claude_foundry/" not in below.tb_frame.f_code.co_filename.replace("\\", "/"):
        below = below.tb_next
    assert below is not None
    return leaks(of_error(error.with_traceback(below)))


MAKERS: list[Callable[..., object]] = [FoundryClient, AsyncFoundryClient, langchain, llamaindex]
every_maker = pytest.mark.parametrize("make", MAKERS)


@every_maker
@pytest.mark.parametrize(
    "settings",
    [
        *({"api_key": bad} for bad in (f"{KEY}\x00", f"{KEY}ä", f"{KEY} x", f"{KEY}\r\nx: y", [KEY])),
        {"api_key": "k", "default_headers": {"x-gateway-key": f"{KEY}ä"}},
        {"api_key": "k", "default_headers": KEY},
        {"api_key": KEY, "max_retries": -1},
        {"api_key": KEY, "azure_ad_token_provider": str},
    ],
)
def test_refused_settings(make: Callable[..., object], settings: dict[str, Any]) -> None:
    """A wrong setting is refused at construction, and neither it nor a right key beside it is shown, to nobody."""
    assert shown(lambda: make("a", **settings)) == []


@every_maker
@pytest.mark.parametrize(("resource", "suffix"), [("bad name!", ""), ("a", "\u200b"), (None, "")])
def test_refused_environment(
    make: Callable[..., object], resource: str | None, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the environment holds is not shown, whether the key of it is the mistake or the endpoint."""
    for name in ("ANTHROPIC_FOUNDRY_RESOURCE", "ANTHROPIC_FOUNDRY_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ANTHROPIC_FOUNDRY_API_KEY", KEY + suffix)
    monkeypatch.setenv("SOME_OTHER_TOKEN", TOKEN)

    assert shown(lambda: make(resource)) == []


@pytest.mark.parametrize("make", [langchain, llamaindex])
def test_unknown_settings(make: Callable[..., object]) -> None:
    """A key beside a setting that an adapter does not have is not shown."""
    assert shown(lambda: make("a", api_key=KEY, unknown=1)) == []


@pytest.mark.parametrize("make", [langchain, llamaindex])
def test_headers_beside_a_missing_endpoint(make: Callable[..., object], monkeypatch: pytest.MonkeyPatch) -> None:
    """The headers of an adapter are not shown where its endpoint is missing."""
    for name in ("ANTHROPIC_FOUNDRY_RESOURCE", "ANTHROPIC_FOUNDRY_BASE_URL"):
        monkeypatch.delenv(name, raising=False)

    assert shown(lambda: make(api_key="k", default_headers={"x-gateway-key": KEY})) == []


@pytest.mark.parametrize("kind", [ChatClaudeFoundry, ClaudeFoundry])
def test_what_a_pickle_left_out(kind: Callable[..., Any]) -> None:
    """The key that was set again is not shown where something else is missing still."""
    given = {"api_key": "k", "default_headers": {"x-gateway": "a"}, "mcp_servers": [{"name": "s", "url": "https://s"}]}
    model = copy.copy(pickle.loads(pickle.dumps(kind(model=MODEL, resource="a", **given))))
    model.api_key = KEY
    model.mcp_servers = [{"name": "s", "url": "https://s", "authorization_token": TOKEN}]

    assert shown(lambda: model.client) == []


@pytest.mark.parametrize(
    "settings", [{"api_key": KEY.encode()}, {"api_key": "k", "default_headers": {"x-gateway-key": KEY.encode()}}]
)
def test_refused_bytes(settings: dict[str, Any]) -> None:
    """Bytes in place of a string, which pydantic decodes for the adapters, are refused by a client and not shown."""
    assert shown(lambda: FoundryClient("a", **settings)) == []


def test_key_of_a_copy() -> None:
    """A key that a copied chat model is given is sealed as at construction."""
    model = ChatClaudeFoundry(model=MODEL, resource="a", api_key="k").model_copy(update={"api_key": KEY})

    assert model.api_key == SecretStr(KEY)
    assert leaks({"representation": repr(model), "model_dump": repr(model.model_dump())}) == []


def test_refused_options() -> None:
    """A header that is refused for a changed client is not shown."""
    client = FoundryClient("a", api_key="k")

    assert shown(lambda: client.with_options(default_headers={"x-gateway-key": f"{KEY}ä"})) == []


every_token = pytest.mark.parametrize("given", [TOKEN.encode(), f"{TOKEN}\n{TOKEN}", f"{TOKEN}ä", [TOKEN]])


class Credential:
    """Gives what is no token."""

    def __init__(self, given: Any) -> None:
        self._given = given

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        return AccessToken(self._given, 4_102_444_800)


every_sign_in = pytest.mark.parametrize(
    "sign_in",
    [lambda given: {"azure_ad_token_provider": lambda: given}, lambda given: {"credential": Credential(given)}],
    ids=["provider", "credential"],
)


@every_token
@every_sign_in
def test_refused_tokens(given: Any, sign_in: Callable[[Any], dict[str, Any]]) -> None:
    """What a token provider or a credential gives in place of a token is refused, and not shown."""
    with FoundryClient("a", **sign_in(given)) as client:
        assert shown(lambda: client.messages.create(**REQUEST)) == []
        assert shown(lambda: client.with_options(timeout=Timeout(total=30)).messages.create(**REQUEST)) == []


@every_token
@every_sign_in
def test_refused_tokens_in_a_loop(given: Any, sign_in: Callable[[Any], dict[str, Any]]) -> None:
    """Likewise in an event loop."""

    async def ask() -> None:
        async with AsyncFoundryClient("a", **sign_in(given)) as client:
            await client.messages.create(**REQUEST)

    assert shown(lambda: asyncio.run(ask())) == []
