"""LangChain's own middlewares around the chat model: what they do on its errors, its counts and its calls."""

import asyncio
from typing import Any

import httpx
import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import (
    ContextEditingMiddleware,
    HumanInTheLoopMiddleware,
    ModelFallbackMiddleware,
    ModelRetryMiddleware,
    SummarizationMiddleware,
)
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.runnables.retry import RunnableRetry
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from claude_foundry import AuthenticationError, NotFoundError
from claude_foundry.langchain import ChatClaudeFoundry, FoundryPromptCachingMiddleware
from tests.answers import message, refused, whole
from tests.langchain.ways import model, sent
from tests.shells import Script

ASKED = {"messages": [("user", "Hi")]}
LONG = {"type": "error", "error": {"type": "invalid_request_error", "message": "prompt is too long: 9 tokens > 8"}}
ways = pytest.mark.parametrize("way", ["sync", "async"])
_RETRIED = str(RunnableRetry.model_fields["retry_exception_types"].annotation)
summarizing = pytest.mark.skipif(
    "Callable" not in _RETRIED, reason="langchain's summaries need retries by a function, which langchain-core lacks"
)


@tool
def multiply(first: int, second: int) -> int:
    """Multiply two numbers."""
    return first * second


def run(agent: Any, asked: Any, way: str, **config: Any) -> Any:
    return agent.invoke(asked, **config) if way == "sync" else asyncio.run(agent.ainvoke(asked, **config))


@ways
@pytest.mark.parametrize(
    "fault", [refused(529), refused(429), refused(503), httpx.ConnectError("refused")], ids=lambda fault: str(fault)
)
def test_retried(way: str, fault: Any) -> None:
    """What may succeed is tried again by the retry middleware."""
    service = Script(fault, whole())
    retry = ModelRetryMiddleware(max_retries=1, initial_delay=0, jitter=False)

    answer = run(create_agent(model(service), middleware=[retry]), ASKED, way)

    assert answer["messages"][-1].text == "Hello there."


@ways
def test_not_retried(way: str) -> None:
    """What cannot succeed is not tried again."""
    service = Script(refused(401))
    retry = ModelRetryMiddleware(max_retries=3, initial_delay=0, jitter=False, on_failure="error")

    with pytest.raises(AuthenticationError):
        run(create_agent(model(service), middleware=[retry]), ASKED, way)
    assert len(service.requests) == 1


@ways
def test_fallback(way: str) -> None:
    """Where one deployment fails another answers, and what is cached for the first is cached for it."""
    service = Script(refused(404), whole())
    agent = create_agent(
        model(service, model="first"),
        system_prompt="Be brief.",
        middleware=[FoundryPromptCachingMiddleware(), ModelFallbackMiddleware(model(service, model="second"))],
    )

    answer = run(agent, ASKED, way)

    assert answer["messages"][-1].text == "Hello there."
    assert [request["model"] for request in sent(service)] == ["first", "second"]
    assert all("cache_control" in request["system"][-1] for request in sent(service))


@ways
def test_fallback_of_the_model_itself(way: str) -> None:
    """LangChain's fallbacks of a model catch its errors by either family."""
    service = Script(refused(404), whole())
    asked = model(service).with_fallbacks([model(service, model="second")], exceptions_to_handle=(NotFoundError,))

    answer = asked.invoke("Hi") if way == "sync" else asyncio.run(asked.ainvoke("Hi"))

    assert answer.text == "Hello there."


def history(length: int) -> list[Any]:
    pairs = ((HumanMessage(f"Question {at}? " * 20), AIMessage(f"Answer {at}. " * 20)) for at in range(length))
    return [*(said for pair in pairs for said in pair), HumanMessage("Hi")]


@summarizing
@ways
def test_summarized(way: str) -> None:
    """A long history is summarized by the chat model, by the tokens that it reports."""
    service = Script(whole(message({"type": "text", "text": "They spoke."})), whole())
    llm = model(service)
    agent = create_agent(llm, middleware=[SummarizationMiddleware(llm, trigger=("tokens", 500), keep=("messages", 1))])

    answer = run(agent, {"messages": history(8)}, way)

    assert answer["messages"][-1].text == "Hello there."
    assert "They spoke." in str(sent(service)[1]["messages"])


@summarizing
@ways
def test_summary_of_too_much(way: str) -> None:
    """A summary that overflows the window is asked for once more with less."""
    service = Script(whole(LONG, status=400), whole(message({"type": "text", "text": "They spoke."})), whole())
    llm = model(service)
    agent = create_agent(llm, middleware=[SummarizationMiddleware(llm, trigger=("tokens", 500), keep=("messages", 1))])

    answer = run(agent, {"messages": history(8)}, way)

    assert answer["messages"][-1].text == "Hello there."
    sizes = [len(request.content) for request in service.requests[:2]]
    assert sizes[1] < sizes[0]


@ways
def test_context_editing_counts_by_the_model(way: str, emulator_settings: dict[str, str]) -> None:
    """Old results are cleared by the counts of the service."""
    llm = ChatClaudeFoundry(model="claude-haiku-4-5", **emulator_settings)
    agent = create_agent(llm, [multiply], middleware=[ContextEditingMiddleware(token_count_method="model")])

    answer = run(agent, {"messages": [("user", "What is 17 times 23? Use multiply.")]}, way)

    assert "391" in answer["messages"][-1].text


@ways
@pytest.mark.parametrize(
    ("decision", "result"),
    [
        ({"type": "approve"}, "391"),
        ({"type": "edit", "edited_action": {"name": "multiply", "args": {"first": 2, "second": 4}}}, "8"),
        ({"type": "reject", "message": "Not this."}, "Not this."),
    ],
    ids=["approve", "edit", "reject"],
)
def test_a_person_decides(decision: Any, result: str, way: str, emulator_settings: dict[str, str]) -> None:
    """A call waits for a person, who lets it pass, changes it or refuses it; the run goes on from its checkpoint."""
    llm = ChatClaudeFoundry(model="claude-opus-5-5", thinking={"type": "adaptive"}, **emulator_settings)
    person = HumanInTheLoopMiddleware(interrupt_on={"multiply": True})
    agent = create_agent(llm, [multiply], middleware=[person], checkpointer=InMemorySaver())
    thread = {"config": {"configurable": {"thread_id": "1"}}}

    waiting = run(agent, {"messages": [("user", "What is 17 times 23? Use multiply.")]}, way, **thread)
    done = run(agent, Command(resume={"decisions": [decision]}), way, **thread)

    assert waiting["__interrupt__"][0].value["action_requests"][0]["name"] == "multiply"
    results = [said for said in done["messages"] if isinstance(said, ToolMessage)]
    assert result in results[-1].text
    assert isinstance(done["messages"][-1], AIMessage)
