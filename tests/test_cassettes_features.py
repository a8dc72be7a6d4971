"""Features of the API against recorded traffic: what is asked, and what comes back."""

from typing import Any

import pytest

from claude_foundry import BadRequestError, Conversation, FeatureNotSupportedError, content, server_tools
from claude_foundry.types import ThinkingBlock
from tests.cassette_shells import CassetteShell
from tests.media import PAGE, PIXELS

MODEL = "claude-opus-5-5"
THINKS: dict[str, Any] = {
    "model": MODEL,
    "max_tokens": 2000,
    "thinking": {"type": "adaptive", "display": "summarized"},
}
pytestmark = pytest.mark.vcr


def asked(*blocks: Any) -> dict[str, Any]:
    return {"model": MODEL, "max_tokens": 300, "messages": [{"role": "user", "content": list(blocks)}]}


def test_citations(recorded: CassetteShell) -> None:
    """An answer over documents cites the words it rests on."""
    manual = content.text_document(
        "The lamp turns once in ten seconds. The tower is white.", title="Manual", citations=True
    )

    answer = recorded.create(**asked(manual, content.text("In how many seconds does the lamp turn once?")))

    assert "ten seconds" in answer.text
    assert any("ten seconds" in citation.cited_text for citation in answer.citations)


def test_search_results(recorded: CassetteShell) -> None:
    """An answer over search results cites the one it rests on, also when streamed, and goes back as it came."""
    found = content.search_result(
        ["The lamp turns once in ten seconds."], source="manual.txt", title="Manual", citations=True
    )
    request = asked(found, content.text("In how many seconds does the lamp turn once?"))

    answer = recorded.stream(**request)
    turns = [*request["messages"], answer.to_param(), {"role": "user", "content": "And twice?"}]
    recorded.create(**{**request, "messages": turns})

    [citation] = answer.citations
    assert (citation.type, getattr(citation, "source", None)) == ("search_result_location", "manual.txt")


def test_images(recorded: CassetteShell) -> None:
    """An image is sent by its bytes."""
    answer = recorded.create(**asked(content.image(PIXELS), content.text("What do you see?")))

    assert answer.text
    assert answer.stop_reason == "end_turn"


def test_pdfs(recorded: CassetteShell) -> None:
    """A PDF is sent by its bytes."""
    answer = recorded.create(**asked(content.document(PAGE, title="Page"), content.text("What do you see?")))

    assert answer.text
    assert answer.stop_reason == "end_turn"


def test_thinking(recorded: CassetteShell) -> None:
    """Thinking comes with a signature and goes back as it came."""
    conversation = Conversation("What is 17 times 23?")

    first = recorded.stream(**THINKS, messages=conversation)
    conversation.add_answer(first)
    conversation.add_user("And half of it?")
    second = recorded.create(**THINKS, messages=conversation)

    assert any(isinstance(block, ThinkingBlock) and block.signature for block in first.content)
    assert second.text


def test_thinking_of_another_conversation(recorded: CassetteShell) -> None:
    """Thinking that is replayed under another system prompt is refused; asked for, the answer comes without it."""
    conversation = Conversation("What is 17 times 23?")
    conversation.add_answer(recorded.create(**THINKS, system="Be brief.", messages=conversation))
    conversation.add_user("And half of it?")

    with pytest.raises(BadRequestError, match="bound to a different conversation") as refused:
        recorded.create(**THINKS, system="Be kind.", messages=conversation)
    answer = recorded.create(**THINKS, system="Be kind.", messages=conversation, on_thinking_mismatch="strip")

    assert refused.value.request_id
    assert answer.text
    assert answer.retries_taken == 1


def test_prompt_caching(recorded: CassetteShell) -> None:
    """What was cached is read from the cache, and counted as that."""
    handbook = content.cached(content.text("The lamp turns once in ten seconds. " * 400))
    request = {**asked(content.text("How fast is the lamp?")), "system": [handbook]}

    first, second = recorded.create(**request), recorded.create(**request)

    assert (first.usage.cache_creation_input_tokens or 0) + (first.usage.cache_read_input_tokens or 0) > 0
    assert (second.usage.cache_read_input_tokens or 0) > 0


def test_a_feature_that_the_deployment_lacks(recorded: CassetteShell) -> None:
    """A feature that the deployment refuses is named, and remembered."""
    with pytest.raises(FeatureNotSupportedError, match="code_execution"):
        recorded.create(**asked(content.text("Run it.")), tools=[server_tools.code_execution()])

    assert recorded.client().capabilities(MODEL).has("code_execution") is False


def test_raw_response(recorded: CassetteShell) -> None:
    """The answer as it came over HTTP is there, and is parsed when asked for."""
    raw = recorded.ask(lambda it: it.messages.with_raw_response.create(**asked(content.text("Hello"))))

    assert (raw.status_code, raw.request_id) == (200, raw.headers["request-id"])
    assert raw.parse().text
