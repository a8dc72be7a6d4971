"""What a cassette may not hold: the credentials of its requests, and what looks like any other.

The token of an MCP server has its place in a request's body: a mark that is always the same stands there instead.

Sources: https://learn.microsoft.com/azure/ai-services/authentication (keys and tokens in headers),
RFC 7519 (the form of a JSON Web Token)
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from claude_foundry._echoes import words
from claude_foundry._hooks import SECRET

_TOKEN = re.compile(r"bearer\s+[\w.~+/=-]{16,}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*|sk-ant-[\w-]{8,}", re.IGNORECASE)
_SHORTEST_CREDENTIAL = 8
"""Characters. Keys have 32 and more; what is shorter, such as a limit or a switch, occurs by chance."""
_SEALED_FIELD = "authorization_token"
_MARK = "sealed"


class CassetteError(ValueError):
    """A cassette that must not be written, or that is not one of ours."""


def credentials(interactions: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Gives the credentials that requests carried in their headers, each with the name to call it by."""
    sent = (plain(each["request"]["headers"]) for each in interactions)
    secret = ((name, value) for headers in sent for name, value in headers.items() if SECRET.search(name))
    return _long(
        {
            word: f"the {name} of a request"
            for name, value in secret
            for word in (value.removeprefix("Bearer "), *words(value))
        }
    )


def tokens(bodies: Iterable[bytes]) -> dict[str, str]:
    """Gives the tokens for MCP servers that requests carried in their bodies, each with the name to call it by."""
    objects: list[dict[str, Any]] = []
    for body in bodies:
        with suppress(ValueError, RecursionError):
            json.loads(body, object_hook=objects.append)
    found = (each.get(_SEALED_FIELD) for each in objects)
    return _long({token: "the token for an MCP server" for token in found if isinstance(token, str)})


def without_tokens(body: Any) -> Any:
    """Gives a body with a mark in the place of each token for an MCP server."""
    match body:
        case dict():
            return {
                name: _MARK if name == _SEALED_FIELD and isinstance(value, str) else without_tokens(value)
                for name, value in body.items()
            }
        case list():
            return [without_tokens(item) for item in body]
    return body


def plain(headers: Mapping[str, Any]) -> dict[str, str]:
    """Gives headers by lower-case name, in the order of their names, each value one string."""
    named = ((name.lower(), value if isinstance(value, str) else ", ".join(value)) for name, value in headers.items())
    return dict(sorted(named))


def check_private(texts: Iterable[str], *, forbidden: Mapping[str, str]) -> None:
    """Refuses texts that hold a credential.

    Args:
        texts: where to look.
        forbidden: what may not be in them, with the name to call it by.

    Raises:
        CassetteError: one does; the message does not repeat it.
    """
    searched = "\n".join(texts)
    for secret, name in forbidden.items():
        written = {secret, json.dumps(secret)[1:-1], quote(secret, safe="")}
        if any(form in searched for form in written):
            raise CassetteError(f"Not written: the cassette would hold {name}.")
    if _TOKEN.search(searched):
        raise CassetteError("Not written: the cassette would hold what looks like a key or a token.")


def strings(value: Any) -> Iterator[str]:
    """Gives all texts of a document: keys and values at any depth, and bytes as the text they may be."""
    match value:
        case str():
            yield value
        case bytes():
            yield value.decode("latin-1")
        case dict():
            yield from strings([*value.keys(), *value.values()])
        case list():
            for item in value:
                yield from strings(item)


def _long(named: Mapping[str, str]) -> dict[str, str]:
    return {secret: name for secret, name in named.items() if len(secret) >= _SHORTEST_CREDENTIAL}
