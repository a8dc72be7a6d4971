"""Clients shared by the adapters: equal settings give the same client, for as long as somebody holds it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, Self, TypeAlias, TypeVar
from weakref import WeakValueDictionary

import httpx

from claude_foundry._config import FoundryConfig, Settings, resolve, without_event_loop
from claude_foundry._extras import entra_installed
from claude_foundry._forks import lock_of

if TYPE_CHECKING:
    from pydantic import BaseModel

    from claude_foundry._async_client import AsyncFoundryClient
    from claude_foundry._client import FoundryClient
    from claude_foundry._hooks import AsyncOnRequest, AsyncOnResponse

C = TypeVar("C")
ToldOf: TypeAlias = "tuple[AsyncOnRequest | None, AsyncOnResponse | None]"
Key: TypeAlias = tuple[FoundryConfig, ToldOf]

NOBODY: ToldOf = (None, None)
_lock = lock_of(sys.modules[__name__])
_clients: WeakValueDictionary[Key, FoundryClient] = WeakValueDictionary()
_async_clients: WeakValueDictionary[Key, AsyncFoundryClient] = WeakValueDictionary()


def private(adapter: BaseModel, name: str) -> Any:
    """Gives a private attribute of an adapter: pydantic takes thirty times as long to find it, and each call asks."""
    return (adapter.__pydantic_private__ or {})[name]


def held_by(adapter: BaseModel) -> Held:
    """Gives what an adapter holds below."""
    held: Held = private(adapter, "_held")
    return held


class Held:
    """What one adapter holds below: its settings resolved, and its clients, made at first use.

    Both are made anew when the adapter's settings change. Neither is copied or pickled with the adapter: a copy
    resolves and makes its own. What the pickle that the adapter comes from left out is remembered.
    """

    def __init__(self, left_out: frozenset[str] = frozenset()) -> None:
        self._left_out = left_out
        self._read: tuple[tuple[Any, ...], Settings] | None = None
        self._resolved: tuple[Settings, FoundryConfig] | None = None
        # Each with the client whose connections it shares, which lives as long.
        self._client: tuple[object, FoundryClient, FoundryClient] | None = None
        self._async_client: tuple[object, AsyncFoundryClient, AsyncFoundryClient] | None = None

    def settings(self, names: tuple[str, ...], fields: Mapping[str, Any]) -> Settings:
        """Gives the settings that an adapter's fields of these names hold: the same ones until a field changes."""
        values = tuple(map(fields.get, names))
        held = self._read
        if held is None or held[0] != values:
            given: dict[str, Any] = dict(zip(names, values, strict=True))
            held = self._read = values, Settings(**given)
        return held[1]

    def config(self, settings: Settings) -> FoundryConfig:
        """Gives what the settings and the environment, as it was at first, add up to; nothing is opened.

        Raises:
            ConfigurationError: a setting is missing, wrong or contradictory.
        """
        held = self._resolved
        if held is None or (held[0] is not settings and held[0] != settings):
            config = resolve(settings, environ=os.environ, entra_installed=entra_installed())
            held = self._resolved = settings, config
        return held[1]

    def client(
        self,
        settings: Settings,
        *,
        http_client: httpx.Client | None,
        hooks: ToldOf = NOBODY,
        owner: object = None,
    ) -> FoundryClient:
        """Gives the client of these settings: the shared one, or one of the adapter's own on the HTTP client given.

        One with hooks shares connections, and what is learnt of deployments, with the one without.

        Args:
            settings: of the client.
            http_client: of the caller's.
            hooks: what is called before and after each attempt.
            owner: the adapter, to see what of the things that a pickle left out was set again.

        Raises:
            ConfigurationError: a setting is missing, wrong or contradictory, or a hook must be awaited.
        """
        if self._left_out and self._client is None:
            self._refuse_left_out(owner, in_loop=False)
        key = (self.config(settings), hooks, http_client)
        held = self._client
        if held is None or held[0] != key:
            below = _client_of(without_event_loop(key[0]), http_client)
            held = self._client = key, _told(below, hooks, http_client), below
        return held[1]

    def async_client(
        self,
        settings: Settings,
        *,
        http_client: httpx.AsyncClient | None,
        hooks: ToldOf = NOBODY,
        owner: object = None,
    ) -> AsyncFoundryClient:
        """Gives the asynchronous client of these settings, likewise."""
        if self._left_out and self._async_client is None:
            self._refuse_left_out(owner, in_loop=True)
        key = (self.config(settings), hooks, http_client)
        held = self._async_client
        if held is None or held[0] != key:
            below = _async_client_of(key[0], http_client)
            held = self._async_client = key, _async_told(below, hooks, http_client), below
        return held[1]

    def pickled(self, left_out: Iterable[str]) -> Self:
        """Gives what a pickle of the adapter holds in place of this.

        Args:
            left_out: names of fields that have a value, and that the pickle leaves out.
        """
        return type(self)(self._left_out.union(left_out))

    def _refuse_left_out(self, owner: object, *, in_loop: bool) -> None:
        from claude_foundry._left_out import refuse_left_out

        refuse_left_out(self._left_out, fields=getattr(owner, "__dict__", {}), environ=os.environ, in_loop=in_loop)

    def __reduce__(self) -> tuple[type[Self], tuple[frozenset[str]]]:
        return type(self), (self._left_out,)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Held)

    def __hash__(self) -> int:
        return hash(Held)


def _client_of(config: FoundryConfig, http_client: httpx.Client | None) -> FoundryClient:
    # What a call needs is loaded by the first one, which makes the client.
    from claude_foundry._client import FoundryClient
    from claude_foundry._clock import Clock
    from claude_foundry._http import Pool
    from claude_foundry._sender import Sender

    def made() -> FoundryClient:
        return FoundryClient._of(Sender(config, pool=Pool(http_client, config), clock=Clock()))

    return made() if http_client is not None else _shared(_clients, (config, NOBODY), made)


def _async_client_of(config: FoundryConfig, http_client: httpx.AsyncClient | None) -> AsyncFoundryClient:
    from claude_foundry._async_client import AsyncFoundryClient
    from claude_foundry._async_sender import AsyncSender
    from claude_foundry._clock import Clock
    from claude_foundry._http import AsyncPool

    def made() -> AsyncFoundryClient:
        return AsyncFoundryClient._of(AsyncSender(config, pool=AsyncPool(http_client, config), clock=Clock()))

    return made() if http_client is not None else _shared(_async_clients, (config, NOBODY), made)


def _told(below: FoundryClient, told: ToldOf, http_client: httpx.Client | None) -> FoundryClient:
    """The client itself where nobody is told of its attempts, else the one with these hooks on its connections."""
    from claude_foundry._hooks import Hooks, hooks_without_event_loop

    if told == NOBODY:
        return below
    sender = below._sender
    hooks = hooks_without_event_loop(Hooks(on_request=told[0], on_response=told[1]))

    def made() -> FoundryClient:
        return below._of(sender.configured(sender.config, hooks=hooks))

    return made() if http_client is not None else _shared(_clients, (sender.config, told), made)


def _async_told(below: AsyncFoundryClient, told: ToldOf, http_client: httpx.AsyncClient | None) -> AsyncFoundryClient:
    from claude_foundry._hooks import Hooks

    if told == NOBODY:
        return below
    sender = below._sender
    hooks = Hooks(on_request=told[0], on_response=told[1])

    def made() -> AsyncFoundryClient:
        return below._of(sender.configured(sender.config, hooks=hooks))

    return made() if http_client is not None else _shared(_async_clients, (sender.config, told), made)


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
