"""What an answer cost."""

from typing import Any

import pytest

from claude_foundry._cost import cost_usd
from claude_foundry._models import UNKNOWN, known
from claude_foundry.types import Usage

SONNET = known("claude-sonnet-4-6")


def cost(model: Any = SONNET, **usage: Any) -> float | None:
    return cost_usd(Usage.model_validate(usage), model=model)


def test_input_and_output() -> None:
    """Tokens in and out have their prices for a million."""
    assert cost(input_tokens=1_000_000, output_tokens=100_000) == pytest.approx(3.0 + 1.5)


def test_cache() -> None:
    """What is read from the cache costs less, what is written to it more, and more still for an hour."""
    assert cost(cache_read_input_tokens=1_000_000) == pytest.approx(0.30)
    assert cost(cache_creation_input_tokens=1_000_000) == pytest.approx(3.75)
    kept = {"ephemeral_5m_input_tokens": 400_000, "ephemeral_1h_input_tokens": 600_000}
    assert cost(cache_creation_input_tokens=1_000_000, cache_creation=kept) == pytest.approx(0.4 * 3.75 + 0.6 * 6.0)


def test_price_by_length_of_the_prompt() -> None:
    """Where a model has a price for long prompts, all that is read counts as prompt."""
    haiku = known("claude-haiku-5-5")
    assert cost(haiku, input_tokens=100_000) == pytest.approx(0.01)
    assert cost(haiku, input_tokens=50_000, cache_read_input_tokens=60_000) == pytest.approx(0.025 + 0.003)


def test_web_searches_and_data_zone() -> None:
    """Searches are paid by number; the US data zone costs a tenth more."""
    assert cost(server_tool_use={"web_search_requests": 3}) == pytest.approx(0.03)
    assert cost(input_tokens=1_000_000, inference_geo="us") == pytest.approx(3.3)


def test_passes() -> None:
    """Where passes are told, the cost is their sum, each at the price of its model."""
    passes = [
        {"type": "compaction", "input_tokens": 1_000_000, "output_tokens": 0},
        {"type": "message", "input_tokens": 1_000_000, "output_tokens": 0},
        {"type": "fallback_message", "model": "claude-opus-4-6", "input_tokens": 1_000_000, "output_tokens": 0},
    ]
    assert cost(input_tokens=1_000_000, iterations=passes) == pytest.approx(3 + 3 + 5)


@pytest.mark.parametrize(
    ("model", "usage"),
    [
        (UNKNOWN, {"input_tokens": 1}),
        (known("claude-mythos-5-1"), {"input_tokens": 1}),
    ],
)
def test_unpublished_price(model: Any, usage: dict[str, int]) -> None:
    """Nothing is claimed where a price is not published."""
    assert cost(model, **usage) is None


@pytest.mark.parametrize("count", [10**400, 10**308])
def test_counts_that_no_answer_has(count: int) -> None:
    """A count that no number of dollars can tell has no cost."""
    assert cost(input_tokens=count) is None
    assert cost(iterations=[{"type": "message", "input_tokens": count}]) is None
    assert cost(server_tool_use={"web_search_requests": 10**400}) is None


def test_nothing_told() -> None:
    """An answer that tells no tokens cost nothing that is known of."""
    assert cost() == 0
