"""What is known of a model, by any name it may be deployed under."""

from dataclasses import fields
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry._models import MODELS, UNKNOWN, Model, known

THINKING = {"adaptive", "enabled", "disabled", "between_tools"}
EFFORTS = ("low", "medium", "high", "xhigh", "max")
FABLES = "claude-fable-5-2 claude-fable-5-1 claude-fable-5"
MYTHOS = "claude-mythos-5-2 claude-mythos-5-1 claude-mythos-5 claude-mythos-preview"
OPUS_4_5, OPUS_4_6, OPUS_4_7, OPUS_4_8 = "claude-opus-4-5", "claude-opus-4-6", "claude-opus-4-7", "claude-opus-4-8"
OPUS_5, OPUS_5_5 = "claude-opus-5", "claude-opus-5-5"
SONNET_4_5, SONNET_4_6, SONNET_5, SONNET_5_5 = (f"claude-sonnet-{n}" for n in ("4-5", "4-6", "5", "5-5"))
HAIKU_4_5, HAIKU_5_5 = "claude-haiku-4-5", "claude-haiku-5-5"
GENERATION_4_5, GENERATION_4_6 = f"{OPUS_4_5} {SONNET_4_5} {HAIKU_4_5}", f"{OPUS_4_6} {SONNET_4_6}"
GENERATION_5, GENERATION_5_5 = f"{OPUS_5} {SONNET_5}", f"{OPUS_5_5} {SONNET_5_5} {HAIKU_5_5}"
ADAPTIVE = f"{FABLES} {MYTHOS} {GENERATION_5} {GENERATION_5_5}"
FROM_4_7 = f"{ADAPTIVE} {OPUS_4_7} {OPUS_4_8}"
UP_TO_4_6 = f"{GENERATION_4_5} {GENERATION_4_6}"
BOUND = f"claude-fable-5-2 claude-fable-5-1 claude-mythos-5-2 claude-mythos-5-1 {GENERATION_5_5}"
UNFORCED = f"{FABLES} {MYTHOS} {OPUS_5_5} {SONNET_5_5}"
ALL = f"{FROM_4_7} {UP_TO_4_6}"


def but(names: str, *others: str) -> str:
    return " ".join(name for name in names.split() if name not in " ".join(others).split())


DOCUMENTED: dict[str, dict[Any, str]] = {
    "context_window": {1_000_000: but(ALL, GENERATION_4_5), 200_000: GENERATION_4_5},
    "max_output_tokens": {128_000: but(ALL, GENERATION_4_5), 64_000: GENERATION_4_5},
    "thinking": {
        ("adaptive",): f"{FABLES} {but(MYTHOS, 'claude-mythos-preview')} {OPUS_5_5}",
        ("adaptive", "between_tools"): SONNET_5_5,
        ("adaptive", "disabled"): f"{HAIKU_5_5} {GENERATION_5} {OPUS_4_7} {OPUS_4_8}",
        ("adaptive", "enabled", "disabled"): GENERATION_4_6,
        ("enabled", "disabled"): GENERATION_4_5,
        ("adaptive", "enabled", "disabled", "between_tools"): "claude-mythos-preview",
    },
    "thinks_by_default": {True: ADAPTIVE, False: but(ALL, ADAPTIVE)},
    "default_display": {"omitted": FROM_4_7, "summarized": UP_TO_4_6},
    "preserved_thinking": {True: BOUND, False: but(ALL, BOUND)},
    "efforts": {
        EFFORTS: FROM_4_7,
        ("low", "medium", "high", "max"): GENERATION_4_6,
        ("low", "medium", "high"): OPUS_4_5,
        (): f"{SONNET_4_5} {HAIKU_4_5}",
    },
    "quiet_efforts": {
        EFFORTS: but(ALL, "claude-opus-5", HAIKU_5_5, SONNET_5_5),
        ("low", "medium", "high"): f"claude-opus-5 {HAIKU_5_5} {SONNET_5_5}",
    },
    "default_effort": {
        "medium": f"{OPUS_5_5} {HAIKU_5_5}",
        "high": but(ALL, OPUS_5_5, HAIKU_5_5, SONNET_4_5, HAIKU_4_5),
        None: f"{SONNET_4_5} {HAIKU_4_5}",
    },
    "sampling": {True: UP_TO_4_6, False: FROM_4_7},
    "one_sampling": {True: GENERATION_4_5, False: but(ALL, GENERATION_4_5)},
    "forced_tool_choice": {False: UNFORCED, True: but(ALL, UNFORCED)},
    "prefill": {True: GENERATION_4_5, False: but(ALL, GENERATION_4_5)},
    "structured_output": {True: but(ALL, HAIKU_5_5), False: HAIKU_5_5},
    "strict_tools": {True: but(ALL, HAIKU_5_5), False: HAIKU_5_5},
    "cache_minimum_tokens": {
        512: but(ADAPTIVE, "claude-mythos-preview", SONNET_5),
        1024: f"{OPUS_4_8} {SONNET_5} {SONNET_4_6} {SONNET_4_5}",
        2048: f"{OPUS_4_7} claude-mythos-preview",
        4096: f"{OPUS_4_6} {OPUS_4_5} {HAIKU_4_5}",
    },
    "hosting": {
        ("azure", "anthropic"): f"{OPUS_4_8} {GENERATION_5} {GENERATION_5_5} {HAIKU_4_5}",
        ("anthropic",): f"{FABLES} {MYTHOS} {OPUS_4_7} {GENERATION_4_6} {OPUS_4_5} {SONNET_4_5}",
    },
    "entra_only": {True: MYTHOS, False: but(ALL, MYTHOS)},
}
every = pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)


@pytest.mark.parametrize("name", list(MODELS))
def test_own_names(name: str) -> None:
    """Each model is known by its id, with words and dates around it."""
    for deployed in (
        name,
        f"{name}-20251001",
        f"team-a-{name}",
        f"{name}-prod",
        f"{name}-1m",
        f"{name}-200k-20251001",
        f"{name}v2",
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
    "name",
    [
        "gpt-5",
        "claude",
        "my-deployment",
        "claude-opus-5-6",
        "claude-opus-50",
        "claude-opus-5-1",
        "opus",
        "x-sonnet",
        "",
    ],
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
        assert price.cache_read < price.input < price.cache_write_5m < price.cache_write_1h < price.output
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


@pytest.mark.parametrize("column", DOCUMENTED)
def test_documented_cells(column: str) -> None:
    """Each cell of the table is the one that the documentation lists for its model."""
    found: dict[Any, set[str]] = {}
    for name, model in MODELS.items():
        found.setdefault(getattr(model, column), set()).add(name)

    assert found == {value: set(names.split()) for value, names in DOCUMENTED[column].items()}


def test_every_column_is_documented() -> None:
    """No column is left out of what is compared with the documentation."""
    others = {"name", "unverified", "prices", "retires"}

    assert DOCUMENTED.keys() | others == {column.name for column in fields(Model)}


def test_cache_reads() -> None:
    """What is read from the cache costs a tenth of input where no price is listed."""
    assert [price.cache_read for price in MODELS["claude-fable-5-2"].prices] == [0.80]


def test_retirement() -> None:
    """A model whose retirement is announced says when."""
    assert MODELS["claude-sonnet-4-5"].retires == date(2026, 11, 30)
