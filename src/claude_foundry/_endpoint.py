"""Requests to any endpoint below the base URL, as values ready to be sent.

Source: https://platform.claude.com/docs/en/api/overview
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from claude_foundry import _wire
from claude_foundry._address import below
from claude_foundry._config import FoundryConfig
from claude_foundry._sealed import sealing
from claude_foundry._timeout import TimeoutTypes
from claude_foundry._wire import Content, WireRequest
from claude_foundry.errors import ConfigurationError

_METHOD = re.compile(r"[A-Z]{3,16}")
_ACTING_ONCE = ("POST", "PATCH")


@sealing
def endpoint(
    method: str,
    path: str,
    *,
    config: FoundryConfig,
    content: Content = b"",
    own: Mapping[str, str] | None = None,
    extra: Mapping[str, str] | None = None,
    betas: Sequence[str] = (),
    params: Mapping[str, Any] | None = None,
    timeout: TimeoutTypes | None = None,
    deployment: str | None = None,
) -> WireRequest:
    """Gives the request to an endpoint.

    Args:
        method: of HTTP.
        path: below the base URL, such as ``v1/messages``.
        config: the client's.
        content: the body.
        own: headers of the endpoint.
        extra: headers of the call.
        betas: for the ``anthropic-beta`` header.
        params: of the query; those that are None are left out.
        timeout: seconds, or a ``Timeout``; the client's by default.
        deployment: that is asked, if known.

    Raises:
        ConfigurationError: an argument is wrong.
    """
    capitals = method.upper() if isinstance(method, str) else ""
    if not _METHOD.fullmatch(capitals):
        raise ConfigurationError(f"method={method!r}: give a method of HTTP, such as 'GET'.")
    return WireRequest(
        method=capitals,
        url=below(config.base_url, path, params=params),
        headers=_wire.headers(config, own=own or {}, extra=extra, betas=betas, named="headers"),
        content=content,
        timeout=_wire.limits(timeout, config=config),
        max_retries=config.max_retries,
        model=deployment,
        acts_once=capitals in _ACTING_ONCE,
    )


def deployment(json: Any) -> str | None:
    """Gives the deployment that a body names."""
    named = json.get("model") if isinstance(json, Mapping) else None
    return named if isinstance(named, str) else None


def body(json: Any, content: bytes | str | None) -> tuple[bytes, dict[str, str]]:
    """Gives the bytes of a body and the headers that tell what they are.

    Raises:
        ConfigurationError: both are given, or one cannot be written.
    """
    if json is not None and content is not None:
        raise ConfigurationError("json and content are both the body: pass one of them.")
    if isinstance(content, str):
        try:
            return content.encode(), {}
        except UnicodeEncodeError:
            raise ConfigurationError("content cannot be written as UTF-8: give bytes.") from None
    if content is not None and not isinstance(content, bytes):
        raise ConfigurationError(f"content is {type(content).__name__}: give bytes or a string.")
    if json is None:
        return content or b"", {}
    try:
        return to_json(json), {"content-type": "application/json"}
    except (PydanticSerializationError, ValueError) as error:
        raise ConfigurationError(f"json cannot be written as JSON: {error}") from None
