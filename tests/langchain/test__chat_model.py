"""The chat model: calls and streams, what it is told at each call, and histories of others."""

import asyncio
import base64
import json
from typing import Any

import httpx
import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.exceptions import (
    ModelConnectionError,
    ModelInvalidRequestError,
)
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.runnables import ConfigurableField

import claude_foundry
from claude_foundry import ConfigurationError
from claude_foundry.langchain import ChatClaudeFoundry
from tests.answers import error_event, message, pieces_of, refused, streamed, whole
from tests.langchain.test_standard import PIXEL
from tests.langchain.ways import (
    Ask,
    agathered,
    answers,
    every_way,
    gathered,
    model,
    sent,
    streams,
    whole_calls,
)
from tests.shells import Body, FakeTime, Script


@whole_calls
def test_whole(ask: Ask) -> None:
    """A call gives the answer with both ids in its metadata."""
    answer = ask(model(Script(whole())), "Hi")

    assert answer.text == "Hello there."
    assert (answer.response_metadata["request_id"], answer.response_metadata["apim_request_id"]) == ("req_1", "apim-1")


@streams
def test_streamed(ask: Ask) -> None:
    """A stream gives the answer with both ids in its metadata."""
    answer = ask(model(Script(streamed())), "Hi")

    assert answer.text == "Hello there."
    assert (answer.response_metadata["request_id"], answer.response_metadata["apim_request_id"]) == ("req_1", "apim-1")


@every_way
def test_retries(ask: Ask) -> None:
    """An answer tells, once in a stream, how many attempts failed before it."""
    failed = [refused(529, kind="overloaded_error", headers={"retry-after-ms": "0.001"}) for _ in range(2)]

    answer = ask(model(Script(*failed, answers(ask)), max_retries=2), "Hi")

    assert answer.response_metadata["retries_taken"] == 2


@streams
@pytest.mark.parametrize(("pieces", "told"), [(None, None), (-1, "message_delta")], ids=["stop", "delta"])
def test_end_of_a_stream(ask: Ask, pieces: int | None, told: str | None) -> None:
    """A stream that ended without ``message_stop`` gives an answer that says so; no other answer tells its end."""
    answer = ask(model(Script(streamed(pieces_of(message())[:pieces]))), "Hi")

    assert answer.text == "Hello there."
    assert answer.response_metadata.get("terminal") == told


@whole_calls
@pytest.mark.parametrize(("pieces", "told"), [(None, None), (-1, "message_delta")], ids=["stop", "delta"])
def test_end_of_a_long_answer(ask: Ask, pieces: int | None, told: str | None) -> None:
    """So does a long answer, which is streamed below."""
    answer = ask(model(Script(streamed(pieces_of(message())[:pieces])), max_tokens=64_000), "Hi")

    assert answer.text == "Hello there."
    assert answer.response_metadata.get("terminal") == told


def test_streamed_without_usage() -> None:
    """Without usage a stream loses its token counts and nothing else."""
    answer = gathered(model(Script(streamed()), stream_usage=False), "Hi")

    assert answer.usage_metadata is None
    assert answer.response_metadata["stop_reason"] == "end_turn"


@every_way
def test_feature_that_the_deployment_lacks(ask: Ask) -> None:
    """A feature that the deployment refuses is an error of both families, with the feature's name."""
    said = "structured_outputs not supported in your workspace."
    lacking = {"type": "error", "error": {"type": "invalid_request_error", "message": said}}

    with pytest.raises(ModelInvalidRequestError) as caught:
        ask(model(Script(whole(lacking, status=400))), "Hi")

    assert isinstance(caught.value, claude_foundry.FeatureNotSupportedError)
    assert caught.value.features == ("structured_outputs",)
    assert caught.value.deployment == "claude-opus-5-5"


@streams
def test_interrupted_stream(ask: Ask) -> None:
    """A stream that ends early is an error of both families, never a short success."""
    with pytest.raises(ModelConnectionError) as caught:
        ask(model(Script(streamed(pieces_of(message())[:5]))), "Hi")

    assert isinstance(caught.value, claude_foundry.StreamInterruptedError)


