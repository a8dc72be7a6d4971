"""Where the service's web search and web fetch may look, and from where they seem to ask, checked.

Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/server-tools (domain filtering)
"""

from collections.abc import Mapping, Sequence
from typing import Any

from claude_foundry._fields import filled, listed, mapping, one_of, present
from claude_foundry.errors import ConfigurationError

_PLACE = ("type", "city", "region", "country", "timezone")


def domains(allowed: Sequence[str] | None, blocked: Sequence[str] | None) -> dict[str, Any]:
    """Gives the fields that name the only domains, or those never to be used.

    Raises:
        ConfigurationError: there are both, or the only ones are none.
    """
    only = None if allowed is None else listed(allowed, argument="allowed_domains")
    never = listed(() if blocked is None else blocked, argument="blocked_domains")
    if only == []:
        # Left out, it would allow all.
        raise ConfigurationError("allowed_domains is empty: name a domain, or leave out the tool.")
    if only and never:
        raise ConfigurationError("allowed_domains and blocked_domains exclude each other: give one of them.")
    return present({"allowed_domains": only, "blocked_domains": never or None})


def place(given: Mapping[str, str] | None) -> dict[str, str] | None:
    """Gives the place from which a search seems to be asked.

    Raises:
        ConfigurationError: a field of it is unknown, or blank.
    """
    if not given:
        return None
    for name, words in mapping(given, argument="user_location").items():
        one_of(_PLACE, name, argument="user_location")
        filled(words, argument=f"user_location[{name!r}]")
    return {"type": "approximate", **given}
