"""One setting of thinking, in the words that each model takes."""

from typing import Any

import pytest

from claude_foundry import ConfigurationError
from claude_foundry._models import MODELS, UNKNOWN, Model
from claude_foundry._reasoning import BUDGETS, effort, merged, translated

every_model = pytest.mark.parametrize("model", [*MODELS.values(), UNKNOWN], ids=lambda model: str(model.name))
NEW, OLD, MIDDLE = MODELS["claude-opus-5-5"], MODELS["claude-haiku-4-5"], MODELS["claude-sonnet-4-6"]


@every_model
@pytest.mark.parametrize("wanted", [True, *BUDGETS, {"type": "adaptive"}, {"type": "enabled", "budget_tokens": 2000}])
def test_every_model_takes_what_it_is_sent(model: Model, wanted: Any) -> None:
    """Whatever is asked for comes in a kind that the model takes, with a budget below the answer's limit."""
    thinking = translated(wanted, model=model, max_tokens=4096)

    assert thinking is not None
    assert thinking["type"] in model.thinking
    assert 1024 <= thinking.get("budget_tokens", 1024) < 4096
    assert ("budget_tokens" in thinking) is (thinking["type"] == "enabled")


@every_model
def test_efforts(model: Model) -> None:
    """An effort is one that the model takes and is no harder than asked for; nothing where it takes none."""
    levels = list(BUDGETS)

    for level in levels:
        found = effort(level, model).get("effort")
        assert (found is not None) is bool(model.efforts)
        assert found is None or (found in model.efforts and levels.index(found) <= levels.index(level))


def test_off() -> None:
    """Thinking is switched off where that can be, and refused by name where it cannot."""
    assert translated(False, model=MIDDLE, max_tokens=10) == {"type": "disabled"}
    with pytest.raises(ConfigurationError, match="claude-opus-5-5"):
        translated({"type": "disabled"}, model=NEW, max_tokens=10)


def test_budgets() -> None:
    """A budget of the user's is kept below the limit, and what has no room for one is sent none, with a warning."""
    wanted = {"type": "enabled", "budget_tokens": 9000}

    assert translated(wanted, model=OLD, max_tokens=20_000) == wanted
    assert translated(wanted, model=OLD, max_tokens=5000) == {"type": "enabled", "budget_tokens": 4999}
    with pytest.warns(UserWarning, match="1024"):
        assert translated(wanted, model=OLD, max_tokens=1000) is None


@pytest.mark.parametrize("budget", [100, 0, "many", 1500.5])
def test_budgets_that_are_none(budget: Any) -> None:
    """A budget that no model takes is refused by its name."""
    with pytest.raises(ConfigurationError, match=r"thinking\.budget_tokens"):
        translated({"type": "enabled", "budget_tokens": budget}, model=OLD, max_tokens=5000)


@pytest.mark.parametrize(
    ("name", "quiet"), [("claude-opus-5", False), ("claude-haiku-5-5", False), ("claude-sonnet-5-5", "between_tools")]
)
def test_efforts_without_thinking(name: str, quiet: Any) -> None:
    """An effort too hard for a model that does not think is refused, and taken where it does."""
    model, wanted = MODELS[name], {"type": quiet} if isinstance(quiet, str) else quiet

    def asked(thinking: Any, level: str) -> dict[str, Any]:
        settings = {"thinking": thinking, "output_config": {"effort": level}}
        return merged(settings, {}, model=model, max_tokens=5000)

    assert asked(wanted, "high")["output_config"] == {"effort": "high"}
    assert asked({"type": "adaptive"}, "max")["output_config"] == {"effort": "max"}
    with pytest.raises(ConfigurationError, match="effort='max'"):
        asked(wanted, "max")


def test_words() -> None:
    """Anything else is refused with what there is."""
    with pytest.raises(ConfigurationError, match="thinking"):
        translated("utmost", model=NEW, max_tokens=10)


def test_the_call_wins() -> None:
    """What a call says wins over settings, and an effort that is named over one that thinking implies."""
    settings = {"thinking": "low", "output_config": {"format": {"type": "json_schema"}}}

    assert merged(settings, {}, model=NEW, max_tokens=9000)["output_config"]["effort"] == "low"
    assert merged(settings, {"thinking": "max"}, model=NEW, max_tokens=9000)["output_config"]["effort"] == "max"
    named = merged(settings, {"thinking": "max", "output_config": {"effort": "high"}}, model=NEW, max_tokens=9000)
    assert named["output_config"] == {"effort": "high", "format": {"type": "json_schema"}}
    assert "thinking" not in merged(settings, {"thinking": None}, model=NEW, max_tokens=9000)


@pytest.mark.parametrize(("max_tokens", "budget"), [(40_000, 16_384), (4_096, 2_048), (1_500, 1_024)])
def test_budget_that_is_not_named(max_tokens: int, budget: int) -> None:
    """Thinking of a fixed budget whose number is left out takes no more than half of the answer, where that can be."""
    found = translated({"type": "enabled"}, model=OLD, max_tokens=max_tokens)
    assert found == {"type": "enabled", "budget_tokens": budget}


@pytest.mark.parametrize("wanted", [{"type": "enabled"}, {"type": "enabled", "budget_tokens": 2_000}])
def test_budget_of_a_model_that_chooses_for_itself(wanted: dict[str, Any]) -> None:
    """What becomes adaptive shows its thoughts, as a budget did, unless it says otherwise."""
    model = MODELS["claude-opus-5"]
    assert translated(wanted, model=model, max_tokens=9_000) == {"type": "adaptive", "display": "summarized"}
    hidden = {**wanted, "display": "omitted"}
    assert translated(hidden, model=model, max_tokens=9_000) == {"type": "adaptive", "display": "omitted"}