def test_leaving_a_stream_closes_it() -> None:
    """Leaving a stream early closes its connection at once."""
    body = Body(pieces_of(message()))
    stream = model(lambda _: httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=body)).stream(
        "Hi"
    )

    next(stream)
    stream.close()

    assert body.closed


def test_default_max_tokens() -> None:
    """Without max_tokens the model may write as much as it can; base_model tells which model a deployment holds."""
    service = Script(whole(), whole(), whole())

    for settings in ({}, {"model": "mine", "base_model": "claude-haiku-4-5"}, {"model": "mine", "max_tokens": 7}):
        model(service, **settings).invoke("Hi")

    assert [json.loads(request.content)["max_tokens"] for request in service.requests] == [128_000, 64_000, 7]


def test_several_event_loops(emulator_settings: dict[str, str]) -> None:
    """One model serves one event loop after the other."""
    made = ChatClaudeFoundry(model="claude-haiku-4-5", max_retries=0, **emulator_settings)

    for _ in range(3):
        assert asyncio.run(made.ainvoke("Hi")).text


def test_images_and_documents(emulator_settings: dict[str, str]) -> None:
    """Images and PDFs reach the model in LangChain's standard form."""
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image", "base64": base64.b64encode(PIXEL).decode(), "mime_type": "image/png"},
        {"type": "file", "base64": "JVBERi0=", "mime_type": "application/pdf"},
    ]

    answer = ChatClaudeFoundry(model="claude-haiku-4-5", **emulator_settings).invoke([HumanMessage(parts)])

    assert "image/png" in answer.text
    assert "application/pdf" in answer.text


@every_way
def test_version_and_thinking(ask: Ask) -> None:
    """The API's version, and what follows when reasoning belongs elsewhere, are the client's settings."""
    said = "messages.1.content.0: The block is bound to a different conversation."
    mismatch = {"type": "error", "error": {"type": "invalid_request_error", "message": said}}
    answer = streamed() if ask in (gathered, agathered) else whole()
    service = Script(whole(mismatch, status=400), answer)
    thought = {"type": "thinking", "thinking": "", "signature": "s"}
    history = [HumanMessage("a"), AIMessage([thought, {"type": "text", "text": "b"}]), HumanMessage("c")]

    told = ask(model(service, api_version="2026-10-21"), history)

    assert told.text == "Hello there."
    assert [b'"thinking"' in request.content for request in service.requests] == [True, False]
    assert {request.headers["anthropic-version"] for request in service.requests} == {"2026-10-21"}
    with pytest.raises(claude_foundry.BadRequestError, match="different conversation"):
        ask(model(Script(whole(mismatch, status=400)), on_thinking_mismatch="raise"), history)


YES, CALL = {"type": "text", "text": "Yes."}, {"type": "tool_use", "id": "c1", "name": "f", "input": {}}
HISTORIES = {
    "assistant last": [HumanMessage("Hi"), AIMessage("Done by another agent.", name="worker")],
    "assistant first": [AIMessage("Hello!"), HumanMessage("Hi")],
    "call in content": [HumanMessage("Hi"), AIMessage([CALL]), ToolMessage("2", tool_call_id="c1")],
    "unsigned thinking": [AIMessage([{"type": "thinking", "thinking": "of another"}, YES]), HumanMessage("So?")],
    "another provider's call": [AIMessage([{"type": "function_call", "name": "f"}, YES]), HumanMessage("So?")],
}


@pytest.mark.parametrize("history", list(HISTORIES.values()), ids=list(HISTORIES))
def test_histories_of_others(history: list[Any], emulator_settings: dict[str, str]) -> None:
    """Histories of other agents and providers are accepted."""
    assert ChatClaudeFoundry(model="claude-sonnet-5", **emulator_settings).invoke(history).text


def test_words_of_the_framework(emulator_settings: dict[str, str]) -> None:
    """What belongs to LangChain is not sent, and one stop sequence may be a string."""
    made = ChatClaudeFoundry(model="claude-haiku-4-5", **emulator_settings)

    assert made.bind(stream_usage=False).invoke("Hi").text
    assert made.invoke("Say a b", stop="b").response_metadata["stop_reason"]


