"""Typed output while it is written."""

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from claude_foundry._models import UNKNOWN
from claude_foundry._parsing import Output, PartialOutput
from claude_foundry._stream import events
from tests import answers
from tests.test__parsing import FORCED_ONLY, Entry, Person, answer_with, call, text

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), JSON), st.integers(1, 7), st.sampled_from([UNKNOWN, FORCED_ONLY]))
def test_partials(document: dict[str, Any], width: int, model: Any) -> None:
    """However the document is cut into deltas, the last partial is the whole of it, and none comes twice in a row."""
    output: Output[Any] = Output(Entry, model=model)
    partial = PartialOutput(output)

    def split(whole: str) -> list[str]:
        return [whole[start : start + width] for start in range(0, len(whole), width)]

    values = [value for event in events(answer_with(output, document), split=split) for value in partial.feed(event)]

    assert values[-1] == document if document or output.tool is None else values in ([], [{}])
    assert all(before != after for before, after in pairwise(values))


def test_partials_of_a_list() -> None:
    """Of a type that is wrapped the partials are what is inside, item by item."""
    output: Output[Any] = Output(list[int], model=UNKNOWN)
    partial = PartialOutput(output)

    whole = answers.message(text({"value": [10, 20, 30]}))
    values = [value for event in events(whole, split=list) for value in partial.feed(event)]

    assert values[0] == []
    assert values[-1] == [10, 20, 30]


def test_partials_cost_a_multiple_of_the_length() -> None:
    """Parsing again only after a tenth more makes the number of partials grow with the logarithm of the length."""
    output: Output[Any] = Output(list[int], model=UNKNOWN)

    def count(items: int) -> int:
        partial = PartialOutput(output)
        whole = answers.message(text({"value": list(range(items))}))
        return sum(1 for event in events(whole, split=list) for _ in partial.feed(event))

    assert count(10_000) - count(1_000) < 40


def test_partials_leave_other_calls_out() -> None:
    """Arguments of another tool, and text before the call, are no part of the output."""
    output = Output(Person, model=FORCED_ONLY)
    partial = PartialOutput(output)
    whole = answers.message(text("I look."), call("other", {"name": "No"}), call("Person", {"name": "Ada"}))

    assert [value for event in events(whole) for value in partial.feed(event)] == [{"name": "Ada"}]


def test_partials_leave_calls_after_the_output_out() -> None:
    """Arguments of a call that follows the output's text are no part of it."""
    partial = PartialOutput(Output(Person, model=UNKNOWN))
    whole = answers.message(text({"name": "Ada"}), call("other", {"name": "No"}))

    values = [value for event in events(whole, split=list) for value in partial.feed(event)]

    assert values[-1] == {"name": "Ada"}
