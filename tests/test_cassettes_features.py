"""Features of the API against recorded traffic: what is asked, and what comes back."""

from typing import Any

import pytest

from claude_foundry import BadRequestError, Conversation, FeatureNotSupportedError, FoundryClient, content, server_tools
from claude_foundry.types import ThinkingBlock

MODEL = "claude-opus-5-5"
pytestmark = pytest.mark.vcr


@pytest.fixture
def client(foundry_endpoint: dict[str, Any]) -> FoundryClient:
    return FoundryClient(**foundry_endpoint)


def test_citations(client: FoundryClient) -> None:
    """An answer over documents cites the words it rests on."""
    manual = content.text_document(
        "The lamp turns once in ten seconds. The tower is white.", title="Manual", citations=True
    )
    question = [manual, content.text("In how many seconds does the lamp turn once?")]

    answer = client.messages.create(model=MODEL, max_tokens=300, messages=[{"role": "user", "content": question}])

    assert "ten seconds" in answer.text
    assert any("ten seconds" in citation.cited_text for citation in answer.citations)


def test_thinking(client: FoundryClient) -> None:
    """Thinking comes with a signature and goes back as it came."""
    conversation = Conversation()
    conversation.add_user("What is 17 times 23?")
    asked: dict[str, Any] = {
        "model": MODEL,
        "max_tokens": 2000,
        "thinking": {"type": "adaptive", "display": "summarized"},
    }

    with client.messages.stream(**asked, messages=conversation) as stream:
        first = stream.get_final_message()
    conversation.add_answer(first)
    conversation.add_user("And half of it?")
    second = client.messages.create(**asked, messages=conversation)

    assert any(isinstance(block, ThinkingBlock) and block.signature for block in first.content)
    assert second.text


def test_thinking_of_another_conversation(client: FoundryClient) -> None:
    """Thinking that is replayed under another system prompt is refused; asked for, the answer comes without it."""
    asked: dict[str, Any] = {
        "model": MODEL,
        "max_tokens": 2000,
        "thinking": {"type": "adaptive", "display": "summarized"},
    }
    conversation = Conversation("What is 17 times 23?")
    conversation.add_answer(client.messages.create(**asked, system="Be brief.", messages=conversation))
    conversation.add_user("And half of it?")

    with pytest.raises(BadRequestError, match="bound to a different conversation") as refused:
        client.messages.create(**asked, system="Be kind.", messages=conversation)
    answer = client.messages.create(**asked, system="Be kind.", messages=conversation, on_thinking_mismatch="strip")

    assert refused.value.request_id
    assert answer.text
    assert answer.retries_taken == 1


def test_prompt_caching(client: FoundryClient) -> None:
    """What was cached is read from the cache, and counted as that."""
    handbook = content.cached(content.text("The lamp turns once in ten seconds. " * 400))
    asked: dict[str, Any] = {"model": MODEL, "max_tokens": 100, "system": [handbook]}

    first, second = (
        client.messages.create(**asked, messages=[{"role": "user", "content": "How fast is the lamp?"}])
        for _ in range(2)
    )

    assert (first.usage.cache_creation_input_tokens or 0) + (first.usage.cache_read_input_tokens or 0) > 0
    assert (second.usage.cache_read_input_tokens or 0) > 0


def test_a_feature_that_the_deployment_lacks(client: FoundryClient) -> None:
    """A feature that the deployment refuses is named, and remembered."""
    with pytest.raises(FeatureNotSupportedError, match="code_execution"):
        client.messages.create(
            model=MODEL,
            max_tokens=100,
            tools=[server_tools.code_execution()],
            messages=[{"role": "user", "content": "Run it."}],
        )

    assert client.capabilities(MODEL).has("code_execution") is False


def test_raw_response(client: FoundryClient) -> None:
    """The answer as it came over HTTP is there, and is parsed when asked for."""
    raw = client.messages.with_raw_response.create(
        model=MODEL, max_tokens=100, messages=[{"role": "user", "content": "Hello"}]
    )

    assert (raw.status_code, raw.request_id) == (200, raw.headers["request-id"])
    assert raw.parse().text
