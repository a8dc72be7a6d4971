"""The limits of a model, as LlamaIndex plans with them.

Source: https://platform.claude.com/docs/en/about-claude/models/overview
"""

from dataclasses import replace
from functools import lru_cache

from claude_foundry._models import Model, known

DEFAULT_MAX_TOKENS = 16_384


@lru_cache(maxsize=256)
def model_of(name: str, *, context_window: int | None, max_output: int | None) -> Model:
    """Gives what is known of a model, with limits of the user's own in place of its own.

    Args:
        name: of the model or the deployment.
        context_window: tokens.
        max_output: tokens.
    """
    model = known(name)
    window = context_window or model.context_window
    return replace(model, context_window=window, max_output_tokens=max_output or min(model.max_output_tokens, window))


def default_max_tokens(model: Model) -> int:
    """Gives the most tokens of an answer where the user names no number: what the model can, at most 16,384.

    LlamaIndex plans prompts of the window less the answer: half of a small window stays for the prompt.
    """
    return min(model.max_output_tokens, DEFAULT_MAX_TOKENS, half_of_window(model))


def half_of_window(model: Model) -> int:
    """Gives half of the context window, in tokens."""
    return max(1, model.context_window // 2)
