"""What an answer cost, in US dollars, at the published prices.

Sources: https://platform.claude.com/docs/en/about-claude/pricing,
https://platform.claude.com/docs/en/build-with-claude/compaction (usage of each pass)
"""

import math
from typing import Any

from claude_foundry._models import Model, Price, known
from claude_foundry.types import Usage

_MILLION = 1_000_000
_WEB_SEARCH = 10 / 1_000
_US_DATA_ZONE = 1.1


def cost_usd(usage: Usage, *, model: Model) -> float | None:
    """Gives the cost of an answer, or None where a price that it takes is not published, or a count is no answer's.

    Args:
        usage: of the answer.
        model: that answered; a pass that names another model has that one's price.
    """
    try:
        cost = _in_all(usage, model)
    except OverflowError:
        return None
    return cost if cost is None or math.isfinite(cost) else None


def _in_all(usage: Usage, model: Model) -> float | None:
    passes: list[Any] = usage.iterations if isinstance(usage.iterations, list) else []
    costs = [_cost_of(each, _named(each) or model) for each in passes] or [_cost_of(usage, model)]
    if any(cost is None for cost in costs):
        return None
    zone = _US_DATA_ZONE if usage.inference_geo == "us" else 1.0
    return round(sum(cost for cost in costs if cost is not None) * zone + _searches(usage) * _WEB_SEARCH, 9)


def _named(tokens: Any) -> Model | None:
    name = getattr(tokens, "model", None)
    return known(name) if name else None


def _cost_of(tokens: Any, model: Model) -> float | None:
    read = _count(tokens, "cache_read_input_tokens")
    written = _count(tokens, "cache_creation_input_tokens")
    given = _count(tokens, "input_tokens")
    price = model.price(prompt_tokens=given + read + written)
    if price is None:
        return None
    dollars = given * price.input + read * price.cache_read + _count(tokens, "output_tokens") * price.output
    return (dollars + _written(tokens, written, price)) / _MILLION


def _written(tokens: Any, written: int, price: Price) -> float:
    for_an_hour = min(_count(getattr(tokens, "cache_creation", None), "ephemeral_1h_input_tokens"), written)
    return (written - for_an_hour) * price.cache_write_5m + for_an_hour * price.cache_write_1h


def _searches(usage: Usage) -> int:
    return _count(usage.server_tool_use, "web_search_requests")


def _count(tokens: Any, name: str) -> int:
    value = getattr(tokens, name, None)
    return value if isinstance(value, int) else 0
