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
_OF_A_CALL_TOO = "Further fields of the API go in extra_body={...}."
_OF_SETTINGS = "Further fields of the API go in additional_kwargs={...}."
_MEANT = {
    "tools": "the service's tools are server_tools=[...]; your own go to chat_with_tools(...) or to an agent",
    "tool_choice": "it goes to chat_with_tools(...) or chat(...)",
    "cache_idx": "put a CachePoint into the message up to which the prompt is to be cached",
    "thinking_dict": "it is named thinking",
}


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
    if _RETIRED_BETA in lists["betas"]:
        lists["betas"] = [beta for beta in lists["betas"] if beta != _RETIRED_BETA]
    lists["tools"] += _toolsets(lists["mcp_servers"], beside=lists["tools"])
    whole = {**base, **given, **lists}
    for name in [name for name in _LISTS if not whole[name]]:
        del whole[name]
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


def refused_effort(fields: Mapping[str, Any], *, model: Model) -> Any:
    """Gives the effort that is set and that the model does not accept."""
    level = (fields.get("output_config") or {}).get("effort")
    return None if level in model.efforts else level


def refuse_unknown(given: Iterable[str], *, known: Iterable[str], where: str, of_a_call: bool = False) -> None:
    """Raises for the first name that is not known, with what is meant or the nearest that is.

    Raises:
        ConfigurationError: there is such a name.
    """
    names = frozenset(known)
    for name in given:
        if name not in names and name in _MEANT:
            raise ConfigurationError(f"{name!r} is no argument of {where}: {_MEANT[name]}.")
    _translation.refuse_unknown(given, known=names, where=where, way_out=_OF_A_CALL_TOO if of_a_call else _OF_SETTINGS)


def without_retired(headers: Mapping[str, str] | None) -> Mapping[str, str] | None:
    """Gives headers without the beta that is long retired, and that LlamaIndex's components still name."""
    if headers is None:
        return None
    kept = {name: _living(value) if name.lower() == "anthropic-beta" else value for name, value in headers.items()}
    return {name: value for name, value in kept.items() if value or not headers[name]}


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
        call["extra_headers"] = without_retired(call["extra_headers"])
    return call


def _living(betas: str) -> str:
    return ",".join(beta for beta in map(str.strip, betas.split(",")) if beta != _RETIRED_BETA)


def _accepted(call: dict[str, Any]) -> dict[str, Any]:
    shown = [name for name in _SECRETS if name in call]
    if _holds_token(call) or _holds_token(call.get("extra_body")):
        shown.append("authorization_token of mcp_servers")
    if shown:
        raise ConfigurationError(f"{shown[0]} is set when the LLM is made: arguments of a call are shown to callbacks.")
    refuse_unknown(call, known=_OF_A_CALL, where="a call", of_a_call=True)
    for place, tool in enumerate(call.get("tools", ())):
        mapping(tool, argument=f"tools[{place}]", instead="give a dict of the API, or the tool to chat_with_tools")
    return call


def _holds_token(fields: Any) -> bool:
    servers = fields.get("mcp_servers") if isinstance(fields, Mapping) else None
    return any(isinstance(server, Mapping) and "authorization_token" in server for server in servers or ())


def _without_refused(fields: dict[str, Any], model: Model) -> dict[str, Any]:
    unsampled = _translation.refused_sampling(fields, model=model)
    if refused := unsampled or refused_while_thinking(fields, thinking=fields.get("thinking")):
        warn(f"{model.name} does not accept {', '.join(refused)}{'' if unsampled else ' while it thinks'}: not sent.")
        fields = _without(fields, refused)
    if beside := _translation.refused_beside(fields, model=model):
        warn(f"{model.name} does not accept {beside} beside temperature: not sent.")
        fields = _without(fields, (beside,))
    if level := refused_effort(fields, model=model):
        warn(f"{model.name} does not accept the effort {level!r}: not sent.")
        fields = _given({**fields, "output_config": _without(fields["output_config"], ("effort",))})
    return fields


def _without(fields: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}
