"""What is known of a model, by any name it may be deployed under."""

from dataclasses import fields
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry._models import MODELS, UNKNOWN, Model, known

THINKING = {"adaptive", "enabled", "disabled", "between_tools"}
EFFORTS = ("low", "medium", "high", "xhigh", "max")
every = pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)


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


@given(
    st.sampled_from(list(MODELS)),
    st.from_regex(r"([a-z]{1,6}-){0,2}", fullmatch=True),
    st.from_regex(r"(-[a-z]{1,8}){0,2}(-20\d{6})?", fullmatch=True),
)
def test_words_around_a_name(name: str, before: str, after: str) -> None:
    """Words before and after a model's name, and a date, do not hide it."""
    assert known(f"{before}{name}{after}") is MODELS[name]


@pytest.mark.parametrize(
    "name", ["gpt-5", "claude", "my-deployment", "claude-opus-5-6", "claude-opus-50", "opus", "x-sonnet", ""]
)
def test_unknown_names(name: str) -> None:
    """A name that points to no model, or to one not known yet, gets the unknown model."""
    assert known(name) is UNKNOWN


def test_unknown_model() -> None:
    """Of an unknown model no default is known, and nothing is forbidden to who asks for it."""
    assert (UNKNOWN.default_effort, UNKNOWN.default_display, UNKNOWN.thinks_by_default) == (None, None, None)
    assert (set(UNKNOWN.thinking), UNKNOWN.efforts) == (THINKING, EFFORTS)
    assert UNKNOWN.price() is None
    assert UNKNOWN.context_window == min(model.context_window for model in MODELS.values())
    assert UNKNOWN.max_output_tokens == min(model.max_output_tokens for model in MODELS.values())
    assert UNKNOWN.cache_minimum_tokens == max(model.cache_minimum_tokens for model in MODELS.values())


def test_dots() -> None:
    """Versions may be written with a dot."""
    assert known("claude-opus-4.5").name == "claude-opus-4-5"


def test_two_models_in_one_name() -> None:
    """A name that points to two models points to none."""
    assert known("claude-opus-5-or-claude-haiku-4-5") is UNKNOWN


@pytest.mark.parametrize("model", [*MODELS.values(), UNKNOWN])
def test_limits_are_sensible(model: Model) -> None:
    """Every model's answer fits its window, and what is second-hand is named by its column."""
    assert 0 < model.max_output_tokens < model.context_window
    assert set(model.thinking) <= THINKING
    assert model.unverified <= {column.name for column in fields(model)}


@every
def test_rows_agree_with_themselves(model: Model) -> None:
    """A default is one of the values that are accepted, and every model is hosted somewhere."""
    assert (model.default_effort in model.efforts) == bool(model.efforts)
    assert list(model.efforts) == sorted(model.efforts, key=EFFORTS.index)
    assert model.default_display in ("omitted", "summarized")
    assert not model.thinks_by_default or "adaptive" in model.thinking
    assert not (model.one_sampling and not model.sampling)
    assert "anthropic" in model.hosting
    assert set(model.hosting) <= {"azure", "anthropic"}


@every
def test_prices(model: Model) -> None:
    """Prices rise from input to output and with the prompt, and the last tier holds for any prompt."""
    assert bool(model.prices) != model.entra_only
    for price in model.prices:
        assert (price.cache_read or 0) < price.input < price.cache_write_5m < price.cache_write_1h < price.output
    assert all(price.up_to is None for price in model.prices[-1:])
    assert sorted(model.prices, key=lambda price: price.input) == list(model.prices)


@pytest.mark.parametrize(("tokens", "expected"), [(0, 0.10), (100_000, 0.10), (100_001, 0.50), (1_000_000, 0.50)])
def test_price_of_long_prompts(tokens: int, expected: float) -> None:
    """A model may cost more from some length of the prompt on."""
    price = MODELS["claude-haiku-5-5"].price(prompt_tokens=tokens)

    assert price is not None
    assert price.input == expected


def test_cache_writes() -> None:
    """What is kept five minutes costs a quarter more than input, what is kept an hour twice as much."""
    price = MODELS["claude-opus-5-5"].price()

    assert price is not None
    assert (price.cache_write_5m, price.cache_write_1h) == (5, 8)


@pytest.mark.parametrize(
    ("name", "thinking", "thinks", "effort", "minimum", "hosting"),
    [
        ("claude-fable-5-2", {"adaptive"}, True, "high", 512, 1),
        ("claude-opus-5-5", {"adaptive"}, True, "medium", 512, 2),
        ("claude-opus-5", {"adaptive", "disabled"}, True, "high", 512, 2),
        ("claude-opus-4-8", {"adaptive", "disabled"}, False, "high", 1024, 2),
        ("claude-opus-4-7", {"adaptive", "disabled"}, False, "high", 2048, 1),
        ("claude-opus-4-6", {"adaptive", "enabled", "disabled"}, False, "high", 4096, 1),
        ("claude-opus-4-5", {"enabled", "disabled"}, False, "high", 4096, 1),
        ("claude-sonnet-5-5", {"adaptive", "between_tools"}, True, "high", 512, 2),
        ("claude-sonnet-5", {"adaptive", "disabled"}, True, "high", 1024, 2),
        ("claude-sonnet-4-6", {"adaptive", "enabled", "disabled"}, False, "high", 1024, 1),
        ("claude-sonnet-4-5", {"enabled", "disabled"}, False, None, 1024, 1),
        ("claude-haiku-5-5", {"adaptive", "disabled"}, True, "medium", 512, 2),
        ("claude-haiku-4-5", {"enabled", "disabled"}, False, None, 4096, 2),
    ],
)
def test_documented_cells(
    name: str, thinking: set[str], thinks: bool, effort: str | None, minimum: int, hosting: int
) -> None:
    """The cells that the documentation lists model by model are in the table as listed."""
    model = MODELS[name]

    assert (set(model.thinking), model.thinks_by_default) == (thinking, thinks)
    assert (model.default_effort, model.cache_minimum_tokens, len(model.hosting)) == (effort, minimum, hosting)


def test_retirement() -> None:
    """A model whose retirement is announced says when."""
    assert MODELS["claude-sonnet-4-5"].retires == date(2026, 11, 30)
