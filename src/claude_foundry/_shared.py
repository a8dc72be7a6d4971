"""Clients shared by the adapters: equal settings give the same client, for as long as somebody holds it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, MutableMapping
from typing import TYPE_CHECKING, Self, TypeAlias, TypeVar
from weakref import WeakValueDictionary

import httpx

from claude_foundry import _http
from claude_foundry._auth import entra_installed
from claude_foundry._clock import Clock
from claude_foundry._config import FoundryConfig, Settings, resolve, without_event_loop

if TYPE_CHECKING:
    from claude_foundry._async_client import AsyncFoundryClient
    from claude_foundry._client import FoundryClient
    from claude_foundry._hooks import AsyncOnRequest, AsyncOnResponse

C = TypeVar("C")
ToldOf: TypeAlias = "tuple[AsyncOnRequest | None, AsyncOnResponse | None]"
Key: TypeAlias = tuple[FoundryConfig, ToldOf]

NOBODY: ToldOf = (None, None)
_lock = threading.Lock()
_clients: WeakValueDictionary[Key, FoundryClient] = WeakValueDictionary()
_async_clients: WeakValueDictionary[Key, AsyncFoundryClient] = WeakValueDictionary()


class Held:
    """What one adapter holds below: its settings resolved, and its clients, made at first use.

    Both are made anew when the adapter's settings change. Neither is copied or pickled with the adapter: a copy
    resolves and makes its own.
    """

    def __init__(self) -> None:
        self._resolved: tuple[Settings, FoundryConfig] | None = None
        self._client: tuple[object, FoundryClient] | None = None
        self._async_client: tuple[object, AsyncFoundryClient] | None = None

    def config(self, settings: Settings) -> FoundryConfig:
        """Gives what the settings and the environment, as it was at first, add up to; nothing is opened.

        Raises:
            ConfigurationError: a setting is missing, wrong or contradictory.
        """
        held = self._resolved
        if held is None or held[0] != settings:
            config = resolve(settings, environ=os.environ, entra_installed=entra_installed())
            held = self._resolved = settings, config
        return held[1]

    def client(self, settings: Settings, *, http_client: httpx.Client | None, hooks: ToldOf = NOBODY) -> FoundryClient:
        """Gives the client of these settings: the shared one, or one of the adapter's own on the HTTP client given.

        Args:
            settings: of the client.
            http_client: of the caller's.
            hooks: what is called before and after each attempt.

        Raises:
            ConfigurationError: a setting is missing, wrong or contradictory, or a hook must be awaited.
        """
        key = (self.config(settings), hooks, http_client)
        held = self._client
        if held is None or held[0] != key:
            held = self._client = key, _client_of((without_event_loop(key[0]), hooks), http_client)
        return held[1]

    def async_client(
        self, settings: Settings, *, http_client: httpx.AsyncClient | None, hooks: ToldOf = NOBODY
    ) -> AsyncFoundryClient:
        """Gives the asynchronous client of these settings, likewise."""
        key = (self.config(settings), hooks, http_client)
        held = self._async_client
        if held is None or held[0] != key:
            held = self._async_client = key, _async_client_of((key[0], hooks), http_client)
        return held[1]

    def __reduce__(self) -> tuple[type[Self], tuple[()]]:
        return type(self), ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Held)

    def __hash__(self) -> int:
        return hash(Held)


def _client_of(key: Key, http_client: httpx.Client | None) -> FoundryClient:
    from claude_foundry._client import FoundryClient
    from claude_foundry._hooks import Hooks, hooks_without_event_loop
    from claude_foundry._sender import Sender

    config, (on_request, on_response) = key
    hooks = hooks_without_event_loop(Hooks(on_request=on_request, on_response=on_response))

    def made() -> FoundryClient:
        return FoundryClient._of(Sender(config, pool=_http.Pool(http_client), clock=Clock(), hooks=hooks))

    return made() if http_client is not None else _shared(_clients, key, made)


def _async_client_of(key: Key, http_client: httpx.AsyncClient | None) -> AsyncFoundryClient:
    from claude_foundry._async_client import AsyncFoundryClient
    from claude_foundry._async_sender import AsyncSender
    from claude_foundry._hooks import Hooks

    config, (on_request, on_response) = key
    hooks = Hooks(on_request=on_request, on_response=on_response)

    def made() -> AsyncFoundryClient:
        return AsyncFoundryClient._of(
            AsyncSender(config, pool=_http.AsyncPool(http_client), clock=Clock(), hooks=hooks)
        )

    return made() if http_client is not None else _shared(_async_clients, key, made)


def _shared(clients: MutableMapping[Key, C], key: Key, make: Callable[[], C]) -> C:
    try:
        hash(key)
    except TypeError:
        # A credential, provider or hook that cannot be compared is not shared.
        return make()
    with _lock:
        client = clients.get(key)
        if client is None:
            client = clients[key] = make()
        return client


def forget() -> None:
    """Shares no client made so far with anybody new: what it learnt of deployments stays with who holds it."""
    with _lock:
        _clients.clear()
        _async_clients.clear()
