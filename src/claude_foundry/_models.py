"""What is known of each Claude model on Microsoft Foundry, as data: one row a model.

Each column names the page its cells are from, below https://platform.claude.com/docs/en/. A cell that no page of the
provider confirms for that very model is named in its row's ``unverified``.
"""

import functools
import re
from dataclasses import dataclass, replace
from datetime import date

from claude_foundry._fields import string


@dataclass(frozen=True, kw_only=True)
class Price:
    """US dollars for a million tokens. Source: about-claude/pricing."""

    input: float
    output: float
    cache_read: float
    """A tenth of ``input`` where the page names no other price."""
    up_to: int | None = None
    """Most tokens of prompt it holds for; None: however long."""

    @property
    def cache_write_5m(self) -> float:
        """For what is kept for five minutes."""
        return self.input * 1.25

    @property
    def cache_write_1h(self) -> float:
        """For what is kept for an hour."""
        return self.input * 2


@dataclass(frozen=True, kw_only=True)
class Model:
    """One model's limits, rules and prices. Without a name it is an unknown one: cautious limits, nothing forbidden.

    Of an unknown model no default is known (None), so that nothing optional is sent to it unasked.
    """

    name: str | None = None
    context_window: int = 200_000
    """Tokens of prompt and answer together. Source: about-claude/models/overview"""
    max_output_tokens: int = 64_000
    """Source: about-claude/models/overview"""
    thinking: tuple[str, ...] = ("adaptive", "enabled", "disabled", "between_tools")
    """Values that ``thinking.type`` may have. Source: build-with-claude/adaptive-thinking"""
    quiet_efforts: tuple[str, ...] = ("low", "medium", "high", "xhigh", "max")
    """Values that the effort may have beside ``disabled`` and ``between_tools``.
    Source: build-with-claude/adaptive-thinking"""
    thinks_by_default: bool | None = None
    """Whether it thinks when ``thinking`` is left out. Source: build-with-claude/adaptive-thinking"""
    default_display: str | None = None
    """What ``thinking.display`` is when left out: ``omitted`` gives empty thinking blocks, ``summarized`` filled ones.
    Source: build-with-claude/adaptive-thinking"""
    preserved_thinking: bool = False
    """Whether a thinking block counts only in the conversation it was written in, so that one replayed elsewhere may be
    refused. Source: build-with-claude/preserved-thinking"""
    efforts: tuple[str, ...] = ("low", "medium", "high", "xhigh", "max")
    """Values that ``output_config.effort`` may have; none where it is refused. Source: build-with-claude/effort"""
    default_effort: str | None = None
    """Source: build-with-claude/effort"""
    sampling: bool = True
    """Whether ``temperature``, ``top_p`` and ``top_k`` are accepted. Source: about-claude/models/migration-guide"""
    one_sampling: bool = False
    """Whether only one of ``temperature`` and ``top_p`` may be given. Source: about-claude/models/migration-guide"""
    forced_tool_choice: bool = True
    """Whether ``tool_choice`` may be ``any`` or ``tool``. Source: agents-and-tools/tool-use/define-tools"""
    prefill: bool = False
    """Whether the conversation may end with an assistant message. Source: about-claude/models/migration-guide"""
    structured_output: bool = True
    """Whether ``output_config.format`` is accepted. Source: build-with-claude/structured-outputs"""
    strict_tools: bool = True
    """Whether a tool may be ``strict``. Source: build-with-claude/structured-outputs"""
    cache_minimum_tokens: int = 4096
    """Shortest prompt that is cached; a shorter one is silently not. Source: build-with-claude/prompt-caching"""
    hosting: tuple[str, ...] = ()
    """Where it can be deployed: on ``azure``, on ``anthropic``; nothing where not known.
    Source: build-with-claude/claude-in-microsoft-foundry"""
    retires: date | None = None
    """Day of its retirement, where one is announced. Source: about-claude/model-deprecations"""
    prices: tuple[Price, ...] = ()
    """From the shortest prompts to the longest; nothing where not published. Source: about-claude/pricing"""
    entra_only: bool = False
    """Whether only Microsoft Entra ID signs in, and no key. Source: build-with-claude/claude-in-microsoft-foundry"""
    unverified: frozenset[str] = frozenset()
    """Columns of this row that are second-hand: read from other clients' tables, or from a sibling's row."""

    def price(self, *, prompt_tokens: int = 0) -> Price | None:
        """Gives the price for a prompt of that length, or None where none is published."""
        return next((price for price in self.prices if price.up_to is None or prompt_tokens <= price.up_to), None)


UNKNOWN = Model()
_ANTHROPIC, _BOTH = ("anthropic",), ("azure", "anthropic")
_GENERATION_4_5 = Model(
    thinking=("enabled", "disabled"),
    thinks_by_default=False,
    default_display="summarized",
    efforts=(),
    one_sampling=True,
    prefill=True,
    hosting=_ANTHROPIC,
)
_GENERATION_4_6 = Model(
    context_window=1_000_000,
    max_output_tokens=128_000,
    thinking=("adaptive", "enabled", "disabled"),
    thinks_by_default=False,
    default_display="summarized",
    efforts=("low", "medium", "high", "max"),
    default_effort="high",
    hosting=_ANTHROPIC,
)
_FROM_4_7 = replace(
    _GENERATION_4_6,
    thinking=("adaptive", "disabled"),
    default_display="omitted",
    efforts=UNKNOWN.efforts,
    sampling=False,
)
_GENERATION_5 = replace(_FROM_4_7, thinks_by_default=True, cache_minimum_tokens=512, hosting=_BOTH)
_GENERATION_5_5 = replace(_GENERATION_5, thinking=("adaptive",), preserved_thinking=True, forced_tool_choice=False)
_FABLE = replace(_GENERATION_5_5, hosting=_ANTHROPIC)
_UP_TO_HIGH = UNKNOWN.efforts[:3]
_MYTHOS = replace(_FABLE, entra_only=True)

