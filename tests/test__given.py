"""Requests as a caller gives them."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from claude_foundry._given import checked, read
from tests.answers import whole
from tests.runs import body, shell_of
from tests.shells import REQUEST, Script, Shell, both

IMAGE = {"type": "image", "source": {"type": "file", "file_id": "file_1"}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [IMAGE]}


def generated(items: Iterable[Any]) -> Any:
    return (item for item in items)


def asking(*content: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": list(content)}]}


@both
@pytest.mark.parametrize(
    ("unread", "fields", "beta"),
    [
        (lambda: {"messages": [{"role": "user", "content": generated([IMAGE])}]}, asking(IMAGE), "files-api"),
        (lambda: {"messages": generated([{"role": "user", "content": iter([IMAGE])}])}, asking(IMAGE), "files-api"),
        (lambda: asking({**RESULT, "content": map(dict, [IMAGE])}), asking(RESULT), "files-api-2025-04-14"),
        (
            lambda: {"container": {"skills": generated([{"type": "custom", "skill_id": "a"}])}},
            {"container": {"skills": [{"type": "custom", "skill_id": "a"}]}},
            "skills-2025-10-02",
        ),
        (
            lambda: {"context_management": {"edits": generated([{"type": "clear_tool_uses_20250919"}])}},
            {"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}},
            "context-management-2025-06-27",
        ),
    ],
    ids=["content", "messages", "result", "skills", "edits"],
)
def test_what_can_be_read_once(
    shell: type[Shell], unread: Callable[[], dict[str, Any]], fields: dict[str, Any], beta: str
) -> None:
    """What can be read only once is sent whole, and its betas are named."""
    service = Script(whole())

    shell_of(shell, service).create(**{**REQUEST, **unread()})

    assert body(service.requests[0]) == {**REQUEST, **fields}
    assert beta in service.requests[0].headers["anthropic-beta"]


def test_read() -> None:
    """What was read may be sent again and again; nothing of the caller's is changed."""
    message = {"role": "user", "content": generated([{**RESULT, "content": iter([IMAGE])}])}
    request = {**REQUEST, "messages": [message], "tools": generated([])}

    fields = read(request)

    assert fields == {**REQUEST, **asking(RESULT), "tools": []}
    assert fields["messages"][0] is not message


def test_what_is_read_stays() -> None:
    """Messages that hold no iterator are handed on as they are."""
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": [{"type": "text", "text": "Hi"}]}]

    fields = checked({**REQUEST, "messages": messages}, required=("model",))

    assert all(one is other for one, other in zip(fields["messages"], messages, strict=True))
