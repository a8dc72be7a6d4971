"""What is compared with what, and how much of the other it may cost at most."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two clients in one scenario.

    Args:
        name: of the row in the results.
        scenario: of ``benchmarks.measure``.
        ours: the driver, or the statements of a start.
        other: what it is compared with, the same way.
        at_most: the ratio that must not be passed; None where the row only tells what something costs by itself.
        figure: ``cpu`` (or a wait, where the scenario measures one) or ``peak_mib``.
        old_sdk: whether the other needs the SDK before 1.0, so that both run beside it.
        our_times: how many times longer ours is; the figure is per unit.
    """

    name: str
    scenario: str
    ours: str
    other: str
    at_most: float | None
    figure: str = "cpu"
    old_sdk: bool = False
    our_times: int = 1


_LABELS = {
    "call": "call",
    "text": "text event, stream of 2,000",
    "tool": "tool-argument event, stream of 2,000",
    "at_once": "event, 1,000 streams at once",
    "history": "call with a 400-message tool history",
    "first_text": "time to the first text",
    "construct": "construction and one call",
    "threads": "call, 50 threads on one client",
    "start": "import and construction",
}
_PEERS = {
    "core": ("vendor_sdk", "core", "AnthropicFoundry"),
    "langchain_ours": ("langchain_azure", "LangChain", "AzureAIAnthropicChatModel"),
    "llamaindex_ours": ("llamaindex_anthropic", "LlamaIndex", "llama_index.llms.anthropic"),
}
_AT_MOST = {
    "core": {
        "call": 0.7, "text": 0.4, "tool": 1.0, "at_once": 0.5, "history": 1.0, "first_text": 1.0,
        "construct": 1.0, "threads": 1.0, "start": 0.25,
    },
    "langchain_ours": {
        "call": 0.6, "text": 0.4, "tool": 0.25, "at_once": 0.5, "history": 0.4, "first_text": 0.6,
        "construct": 1.0, "threads": 1.0, "start": 0.3,
    },
    "llamaindex_ours": {
        "call": 0.35, "text": 0.5, "tool": 0.05, "at_once": 0.3, "history": 0.06, "first_text": 0.6,
        "construct": 1.0, "threads": 1.0, "start": 0.8,
    },
}  # fmt: skip
_LANGCHAIN_ALONE = "import httpx; from langchain_core.language_models import chat_models"
_LLAMAINDEX_ALONE = "import llama_index.core.llms"
_ALONE = ("langchain_alone", "langchain-core alone")
_GROWTH = {"text": "10x longer stream", "tool": "10x longer tool arguments", "history": "10x longer history"}


def pairs() -> list[Pair]:
    """Gives every row of the results."""
    return [*_against_peers(), *_against_the_least(), *_against_shorter()]


def _against_peers() -> list[Pair]:
    rows = [
        Pair(
            name=f"{_PEERS[ours][1]}: {_LABELS[scenario]}, beside {_PEERS[ours][2]}",
            scenario=scenario,
            ours=ours,
            other=_PEERS[ours][0],
            at_most=at_most,
            old_sdk=ours == "llamaindex_ours",
        )
        for ours, limits in _AT_MOST.items()
        for scenario, at_most in limits.items()
    ]
    memory = "core: peak memory, 1,000 streams at once, beside AnthropicFoundry"
    peak = Pair(name=memory, scenario="at_once", ours="core", other="vendor_sdk", at_most=0.6, figure="peak_mib")
    return [*rows, peak]


def _against_the_least() -> list[Pair]:
    alone = "import, beside langchain_core's chat models and httpx alone"
    index = "import, beside llama_index.core.llms alone"
    return [
        Pair(
            name=f"core: {_LABELS['text']}, beside httpx and json alone",
            scenario="text", ours="core", other="bare_httpx", at_most=0.8,
        ),
        Pair(
            name=f"LangChain: {alone}", scenario="import", at_most=1.15,
            ours="import claude_foundry.langchain as m; m.ChatClaudeFoundry", other=_LANGCHAIN_ALONE,
        ),
        Pair(
            name=f"LlamaIndex: {index}", scenario="import", at_most=1.15, old_sdk=True,
            ours="import claude_foundry.llamaindex as m; m.ClaudeFoundry", other=_LLAMAINDEX_ALONE,
        ),
    ]  # fmt: skip


def _against_shorter() -> list[Pair]:
    grown = [(ours, name, 1.15) for ours, (_, name, _) in _PEERS.items()]
    return [
        Pair(
            name=f"{name}: {label}, per unit, beside itself",
            scenario=scenario,
            ours=driver,
            other=driver,
            at_most=at_most,
            our_times=10,
            old_sdk=driver == "llamaindex_ours",
        )
        for driver, name, at_most in [*grown, (*_ALONE, None)]
        for scenario, label in _GROWTH.items()
    ]
