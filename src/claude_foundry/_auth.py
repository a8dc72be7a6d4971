"""Credentials onto requests, for the configured origin only: one flow, driven with and without an event loop.

Source: https://platform.claude.com/docs/en/build-with-claude/claude-in-microsoft-foundry (authentication)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from claude_foundry._clock import Clock
from claude_foundry._config import FoundryConfig, KeySignIn, TokenSignIn
from claude_foundry._deadline import Deadline, async_kept, kept
from claude_foundry._direct import Signing, names
from claude_foundry._headers import CREDENTIAL_HEADERS
from claude_foundry._sealed import Sealed
from claude_foundry._timeout import Timeout
from claude_foundry._token_life import Refusal
from claude_foundry._token_sources import CredentialSource, ProvidedTokens, claims_of
from claude_foundry.errors import ConfigurationError

if TYPE_CHECKING:
    from claude_foundry._kept_tokens import KeptTokens


class FoundryAuth(Signing):
    """Signs each attempt: by the key, by a token of a provider's, asked for then, or by the one kept of a credential's.

    A credential stands for one identity, so that its tokens are shared by all calls. A provider may give each calling
    user's own, on whose behalf the service is asked: those are kept for nobody.
    """

    def __init__(self, config: FoundryConfig, *, clock: Clock | None = None) -> None:
        self._origin = _origin(httpx.URL(config.base_url))
        self._sign_in = config.sign_in
        self._tokens = _tokens(config.sign_in, clock=clock or Clock())

    def signed(self, request: httpx.Request) -> httpx.Request:
        """Gives the request with the credentials."""
        return self._bearing(request, None if self._tokens is None else _token(self._tokens, request))

    async def async_signed(self, request: httpx.Request) -> httpx.Request:
        """Gives it likewise."""
        return self._bearing(request, None if self._tokens is None else await _async_token(self._tokens, request))

    def renewed(
        self, headers: httpx.Headers, *, refused: httpx.Request, deadline: Deadline | None = None
    ) -> Signing | None:
        """Gives what signs once more after a 401: a token that differs from the refused one, or None.

        A claims challenge, as Entra's continuous access evaluation sends it, is answered by the credential.
        """
        if self._tokens is None:
            return None
        refusal = _refusal(headers, refused)
        with kept(deadline):
            token = _token(self._tokens, refused, refusal)
        return self._renewed(token, refusal)

    async def async_renewed(
        self, headers: httpx.Headers, *, refused: httpx.Request, deadline: Deadline | None = None
    ) -> Signing | None:
        """Gives what signs once more, likewise."""
        if self._tokens is None:
            return None
        refusal = _refusal(headers, refused)
        token = await async_kept(deadline, _async_token(self._tokens, refused, refusal))
        return self._renewed(token, refusal)

    def heard(self, headers: httpx.Headers) -> None:
        """Takes in what an answer tells of the service's clock, by which tokens that are kept are read too."""
        match self._tokens:
            case None | ProvidedTokens():
                return
            case kept:
                kept.heard(headers.get("date", ""))

    def _renewed(self, token: Sealed, refusal: Refusal) -> Signing | None:
        return None if token == refusal.secret else _Renewed(self, token)

    def _bearing(self, request: httpx.Request, token: Sealed | None) -> httpx.Request:
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


class _Renewed(Signing):
    def __init__(self, auth: FoundryAuth, token: Sealed) -> None:
        self._auth = auth
        self._token = token

    def signed(self, request: httpx.Request) -> httpx.Request:
        return self._auth._bearing(request, self._token)


def _tokens(sign_in: KeySignIn | TokenSignIn, *, clock: Clock) -> ProvidedTokens | KeptTokens | None:
    match sign_in:
        case TokenSignIn(provider=provider) if provider is not None:
            return ProvidedTokens(provider)
        case TokenSignIn(credential=credential, scope=scope):
            from claude_foundry._kept_tokens import KeptTokens

            return KeptTokens(CredentialSource(credential, scope=scope), clock=clock)
    return None


def _token(tokens: ProvidedTokens | KeptTokens, request: httpx.Request, refusal: Refusal | None = None) -> Sealed:
    match tokens:
        case ProvidedTokens():
            return tokens.token(within=_limit(request))
    return tokens.token(refusal)


async def _async_token(
    tokens: ProvidedTokens | KeptTokens, request: httpx.Request, refusal: Refusal | None = None
) -> Sealed:
    match tokens:
        case ProvidedTokens():
            return await tokens.async_token(within=_limit(request))
    return await tokens.async_token(refusal)


def _limit(request: httpx.Request) -> float | None:
    limit: float | None = request.extensions.get("token_provider", Timeout.token_provider)
    return limit


def _refusal(headers: httpx.Headers, refused: httpx.Request) -> Refusal:
    return Refusal(
        secret=Sealed(refused.headers.get("authorization", "").removeprefix("Bearer ")),
        claims=claims_of(headers.get_list("www-authenticate")),
    )


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