@every_way
def test_configured_at_each_call(ask: Ask) -> None:
    """Fields that are configurable are set for a call, by name, and its model has the same client."""
    service = Script(*(answers(ask) for _ in range(3)))
    made = model(service).configurable_fields(max_tokens=ConfigurableField(id="limit"))

    ask(made, "Hi")
    ask(made.with_config(configurable={"limit": 7}), "Hi")
    ask(made.with_config(configurable={"limit": 9}), "Hi")

    assert [request["max_tokens"] for request in sent(service)] == [128_000, 7, 9]


@every_way
def test_alternatives(ask: Ask) -> None:
    """Another model may stand for this one at a call."""
    service = Script(answers(ask), answers(ask))
    made = model(service).configurable_alternatives(
        ConfigurableField(id="which"), default_key="first", second=model(service, model="claude-haiku-4-5")
    )

    ask(made, "Hi")
    ask(made.with_config(configurable={"which": "second"}), "Hi")

    assert [request["model"] for request in sent(service)] == ["claude-opus-5-5", "claude-haiku-4-5"]


def test_cached_answers(emulator_settings: dict[str, str], emulator: Any) -> None:
    """LangChain's cache of answers knows a model by its settings, and gives an answer again."""
    cache = InMemoryCache()
    made = [ChatClaudeFoundry(model="claude-haiku-4-5", cache=cache, max_tokens=64, **emulator_settings) for _ in "ab"]

    first, second = (one.invoke("Say something to remember.") for one in made)

    assert first.id == second.id
    assert second.usage_metadata["total_cost"] == 0


@pytest.mark.parametrize(
    "unshown",
    [
        {"default_headers": {"x-tenant": "b"}},
        {"mcp_servers": [{"type": "url", "name": "a", "url": "https://a.example", "authorization_token": "t0ken"}]},
        {"profile": {"max_output_tokens": 7}},
    ],
)
def test_cached_answers_of_models_that_differ_in_secret(unshown: dict[str, Any]) -> None:
    """Models that differ in what no dump shows share no answers, and the cache's keys do not show it."""
    cache, service = InMemoryCache(), Script(whole(), whole())
    one, same, other = model(service, cache=cache), model(service, cache=cache), model(service, cache=cache, **unshown)

    for asked in (one, same, other, other):
        asked.invoke("Hi")

    assert len(service.requests) == 2
    assert "t0ken" not in str(cache._cache)


# langchain-core older than the key warns of it, and keeps it.
@pytest.mark.filterwarnings("ignore:Unrecognized keys in model profile:UserWarning")
def test_profile_that_takes_later_system_messages() -> None:
    """A chat model whose profile says so sends a later system message in its place."""
    service = Script(whole())
    profile = {"mid_conversation_system_messages": True}

    model(service, profile=profile).invoke([SystemMessage("Be brief."), HumanMessage("Hi"), SystemMessage("Be kind.")])

    (request,) = sent(service)
    assert [turn["role"] for turn in request["messages"]] == ["user", "system"]
    assert request["system"] == [{"type": "text", "text": "Be brief."}]


@whole_calls
def test_faults_of_a_whole_call_are_retried(ask: Ask) -> None:
    """A fault in the middle of a long answer is retried: nothing of it was handed on."""
    service = Script(streamed([*pieces_of(message())[:6], error_event()]), streamed())
    made = model(service, max_retries=1)
    for client in (made.client, made.async_client):
        client._sender.clock = FakeTime().clock()

    assert ask(made, "Hi").text == "Hello there."
    assert [body["stream"] for body in sent(service)] == [True, True]


def test_trio() -> None:
    """Under trio, where LangChain runs in threads only, an asynchronous call is refused before anything is sent."""
    trio = pytest.importorskip("trio")
    service = Script(whole())
    llm = model(service)

    with pytest.raises(ConfigurationError, match=r"need asyncio, and trio runs here: .* in a thread"):
        trio.run(llm.ainvoke, "Hi")

    assert service.requests == []
    assert trio.run(trio.to_thread.run_sync, llm.invoke, "Hi").text == "Hello there."
