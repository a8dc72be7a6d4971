"""One setting of thinking, in the words that each model takes.

Sources: https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking,
https://platform.claude.com/docs/en/build-with-claude/extended-thinking,
https://platform.claude.com/docs/en/build-with-claude/effort
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

from claude_foundry._fields import whole
from claude_foundry._models import Model
from claude_foundry._warnings import warn
from claude_foundry.errors import ConfigurationError

Effort: TypeAlias = Literal["low", "medium", "high", "xhigh", "max"]
Thinking: TypeAlias = bool | Effort | dict[str, Any]

BUDGETS = {"low": 2_048, "medium": 8_192, "high": 16_384, "xhigh": 24_576, "max": 32_768}
"""Tokens of thinking for each effort, where a model takes a budget instead of choosing for itself."""
_LEAST_BUDGET = 1_024
_EFFORTS = tuple(BUDGETS)
_QUIET = ("disabled", "between_tools")


def merged(settings: Mapping[str, Any], call: Mapping[str, Any], *, model: Model, max_tokens: int) -> dict[str, Any]:
    """Gives ``thinking`` and ``output_config`` of a request, as far as there are any.

    Args:
        settings: fields set on the LLM.
        call: arguments of this call; they win, and an effort that is named wins over one that thinking implies.
        model: what is known of the model that answers.
        max_tokens: of the answer, thinking among them.

    Raises:
        ConfigurationError: the model cannot think, or not think, as is asked.
    """
    wanted = call.get("thinking", settings.get("thinking"))
    thinking = translated(wanted, model=model, max_tokens=max_tokens)
    implied = effort(wanted, model)
    own, given = settings.get("output_config") or {}, call.get("output_config") or {}
    layers = ({**own, **implied} if "thinking" in call else {**implied, **own}) | given
    _refuse_quiet_effort(thinking, layers.get("effort"), model=model)
    return {**({"thinking": thinking} if thinking else {}), **({"output_config": layers} if layers else {})}


def _refuse_quiet_effort(thinking: Mapping[str, Any] | None, level: Any, *, model: Model) -> None:
    if level is None or thinking is None or thinking["type"] not in _QUIET or level in model.quiet_efforts:
        return
    raise ConfigurationError(
        f"effort={level!r}: {model.name} does not accept it with thinking.type {thinking['type']!r}; give one of "
        f"{', '.join(model.quiet_efforts)}, or let it think."
    )


def translated(wanted: Any, *, model: Model, max_tokens: int) -> dict[str, Any] | None:
    """Gives the API's thinking object for a model, or None when nothing is asked or the answer leaves no room.

    Args:
        wanted: whether to think, how hard, or the API's object; an object of a kind that the model does not take
            becomes the kind that it takes.
        model: what is known of the model that answers.
        max_tokens: of the answer, thinking among them.

    Raises:
        ConfigurationError: the model cannot think, or not think, as is asked.
    """
    match wanted:
        case None:
            return None
        case False | {"type": "disabled"}:
            return _off(model)
        case True:
            return _on(_shown(model), level="high", model=model, max_tokens=max_tokens)
        case str() if wanted in _EFFORTS:
            return _on(_shown(model), level=wanted, model=model, max_tokens=max_tokens)
        case {"type": "adaptive" | "enabled"}:
            return _of_object(wanted, model=model, max_tokens=max_tokens)
        case {"type": str(kind)} if kind in model.thinking or model.name is None:
            return dict(wanted)
    raise ConfigurationError(
        f"thinking={wanted!r}: give True, False, an effort ({', '.join(_EFFORTS)}), or the API's object with a type of "
        f"{', '.join(model.thinking)}."
    )


def possible(thinking: dict[str, Any] | None, turns: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Gives the thinking object, or None when the conversation rules a budget out.

    With a budget, a turn whose calls are answered last must begin with the reasoning that led to them; where memory
    has lost it, the answer is made without.
    """
    match turns:
        case [*_, {"role": "assistant", "content": [first, *_]}, {"content": [{"type": "tool_result"}, *_]}]:
            lost = first["type"] not in ("thinking", "redacted_thinking")
            return None if lost and thinking and thinking["type"] == "enabled" else thinking
    return thinking


def effort(wanted: Any, model: Model) -> dict[str, str]:
    """Gives the ``effort`` of ``output_config``: the hardest that the model takes and no harder than the one asked for.

    Args:
        wanted: an effort; of anything else nothing is given.
        model: what is known of the model that answers.
    """
    up_to = _EFFORTS[: _EFFORTS.index(wanted) + 1] if isinstance(wanted, str) and wanted in _EFFORTS else ()
    return next(({"effort": level} for level in reversed(up_to) if level in model.efforts), {})


def _off(model: Model) -> dict[str, Any]:
    if "disabled" not in model.thinking:
        raise ConfigurationError(f"thinking: {model.name} always thinks; leave it out, or give the effort 'low'.")
    return {"type": "disabled"}


def _shown(model: Model) -> dict[str, Any]:
    # Newer models leave their thoughts out unless asked, and agents would have nothing to show.
    return {"display": "summarized"} if model.default_display == "omitted" else {}


def _of_object(wanted: Mapping[str, Any], *, model: Model, max_tokens: int) -> dict[str, Any] | None:
    if wanted["type"] == "adaptive" and "adaptive" in model.thinking:
        return dict(wanted)
    if wanted["type"] == "enabled" and "enabled" in model.thinking:
        if (budget := wanted.get("budget_tokens")) is not None:
            whole(budget, argument="thinking.budget_tokens", least=_LEAST_BUDGET)
            return _budgeted(wanted, budget, max_tokens=max_tokens - 1)
        return _budgeted(wanted, BUDGETS["high"], max_tokens=_half(max_tokens))
    beside = {name: value for name, value in wanted.items() if name not in ("type", "budget_tokens")}
    return _on({**_shown(model), **beside}, level="high", model=model, max_tokens=max_tokens)


def _on(beside: Mapping[str, Any], *, level: str, model: Model, max_tokens: int) -> dict[str, Any] | None:
    if "adaptive" in model.thinking:
        return {"type": "adaptive", **beside}
    return _budgeted(beside, BUDGETS[level], max_tokens=_half(max_tokens))


def _half(max_tokens: int) -> int:
    # Half of the answer at least is left for what is said.
    return max(max_tokens // 2, _LEAST_BUDGET) if max_tokens > _LEAST_BUDGET else 0


def _budgeted(beside: Mapping[str, Any], budget: int, *, max_tokens: int) -> dict[str, Any] | None:
    if max_tokens < _LEAST_BUDGET:
        warn(f"thinking takes {_LEAST_BUDGET} tokens at least, and max_tokens leaves less: not sent.")
        return None
    return {**beside, "type": "enabled", "budget_tokens": min(budget, max_tokens)}
