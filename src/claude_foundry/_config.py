"""Arguments and environment, resolved to one frozen configuration.

Sources: https://platform.claude.com/docs/en/build-with-claude/claude-in-microsoft-foundry,
https://learn.microsoft.com/azure/foundry/foundry-models/how-to/use-foundry-models-claude
"""

import inspect
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, Union, cast, get_args
from urllib.parse import urlsplit

from pydantic import SecretStr

from claude_foundry._address import INSECURE_LOOPBACK_VARIABLE, endpoint_of_resource, endpoint_of_url
from claude_foundry._bounds import MAX_EVENT
from claude_foundry._extras import installation
from claude_foundry._fields import filled, one_of, whole
from claude_foundry._headers import checked_headers
from claude_foundry._sealed import sealing
from claude_foundry._timeout import Timeout, TimeoutTypes, limits
from claude_foundry.errors import ConfigurationError

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.credentials_async import AsyncTokenCredential

RESOURCE_VARIABLE = "ANTHROPIC_FOUNDRY_RESOURCE"
BASE_URL_VARIABLE = "ANTHROPIC_FOUNDRY_BASE_URL"
API_KEY_VARIABLE = "ANTHROPIC_FOUNDRY_API_KEY"
DEFAULT_SCOPE = "https://ai.azure.com/.default"
DEFAULT_MAX_RETRIES = 2
DEFAULT_MAX_RETRY_AFTER = 120.0
DEFAULT_API_VERSION = "2023-06-01"
TokenProvider: TypeAlias = Callable[[], str]
AsyncTokenProvider: TypeAlias = Callable[[], str | Awaitable[str]]
Credential: TypeAlias = Union["TokenCredential", "AsyncTokenCredential"]
OnThinkingMismatch: TypeAlias = Literal["raise", "strip"]

_HOW_TO_SIGN_IN = (
    f"Pass api_key= or set {API_KEY_VARIABLE}; or pass credential= or azure_ad_token_provider=; "
    f"or `{installation('entra')}` to sign in with DefaultAzureCredential. "
    "To try without Azure, run `claude-foundry emulate`."
)


@dataclass(frozen=True, kw_only=True)
class KeySignIn:
    """Sign-in with the resource's key."""

    key: SecretStr


@dataclass(frozen=True, kw_only=True)
class TokenSignIn:
    """Sign-in with Microsoft Entra ID: by a token provider, a credential, or (neither) DefaultAzureCredential."""

    provider: AsyncTokenProvider | None = field(default=None, repr=False)
    credential: Credential | None = field(default=None, repr=False)
    scope: str = DEFAULT_SCOPE


