"""Where tokens of Microsoft Entra ID come from: a provider or a credential is asked, in time, and its failure told."""

import base64
import functools
import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias, TypeVar

from claude_foundry._deadline import async_in_thread, in_time
from claude_foundry._forks import lock_of
from claude_foundry._sealed import Sealed
from claude_foundry._token_life import Refusal, checked
from claude_foundry.errors import APITimeoutError, ConfigurationError, SignInError

Ask: TypeAlias = Callable[[], Any]
T = TypeVar("T")

_CLAIMS = re.compile(r'\bclaims="([A-Za-z0-9+/_-]+)=*"', re.IGNORECASE)
# By name: azure-identity is loaded only by those who sign in with it.
_SIGN_IN_ERRORS = ("ClientAuthenticationError", "CredentialUnavailableError")
_NOT_SIGNED_IN = (
    "No identity is signed in that can get a token: run `az login`, or give the machine a managed identity, with the "
    "role 'Foundry User' or 'Cognitive Services User' on the resource; or pass api_key=."
)
_HUNG = (
    "The token provider or credential gave nothing{within}, and no call waits longer for it (timeout: "
    "sign_in). Look at what it waits for (a sign-in in a browser, the Azure CLI, the endpoint of a managed identity), "
    "and limit that wait."
)


class ProvidedTokens:
    """Tokens of a provider, asked for at each attempt: they may be those of the calling user, and are never shared.

    Args:
        provider: of tokens. Where waits are limited it is asked in a thread, which has the context variables of the
            call; otherwise, without an event loop, in the thread of the call.
    """

    def __init__(self, provider: Ask) -> None:
        self._provider = provider

    def token(self, refusal: Refusal | None = None) -> Sealed:
        """Gives a token.

        Args:
            refusal: of the token before.

        Raises:
            SignInError: the provider failed.
            ConfigurationError: it gave none.
            TimeoutError: it takes longer than the call may.
        """
        return in_time(functools.partial(given_by, self._provider, take=checked))

    async def async_token(self, refusal: Refusal | None = None) -> Sealed:
        """Gives a token likewise."""
        return await async_given_by(self._provider, take=checked)


class CredentialSource:
    """A credential and what it is asked for. With none given, DefaultAzureCredential is made when it is first asked."""

    def __init__(self, credential: Any, *, scope: str) -> None:
        self._credential = credential
        self._scope = scope
        self._default: Any = None
        self._lock = lock_of(self)

    def ask(self, claims: str | None = None) -> Ask:
        """Gives what asks the credential, for a token with these claims where a challenge asked for them."""
        if self._credential is None:
            return lambda: _asking(self._default_credential(), self._scope, claims)()
        return _asking(self._credential, self._scope, claims)

    def _default_credential(self) -> Any:
        # The synchronous credential serves both clients: it is asked in a thread, and belongs to no event loop.
        with self._lock:
            if self._default is None:
                from azure.identity import DefaultAzureCredential

                self._default = DefaultAzureCredential()
            return self._default


def _asking(credential: Any, scope: str, claims: str | None) -> Ask:
    # By its class: whatever is asked of a mock or of what hands on to another, it has.
    if callable(getattr(type(credential), "get_token_info", None)):
        return functools.partial(credential.get_token_info, scope, options={"claims": claims} if claims else {})
    if claims is None or not _takes_claims(credential.get_token):
        return functools.partial(credential.get_token, scope)
    return functools.partial(credential.get_token, scope, claims=claims)


def _takes_claims(ask: Callable[..., Any]) -> bool:
    try:
        parameters = inspect.signature(ask).parameters.values()
    except (TypeError, ValueError):
        return False
    return any(each.name == "claims" or each.kind is each.VAR_KEYWORD for each in parameters)


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


@contextmanager
def _told_apart() -> Iterator[None]:
    """Raises what a provider or credential raises as this package's error, which names it and shows nothing of it."""
    try:
        yield
    except ConfigurationError:
        # It gave what is no token.
        raise
    except Exception as error:
        named = type(error).__name__
        advice = f" {_NOT_SIGNED_IN}" if named in _SIGN_IN_ERRORS else ""
        raise SignInError(f"The token provider or credential failed with {named}.{advice}") from error


def hung(seconds: float | None) -> APITimeoutError:
    """Gives the error of a provider or credential that gave nothing in so many seconds."""
    within = "" if seconds is None else f" within {seconds:g} s"
    return APITimeoutError(_HUNG.format(within=within), retryable=False)


def given_by(ask: Ask, *, take: Callable[[Any], T]) -> T:
    """Gives what is taken of a provider's or credential's answer, as long as it takes."""
    with _told_apart():
        return take(ask())


async def async_given_by(ask: Ask, *, take: Callable[[Any], T]) -> T:
    """Gives what is taken of an answer; what must not be awaited is asked in a thread.

    That thread takes what comes also when nobody waits for it any more.
    """
    with _told_apart():
        if inspect.iscoroutinefunction(ask):
            return take(await ask())
        taken = await async_in_thread(functools.partial(given_by, ask, take=functools.partial(_taken, take)))
        return take(await taken) if inspect.isawaitable(taken) else taken


def _taken(take: Callable[[Any], T], answer: Any) -> Any:
    try:
        return answer if inspect.isawaitable(answer) else take(answer)
    finally:
        # A traceback with locals would show it.
        del answer
