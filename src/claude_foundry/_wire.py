"""From a call to its URL, headers and bytes, and from the bytes of an answer to a message.

Sources: https://platform.claude.com/docs/en/api/messages, https://platform.claude.com/docs/en/api/versioning,
https://platform.claude.com/docs/en/api/beta-headers
"""

import operator
import re
from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, SupportsIndex, TypeAlias, TypeVar

from pydantic import ValidationError
from pydantic_core import from_json

from claude_foundry import _features, _given, _promises, _written
from claude_foundry._arguments import with_exact_calls
from claude_foundry._bounds import MAX_ANSWER
from claude_foundry._config import FoundryConfig, checked_mismatch
from claude_foundry._deadline import Deadline
from claude_foundry._fields import mapping
from claude_foundry._headers import checked_headers
from claude_foundry._refusal import ids
from claude_foundry._response import read_json
from claude_foundry._sealed import sealing
from claude_foundry._thinking import without_thinking
from claude_foundry._timeout import Timeout, TimeoutTypes
from claude_foundry._timeout import limits as limits_of
from claude_foundry._version import __version__
from claude_foundry.errors import ConfigurationError, ResponseFormatError
from claude_foundry.types import Message, MessageTokensCount
from claude_foundry.types._message import Answer, Terminal

PART = 206
"""HTTP status of an answer that is a part of the content."""
Content: TypeAlias = bytes | Iterable[bytes] | AsyncIterable[bytes]

_BETA = re.compile(r"[A-Za-z0-9._, -]+")
_SECONDS_A_TOKEN = 3600 / 128_000
_OPTIONS = ("betas", "extra_headers", "extra_body", "timeout", "on_thinking_mismatch")
_REQUIRED = {"messages": ("model", "max_tokens", "messages"), "messages/count_tokens": ("model", "messages")}
_WHOLE_HEADERS = {"accept": "application/json"}
_STREAM_HEADERS = {"accept": "text/event-stream", "accept-encoding": "identity"}
_REPEATABLE = ("GET", "HEAD", "OPTIONS", "PUT", "DELETE")
_USER_AGENT = f"claude-foundry/{__version__}"


@dataclass(frozen=True, kw_only=True)
class WireRequest:
    """A request ready to be sent, but for its credentials."""

    url: str
    headers: dict[str, str] = field(repr=False)
    content: Content = field(repr=False)
    timeout: Timeout
    max_retries: int
    method: str = "POST"
    model: str | None = None
    stream: bool = False
    known: bool = False
    """Whether it is known what answers it, so that an error is one whatever its status says."""
    strips_thinking: bool = False
    """Whether it is sent once more without thinking when the service finds that thinking out of place."""
    max_bytes: int | None = MAX_ANSWER
    """Most bytes of an answer that comes whole; None for no bound."""
    tokens: tuple[str, ...] = field(default=(), repr=False)
    """Of MCP servers, in its content: no error tells them."""
    deadline: Deadline | None = None
    """By when the call must have ended."""
    acts_once: bool = False
    """Whether a second sending might act twice, so that it follows only when the first certainly did not act."""
    auth: Any = field(default=None, repr=False)
    """What signs its next attempt, and no later one, in place of the client's sign-in, after a token was refused."""
    renewed: bool = False
    """Whether a token was refused and another asked for, which is done once."""

    @property
    def repeatable(self) -> bool:
        """Whether it may be sent again although the service has it whole."""
        return self.stream or self.method in _REPEATABLE

    def check_part(self) -> None:
        """Takes it that the answer is a part of the content.

        Raises:
            ResponseFormatError: none was asked for.
        """
        if not any(name.lower() == "range" for name in self.headers):
            raise ResponseFormatError("The answer is only a part of the content (HTTP 206), which was not asked for.")


@sealing
def encode(request: Mapping[str, Any], *, path: str, config: FoundryConfig, stream: bool = False) -> WireRequest:
    """Gives the bytes to send.

    Args:
        request: fields of the API and of CallOptions.
        path: below ``/v1/``.
        config: the client's.
        stream: whether the answer is asked for as events.

    Raises:
        ConfigurationError: an argument is wrong.
    """
    options = {name: request.get(name) for name in _OPTIONS}
    fields = {name: value for name, value in request.items() if name not in _OPTIONS}
    body = {**fields, **mapping(options["extra_body"] or {}, argument="extra_body")}
    if body.pop("stream", None) and not stream:
        raise ConfigurationError("stream: create() gives the whole answer; for events use messages.stream().")
    sent = _given.checked(body, required=_REQUIRED[path])
    own = {"content-type": "application/json", **(_STREAM_HEADERS if stream else _WHOLE_HEADERS)}
    return WireRequest(
        url=f"{config.base_url}/v1/{path}",
        headers=headers(config, own=own, extra=options["extra_headers"], betas=options["betas"] or (), body=sent),
        content=_written.json_of({**sent, **({"stream": True} if stream else {})}),
        timeout=limits(options["timeout"], config=config),
        max_retries=config.max_retries,
        model=sent["model"],
        tokens=tuple(map(_written.open_token, _written.tokens(sent))) if "mcp_servers" in sent else (),
        stream=stream,
        known=True,
        strips_thinking=strips_thinking(request, config=config),
    )


def strips_thinking(request: Mapping[str, Any], *, config: FoundryConfig) -> bool:
    """Tells whether a request goes on without thinking that the service finds out of place.

    Raises:
        ConfigurationError: the choice is none.
    """
    mismatch = request.get("on_thinking_mismatch")
    return (config.on_thinking_mismatch if mismatch is None else checked_mismatch(mismatch)) == "strip"


