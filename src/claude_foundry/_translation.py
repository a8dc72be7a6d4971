"""What both adapters translate alike: names of arguments, tool choices, ids of calls, sampling.

Sources: https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools,
https://platform.claude.com/docs/en/build-with-claude/extended-thinking (tool choice),
https://platform.claude.com/docs/en/about-claude/models/migrating-to-claude-4 (sampling)
"""

import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from claude_foundry._models import Model
from claude_foundry.errors import ConfigurationError

SAMPLING = ("temperature", "top_p", "top_k")

_PROXY = "pass http_client=httpx.Client(proxy=...), or set HTTPS_PROXY."
_PEERS = {
    "anthropic_api_key": "it is named api_key.",
    "api_token": "it is named api_key.",
    **dict.fromkeys(("anthropic_api_url", "anthropic_base_url", "api_base"), "it is named base_url."),
    **dict.fromkeys(("endpoint", "project_endpoint", "azure_endpoint"), "it is named base_url, or pass resource=."),
    **dict.fromkeys(("proxy", "anthropic_proxy"), _PROXY),
    "user_profile_id": "it is the header anthropic-user-profile-id, with the beta user-profiles-2026-03-24.",
}
"""What arguments of other packages for Claude are called here."""
_NOT_IN_IDS = re.compile(r"[^a-zA-Z0-9_-]")


def refuse_unknown(given: Iterable[str], *, known: Iterable[str], where: str, way_out: str) -> None:
    """Raises for the first name that is not known, with the one that stands for it here, or the nearest.

    Raises:
        ConfigurationError: there is such a name.
    """
    names = frozenset(known)
    for name in given:
        if name not in names:
            if name in _PEERS:
                raise ConfigurationError(f"{name!r} is no argument of {where}: {_PEERS[name]}")
            import difflib

            near = difflib.get_close_matches(name, sorted(names), n=1)
            meant = f"did you mean {near[0]!r}? " if near else ""
            raise ConfigurationError(f"{name!r} is no argument of {where}: {meant}{way_out}")


def refused_sampling(fields: Mapping[str, Any], *, model: Model) -> list[str]:
    """Gives the sampling parameters that are set and that the model does not accept."""
    return [name for name in SAMPLING if fields.get(name) is not None and not model.sampling]


def refused_beside(fields: Mapping[str, Any], *, model: Model) -> str | None:
    """Gives the sampling parameter that the model does not accept beside another that is set."""
    both = model.one_sampling and fields.get("temperature") is not None and fields.get("top_p") is not None
    return "top_p" if both else None


def refuse_sampling(fields: Mapping[str, Any], *, model: Model) -> None:
    """Raises when a sampling parameter is set that the model does not accept.

    Raises:
        ConfigurationError: there is one.
    """
    if refused := refused_sampling(fields, model=model):
        raise ConfigurationError(
            f"{', '.join(refused)}: {model.name or 'this model'} does not accept sampling parameters; leave them out, "
            "or name the deployed model as base_model if the deployment name misleads."
        )
    if beside := refused_beside(fields, model=model):
        raise ConfigurationError(f"{beside}: {model.name} accepts it or temperature; leave one of both out.")


def tool_id(identifier: str | None) -> str:
    """Gives an id the API accepts; other providers' histories bring ids that it does not."""
    if not identifier:
        return "call"
    allowed = _NOT_IN_IDS.sub("_", identifier)
    # Two ids that differ in such characters alone must not become one.
    return allowed if allowed == identifier else f"{allowed}_{zlib.crc32(identifier.encode('utf-8', 'replace')):08x}"


def tool_choice(value: Any, *, names: Sequence[str]) -> dict[str, Any] | None:
    """Gives the API's form of a tool choice, or None when there is none.

    Args:
        value: None, "auto", "any", "required", True, "none", False, a tool's name, or a dict in the API's or
            OpenAI's form.
        names: of the tools.

    Raises:
        ConfigurationError: the spelling is unknown, or names no tool.
    """
    match value:
        case None:
            return None
        case str() if value in names:
            return {"type": "tool", "name": value}
        case "auto" | "any" | "none":
            return {"type": value}
        case "required" | True:
            return {"type": "any"}
        case False:
            return {"type": "none"}
        case {"type": "tool", "name": str(name)} if name in names:
            return dict(value)
        case {"function": {"name": str(name)}} | {"name": str(name)} if _is_function(value) and name in names:
            return {"type": "tool", "name": name}
        case {"type": "auto" | "any" | "none"}:
            return dict(value)
    raise ConfigurationError(
        f"tool_choice={value!r}: give 'auto', 'any', 'required', 'none', the name of a tool "
        f"({', '.join(names) or 'none is given'}), or a dict of the API."
    )


def _is_function(choice: Mapping[str, Any]) -> bool:
    # As OpenAI's chat and Responses name a tool, and as people shorten it.
    return bool(choice.get("type", "function") == "function")


def refuse_same_names(tools: Sequence[Mapping[str, Any]]) -> None:
    """Raises where two tools of a request have one name.

    Raises:
        ConfigurationError: two have.
    """
    names = [tool["name"] for tool in tools if "name" in tool]
    if len(names) != len(set(names)):
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        raise ConfigurationError(f"tools holds two of the name {twice!r}: give each a name of its own.")


def unforced(wanted: Mapping[str, Any] | None, *, model: Model, thinking: Any) -> dict[str, Any] | None:
    """Gives the choice that stands for a forced one where it would be refused; None where it is accepted.

    Some models take no forced choice, and none does with thinking of a fixed budget.
    """
    if wanted is None or wanted["type"] not in ("any", "tool"):
        return None
    budgeted = isinstance(thinking, Mapping) and thinking.get("type") == "enabled"
    if model.forced_tool_choice and not budgeted:
        return None
    return {**{name: value for name, value in wanted.items() if name != "name"}, "type": "auto"}
