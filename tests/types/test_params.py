"""The check of what a typed dict takes: it must be able to complain."""

from typing import Any

import pytest

from claude_foundry.types import AssistantMessageParam
from tests.types.params import complaints

TEXT = {"type": "text", "text": "A"}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}
CITATION = {"type": "web_search_result_location", "cited_text": "A", "url": "u", "title": None, "encrypted_index": "e"}


@pytest.mark.parametrize(
    "block", [TEXT, CALL, CALL | {"caller": {"type": "direct"}}, TEXT | {"citations": [CITATION]}, TEXT | {"text": ""}]
)
def test_right_blocks(block: dict[str, Any]) -> None:
    """There is nothing to complain of."""
    assert list(complaints({"role": "assistant", "content": [block]}, AssistantMessageParam)) == []


@pytest.mark.parametrize(
    ("block", "wrong"),
    [
        (TEXT | {"text": 5}, "content.0.text is int"),
        ({"type": "text"}, "content.0.text is missing"),
        (TEXT | {"words": "A"}, "content.0.words is no key"),
        (TEXT | {"type": "txt"}, "content.0.type is 'txt'"),
        (CALL | {"input": "{}"}, "content.0.input is no mapping"),
        (CALL | {"caller": None}, "content.0.caller is NoneType"),
        (TEXT | {"citations": [CITATION | {"file_id": None}]}, "citations.0.file_id is no key"),
        (TEXT | {"citations": [{name: CITATION[name] for name in CITATION if name != "title"}]}, "title is missing"),
        (TEXT | {"citations": 5}, "content.0.citations is int"),
    ],
)
def test_wrong_blocks(block: dict[str, Any], wrong: str) -> None:
    """What is missing, unknown or of another type is told, with its place."""
    told = list(complaints({"role": "assistant", "content": [block]}, AssistantMessageParam))

    assert any(wrong in line for line in told), told


def test_wrong_message() -> None:
    """A message of another role is refused as well."""
    assert list(complaints({"role": "person", "content": "A"}, AssistantMessageParam))
    assert list(complaints({"role": "assistant"}, AssistantMessageParam))
    assert list(complaints([], AssistantMessageParam))
