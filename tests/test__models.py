"""What is known of a model, by any name it may be deployed under."""

import pytest

from claude_foundry._models import MODELS, UNKNOWN, known


@pytest.mark.parametrize("name", list(MODELS))
def test_own_names(name: str) -> None:
    """Each model is known by its id, with words and dates around it."""
    for deployed in (
        name,
        f"{name}-20251001",
        f"team-a-{name}",
        f"{name}-prod",
        name.removeprefix("claude-"),
        name.upper(),
    ):
        assert known(deployed) is MODELS[name]


@pytest.mark.parametrize(
    "name", ["gpt-5", "claude", "my-deployment", "claude-opus-5-6", "claude-opus-50", "opus", "x-sonnet"]
)
def test_unknown_names(name: str) -> None:
    """A name that points to no model, or to one not known yet, gets the unknown model."""
    assert known(name) is UNKNOWN


def test_dots() -> None:
    """Versions may be written with a dot."""
    assert known("claude-opus-4.5").name == "claude-opus-4-5"


def test_two_models_in_one_name() -> None:
    """A name that points to two models points to none."""
    assert known("claude-opus-5-or-claude-haiku-4-5") is UNKNOWN


def test_limits_are_sensible() -> None:
    """Every model's answer fits its window."""
    for model in (*MODELS.values(), UNKNOWN):
        assert 0 < model.max_output_tokens < model.context_window
