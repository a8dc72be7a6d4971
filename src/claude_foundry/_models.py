"""What is known of each Claude model, as data.

Sources: https://platform.claude.com/docs/en/about-claude/models/overview (window, output cap),
https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking (thinking),
https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools (forced tool choice)
"""

import functools
import re
from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Model:
    """One model's limits and rules. Without a name it is an unknown one: cautious limits, nothing forbidden."""

    name: str | None = None
    context_window: int = 200_000
    """Tokens of prompt and answer together."""
    max_output_tokens: int = 64_000
    sampling: bool = True
    """Whether ``temperature``, ``top_p`` and ``top_k`` are accepted."""
    forced_tool_choice: bool = True
    """Whether ``tool_choice`` may be ``any`` or ``tool``."""
    structured_output: bool = True
    """Whether ``output_config.format`` is accepted."""
    prefill: bool = False
    """Whether the conversation may end with an assistant message."""


UNKNOWN = Model()
_GENERATION_4_5 = Model(prefill=True)
_GENERATION_4_6 = Model(context_window=1_000_000, max_output_tokens=128_000)
_GENERATION_5 = replace(_GENERATION_4_6, sampling=False)
_GENERATION_5_5 = replace(_GENERATION_5, forced_tool_choice=False)

MODELS = {
    model.name: model
    for model in (
        replace(_GENERATION_5_5, name="claude-fable-5-2"),
        replace(_GENERATION_5_5, name="claude-fable-5-1"),
        replace(_GENERATION_5_5, name="claude-fable-5"),
        replace(_GENERATION_5_5, name="claude-mythos-5-2"),
        replace(_GENERATION_5_5, name="claude-mythos-5-1"),
        replace(_GENERATION_5_5, name="claude-mythos-5"),
        replace(_GENERATION_5_5, name="claude-mythos-preview"),
        replace(_GENERATION_5_5, name="claude-opus-5-5"),
        replace(_GENERATION_5, name="claude-opus-5"),
        replace(_GENERATION_5, name="claude-opus-4-8"),
        replace(_GENERATION_5, name="claude-opus-4-7"),
        replace(_GENERATION_4_6, name="claude-opus-4-6"),
        replace(_GENERATION_4_5, name="claude-opus-4-5"),
        replace(_GENERATION_5_5, name="claude-sonnet-5-5"),
        replace(_GENERATION_5, name="claude-sonnet-5"),
        replace(_GENERATION_4_6, name="claude-sonnet-4-6"),
        replace(_GENERATION_4_5, name="claude-sonnet-4-5"),
        replace(_GENERATION_5, name="claude-haiku-5-5", structured_output=False),
        replace(_GENERATION_4_5, name="claude-haiku-4-5"),
    )
}


@functools.lru_cache(maxsize=1024)
def known(name: str) -> Model:
    """Gives what is known of the model that a deployment name or model id points to, or the unknown model.

    Own names may add words and dates before and after a model's: ``team-a-claude-opus-4-5-20251101``.
    """
    plain = name.lower().replace(".", "-").replace("_", "-")
    found = [model for model in MODELS.values() if _names(model, plain)]
    return found[0] if len(found) == 1 else UNKNOWN


def _names(model: Model, plain: str) -> bool:
    # "opus-5" is not named by "opus-5-5" or "opus-50"; a date of eight digits may follow.
    family = re.escape((model.name or "").removeprefix("claude-"))
    return re.search(rf"(?<![a-z0-9]){family}(?!\d)(?!-\d{{1,2}}(?!\d))", plain) is not None