# fmt: off
_ROWS = (
    replace(_FABLE, name="claude-fable-5-2",
            prices=(Price(input=8, output=40, cache_read=0.80),), unverified=frozenset({"hosting"})),
    replace(_FABLE, name="claude-fable-5-1",
            prices=(Price(input=10, output=50, cache_read=0.25),)),
    replace(_FABLE, name="claude-fable-5", preserved_thinking=False,
            prices=(Price(input=10, output=50, cache_read=1.00),), unverified=frozenset({"forced_tool_choice"})),
    replace(_MYTHOS, name="claude-mythos-5-2",
            unverified=frozenset({"cache_minimum_tokens", "hosting"})),
    replace(_MYTHOS, name="claude-mythos-5-1",
            unverified=frozenset({"cache_minimum_tokens"})),
    replace(_MYTHOS, name="claude-mythos-5", preserved_thinking=False,
            unverified=frozenset({"forced_tool_choice"})),
    replace(_MYTHOS, name="claude-mythos-preview", thinking=UNKNOWN.thinking, preserved_thinking=False,
            cache_minimum_tokens=2048,
            unverified=frozenset({"thinking", "thinks_by_default", "default_display", "efforts", "default_effort"})),
    replace(_GENERATION_5_5, name="claude-opus-5-5", default_effort="medium",
            prices=(Price(input=4, output=20, cache_read=0.20),)),
    replace(_GENERATION_5, name="claude-opus-5", quiet_efforts=_UP_TO_HIGH,
            prices=(Price(input=5, output=25, cache_read=0.50),)),
    replace(_FROM_4_7, name="claude-opus-4-8", cache_minimum_tokens=1024, hosting=_BOTH,
            prices=(Price(input=5, output=25, cache_read=0.50),)),
    replace(_FROM_4_7, name="claude-opus-4-7", cache_minimum_tokens=2048,
            prices=(Price(input=5, output=25, cache_read=0.50),)),
    replace(_GENERATION_4_6, name="claude-opus-4-6",
            prices=(Price(input=5, output=25, cache_read=0.50),)),
    replace(_GENERATION_4_5, name="claude-opus-4-5", efforts=("low", "medium", "high"), default_effort="high",
            prices=(Price(input=5, output=25, cache_read=0.50),)),
    replace(_GENERATION_5_5, name="claude-sonnet-5-5", thinking=("adaptive", "between_tools"),
            quiet_efforts=_UP_TO_HIGH,
            prices=(Price(input=2, output=10, cache_read=0.20),)),
    replace(_GENERATION_5, name="claude-sonnet-5", cache_minimum_tokens=1024,
            prices=(Price(input=2, output=10, cache_read=0.20),)),
    replace(_GENERATION_4_6, name="claude-sonnet-4-6", cache_minimum_tokens=1024,
            prices=(Price(input=3, output=15, cache_read=0.30),)),
    replace(_GENERATION_4_5, name="claude-sonnet-4-5", cache_minimum_tokens=1024, retires=date(2026, 11, 30),
            prices=(Price(input=3, output=15, cache_read=0.30),)),
    replace(_GENERATION_5, name="claude-haiku-5-5", default_effort="medium", preserved_thinking=True,
            quiet_efforts=_UP_TO_HIGH, structured_output=False, strict_tools=False,
            prices=(Price(input=0.10, output=0.50, cache_read=0.01, up_to=100_000),
                    Price(input=0.50, output=2.50, cache_read=0.05)),
            unverified=frozenset({"structured_output", "strict_tools"})),
    replace(_GENERATION_4_5, name="claude-haiku-4-5", hosting=_BOTH,
            prices=(Price(input=1, output=5, cache_read=0.10),)),
)
# fmt: on
MODELS = {model.name: model for model in _ROWS}


@functools.lru_cache(maxsize=1024)
def known(name: str) -> Model:
    """Gives what is known of the model that a deployment name or model id points to, or the unknown model.

    Own names may add words and dates before and after a model's: ``team-a-claude-opus-4-5-20251101``.
    """
    plain = name.lower().replace(".", "-").replace("_", "-")
    found = [model for model in MODELS.values() if _names(model, plain)]
    return found[0] if len(found) == 1 else UNKNOWN


def deployed(deployment: str, *, base_model: str | None = None) -> Model:
    """Gives what is known of the model behind a deployment; the base model tells more than the deployment's name.

    Raises:
        ConfigurationError: a name is no string.
    """
    return known(string(base_model or deployment, argument="base_model" if base_model else "model"))


def _names(model: Model, plain: str) -> bool:
    # "opus-5" is not named by "opus-5-5" or "opus-50"; a date of eight digits may follow, or a length such as "1m".
    family = re.escape((model.name or "").removeprefix("claude-"))
    return re.search(rf"(?<![a-z0-9]){family}(?!\d|[km]\b)(?!-\d{{1,2}}(?!\d|[km]\b))", plain) is not None
