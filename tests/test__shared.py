"""Clients that adapters share."""

import pytest
from pydantic import BaseModel, PrivateAttr

from claude_foundry import AsyncFoundryClient, ConfigurationError, FoundryClient, _shared
from claude_foundry._config import Settings
from claude_foundry._hooks import RequestInfo, ResponseInfo
from claude_foundry._shared import Held, private

SETTINGS = Settings(resource="my-resource", api_key="key-of-a-test")


def shared_client(settings: Settings) -> FoundryClient:
    return Held().client(settings, http_client=None)


def shared_async_client(settings: Settings) -> AsyncFoundryClient:
    return Held().async_client(settings, http_client=None)


def test_equal_settings_share_a_client() -> None:
    """Equal settings give the same client while somebody holds it, others another."""
    client, looped = shared_client(SETTINGS), shared_async_client(SETTINGS)

    assert shared_client(SETTINGS) is client
    assert shared_async_client(SETTINGS) is looped
    assert shared_client(Settings(resource="other", api_key="key-of-a-test")) is not client


def test_private_attribute() -> None:
    """A private attribute is the one that pydantic gives, also one that was set later."""

    class Adapter(BaseModel):
        _held: Held = PrivateAttr(default_factory=Held)

    adapter = Adapter()
    first = private(adapter, "_held")
    assert first is adapter._held

    adapter._held = Held()

    assert private(adapter, "_held") is adapter._held
    assert adapter._held is not first


def test_settings_of_fields() -> None:
    """Settings are the same until a field of theirs changes."""
    held, names = Held(), ("resource", "api_key")

    first = held.settings(names, {"resource": "a", "api_key": "k", "other": 1})

    assert first == Settings(resource="a", api_key="k")
    assert held.settings(names, {"resource": "a", "api_key": "k", "other": 2}) is first
    assert held.settings(names, {"resource": "b", "api_key": "k"}) == Settings(resource="b", api_key="k")


def test_forgotten() -> None:
    """What was shared is shared no further, and what is made then is."""
    client, looped = shared_client(SETTINGS), shared_async_client(SETTINGS)

    _shared.forget()

    fresh = shared_client(SETTINGS)
    assert fresh is not client
    assert shared_client(SETTINGS) is fresh
    assert shared_async_client(SETTINGS) is not looped


def test_hooks_are_settings_too() -> None:
    """Adapters with the same hooks share a client, and those with others do not: each is told of its own calls."""
    told, answered = list[RequestInfo](), list[ResponseInfo]()
    hooks = (told.append, answered.append)
    client = Held().client(SETTINGS, http_client=None, hooks=hooks)
    looped = Held().async_client(SETTINGS, http_client=None, hooks=hooks)

    assert Held().client(SETTINGS, http_client=None, hooks=hooks) is client
    assert Held().async_client(SETTINGS, http_client=None, hooks=hooks) is looped
    assert shared_client(SETTINGS) is not client
    assert shared_async_client(SETTINGS) is not looped


def test_hook_that_must_be_awaited() -> None:
    """An asynchronous hook serves the asynchronous client, and the synchronous one is refused by name."""

    async def told(attempt: RequestInfo) -> None: ...

    Held().async_client(SETTINGS, http_client=None, hooks=(told, None))
    with pytest.raises(ConfigurationError, match="on_request is asynchronous"):
        Held().client(SETTINGS, http_client=None, hooks=(told, None))
