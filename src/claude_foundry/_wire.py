"""From a call to its URL, headers and bytes, and from the bytes of an answer to a message.

Sources: https://platform.claude.com/docs/en/api/messages, https://platform.claude.com/docs/en/api/versioning,
https://platform.claude.com/docs/en/api/beta-headers
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError, from_json, to_json

from claude_foundry._config import FoundryConfig, Timeouts, checked_headers, timeouts
from claude_foundry._refusal import ids
from claude_foundry._version import __version__
from claude_foundry.errors import ConfigurationError, ResponseFormatError
from claude_foundry.types import Message, MessageTokensCount

ANTHROPIC_VERSION = "2023-06-01"
_DEPLOYMENT = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SECONDS_A_TOKEN = 3600 / 128_000
_OPTIONS = ("betas", "extra_headers", "extra_body", "timeout")
_REQUIRED = {"messages": ("model", "max_tokens", "messages"), "messages/count_tokens": ("model", "messages")}
_STREAM_HEADERS = {"accept": "text/event-stream", "accept-encoding": "identity"}
_USER_AGENT = f"claude-foundry/{__version__}"


@dataclass(frozen=True, kw_only=True)
class WireRequest:
    """A request ready to be sent, but for its credentials."""

    url: str
    headers: dict[str, str]
    content: bytes
    timeout: Timeouts
    max_retries: int
    stream: bool


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
    body = {**fields, **(options["extra_body"] or {})}
    if body.pop("stream", stream) not in (None, stream):
        raise ConfigurationError("stream: create() gives the whole answer; for events use messages.stream().")
    return WireRequest(
        url=f"{config.base_url}/v1/{path}",
        headers=_headers(options, config, stream=stream),
        content=_content({**_checked(body, required=_REQUIRED[path]), **({"stream": True} if stream else {})}),
        timeout=config.timeouts if options["timeout"] is None else timeouts(options["timeout"]),
        max_retries=config.max_retries,
        stream=stream,
    )


def may_outlast(request: Mapping[str, Any], *, config: FoundryConfig) -> bool:
    """Tells whether writing the answer may take longer than the wait for it: 128,000 tokens take up to an hour.

    Source: https://platform.claude.com/docs/en/api/errors (long requests)
    """
    limit = (config.timeouts if request.get("timeout") is None else timeouts(request["timeout"])).read
    max_tokens = request.get("max_tokens")
    return isinstance(max_tokens, int) and limit is not None and max_tokens * _SECONDS_A_TOKEN > limit


def decode_message(body: bytes, *, headers: Mapping[str, str]) -> Message:
    """Gives the message of an answer's body.

    Raises:
        ResponseFormatError: it holds none.
    """
    return decoded(_object(body, headers), ids=ids(headers))


def decoded(message: Mapping[str, Any], *, ids: Mapping[str, str | None]) -> Message:
    """Gives the typed message of a decoded body.

    Raises:
        ResponseFormatError: it is not a message.
    """
    try:
        return Message.model_validate({**message, **ids})
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, item["loc"])) for item in error.errors()[:3])
        raise ResponseFormatError(f"The answer is not a message (wrong or missing: {wrong}).", **ids) from None


def decode_count(body: bytes, *, headers: Mapping[str, str]) -> MessageTokensCount:
    """Gives the token count of an answer's body.

    Raises:
        ResponseFormatError: it holds none.
    """
    count = _object(body, headers)
    if not isinstance(count.get("input_tokens"), int):
        raise ResponseFormatError("The answer holds no input_tokens.", **ids(headers))
    return MessageTokensCount.model_validate({**count, **ids(headers)})


def _object(body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    kind = headers.get("content-type", "no content type")
    try:
        document = from_json(body)
    except ValueError:
        raise ResponseFormatError(f"The answer is not JSON but {kind}.", **ids(headers)) from None
    if not isinstance(document, dict):
        raise ResponseFormatError("The answer is not a JSON object.", **ids(headers))
    return document


def _checked(body: Mapping[str, Any], *, required: Sequence[str]) -> dict[str, Any]:
    missing = [name for name in required if body.get(name) is None]
    if missing:
        raise ConfigurationError(f"{', '.join(missing)} missing: the API needs {', '.join(required)}.")
    return {**body, "model": _checked_model(body["model"]), "messages": _checked_messages(body["messages"])}


def _checked_model(model: Any) -> str:
    if not isinstance(model, str) or not _DEPLOYMENT.fullmatch(model):
        raise ConfigurationError(
            f"model={model!r}: give the deployment name (letters, digits, '.', '_', '-'; at most 64)."
        )
    return model


def _checked_messages(messages: Any) -> list[Any]:
    if isinstance(messages, str | Mapping) or not isinstance(messages, Iterable):
        raise ConfigurationError('messages: give a list, such as [{"role": "user", "content": "Hello"}].')
    listed = list(messages)
    if not listed:
        raise ConfigurationError("messages is empty: give at least one user message.")
    return listed


def _headers(options: Mapping[str, Any], config: FoundryConfig, *, stream: bool) -> dict[str, str]:
    default = dict(config.default_headers)
    extra = dict(checked_headers(options["extra_headers"], argument="extra_headers"))
    named = (default.get("anthropic-beta"), extra.get("anthropic-beta"), *_checked_betas(options["betas"] or ()))
    betas = dict.fromkeys(beta.strip() for names in named if names for beta in names.split(","))
    return {
        "user-agent": _USER_AGENT,
        "anthropic-version": ANTHROPIC_VERSION,
        **default,
        **extra,
        **({"anthropic-beta": ",".join(betas)} if betas else {}),
        "content-type": "application/json",
        **(_STREAM_HEADERS if stream else {"accept": "application/json"}),
    }


def _checked_betas(betas: Any) -> Sequence[str]:
    if not isinstance(betas, Sequence) or isinstance(betas, str) or not all(isinstance(beta, str) for beta in betas):
        raise ConfigurationError("betas: give a list of strings, such as ['context-management-2025-06-27'].")
    return betas


def _content(body: Mapping[str, Any]) -> bytes:
    try:
        return to_json(body)
    except (PydanticSerializationError, ValueError) as error:
        raise ConfigurationError(f"The request cannot be written as JSON: {error}") from None
