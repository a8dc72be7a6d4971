"""What differs from model to model beyond ``claude_foundry._models``: thinking, effort, sampling.

Sources: https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking,
https://platform.claude.com/docs/en/build-with-claude/effort
"""

from dataclasses import dataclass

from claude_foundry._models import Model

_ALL_EFFORTS = ("low", "medium", "high", "xhigh", "max")


@dataclass(frozen=True)
class Rules:
    """What one model accepts."""

    thinking: tuple[str, ...]
    """Values of ``thinking.type``."""
    efforts: tuple[str, ...] = _ALL_EFFORTS
    """Values of ``output_config.effort``."""
    one_sampling: bool = False
    """Whether only one of ``temperature`` and ``top_p`` may be given."""


_ALWAYS = Rules(("adaptive",))
_SWITCHED = Rules(("adaptive", "disabled"))
_GENERATION_4_6 = Rules(("adaptive", "enabled", "disabled"), ("low", "medium", "high", "max"))
_GENERATION_4_5 = Rules(("enabled", "disabled"), (), one_sampling=True)
_ANY = Rules(("adaptive", "enabled", "disabled", "between_tools"))

_RULES = {
    "claude-fable-5-2": _ALWAYS,
    "claude-fable-5-1": _ALWAYS,
    "claude-fable-5": _ALWAYS,
    "claude-mythos-5-2": _ALWAYS,
    "claude-mythos-5-1": _ALWAYS,
    "claude-mythos-5": _ALWAYS,
    "claude-opus-5-5": _ALWAYS,
    "claude-opus-5": _SWITCHED,
    "claude-opus-4-8": _SWITCHED,
    "claude-opus-4-7": _SWITCHED,
    "claude-opus-4-6": _GENERATION_4_6,
    "claude-opus-4-5": Rules(("enabled", "disabled"), ("low", "medium", "high"), one_sampling=True),
    "claude-sonnet-5-5": Rules(("adaptive", "between_tools")),
    "claude-sonnet-5": _SWITCHED,
    "claude-sonnet-4-6": _GENERATION_4_6,
    "claude-sonnet-4-5": _GENERATION_4_5,
    "claude-haiku-5-5": _SWITCHED,
    "claude-haiku-4-5": _GENERATION_4_5,
}


def rules(model: Model) -> Rules:
    """Gives the rules of a model; of an unknown one everything is accepted."""
    return _RULES.get(model.name or "", _ANY)
