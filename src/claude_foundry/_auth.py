"""Credentials onto requests, for the configured origin only: one flow, driven with and without an event loop.

Source: https://platform.claude.com/docs/en/build-with-claude/claude-in-microsoft-foundry (authentication)
"""

import base64
import functools
import inspect
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from claude_foundry._config import CREDENTIAL_HEADERS, FoundryConfig, KeySignIn, TokenSignIn
from claude_foundry._deadline import Deadline, async_kept, in_time, kept
from claude_foundry._direct import names
from claude_foundry._forks import lock_of
from claude_foundry._sealed import Sealed
from claude_foundry.errors import ConfigurationError

_CLAIMS = re.compile(r'\bclaims="([A-Za-z0-9+/_-]+)=*"', re.IGNORECASE)


class FoundryAuth(httpx.Auth):
    """Signs each attempt: by the key, or by a token asked for at that moment."""

    def __init__(self, config: FoundryConfig) -> None:
        self._origin = _origin(httpx.URL(config.base_url))
        self._sign_in = config.sign_in
        self._default: Any = None
        self._lock = lock_of(self)

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        ask = self._token_source()
        yield self._signed(request, ask and _checked_token(_given_by(ask)))

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        ask = self._token_source()
        yield self._signed(request, ask and _checked_token(await _async_given_by(ask)))

    def renewed(
        self, headers: httpx.Headers, *, refused: httpx.Request, deadline: Deadline | None = None
    ) -> httpx.Auth | None:
        """Gives what signs once more after a 401: a token that differs from the refused one, or None.

        A claims challenge, as Entra's continuous access evaluation sends it, is answered by the credential.
        """
        ask = self._renewing_source(headers)
        if ask is None:
            return None
        with kept(deadline):
            token = _checked_token(_given_by(ask))
        return self._renewed(token, refused)

    async def async_renewed(
        self, headers: httpx.Headers, *, refused: httpx.Request, deadline: Deadline | None = None
    ) -> httpx.Auth | None:
        """Gives what signs once more, likewise."""
        ask = self._renewing_source(headers)
        if ask is None:
            return None
        token = _checked_token(await async_kept(deadline, _async_given_by(ask)))
        return self._renewed(token, refused)

    def _renewed(self, token: Sealed, refused: httpx.Request) -> httpx.Auth | None:
        is_same = refused.headers.get("authorization") == f"Bearer {token}"
        return None if is_same else _Renewed(self, token)

    def _renewing_source(self, headers: httpx.Headers) -> Callable[[], Any] | None:
        ask = self._token_source()
        claims = claims_of(headers.get_list("www-authenticate"))
        if ask is None or claims is None or not _takes_claims(ask):
            return ask
        return functools.partial(ask, claims=claims)  # type: ignore[call-arg]

    def _signed(self, request: httpx.Request, token: Sealed | None) -> httpx.Request:
        if _origin(request.url) != self._origin:
            raise ConfigurationError(f"The request goes to {request.url.host}, which is not the configured endpoint.")
        for name in names(request.headers).intersection(CREDENTIAL_HEADERS):
            del request.headers[name]
        for name, value in self._credentials(token).items():
            request.headers[name] = value
        return request

    def _credentials(self, token: Sealed | None) -> dict[str, str]:
        match self._sign_in:
            case KeySignIn(key=key):
                # Foundry documents both names; which one a gateway checks differs.
                return {"x-api-key": Sealed(key.get_secret_value()), "api-key": Sealed(key.get_secret_value())}
            case TokenSignIn():
                return {"authorization": Sealed(f"Bearer {token}")}

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


class _Renewed(httpx.Auth):
    def __init__(self, auth: FoundryAuth, token: Sealed) -> None:
        self._auth = auth
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        yield self._auth._signed(request, self._token)


def claims_of(challenges: list[str]) -> str | None:
    """Gives the claims that a 401 asks for in its ``WWW-Authenticate`` headers, decoded.

    Source: https://learn.microsoft.com/entra/identity-platform/claims-challenge
    """
    found = next((found for challenge in challenges if (found := _CLAIMS.search(challenge))), None)
    if found is None:
        return None
    try:
        return base64.b64decode(found[1] + "=" * (-len(found[1]) % 4), altchars=b"-_").decode()
    except ValueError:
        return None


def _takes_claims(ask: Callable[..., Any]) -> bool:
    if not isinstance(ask, functools.partial):
        return False
    try:
        parameters = inspect.signature(ask.func).parameters.values()
    except (TypeError, ValueError):
        return False
    return any(each.name == "claims" or each.kind is each.VAR_KEYWORD for each in parameters)


# By name: azure-identity is loaded only by those who sign in with it.
_SIGN_IN_ERRORS = ("ClientAuthenticationError", "CredentialUnavailableError")
_NOT_SIGNED_IN = (
    "No identity is signed in that can get a token: run `az login`, or give the machine a managed identity, with the "
    "role 'Foundry User' or 'Cognitive Services User' on the resource; or pass api_key=."
)


@contextmanager
def _told_apart() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        named = type(error).__name__
        advice = f" {_NOT_SIGNED_IN}" if named in _SIGN_IN_ERRORS else ""
        raise ConfigurationError(f"The token provider or credential failed with {named}.{advice}") from error


def _given_by(ask: Callable[[], Any]) -> Any:
    with _told_apart():
        return in_time(ask)


async def _async_given_by(ask: Callable[[], Any | Awaitable[Any]]) -> Any:
    with _told_apart():
        return await _asked(ask)


async def _asked(ask: Callable[[], Any | Awaitable[Any]]) -> Any:
    import anyio.to_thread

    if inspect.iscoroutinefunction(ask):
        return await ask()
    # A thread that outlasts the call is left to itself: no call waits beyond its own limit.
    answer = await anyio.to_thread.run_sync(ask, abandon_on_cancel=True)
    return await answer if inspect.isawaitable(answer) else answer


def _checked_token(answer: Any) -> Sealed:
    token = getattr(answer, "token", answer)
    if isinstance(token, str) and token.strip() and token.isascii() and token.isprintable():
        return Sealed(token.strip())
    if inspect.iscoroutine(answer):
        answer.close()
    said = "an empty or unprintable string" if isinstance(token, str) else type(token).__name__
    # A traceback with locals would show them.
    del answer, token
    raise ConfigurationError(f"The token provider or credential gave {said}: it must give a token as a string.")


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
