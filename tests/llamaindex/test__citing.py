"""Citations of all sources or none."""

import copy
from typing import Any

from claude_foundry.llamaindex._citing import aligned

PLAIN = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}}
CITED = {**PLAIN, "citations": {"enabled": True}}
FOUND = {"type": "search_result", "source": "s", "title": "t", "content": [{"type": "text", "text": "x"}]}


def turn(*content: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": list(content)}


def test_one_that_is_cited_takes_all_others_along() -> None:
    """Where one source asks for citations, all do, those in results of tools too; what was given stays as it is."""
    result = {"type": "tool_result", "tool_use_id": "a", "content": [FOUND, {"type": "text", "text": "y"}]}
    turns = [turn(result, PLAIN), turn(CITED, {"type": "text", "text": "z"})]
    before = copy.deepcopy(turns)
    [first, second] = aligned(turns)
    assert first["content"][0]["content"] == [{**FOUND, "citations": {"enabled": True}}, {"type": "text", "text": "y"}]
    assert first["content"][1] == CITED
    assert second["content"] == [CITED, {"type": "text", "text": "z"}]
    assert turns == before


def test_nothing_is_cited_unasked() -> None:
    """Sources that ask for no citations, or all of which ask, stay as they are."""
    for turns in ([turn(PLAIN, FOUND)], [turn(CITED)], [turn({"type": "text", "text": "x"})]):
        assert aligned(turns) == turns
