"""The parts of an answer, shown while they arrive."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from llama_index.core.base.llms.types import CitationBlock

from claude_foundry.llamaindex._parts import Shown, part_of, rendered

TEXT = {"type": "text", "text": ""}
STARTS = [
    TEXT,
    {**TEXT, "citations": [{"type": "char_location", "cited_text": "q", "document_index": 0, "start_char_index": 1}]},
    {"type": "thinking", "thinking": "", "signature": ""},
    {"type": "redacted_thinking", "data": "x"},
    {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}},
]
DELTAS = {
    "text": {"type": "text_delta", "text": "a"},
    "thinking": {"type": "thinking_delta", "thinking": "b"},
    "tool_use": {"type": "input_json_delta", "partial_json": '{"x": 1'},
}


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(STARTS)), unique_by=lambda pair: pair[0]), st.data())
def test_what_is_shown_is_what_has_come(starts: list[tuple[int, dict[str, Any]]], data: Any) -> None:
    """In whatever order parts begin and grow, the blocks shown are those of all parts in the order of their indices."""
    shown = Shown()
    for index, block in starts:
        shown.add(index, part_of(block, names={}))
        for grows in data.draw(st.lists(st.sampled_from(sorted(shown.parts)), max_size=3)):
            kind = dict(starts)[grows]["type"]
            shown.parts[grows].grow(DELTAS.get(kind, {}))
            shown.grown(grows)
            assert shown.blocks() == rendered(part for _, part in sorted(shown.parts.items()))
    assert shown.blocks() == rendered(part for _, part in sorted(shown.parts.items()))


def test_earlier_lists_stay_as_they_are() -> None:
    """A list of blocks that was handed out does not grow with the answer."""
    shown = Shown()
    shown.add(0, part_of({**TEXT, "text": "a"}, names={}))
    before = shown.blocks()
    shown.add(1, part_of(STARTS[4], names={}))
    assert [len(before), len(shown.blocks())] == [1, 2]


def test_reasoning_without_a_signature() -> None:
    """Reasoning has no signature to be sent back with before one has come."""
    part = part_of({"type": "thinking", "thinking": "a", "signature": ""}, names={})
    assert [block.additional_information for block in part.blocks] == [{}]  # type: ignore[union-attr]
    part.grow({"type": "signature_delta", "signature": "s"})
    assert [block.additional_information for block in part.blocks] == [{"signature": "s"}]  # type: ignore[union-attr]


def test_citation_of_a_new_kind() -> None:
    """A citation of a kind not known here is shown with what can be read of it."""
    cited = {"type": "new_location", "cited_text": ["q"], "document_title": {"a": 1}, "url": 7, "title": "T", "line": 2}

    [shown] = part_of({**TEXT, "citations": [cited]}, names={}, whole=True).blocks

    assert isinstance(shown, CitationBlock)
    assert (shown.source, shown.title, shown.additional_location_info) == ("document 0", "T", {"url": 7, "line": 2})


def test_call_of_code_while_it_comes() -> None:
    """What the service wrote beside a call is shown when the call is whole, and the call alone before."""
    block = {**STARTS[4], "caller": {"type": "code_execution_20260120", "tool_id": "srvtoolu_1"}}
    part = part_of(block, names={})
    kinds = [[shown.block_type for shown in part.blocks]]
    for step in (lambda: part.grow({"type": "input_json_delta", "partial_json": '{"x": 1}'}), part.stop):
        step()
        kinds.append([shown.block_type for shown in part.blocks])
    assert kinds == [["tool_call"], ["tool_call"], ["thinking", "tool_call"]]


def test_call_that_begins_with_what_is_no_json() -> None:
    """A call whose input comes with its start and holds no number of JSON is not shown once it has stopped."""
    part = part_of({**STARTS[4], "input": {"x": float("inf")}}, names={})
    assert part.stop()
    assert part.blocks == ()
