"""Settings and arguments of a call, merged to the fields of a request and checked.

Source: https://platform.claude.com/docs/en/api/messages
"""

from collections.abc import Iterable, Mapping
from typing import Any

from claude_foundry import _reasoning, _translation
from claude_foundry._fields import mapping, names_of
from claude_foundry._models import Model
from claude_foundry._warnings import warn
from claude_foundry.errors import ConfigurationError
from claude_foundry.types import MessageRequest

_OF_A_CALL = names_of(MessageRequest) - {"messages", "system"}
_LISTS = ("tools", "betas", "mcp_servers")
_SECRETS = ("api_key", "azure_ad_token_provider", "credential", "default_headers")
_RETIRED_BETA = "prompt-caching-2024-07-31"
_LEAST_TOP_P = 0.95
_WAY_OUT = "Further fields of the API go in additional_kwargs={...}, or extra_body={...} for one call."


def merged(settings: Mapping[str, Any], call: Mapping[str, Any], *, model: Model) -> dict[str, Any]:
    """Gives the fields of a request, without messages.

    Args:
        settings: fields set on the LLM; tools, betas and MCP servers of the call are added to theirs.
        call: arguments of this call; they win over settings. None means "not given".
        model: what is known of the model that answers.

    Raises:
        ConfigurationError: an argument is unknown or cannot be sent.
    """
    base, given = _given(settings), _accepted(_translated(_given(call)))
    lists = {name: [*base.get(name, ()), *given.get(name, ())] for name in _LISTS}
    lists["tools"] += _toolsets(lists["mcp_servers"], beside=lists["tools"])
    whole = {**base, **given, **{name: listed for name, listed in lists.items() if listed}}
    thinking = _reasoning.merged(base, given, model=model, max_tokens=whole["max_tokens"])
    return _without_refused({**_without(whole, ("thinking", "output_config")), **thinking}, model)


def refused_while_thinking(fields: Mapping[str, Any], *, thinking: Mapping[str, Any] | None) -> list[str]:
    """Gives the sampling parameters that are set and that no model accepts while it thinks.

    Source: https://platform.claude.com/docs/en/build-with-claude/extended-thinking
    """
    if thinking is None or thinking["type"] not in ("enabled", "adaptive"):
        return []
    accepted = {
        "temperature": fields.get("temperature") in (None, 1),
        "top_p": (fields.get("top_p") or 1) >= _LEAST_TOP_P,
        "top_k": fields.get("top_k") is None,
    }
    return [name for name in _translation.SAMPLING if not accepted[name]]


def refuse_unknown(given: Iterable[str], *, known: Iterable[str], where: str) -> None:
    """Raises for the first name that is not known, with the nearest that is.

    Raises:
        ConfigurationError: there is such a name.
    """
    _translation.refuse_unknown(given, known=known, where=where, way_out=_WAY_OUT)


def _toolsets(servers: Iterable[Mapping[str, Any]], *, beside: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The toolset that makes a server's tools known, for each server that has none."""
    served = {tool.get("mcp_server_name") for tool in beside}
    names = [server["name"] for server in servers if server.get("name") not in (None, *served)]
    return [{"type": "mcp_toolset", "mcp_server_name": name} for name in names]


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None and value not in ([], (), {})}


def _translated(call: dict[str, Any]) -> dict[str, Any]:
    """The call in the API's words: frameworks pass OpenAI's ``stop`` and ``n``, and a beta that is long retired."""
    stop = call.pop("stop", None)
    if stop is not None:
        call.setdefault("stop_sequences", [stop] if isinstance(stop, str) else list(stop))
    if call.pop("n", 1) != 1:
        raise ConfigurationError("n: Claude gives one answer a request; call as often as you need answers.")
    if "extra_headers" in call:
        call["extra_headers"] = _without_retired(call["extra_headers"])
    return call


def _without_retired(headers: Mapping[str, str]) -> dict[str, str]:
    kept = {name: _living(value) if name.lower() == "anthropic-beta" else value for name, value in headers.items()}
    return {name: value for name, value in kept.items() if value}


def _living(betas: str) -> str:
    return ",".join(beta for beta in map(str.strip, betas.split(",")) if beta != _RETIRED_BETA)


def _accepted(call: dict[str, Any]) -> dict[str, Any]:
    shown = [name for name in _SECRETS if name in call]
    if any("authorization_token" in server for server in call.get("mcp_servers", ())):
        shown.append("authorization_token of mcp_servers")
    if shown:
        raise ConfigurationError(f"{shown[0]} is set when the LLM is made: arguments of a call are shown to callbacks.")
    refuse_unknown(call, known=_OF_A_CALL, where="a call")
    for place, tool in enumerate(call.get("tools", ())):
        mapping(tool, argument=f"tools[{place}]", instead="give a dict of the API, or the tool to chat_with_tools")
    return call


def _without_refused(fields: dict[str, Any], model: Model) -> dict[str, Any]:
    unsampled = _translation.refused_sampling(fields, model=model)
    refused = unsampled or refused_while_thinking(fields, thinking=fields.get("thinking"))
    if refused:
        reason = "" if unsampled else " while it thinks"
        warn(f"{model.name} does not accept {', '.join(refused)}{reason}: not sent.")
    return _without(fields, refused)


def _without(fields: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}
