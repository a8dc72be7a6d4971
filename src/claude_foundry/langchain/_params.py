"""Settings and arguments of a call, as one: limits, thinking, containers, betas, by the model that answers.

Sources: https://platform.claude.com/docs/en/api/messages,
https://platform.claude.com/docs/en/agents-and-tools/tool-use/programmatic-tool-calling (containers),
https://platform.claude.com/docs/en/build-with-claude/effort
"""

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage

from claude_foundry import _caching, _reasoning, _written
from claude_foundry._fields import names_of, present, whole
from claude_foundry._models import Model
from claude_foundry._translation import refuse_unknown
from claude_foundry.errors import ConfigurationError
from claude_foundry.langchain._checked import refuse_unknown_effort
from claude_foundry.types import MessageRequest

Fields = dict[str, Any]

_FRAMEWORK = ("stream", "stream_usage", "message_id", "ls_structured_output_format", "structured_output_format")
_ALIASES = {"effort": "reasoning_effort", "model_name": "model", "max_tokens_to_sample": "max_tokens"}
_OWN = frozenset({"base_model", "stop", "reasoning_effort", "response_format"})
_ACCEPTED = (names_of(MessageRequest) | _OWN) - {"messages", "system"}
_WAY_OUT = "Further fields of the API go in extra_body={...}."
_SKIPPED = ("thinking", "output_config", "reasoning_effort")


def checked(call: Mapping[str, Any]) -> Fields:
    """Gives the arguments of a call without the words that belong to LangChain, each by its first name.

    Raises:
        ConfigurationError: an argument is unknown, or would be shown and must not.
    """
    refuse_shown(call)
    given = {_ALIASES.get(name, name): value for name, value in call.items() if name not in _FRAMEWORK}
    if "model" in given and given["model"] is None:
        del given["model"]
    refuse_unknown(given, known=_ACCEPTED, where="a call", way_out=_WAY_OUT)
    return given


def refuse_shown(call: Mapping[str, Any]) -> None:
    """Raises for a secret among the arguments of a call: callbacks, dumps of bound models and keys of caches show them.

    A token that is sealed by pydantic's SecretStr is shown as asterisks.

    Raises:
        ConfigurationError: there is one.
    """
    if any(isinstance(token, str) for fields in (call, call.get("extra_body")) for token in _written.tokens(fields)):
        raise ConfigurationError(
            "mcp_servers holds an authorization_token, and arguments of a call are shown to callbacks: set mcp_servers "
            "when the model is made, or seal the token as a pydantic SecretStr."
        )


def merged(settings: Mapping[str, Any], call: Mapping[str, Any], *, model: Model) -> Fields:
    """Gives the fields of a request that settings and a call add up to; those of the call win.

    Args:
        settings: fields set on the chat model.
        call: checked arguments of this call.
        model: what is known of the model that answers; its limits hold.

    Raises:
        ConfigurationError: the model cannot think, or not think, as is asked.
    """
    layers = {**settings, **call}
    fields = {name: value for name, value in layers.items() if name not in (*_SKIPPED, "base_model", "stop")}
    if call.get("stop") is not None:
        fields["stop_sequences"] = _listed(call["stop"])
    limit = _max_tokens(settings, call, model)
    betas = dict.fromkeys([*(settings.get("betas") or ()), *(call.get("betas") or ())])
    wanted = _reasoning.merged(_thinking(settings, model), _thinking(call, model), model=model, max_tokens=limit)
    return {**fields, **wanted, "max_tokens": limit, "betas": list(betas)}


def finished(fields: Mapping[str, Any], messages: Sequence[BaseMessage], *, reuse_container: bool) -> Fields:
    """Gives a whole request, in the container where its conversation left off, with no more cache points than allowed.

    Args:
        fields: of the request.
        messages: the conversation.
        reuse_container: whether code goes on in the last container; calls that come from code always do.
    """
    container = _container(fields.get("container"), messages, reuse=reuse_container)
    thinking = _reasoning.possible(fields.get("thinking"), fields["messages"])
    beside = {"container": container, "thinking": thinking}
    return _caching.settled(present({**fields, **beside}))


def _listed(stop: Any) -> list[str]:
    return [stop] if isinstance(stop, str) else list(stop)


def _max_tokens(settings: Mapping[str, Any], call: Mapping[str, Any], model: Model) -> int:
    if call.get("max_tokens") is not None:
        return whole(call["max_tokens"], argument="max_tokens", least=0)
    own = settings.get("max_tokens")
    if own is None:
        return model.max_output_tokens
    # Another model of this call may write less than the one that the setting was made for.
    return min(own, model.max_output_tokens) if "model" in call and model.name else int(own)


def _thinking(layer: Mapping[str, Any], model: Model) -> Fields:
    """Gives ``thinking`` and ``output_config`` of one layer; an effort alone says how hard to think."""
    kept = {name: layer[name] for name in ("thinking", "output_config") if name in layer}
    effort = layer.get("reasoning_effort")
    match effort:
        case None:
            return kept
        case "none":
            return {**kept, "thinking": _unthinking(model)}
        case str() if effort in _reasoning.BUDGETS and isinstance(kept.get("thinking"), Mapping):
            beside = _reasoning.effort(effort, model)
            return {**kept, "output_config": {**(kept.get("output_config") or {}), **beside}}
        case str() if effort in _reasoning.BUDGETS:
            return {**kept, "thinking": effort}
    refuse_unknown_effort(effort)
    return kept


def _unthinking(model: Model) -> bool | None:
    # What does not think by itself, or cannot be told not to, is told nothing.
    return False if model.thinks_by_default or model.name is None else None


def _container(given: Any, messages: Sequence[BaseMessage], *, reuse: bool) -> Any:
    if isinstance(given, str) or (given or {}).get("id"):
        return given
    answers = (message for message in reversed(messages) if isinstance(message, AIMessage))
    last = next(answers, None)
    if last is None or not (reuse or _is_called_by_code(last)):
        return given
    # Code that waits for the results of its calls waits in the container of its own answer.
    named = map(_used_container, (last, *(answers if reuse else ())))
    identifier = next((name for name in named if name is not None), None)
    if identifier is None:
        return given
    return {**given, "id": identifier} if given else identifier


def _used_container(message: AIMessage) -> str | None:
    used = message.response_metadata.get("container")
    return used.get("id") if isinstance(used, Mapping) else None


def _is_called_by_code(message: AIMessage) -> bool:
    blocks = message.content if isinstance(message.content, list) else []
    callers = [_caller(block) for block in blocks if isinstance(block, Mapping)]
    return any(str(caller.get("type")).startswith("code_execution") for caller in callers)


def _caller(block: Mapping[str, Any]) -> Mapping[str, Any]:
    beside = block.get("extras") or {}
    return block.get("caller") or beside.get("caller") or {}
