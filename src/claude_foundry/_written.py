"""The body of a request as JSON. Secrets that a caller has sealed are sent where one belongs, and refused elsewhere.

Sources: https://docs.pydantic.dev/latest/api/types/#pydantic.types.SecretStr, https://www.rfc-editor.org/rfc/rfc8259
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import SecretStr
from pydantic_core import PydanticSerializationError, to_json

from claude_foundry._fields import no_constant
from claude_foundry._sealed import Sealed, SealedBytes
from claude_foundry.errors import ConfigurationError

_TOKEN = (str, SecretStr)
# What a sealed secret is written as in JSON.
_MASK = b'"**********"'


def tokens(fields: Any) -> tuple[str | SecretStr, ...]:
    """Gives the tokens of the MCP servers among fields of a request, as they were given."""
    servers = fields.get("mcp_servers") if isinstance(fields, Mapping) else None
    listed = servers if isinstance(servers, Sequence) else ()
    given = [server.get("authorization_token") for server in listed if isinstance(server, Mapping)]
    return tuple(token for token in given if isinstance(token, _TOKEN))


def open_token(token: str | SecretStr) -> Sealed:
    """Gives a token as it is sent."""
    return Sealed(token.get_secret_value() if isinstance(token, SecretStr) else token)


def sealed(servers: Any) -> Any:
    """Gives MCP servers with their tokens sealed, which a request carries on its way until it is written."""
    return _with_tokens(servers, lambda token: token if isinstance(token, SecretStr) else SecretStr(token))


def opened(servers: Any) -> Any:
    """Gives MCP servers with their tokens as they are sent; a traceback with locals shows none."""
    return _with_tokens(servers, open_token)


def json_of(body: Mapping[str, Any]) -> bytes:
    """Gives the bytes to send, sealed where a token may be among them.

    Raises:
        ConfigurationError: a field cannot be written, or would be sent as asterisks; its place is told.
    """
    servers = body.get("mcp_servers")
    sent = {**body, "mcp_servers": opened(servers)} if servers else body
    try:
        written = (SealedBytes if servers else bytes)(to_json(sent))
    except (PydanticSerializationError, ValueError) as error:
        raise _unwritable(body, str(error)) from None
    # The serializer writes numbers that JSON does not have; a text with these letters is told from them.
    if b"NaN" in written or b"Infinity" in written:
        try:
            json.loads(written, parse_constant=no_constant)
        except ValueError as error:
            raise _unwritable(body, str(error)) from None
    if _MASK in written and (place := next(_sealed(sent, ""), None)):
        raise ConfigurationError(f"{place} is a SecretStr: only an MCP server's authorization_token is taken as one.")
    return written


def _with_tokens(servers: Any, made: Callable[[str | SecretStr], Any]) -> Any:
    if not isinstance(servers, Sequence) or isinstance(servers, str):
        return servers
    return [_with_token(server, made) if isinstance(server, Mapping) else server for server in servers]


def _with_token(server: Mapping[str, Any], made: Callable[[str | SecretStr], Any]) -> Mapping[str, Any]:
    token = server.get("authorization_token")
    return {**server, "authorization_token": made(token)} if isinstance(token, _TOKEN) else server


def _sealed(value: Any, path: str) -> Iterator[str]:
    match value:
        case SecretStr():
            yield path
        case Mapping():
            for name, inner in value.items():
                yield from _sealed(inner, f"{path}.{name}" if path else str(name))
        case list() | tuple():
            for place, inner in enumerate(value):
                yield from _sealed(inner, f"{path}.{place}")


def _unwritable(body: Mapping[str, Any], reason: str) -> ConfigurationError:
    tools = body.get("tools") or ()
    if any(map(callable, tools if isinstance(tools, Iterable) else (tools,))):
        return ConfigurationError("tools holds a function: functions are run by messages.run_tools(tools=...).")
    name = next((name for name, value in body.items() if not _is_writable(value)), "the request")
    return ConfigurationError(f"{name} cannot be written as JSON: {reason}")


def _is_writable(value: Any) -> bool:
    try:
        json.loads(to_json(value), parse_constant=no_constant)
    except (PydanticSerializationError, ValueError):
        return False
    return True