def limits(timeout: TimeoutTypes | None, *, config: FoundryConfig) -> Timeout:
    """Gives the time limits of a call."""
    return config.timeout if timeout is None else limits_of(timeout)


def bare(request: WireRequest) -> WireRequest | None:
    """Gives the request without thinking, or None when it holds none; it may be tried as often as the first."""
    fields = from_json(request.content) if isinstance(request.content, bytes) else {}
    messages = without_thinking(fields.get("messages", ()))
    if messages == fields.get("messages"):
        return None
    content = _written.json_of({**fields, "messages": messages})
    return replace(request, content=content, max_retries=request.max_retries + 1, strips_thinking=False)


def may_outlast(request: Mapping[str, Any], *, config: FoundryConfig) -> bool:
    """Tells whether writing the answer may take longer than the wait for it: 128,000 tokens take up to an hour.

    Source: https://platform.claude.com/docs/en/api/errors (long requests)
    """
    fields = {**request, **mapping(request.get("extra_body") or {}, argument="extra_body")}
    limit, max_tokens = limits(request.get("timeout"), config=config).read, fields.get("max_tokens")
    if fields.get("stream") or limit is None:
        return False
    # The protocol takes longer to ask for than most other things of a call.
    if type(max_tokens) is not int and not isinstance(max_tokens, SupportsIndex):
        return False
    return operator.index(max_tokens) * _SECONDS_A_TOKEN > limit


def decode_message(body: bytes, *, headers: Mapping[str, str], retries_taken: int = 0) -> Message:
    """Gives the message of an answer's body.

    Raises:
        ResponseFormatError: it holds none.
    """
    return decoded(with_exact_calls(_object(body, headers)), ids=ids(headers), retries_taken=retries_taken)


A = TypeVar("A", bound=Answer)


def decode(kind: type[A], body: bytes, *, headers: Mapping[str, str], named: str, retries_taken: int = 0) -> A:
    """Gives the typed value of an answer's body; ``named`` says in words what it should be.

    Raises:
        ResponseFormatError: it holds none.
    """
    fields = {**_object(body, headers), "retries_taken": retries_taken}
    return _validated(kind, fields, ids=ids(headers), named=named)


def decoded(
    message: Mapping[str, Any],
    *,
    ids: Mapping[str, str | None],
    retries_taken: int = 0,
    terminal: Terminal | None = None,
) -> Message:
    """Gives the typed message of a decoded body, or of a stream and what that ended with.

    Raises:
        ResponseFormatError: it is not a message.
    """
    fields = {**message, "retries_taken": retries_taken, "terminal": terminal}
    typed = _validated(Message, fields, ids=ids, named="a message")
    if (wrong := _promises.broken(message.get("content") or ())) is not None:
        raise _not_what("a message", wrong, ids=ids)
    return typed


def decode_count(body: bytes, *, headers: Mapping[str, str], retries_taken: int = 0) -> MessageTokensCount:
    """Gives the token count of an answer's body.

    Raises:
        ResponseFormatError: it holds none.
    """
    return decode(MessageTokensCount, body, headers=headers, named="a count", retries_taken=retries_taken)


def _validated(kind: type[A], fields: Mapping[str, Any], *, ids: Mapping[str, str | None], named: str) -> A:
    try:
        return kind.model_validate({**fields, **ids})
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, item["loc"])) for item in error.errors()[:3])
        raise _not_what(named, wrong, ids=ids) from None


def _not_what(named: str, wrong: str, *, ids: Mapping[str, str | None]) -> ResponseFormatError:
    return ResponseFormatError(f"The answer is not {named} (wrong or missing: {wrong}).", **ids)


def _object(body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    document = read_json(body, headers)
    if not isinstance(document, dict):
        raise ResponseFormatError("The answer is not a JSON object.", **ids(headers))
    return document


def headers(
    config: FoundryConfig,
    *,
    own: Mapping[str, str],
    extra: Mapping[str, str] | None = None,
    betas: Sequence[str] = (),
    body: Mapping[str, Any] | None = None,
    named: str = "extra_headers",
) -> dict[str, str]:
    """Gives the headers of a request but for its credentials.

    Args:
        config: the client's.
        own: of the endpoint; no others replace them.
        extra: of the call.
        betas: for the ``anthropic-beta`` header, beside those that the client and the call name.
        body: whose features may need betas of their own; one of the same family named elsewhere stands for them.
        named: the argument that ``extra`` was given as.

    Raises:
        ConfigurationError: a header or beta is wrong.
    """
    default = dict(config.default_headers)
    given = dict(checked_headers(extra, argument=named))
    told = (default.get("anthropic-beta"), given.get("anthropic-beta"), *_checked_betas(betas))
    asked = dict.fromkeys(beta.strip() for names in told if names for beta in names.split(","))
    every = [*asked, *(_features.betas(body or {}, given=asked) if config.automatic_betas else ())]
    return {
        "user-agent": _USER_AGENT,
        "anthropic-version": config.api_version,
        **default,
        **given,
        **({"anthropic-beta": ",".join(every)} if every else {}),
        "accept-encoding": "gzip",
        **own,
    }


def _checked_betas(betas: Sequence[str]) -> Sequence[str]:
    listed = isinstance(betas, Sequence) and not isinstance(betas, str)
    if not listed or not all(isinstance(beta, str) and _BETA.fullmatch(beta) for beta in betas):
        raise ConfigurationError("betas: give a list of strings, such as ['context-management-2025-06-27'].")
    return betas
