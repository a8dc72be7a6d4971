"""Calls of the LLM that fail, and those that are refused before anything is sent."""

from typing import Any

import httpx
import pytest

from claude_foundry import ConfigurationError, OverloadedError, RateLimitError, StreamInterruptedError
from tests.llamaindex.faces import (
    Face,
    both,
    closed,
    grown,
    llm_on,
    opened,
    played,
    sent,
    started,
    streamed,
)
from tests.llamaindex.test__llm import ASK, TEXT
from tests.shells import FakeTime, Script


@both
def test_stream_that_breaks_off(face: Face) -> None:
    """A stream that ends before the answer is whole is an error that has what had come."""
    cut = [started(), opened(0, {"type": "text", "text": ""}), grown(0, type="text_delta", text="Hel")]
    with pytest.raises(StreamInterruptedError) as caught:
        face.stream_chat(llm_on(Script(streamed(cut, ended=False))), ASK)
    assert caught.value.partial is not None
    assert caught.value.partial.text == "Hel"
    assert (caught.value.events, [it.error for it in caught.value.attempts]) == (3, ["APIConnectionError"])


@both
def test_error_event(face: Face) -> None:
    """An error inside a stream is raised, and nothing is asked again."""
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    script = Script(streamed([started(), opened(0, TEXT), closed(0), error], ended=False))
    with pytest.raises(StreamInterruptedError, match="overloaded_error"):
        face.stream_chat(llm_on(script), ASK)


@both
def test_errors_of_the_core_come_as_they_are(face: Face) -> None:
    """A rate limit is the package's own error, and reads as LlamaIndex's extractor looks for it."""
    body = {"type": "error", "error": {"type": "rate_limit_error", "message": "Slow down"}}
    answer = httpx.Response(429, headers={"request-id": "req_1"}, json=body)
    with pytest.raises(RateLimitError, match="req_1") as caught:
        face.chat(llm_on(Script(answer)), ASK)
    assert "429" in str(caught.value)
    assert "rate limit" in str(caught.value).lower()


@both
def test_attempts(face: Face) -> None:
    """An error tells of the attempts of its call."""
    body = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    answers = [
        httpx.Response(529, headers={"retry-after-ms": "0.001"}, json=body),
        httpx.Response(529, headers={"request-id": "req_2"}, json=body),
    ]
    with pytest.raises(OverloadedError) as caught:
        face.chat(llm_on(Script(*answers), max_retries=1), ASK)
    assert [(it.request.attempt, it.request_id) for it in caught.value.attempts] == [(1, None), (2, "req_2")]


@both
def test_misspelt_argument_of_a_call(face: Face) -> None:
    """A misspelt argument of a call is refused before anything is sent."""
    script = Script()
    with pytest.raises(ConfigurationError, match="max_tokens"):
        face.chat(llm_on(script), ASK, max_token=5)
    assert script.requests == []


@both
def test_prompt_that_is_no_text(face: Face) -> None:
    """A prompt of another type is refused by name, before anything is sent."""
    script = Script()
    with pytest.raises(ConfigurationError, match="prompt is int"):
        face.complete(llm_on(script), 42)
    assert script.requests == []


@both
def test_message_that_is_none(face: Face) -> None:
    """A message that is a plain dict is refused by its place, before anything is sent."""
    script = Script()
    with pytest.raises(ConfigurationError, match=r"messages\[1\] is dict: give a ChatMessage"):
        face.chat(llm_on(script), [*ASK, {"role": "user", "content": "Hello"}])
    assert script.requests == []


@both
def test_faults_of_a_whole_chat_are_retried(face: Face) -> None:
    """A fault in the middle of a long answer is retried: nothing of it was handed on."""
    begun = [started(), opened(0, {"type": "text", "text": ""}), grown(0, type="text_delta", text="Hel")]
    script = Script(streamed(begun, ended=False), played(TEXT))
    llm = llm_on(script, max_tokens=64_000, max_retries=1)
    for client in (llm.client, llm.async_client):
        client._sender.clock = FakeTime().clock()

    assert face.chat(llm, ASK).message.content == "Hellothere"
    assert [body["stream"] for body in sent(script)] == [True, True]


@pytest.mark.parametrize("messages", [None, 7])
def test_count_of_nothing(messages: Any) -> None:
    """What is no conversation is refused by name."""
    with pytest.raises(ConfigurationError, match=f"messages is {type(messages).__name__}"):
        llm_on(Script()).count_tokens(messages)
