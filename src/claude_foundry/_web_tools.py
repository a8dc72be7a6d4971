"""Web search and web fetch, which the service runs, as the API takes them: which version has what is asked for.

The first version of each is on every hosting option. Later ones have more, are called from code that filters the
results unless told otherwise, and are on deployments hosted on Anthropic.

Sources: https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool,
https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-fetch-tool
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias, cast

from claude_foundry._fields import filled, listed, mapping, one_of, optional_whole, present
from claude_foundry.errors import ConfigurationError
from claude_foundry.types import WebFetchToolParam, WebSearchToolParam

Inclusion: TypeAlias = Literal["full", "excluded"]
Sources: TypeAlias = Literal["all", "none"] | Mapping[Literal["only", "except"], Sequence[str]]

_SEARCH = {"basic": "web_search_20250305", "later": "web_search_20260318"}
_FETCH = {"basic": "web_fetch_20250910", "later": "web_fetch_20260318"}
_PLACE = ("city", "region", "country", "timezone")
_URL_SOURCES = ("user_input", "client_tool_results", "server_tool_results")


def web_search(
    *,
    max_uses: int | None = None,
    allowed_domains: Sequence[str] | None = None,
    blocked_domains: Sequence[str] | None = None,
    user_location: Mapping[str, str] | None = None,
    dynamic_filtering: bool = False,
    response_inclusion: Inclusion | None = None,
) -> WebSearchToolParam:
    """Gives the web search tool: the version that every hosting option has, unless more is asked for.

    Args:
        max_uses: most searches in one request.
        allowed_domains: the only ones to take results from.
        blocked_domains: those to take none from; not together with ``allowed_domains``.
        user_location: ``city``, ``region``, ``country`` (two letters) and ``timezone``, as far as known.
        dynamic_filtering: whether code of Claude's filters results before they take up context; on deployments hosted
            on Anthropic.
        response_inclusion: with ``dynamic_filtering``, whether results that code has used are in the answer: ``full``
            (default) or ``excluded``.

    Raises:
        ConfigurationError: an argument is wrong, or domains are both allowed and blocked.

    Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool
    """
    inclusion = _inclusion(response_inclusion, dynamic_filtering=dynamic_filtering)
    tool: Any = {
        "type": _SEARCH["later" if dynamic_filtering else "basic"],
        "name": "web_search",
        **_domains(allowed_domains, blocked_domains),
        **present(
            {
                "max_uses": optional_whole(max_uses, argument="max_uses"),
                "user_location": _location(user_location),
                "response_inclusion": inclusion,
            }
        ),
    }
    return cast(WebSearchToolParam, tool)


def web_fetch(
    *,
    max_uses: int | None = None,
    allowed_domains: Sequence[str] | None = None,
    blocked_domains: Sequence[str] | None = None,
    citations: bool = False,
    max_content_tokens: int | None = None,
    url_sources: Mapping[str, Sources] | None = None,
    use_cache: bool | None = None,
    dynamic_filtering: bool = False,
    response_inclusion: Inclusion | None = None,
) -> WebFetchToolParam:
    """Gives the web fetch tool: the version that every hosting option has, unless more is asked for.

    Args:
        max_uses: most pages in one request.
        allowed_domains: the only ones to read from.
        blocked_domains: those to read nothing from; not together with ``allowed_domains``.
        citations: whether the answer cites the pages.
        max_content_tokens: most tokens of one page.
        url_sources: where addresses may come from: for ``user_input``, ``client_tool_results`` and
            ``server_tool_results``, each ``"all"`` (default), ``"none"``, ``{"only": [...]}`` or ``{"except": [...]}``
            with names of tools.
        use_cache: False reads a page anew; on deployments hosted on Anthropic.
        dynamic_filtering: as for ``web_search``.
        response_inclusion: as for ``web_search``.

    Raises:
        ConfigurationError: an argument is wrong, or domains are both allowed and blocked.

    Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-fetch-tool
    """
    is_later = dynamic_filtering or use_cache is not None
    # A later version that code is not to call must say so.
    callers = ["direct"] if is_later and not dynamic_filtering else None
    fields = {
        "max_uses": optional_whole(max_uses, argument="max_uses"),
        "citations": {"enabled": True} if citations else None,
        "max_content_tokens": optional_whole(max_content_tokens, argument="max_content_tokens"),
        "url_sources": _url_sources(url_sources),
        "use_cache": None if use_cache is None else bool(use_cache),
        "allowed_callers": callers,
        "response_inclusion": _inclusion(response_inclusion, dynamic_filtering=dynamic_filtering),
    }
    kind = _FETCH["later" if is_later else "basic"]
    tool: Any = {"type": kind, "name": "web_fetch", **_domains(allowed_domains, blocked_domains), **present(fields)}
    return cast(WebFetchToolParam, tool)


def _inclusion(given: str | None, *, dynamic_filtering: bool) -> str | None:
    if given is None:
        return None
    if not dynamic_filtering:
        raise ConfigurationError("response_inclusion is of results that code has used: set dynamic_filtering=True too.")
    return one_of(("full", "excluded"), given, argument="response_inclusion")


def _location(given: Mapping[str, str] | None) -> dict[str, str] | None:
    if not given:
        return None
    place = {name: words for name, words in mapping(given, argument="user_location").items() if name != "type"}
    one_of(("approximate",), given.get("type", "approximate"), argument="user_location['type']")
    for name, words in place.items():
        one_of(_PLACE, name, argument="user_location")
        filled(words, argument=f"user_location[{name!r}]")
    return {"type": "approximate", **place}


def _domains(allowed: Sequence[str] | None, blocked: Sequence[str] | None) -> dict[str, Any]:
    only = None if allowed is None else listed(allowed, argument="allowed_domains")
    never = listed(() if blocked is None else blocked, argument="blocked_domains")
    if only == []:
        # Left out, it would allow all.
        raise ConfigurationError("allowed_domains is empty: name a domain, or leave out the tool.")
    if only and never:
        raise ConfigurationError("allowed_domains and blocked_domains exclude each other: give one of them.")
    return present({"allowed_domains": only, "blocked_domains": never or None})


def _url_sources(given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if given is None:
        return None
    rules = mapping(given, argument="url_sources").items()
    return {one_of(_URL_SOURCES, name, argument="url_sources"): _rule(rule, name) for name, rule in rules}


def _rule(rule: Any, name: str) -> dict[str, Any]:
    argument = f"url_sources[{name!r}]"
    match rule:
        case "all" | "none":
            return {"type": rule}
        case {"only": names, **others} | {"except": names, **others} if not others:
            tools = listed(names, argument=argument)
            return {"type": next(iter(rule)), "tools": [{"type": "tool_reference", "name": tool} for tool in tools]}
    raise ConfigurationError(f"{argument}={rule!r}: give 'all', 'none', {{'only': [...]}} or {{'except': [...]}}.")
