"""What a caller's hooks, and errors, are told of each attempt: values without bodies and without secrets."""

import inspect
import math
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeAlias, TypeVar
from urllib.parse import urlsplit

from claude_foundry._refusal import ids
from claude_foundry.errors import APIError, ConfigurationError, ResponseFormatError

if TYPE_CHECKING:
    from claude_foundry._wire import WireRequest

P = ParamSpec("P")
H = TypeVar("H")

# A gateway's own keys have names of their own, such as ocp-apim-subscription-key.
SECRET = re.compile(
    r"auth|key|token|secret|password|pwd|cookie|credential|signature|bearer|hmac|jwt|assertion|oidc|saml|principal|session"
    r"|\bpass|\b(?:sas|sig|sso)\b"
)


@dataclass(frozen=True, kw_only=True)
class RequestInfo:
    """An attempt that is about to be made."""

    method: str
    path: str
    """Path of the URL, without host and query."""
    attempt: int
    """1 for the first."""
    model: str | None
    """Deployment name, where the request names one."""
    headers: Mapping[str, str] = field(repr=False)
    """Without credentials, and without any header whose name speaks of a key, token or other secret.

    Empty in an error's ``attempts``: errors travel further than what hooks are told.
    """


@dataclass(frozen=True, kw_only=True)
class ResponseInfo:
    """An attempt that has ended: answered whole, streaming its first content, or failed."""

    request: RequestInfo
    status_code: int | None
    """None when no answer came, or one that broke off before what an attempt waits for."""
    request_id: str | None
    apim_request_id: str | None
    elapsed: float
    """Seconds since the attempt began."""
    error: str | None = None
    """Name of the error's class, such as ``RateLimitError``."""
    retry_delay: float | None = None
    """Seconds until the next attempt; None when there is none."""
    retry_budget: float = math.inf
    """Tokens that are left after the attempt, of the 500 that all calls of a client share: a retry takes 14, or 5 after
    a rate limit; success and time bring them back. A failure for whose retry too few are left is not tried again."""


class Attempt(NamedTuple):
    """An attempt that is being made, and those of its call that failed before it."""

    method: str
    url: str
    model: str | None
    began: float
    """Seconds of a clock that never goes back."""
    failed: tuple[ResponseInfo, ...]


OnRequest: TypeAlias = Callable[[RequestInfo], object]
OnResponse: TypeAlias = Callable[[ResponseInfo], object]
AsyncOnRequest: TypeAlias = Callable[[RequestInfo], object | Awaitable[object]]
AsyncOnResponse: TypeAlias = Callable[[ResponseInfo], object | Awaitable[object]]


@dataclass(frozen=True, kw_only=True)
class Hooks:
    """What is called before and after each attempt."""

    on_request: Callable[[RequestInfo], Any] | None = None
    on_response: Callable[[ResponseInfo], Any] | None = None

    def __post_init__(self) -> None:
        for name, hook in (("on_request", self.on_request), ("on_response", self.on_response)):
            if hook is not None and not callable(hook):
                raise ConfigurationError(f"{name} is not callable: pass a function that takes one value.")


def hooks_without_event_loop(hooks: Hooks) -> Hooks:
    """Gives the hooks back when a synchronous client can call them.

    Raises:
        ConfigurationError: one must be awaited.
    """
    for name, hook in (("on_request", hooks.on_request), ("on_response", hooks.on_response)):
        _refuse_async(hook, argument=name)
    return hooks


def progress(hook: H, *, in_loop: bool) -> H:
    """Gives back what is called with the bytes so far and those in all, when the client can call it.

    Raises:
        ConfigurationError: it is no function, or must be awaited where there is no event loop.
    """
    if hook is not None and not callable(hook):
        raise ConfigurationError("on_progress is not callable: pass a function that takes two numbers.")
    if not in_loop:
        _refuse_async(hook, argument="on_progress")
    return hook


def _refuse_async(hook: object, *, argument: str) -> None:
    if inspect.iscoroutinefunction(hook):
        raise ConfigurationError(f"{argument} is asynchronous: pass a synchronous one, or use AsyncFoundryClient.")


def told(hook: Callable[P, Any] | None, *said: P.args, **named: P.kwargs) -> None:
    """Calls a caller's function, if there is one."""
    if hook is not None:
        hook(*said, **named)


async def async_told(hook: Callable[P, Any] | None, *said: P.args, **named: P.kwargs) -> None:
    """Calls a caller's function, if there is one, and awaits what it gives."""
    if hook is not None and inspect.isawaitable(answer := hook(*said, **named)):
        await answer


def attempted(hooks: Hooks, request: "WireRequest", *, attempt: int) -> RequestInfo | None:
    """Gives what is told of a request before its attempt, of which 0 is the first; None where nobody is told."""
    if hooks.on_request is None and hooks.on_response is None:
        return None
    headers = {name: value for name, value in request.headers.items() if not SECRET.search(name)}
    return _info(request, attempt=attempt + 1, headers=headers)


def answered(
    request: RequestInfo, *, status_code: int, headers: Mapping[str, str], elapsed: float, retry_budget: float
) -> ResponseInfo:
    """Gives what is told of an attempt that succeeded."""
    named = ids(headers)
    return ResponseInfo(
        request=request,
        status_code=status_code,
        request_id=named["request_id"],
        apim_request_id=named["apim_request_id"],
        elapsed=elapsed,
        retry_budget=retry_budget,
    )


def logged(
    error: APIError | ResponseFormatError | ConfigurationError,
    attempt: Attempt,
    *,
    elapsed: float,
    retry_delay: float | None = None,
    status_code: int | None = None,
    retry_budget: float = math.inf,
) -> ResponseInfo:
    """Puts the attempts of its call on an error, and gives the last of them, which it ended.

    Args:
        error: what ended it.
        attempt: that was being made.
        elapsed: seconds since it began.
        retry_delay: seconds until the next.
        status_code: of the answer, if one had begun; what the error itself tells comes first.
        retry_budget: tokens left after it.
    """
    ended = ResponseInfo(
        request=_info(attempt, attempt=len(attempt.failed) + 1, headers={}),
        status_code=status_code if error.status_code is None else error.status_code,
        request_id=error.request_id,
        apim_request_id=error.apim_request_id,
        elapsed=elapsed,
        error=type(error).__name__,
        retry_delay=retry_delay,
        retry_budget=retry_budget,
    )
    error.retries_taken, error.attempts = len(attempt.failed), (*attempt.failed, ended)
    return ended


def _info(asked: "WireRequest | Attempt", *, attempt: int, headers: Mapping[str, str]) -> RequestInfo:
    return RequestInfo(
        method=asked.method, path=urlsplit(asked.url).path, attempt=attempt, model=asked.model, headers=headers
    )
