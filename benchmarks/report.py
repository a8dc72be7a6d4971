"""Writes the results: a table and a plot."""

import math
import platform
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks.pairs import Pair

_HEAD = """# What it costs beside its peers

Made by `make bench`: each pair is measured in alternation, every measurement in a fresh process of its own, over the
loopback interface without TLS. Figures are medians of {rounds} rounds, in microseconds of CPU time of the client
process (all threads) for one unit; "time to the first text" is wall time; memory is the peak in MiB. An import is the
median of five, each at another depth of the stack, with every package compiled. Beside what is ten times longer, ten
times as many are measured. The ratio is that of the medians, the spread that of the rounds' own ratios. An absolute
figure says little about another machine.

{machine}; {versions}.

| | ours | the other | ratio | spread | at most | |
| --- | --: | --: | --: | --: | --: | --- |
"""
_PACKAGES = ("httpx", "anthropic", "langchain-core", "langchain-azure-ai", "llama-index-core", "pydantic")


@dataclass(frozen=True, kw_only=True)
class Result:
    """The figures of one pair, a number of each a round."""

    pair: Pair
    ours: Sequence[float]
    other: Sequence[float]

    @property
    def ratio(self) -> float:
        """Ours as a part of the other's, medians."""
        return statistics.median(self.ours) / statistics.median(self.other)

    @property
    def holds(self) -> bool:
        """Whether the ratio is within its limit, if it has one."""
        return self.pair.at_most is None or self.ratio <= self.pair.at_most

    def row(self) -> str:
        """Gives the row of the table."""
        each = sorted(ours / other for ours, other in zip(self.ours, self.other, strict=True))
        medians = (statistics.median(self.ours), statistics.median(self.other))
        numbers = [f"{medians[0]:,.1f}", f"{medians[1]:,.1f}", f"{self.ratio:.2f}", f"{each[0]:.2f}-{each[-1]:.2f}"]
        limit = "" if self.pair.at_most is None else str(self.pair.at_most)
        return f"| {self.pair.name} | {' | '.join(numbers)} | {limit} | {'' if self.holds else 'missed'} |"


def table(results: Iterable[Result], *, rounds: int) -> str:
    """Gives the whole text of the results."""
    rows = "\n".join(result.row() for result in results)
    machine = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    return _HEAD.format(rounds=rounds, machine=machine, versions=_versions()) + rows + "\n"


def _versions() -> str:
    return ", ".join(f"{name} {version(name)}" for name in _PACKAGES if _is_there(name))


def _is_there(name: str) -> bool:
    try:
        return bool(version(name))
    except ImportError:
        return False


def plot(results: Sequence[Result], path: Path) -> None:
    """Draws the ratios, one bar a pair, with a mark at each limit."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    mpl.rcParams["svg.hashsalt"] = "results"
    figure, axes = plt.subplots(figsize=(11, 0.32 * len(results) + 1.2), layout="constrained")
    places = range(len(results), 0, -1)
    colours = {True: "#2a7f62", False: "#c1553b"}
    ratios = [result.ratio for result in results]
    axes.barh(places, ratios, height=0.6, color=[colours[result.holds] for result in results])
    limits = [math.nan if result.pair.at_most is None else result.pair.at_most for result in results]
    axes.plot(limits, places, "|", color="black", markersize=11, label="at most")
    axes.set_yticks(list(places), [result.pair.name for result in results], fontsize=8)
    axes.axvline(1, color="grey", linewidth=0.8, linestyle=":")
    axes.set_xlabel("ratio to the other (less is better)")
    axes.legend(loc="lower right")
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def as_data(results: Iterable[Result]) -> list[Mapping[str, object]]:
    """Gives the figures of every round, for whoever wants to look closer."""
    return [{"name": r.pair.name, "ours": list(r.ours), "other": list(r.other)} for r in results]
