"""What a cassette may not hold: the credentials of its requests, and what looks like any other.

Sources: https://learn.microsoft.com/azure/ai-services/authentication (keys and tokens in headers),
RFC 7519 (the form of a JSON Web Token)
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

_CREDENTIAL_HEADER = re.compile(r"auth|cookie|key|secret|token")
_TOKEN = re.compile(r"bearer\s+[\w.~+/=-]{16,}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*|sk-ant-[\w-]{8,}", re.IGNORECASE)
_SHORTEST_CREDENTIAL = 8
"""Characters. Keys have 32 and more; what is shorter, such as a limit or a switch, occurs by chance."""


class CassetteError(ValueError):
    """A cassette that must not be written, or that is not one of ours."""


def credentials(interactions: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Gives the credentials that requests carried, each with the name to call it by."""
    sent = (plain(each["request"]["headers"]).items() for each in interactions)
    named = ((name, value.removeprefix("Bearer ")) for headers in sent for name, value in headers)
    return {
        value: f"the {name} of a request"
        for name, value in named
        if _CREDENTIAL_HEADER.search(name) and len(value) >= _SHORTEST_CREDENTIAL
    }


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
