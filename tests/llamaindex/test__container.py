"""The container of code execution, kept in the conversation."""

from datetime import UTC, datetime
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, TextBlock, ThinkingBlock

from claude_foundry.llamaindex._container import kept, of_request
from claude_foundry.llamaindex._content import VERBATIM

CODE = {"type": "code_execution_20260120", "name": "code_execution"}
HELD = {"id": "container_1", "expires_at": "2026-11-22T12:00:00Z"}
OWN = ThinkingBlock(additional_information={VERBATIM: {"type": "server_tool_use", "id": "srvtoolu_1"}})
BEFORE, AFTER = datetime(2026, 11, 22, 11, tzinfo=UTC), datetime(2026, 11, 22, 13, tzinfo=UTC)


def spoken(container: dict[str, Any] | None = HELD) -> list[ChatMessage]:
    answer = ChatMessage(role="assistant", blocks=kept([OWN, OWN, TextBlock(text="Done")], container))
    # Memory stores messages as JSON.
    return [ChatMessage.model_validate_json(answer.model_dump_json()), ChatMessage(role="user", content="More")]


def test_container_is_used_again() -> None:
    """The container of an earlier answer is named in the next request that runs code, while it lives."""
    assert of_request({"tools": [CODE]}, spoken(), now=BEFORE) == "container_1"
    assert of_request({"tools": [CODE]}, spoken(), now=None) == "container_1"
    assert of_request({"tools": [CODE]}, spoken(), now=AFTER) is None


def test_container_that_ended_before_it_was_used() -> None:
    """A container whose end lies before the request that used it, as in a recorded answer, counts as living."""
    answer = ChatMessage(role="assistant", blocks=kept([OWN], HELD, asked_at=AFTER))
    assert of_request({"tools": [CODE]}, [answer], now=AFTER) == "container_1"
    timely = ChatMessage(role="assistant", blocks=kept([OWN], HELD, asked_at=BEFORE))
    assert of_request({"tools": [CODE]}, [timely], now=AFTER) is None


def test_no_container_where_no_code_runs() -> None:
    """A request without code execution names no container."""
    assert of_request({"tools": [{"name": "add"}]}, spoken(), now=BEFORE) is None
    assert of_request({"tools": [CODE]}, spoken(None), now=BEFORE) is None


@pytest.mark.parametrize("container", ["container_1", ["container_1"], 1, True, {}, {"id": 1}])
def test_container_in_another_form(container: Any) -> None:
    """A container in a form not known here is none, and the answer is not lost for it."""
    assert of_request({"tools": [CODE]}, spoken(container), now=BEFORE) is None


@pytest.mark.parametrize("given", ["container_2", {"id": "container_2", "skills": []}])
def test_container_that_is_given(given: Any) -> None:
    """A container that the user names is used."""
    assert of_request({"tools": [CODE], "container": given}, spoken(), now=BEFORE) == given


def test_skills_go_into_the_container_of_the_conversation() -> None:
    """Skills without a container of their own are sent with the one in use."""
    skills = {"skills": [{"type": "anthropic", "skill_id": "xlsx"}]}
    assert of_request({"tools": [CODE], "container": skills}, spoken(), now=BEFORE) == {"id": "container_1", **skills}


def test_last_container_counts() -> None:
    """Of two containers in a conversation the later one is used, also where its life is told in words unknown."""
    other = spoken({"id": "container_2", "expires_at": "soon"})
    assert of_request({"tools": [CODE]}, [*spoken(), *other], now=AFTER) == "container_2"


def test_answer_without_blocks_of_the_service() -> None:
    """An answer in which the service ran nothing stays as it is."""
    blocks = [TextBlock(text="Hello")]
    assert kept(blocks, HELD) == blocks
