"""Headers that a caller gives, checked: none signs in, frames a request, or is more than one header.

Source: RFC 9110 sections 5.1 and 5.5 (names and values)
"""

import re
from collections.abc import Mapping
from typing import Any

from claude_foundry._fields import mapping
from claude_foundry.errors import ConfigurationError

# They tell where a request goes and ends, and what becomes of its connection.
_FRAMING = (
    *("host", "content-length", "transfer-encoding", "expect"),
    *("connection", "keep-alive", "te", "trailer", "upgrade"),
)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t -~]*")
CREDENTIAL_HEADERS = frozenset({"authorization", "x-api-key", "api-key"})


def checked_headers(headers: Mapping[str, str] | None, *, argument: str) -> tuple[tuple[str, str], ...]:
    """Gives headers in a fixed order; those that sign in are the client's own."""
    given = mapping(headers or {}, argument=argument)
    return tuple(_checked_header(name, value, argument=argument) for name, value in given.items())


def _checked_header(name: Any, value: Any, *, argument: str) -> tuple[str, str]:
    if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
        raise ConfigurationError(f"{argument} holds {name!r}, which is not the name of a header.")
    if name.lower() in CREDENTIAL_HEADERS:
        raise ConfigurationError(f"{argument} holds {name!r}: pass api_key=, credential= or azure_ad_token_provider=.")
    if name.lower() in _FRAMING:
        raise ConfigurationError(f"{argument} holds {name!r}, which the client sets itself: leave it out.")
    if not isinstance(value, str):
        raise ConfigurationError(f"{argument}[{name!r}] is {type(value).__name__}: header values are strings.")
    # What a header may hold is told without showing it: a gateway's key is one, and comes with a line end at times.
    if not _HEADER_VALUE.fullmatch(value.strip()):
        raise ConfigurationError(f"{argument}[{name!r}] holds characters that no header may: printable ASCII only.")
    return name.lower(), value.strip()