@dataclass(frozen=True, kw_only=True)
class FoundryConfig:
    """All a client needs to know, validated. Equal configurations may share one transport."""

    base_url: str
    sign_in: KeySignIn | TokenSignIn
    timeout: Timeout = field(default_factory=Timeout)
    max_retries: int = DEFAULT_MAX_RETRIES
    max_retry_after: float = DEFAULT_MAX_RETRY_AFTER
    default_headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    api_version: str = DEFAULT_API_VERSION
    on_thinking_mismatch: OnThinkingMismatch = "raise"
    automatic_betas: bool = True
    max_event_bytes: int = MAX_EVENT
    dangerously_allow_unverified_tls: bool = False

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).netloc


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The arguments of a client, as given."""

    resource: str | None = None
    base_url: str | None = None
    api_key: str | SecretStr | None = field(default=None, repr=False)
    azure_ad_token_provider: AsyncTokenProvider | None = field(default=None, repr=False)
    credential: Credential | None = field(default=None, repr=False)
    scope: str | None = None
    timeout: TimeoutTypes | None = None
    max_retries: int | None = None
    max_retry_after: float | None = None
    default_headers: Mapping[str, str] | None = field(default=None, repr=False)
    api_version: str | None = None
    on_thinking_mismatch: OnThinkingMismatch | None = None
    automatic_betas: bool = True
    max_event_bytes: int | None = None
    allow_insecure_loopback: bool | None = None
    dangerously_allow_unverified_tls: bool = False


@sealing
def resolve(settings: Settings, *, environ: Mapping[str, str], entra_installed: bool) -> FoundryConfig:
    """Gives the configuration that arguments and environment add up to.

    Any endpoint argument beats every endpoint variable, and so with sign-in; of the endpoint variables,
    the base URL beats the resource. ``ANTHROPIC_API_KEY`` is another service's key and is never read.

    Raises:
        ConfigurationError: something is missing, wrong or contradictory.
    """
    return FoundryConfig(
        base_url=_endpoint(settings, environ),
        sign_in=_sign_in(settings, environ, entra_installed=entra_installed),
        timeout=limits(settings.timeout),
        max_retries=checked_retries(DEFAULT_MAX_RETRIES if settings.max_retries is None else settings.max_retries),
        max_retry_after=_checked_retry_after(settings.max_retry_after),
        default_headers=checked_headers(settings.default_headers, argument="default_headers"),
        api_version=_checked_version(DEFAULT_API_VERSION if settings.api_version is None else settings.api_version),
        on_thinking_mismatch=checked_mismatch(
            "raise" if settings.on_thinking_mismatch is None else settings.on_thinking_mismatch
        ),
        automatic_betas=_checked_switch(settings.automatic_betas, argument="automatic_betas"),
        max_event_bytes=whole(
            MAX_EVENT if settings.max_event_bytes is None else settings.max_event_bytes, argument="max_event_bytes"
        ),
        dangerously_allow_unverified_tls=_checked_switch(
            settings.dangerously_allow_unverified_tls, argument="dangerously_allow_unverified_tls"
        ),
    )


def overridden(
    config: FoundryConfig,
    *,
    timeout: TimeoutTypes | None,
    max_retries: int | None,
    default_headers: Mapping[str, str] | None,
) -> FoundryConfig:
    """Gives a configuration that differs in what is not None; headers are added."""
    headers = {**dict(config.default_headers), **dict(checked_headers(default_headers, argument="default_headers"))}
    return replace(
        config,
        timeout=config.timeout if timeout is None else limits(timeout),
        max_retries=config.max_retries if max_retries is None else checked_retries(max_retries),
        default_headers=tuple(headers.items()),
    )


def checked_retries(max_retries: int) -> int:
    if isinstance(max_retries, bool) or not isinstance(max_retries, int) or max_retries < 0:
        raise ConfigurationError(f"max_retries={max_retries!r}: give a whole number, 0 for no retries.")
    return max_retries


def _checked_retry_after(seconds: Any) -> float:
    if seconds is None:
        return DEFAULT_MAX_RETRY_AFTER
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < math.inf:
        raise ConfigurationError(f"max_retry_after={seconds!r}: give seconds, 0 to never wait for the service.")
    return seconds


def checked_mismatch(choice: Any) -> OnThinkingMismatch:
    return cast(OnThinkingMismatch, one_of(get_args(OnThinkingMismatch), choice, argument="on_thinking_mismatch"))


def _checked_switch(given: Any, *, argument: str) -> bool:
    if not isinstance(given, bool):
        raise ConfigurationError(f"{argument}={given!r}: give True or False.")
    return given


def _checked_version(version: Any) -> str:
    try:
        whole = date.fromisoformat(version).isoformat() == version
    except (TypeError, ValueError):
        whole = False
    if not whole:
        raise ConfigurationError(f"api_version={version!r}: give a date such as {DEFAULT_API_VERSION!r}.")
    return str(version)


def _endpoint(settings: Settings, environ: Mapping[str, str]) -> str:
    loopback = _allows_insecure_loopback(settings.allow_insecure_loopback, environ)
    if settings.resource is not None and settings.base_url is not None:
        raise ConfigurationError("resource and base_url both name the endpoint: pass one of them.")
    if settings.base_url is not None:
        return endpoint_of_url(settings.base_url, named="base_url", insecure_loopback=loopback)
    if settings.resource is not None:
        return endpoint_of_resource(settings.resource, named="resource")
    if url := environ.get(BASE_URL_VARIABLE):
        return endpoint_of_url(url, named=BASE_URL_VARIABLE, insecure_loopback=loopback)
    if resource := environ.get(RESOURCE_VARIABLE):
        return endpoint_of_resource(resource, named=RESOURCE_VARIABLE)
    raise ConfigurationError(
        f"No endpoint: pass resource= or base_url=, or set {RESOURCE_VARIABLE} or {BASE_URL_VARIABLE}. "
        "To try without Azure, run `claude-foundry emulate`."
    )


def _allows_insecure_loopback(given: bool | None, environ: Mapping[str, str]) -> bool:
    if given is not None:
        return _checked_switch(given, argument="allow_insecure_loopback")
    variable = environ.get(INSECURE_LOOPBACK_VARIABLE, "")
    if variable not in ("", "0", "1"):
        # Not quoted: keys are pasted in its place.
        raise ConfigurationError(
            f"{INSECURE_LOOPBACK_VARIABLE} is neither 1 nor 0: set it to one of them, or unset it."
        )
    return variable == "1"


def _sign_in(settings: Settings, environ: Mapping[str, str], *, entra_installed: bool) -> KeySignIn | TokenSignIn:
    given = [
        name for name in ("api_key", "azure_ad_token_provider", "credential") if getattr(settings, name) is not None
    ]
    if len(given) > 1:
        raise ConfigurationError(f"{' and '.join(given)} both sign in: pass one of them.")
    scope = DEFAULT_SCOPE if settings.scope is None else filled(settings.scope, argument="scope")
    if settings.api_key is not None:
        return KeySignIn(key=_checked_key(settings.api_key, named="api_key"))
    if given:
        provider = _checked_provider(settings.azure_ad_token_provider)
        return TokenSignIn(provider=provider, credential=_checked_credential(settings.credential), scope=scope)
    if key := environ.get(API_KEY_VARIABLE):
        return KeySignIn(key=_checked_key(key, named=API_KEY_VARIABLE))
    if entra_installed:
        return TokenSignIn(scope=scope)
    raise ConfigurationError(f"No sign-in. {_HOW_TO_SIGN_IN}")


def _checked_key(given: str | SecretStr, *, named: str) -> SecretStr:
    key = given.get_secret_value() if isinstance(given, SecretStr) else given
    if not isinstance(key, str):
        raise ConfigurationError(f"{named} is {type(key).__name__}: give the key as a string.")
    key = key.strip()
    if not key or not all("!" <= letter <= "~" for letter in key):
        raise ConfigurationError(f"{named} is empty or holds characters that no key has: copy the key again.")
    return SecretStr(key)


def _checked_provider(provider: Any) -> AsyncTokenProvider | None:
    if provider is not None and not callable(provider):
        raise ConfigurationError("azure_ad_token_provider is not callable: pass a function that returns a token.")
    return provider  # type: ignore[no-any-return]


def _checked_credential(credential: Any) -> Credential | None:
    if credential is not None and not callable(getattr(credential, "get_token", None)):
        raise ConfigurationError(
            "credential has no get_token: pass an azure-core TokenCredential or AsyncTokenCredential; "
            "a key is passed as api_key=."
        )
    return credential  # type: ignore[no-any-return]


def without_event_loop(config: FoundryConfig) -> FoundryConfig:
    """Gives the configuration back when a synchronous client can use it.

    Raises:
        ConfigurationError: the credential or token provider must be awaited.
    """
    match config.sign_in:
        case TokenSignIn(provider=provider, credential=credential):
            asked = provider or getattr(credential, "get_token", None)
            if asked is not None and inspect.iscoroutinefunction(asked):
                name = "azure_ad_token_provider" if provider else "credential"
                raise ConfigurationError(f"{name} is asynchronous: pass a synchronous one, or use AsyncFoundryClient.")
    return config
