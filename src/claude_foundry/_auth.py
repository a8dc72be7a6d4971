"""Credentials onto requests, for the configured origin only: one flow, driven with and without an event loop.

Source: https://platform.claude.com/docs/en/build-with-claude/claude-in-microsoft-foundry (authentication)
"""

import functools
import inspect
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import httpx

from claude_foundry._config import CREDENTIAL_HEADERS, FoundryConfig, KeySignIn, TokenSignIn
from claude_foundry.errors import ConfigurationError


def entra_installed() -> bool:
    """Tells whether azure-identity can be imported, without importing it."""
    return find_spec("azure") is not None and find_spec("azure.identity") is not None


class FoundryAuth(httpx.Auth):
    """Signs each attempt: by the key, or by a token asked for at that moment."""

    def __init__(self, config: FoundryConfig) -> None:
        self._origin = _origin(httpx.URL(config.base_url))
        self._sign_in = config.sign_in
        self._default: Any = None
        self._lock = threading.Lock()

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        ask = self._token_source()
        with _told_apart():
            token = ask() if ask else None
        yield self._signed(request, token)

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        ask = self._token_source()
        with _told_apart():
            token = await _asked(ask) if ask else None
        yield self._signed(request, token)

    def _signed(self, request: httpx.Request, token: Any) -> httpx.Request:
        if _origin(request.url) != self._origin:
            raise ConfigurationError(f"The request goes to {request.url.host}, which is not the configured endpoint.")
        for name in CREDENTIAL_HEADERS:
            request.headers.pop(name, None)
        request.headers.update(self._credentials(token))
        return request

    def _credentials(self, token: Any) -> dict[str, str]:
        match self._sign_in:
            case KeySignIn(key=key):
                # Foundry documents both names; which one a gateway checks differs.
                return {"x-api-key": key.get_secret_value(), "api-key": key.get_secret_value()}
            case TokenSignIn():
                return {"authorization": f"Bearer {_checked_token(token)}"}

    def _token_source(self) -> Callable[[], Any] | None:
        match self._sign_in:
            case TokenSignIn(provider=provider) if provider is not None:
                return provider
            case TokenSignIn(credential=credential, scope=scope):
                credential = credential or self._default_credential()
                return functools.partial(credential.get_token, scope)
        return None

    def _default_credential(self) -> Any:
        # The synchronous credential serves both clients: it is asked in a thread, and belongs to no event loop.
        with self._lock:
            if self._default is None:
                from azure.identity import DefaultAzureCredential

                self._default = DefaultAzureCredential()
            return self._default


@contextmanager
def _told_apart() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise ConfigurationError(f"The token provider or credential failed with {type(error).__name__}.") from error


async def _asked(ask: Callable[[], Any | Awaitable[Any]]) -> Any:
    import anyio.to_thread

    if inspect.iscoroutinefunction(ask):
        return await ask()
    answer = await anyio.to_thread.run_sync(ask)
    return await answer if inspect.isawaitable(answer) else answer


def _checked_token(answer: Any) -> str:
    token = getattr(answer, "token", answer)
    if isinstance(token, str) and token.strip() and token.isascii() and token.isprintable():
        return token.strip()
    if inspect.iscoroutine(answer):
        answer.close()
    said = "an empty or unprintable string" if isinstance(token, str) else type(token).__name__
    raise ConfigurationError(f"The token provider or credential gave {said}: it must give a token as a string.")


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
