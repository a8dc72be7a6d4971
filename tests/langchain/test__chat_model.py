"""The chat model: construction, secrets, copies, calls and streams."""

import asyncio
import base64
import copy
import json
import logging
import pickle
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from langchain_core.exceptions import (
    ContextOverflowError,
    ModelConnectionError,
    ModelInvalidRequestError,
    ModelNotFoundError,
    ModelRateLimitError,
)
from langchain_core.load import dumpd, dumps, load
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage, trim_messages
from langchain_core.tracers.run_collector import RunCollectorCallbackHandler
from pydantic import BaseModel

import claude_foundry
from claude_foundry import ConfigurationError
from claude_foundry.langchain import ChatClaudeFoundry
from tests.answers import message, pieces_of, refused, streamed, whole
from tests.langchain.test_standard import PIXEL
from tests.shells import Body, Script

SECRET = "top-secret-key"
Ask = Callable[[ChatClaudeFoundry, Any], AIMessage]


def invoked(model: ChatClaudeFoundry, prompt: Any) -> AIMessage:
    return model.invoke(prompt)


def ainvoked(model: ChatClaudeFoundry, prompt: Any) -> AIMessage:
    return asyncio.run(model.ainvoke(prompt))


def gathered(model: ChatClaudeFoundry, prompt: Any) -> AIMessage:
    first, *rest = model.stream(prompt)
    return sum(rest, first)


def agathered(model: ChatClaudeFoundry, prompt: Any) -> AIMessage:
    async def gather() -> AIMessage:
        chunks = [chunk async for chunk in model.astream(prompt)]
        return sum(chunks[1:], chunks[0])

    return asyncio.run(gather())


whole_calls = pytest.mark.parametrize("ask", [invoked, ainvoked])
streams = pytest.mark.parametrize("ask", [gathered, agathered])
every_way = pytest.mark.parametrize("ask", [invoked, ainvoked, gathered, agathered])


def model(service: Any = None, **settings: Any) -> ChatClaudeFoundry:
    service = service or Script()
    clients = {
        "http_client": httpx.Client(transport=httpx.MockTransport(service)),
        "http_async_client": httpx.AsyncClient(transport=httpx.MockTransport(service)),
    }
    return ChatClaudeFoundry(
        **{"model": "claude-opus-5-5", "resource": "a", "api_key": SECRET, "max_retries": 0, **clients, **settings}
    )


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


def test_streamed_without_usage() -> None:
    """Without usage a stream loses its token counts and nothing else."""
    answer = gathered(model(Script(streamed()), stream_usage=False), "Hi")

    assert answer.usage_metadata is None
    assert answer.response_metadata["stop_reason"] == "end_turn"


@every_way
@pytest.mark.parametrize(
    ("status", "kind", "ours", "theirs"),
    [
        (404, "not_found_error", claude_foundry.NotFoundError, ModelNotFoundError),
        (429, "rate_limit_error", claude_foundry.RateLimitError, ModelRateLimitError),
    ],
)
def test_errors_are_of_both_families(ask: Ask, status: int, kind: str, ours: type, theirs: type) -> None:
    """An error is caught as this package's and as langchain-core's, and says whether a retry may help."""
    with pytest.raises(theirs) as caught:
        ask(model(Script(refused(status, kind=kind))), "Hi")

    assert isinstance(caught.value, ours)
    assert (caught.value.request_id, caught.value.is_retryable) == ("req_1", status == 429)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


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


def test_overflow() -> None:
    """A prompt longer than the window is langchain-core's overflow, on which middlewares compact."""
    long = {"type": "error", "error": {"type": "invalid_request_error", "message": "prompt is too long: 9 tokens > 8"}}

    with pytest.raises(ContextOverflowError):
        model(Script(whole(long, status=400))).invoke("Hi")


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


def test_arguments() -> None:
    """LangChain's names for an argument are all understood."""
    made = ChatClaudeFoundry(
        model_name="d", max_tokens_to_sample=5, stop_sequences=["x"], request_timeout=3, resource="a", api_key="k"
    )

    assert (made.model, made.max_tokens, made.stop, made.timeout) == ("d", 5, ["x"], 3)


def test_misspelt_arguments() -> None:
    """An argument that does not exist is refused with the nearest that does."""
    with pytest.raises(ConfigurationError, match=r"'temprature'.*'temperature'"):
        model(temprature=0.5)
    with pytest.raises(ConfigurationError, match="model_kwargs"):
        model(zzz=1)


def test_wrong_values_are_not_echoed() -> None:
    """A refusal of arguments never shows the key."""
    with pytest.raises(ValueError, match="max_tokens") as caught:
        model(max_tokens="many")
    assert SECRET not in str(caught.value)


def test_missing_endpoint() -> None:
    """What is missing is told when the model is made."""
    with pytest.raises(ConfigurationError, match="ANTHROPIC_FOUNDRY_RESOURCE"):
        ChatClaudeFoundry(model="d", api_key="k")


def test_default_max_tokens() -> None:
    """Without max_tokens the model may write as much as it can; base_model tells which model a deployment holds."""
    service = Script(whole(), whole(), whole())

    for settings in ({}, {"model": "mine", "base_model": "claude-haiku-4-5"}, {"model": "mine", "max_tokens": 7}):
        model(service, **settings).invoke("Hi")

    assert [json.loads(request.content)["max_tokens"] for request in service.requests] == [128_000, 64_000, 7]


@every_way
def test_secret_is_sealed(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    """The key is in no representation, dump, pickle, trace or log."""
    made = model(Script(refused(401, kind="authentication_error")), default_headers={"x-team": SECRET})
    runs = RunCollectorCallbackHandler()

    with caplog.at_level(logging.DEBUG), pytest.raises(claude_foundry.AuthenticationError) as caught:
        ask(made.with_config(callbacks=[runs]), "Hi")

    seen = [
        repr(made),
        str(made),
        dumps(made),
        str(made.asdict()),
        str(runs.traced_runs),
        caplog.text,
        repr(caught.value),
    ]
    assert not any(SECRET in text for text in seen)
    assert SECRET.encode() not in pickle.dumps(made)


def test_copies() -> None:
    """Copies work, keep their settings, and make clients of their own."""
    made = model(Script(whole(), whole(), whole()))
    made.invoke("Hi")

    for copied in (copy.deepcopy(made), made.model_copy(update={"max_tokens": 3})):
        assert copied.invoke("Hi").text == "Hello there."


def test_pickles_take_settings_and_leave_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pickle carries the settings; sign-in comes from the environment where it is opened."""
    made = ChatClaudeFoundry(model="d", resource="a", api_key=SECRET, max_tokens=3)
    assert made.client.base_url.startswith("https://a.")

    monkeypatch.setenv("ANTHROPIC_FOUNDRY_API_KEY", "other")
    opened = pickle.loads(pickle.dumps(made))

    assert (opened.max_tokens, opened.api_key) == (3, None)
    assert opened.client.base_url == made.client.base_url
    assert opened.client is not made.client


@pytest.mark.filterwarnings("ignore:The function `load` is in beta")
def test_revived_from_its_dump(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dump is revived where the class is allowed, with the key of the environment."""
    monkeypatch.setenv("ANTHROPIC_FOUNDRY_API_KEY", SECRET)
    made = ChatClaudeFoundry(model="d", resource="a", api_key=SECRET, max_tokens=3)

    revived = load(
        dumpd(made), secrets_from_env=True, valid_namespaces=["claude_foundry"], allowed_objects=[ChatClaudeFoundry]
    )

    assert (revived.model, revived.max_tokens) == ("d", 3)


def test_equal_models_share_a_client() -> None:
    """Models with equal settings share one client; others do not."""
    settings = {"model": "d", "resource": "a", "api_key": "k"}
    one, two, other = (
        ChatClaudeFoundry(**settings),
        ChatClaudeFoundry(**settings),
        ChatClaudeFoundry(**{**settings, "timeout": 3}),
    )

    assert one.client is two.client
    assert one.async_client is two.async_client
    assert other.client is not one.client


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


class Trip(BaseModel):
    """A trip."""

    city: str
    days: int


@pytest.mark.parametrize("name", ["claude-haiku-4-5", "claude-opus-5-5", "claude-haiku-5-5"])
@pytest.mark.parametrize("way", ["sync", "async", "stream"])
def test_structured_output(emulator_settings: dict[str, str], name: str, way: str) -> None:
    """Structured output works on models with and without a forced tool choice or native output."""
    structured = ChatClaudeFoundry(model=name, **emulator_settings).with_structured_output(Trip)
    prompt = "A trip to Paris for 3 days."

    match way:
        case "sync":
            trip = structured.invoke(prompt)
        case "async":
            trip = asyncio.run(structured.ainvoke(prompt))
        case _:
            trip = list(structured.stream(prompt))[-1]

    assert trip == Trip(city="Paris", days=3)


def test_structured_output_with_raw(emulator_settings: dict[str, str]) -> None:
    """The message it came from, and the error of reading it, are there when asked for."""
    structured = ChatClaudeFoundry(model="claude-haiku-4-5", **emulator_settings).with_structured_output(
        Trip, include_raw=True
    )

    found = structured.invoke("A trip to Paris for 3 days.")

    assert found["parsed"] == Trip(city="Paris", days=3)
    assert isinstance(found["raw"], AIMessage)
    assert found["parsing_error"] is None


def test_counting(emulator_settings: dict[str, str]) -> None:
    """Tokens are counted by the service, with the tools that would be bound."""
    made = ChatClaudeFoundry(model="claude-haiku-4-5", **emulator_settings)

    plain = made.get_num_tokens_from_messages([HumanMessage("Hi")])
    with_tools = made.get_num_tokens_from_messages([HumanMessage("Hi")], tools=[Trip])

    assert 0 < plain < with_tools


@every_way
def test_version_and_thinking(ask: Ask) -> None:
    """The API's version, and what follows when reasoning belongs elsewhere, are the client's settings."""
    said = "messages.1.content.0: The block is bound to a different conversation."
    mismatch = {"type": "error", "error": {"type": "invalid_request_error", "message": said}}
    answer = streamed() if ask in (gathered, agathered) else whole()
    service = Script(whole(mismatch, status=400), answer)
    thought = {"type": "thinking", "thinking": "", "signature": "s"}
    history = [HumanMessage("a"), AIMessage([thought, {"type": "text", "text": "b"}]), HumanMessage("c")]

    told = ask(model(service, api_version="2026-10-21", on_thinking_mismatch="strip"), history)

    assert told.text == "Hello there."
    assert [b'"thinking"' in request.content for request in service.requests] == [True, False]
    assert {request.headers["anthropic-version"] for request in service.requests} == {"2026-10-21"}


def test_counting_parts_of_a_conversation(emulator_settings: dict[str, str]) -> None:
    """Any part of a conversation can be counted, so that LangChain's trimming works with the model as its counter."""
    made = ChatClaudeFoundry(model="claude-haiku-4-5", **emulator_settings)
    history = [
        SystemMessage("Be brief."),
        HumanMessage("What is 17 times 23?"),
        AIMessage("", tool_calls=[{"name": "multiply", "args": {"a": 17, "b": 23}, "id": "c1"}]),
        ToolMessage("391", tool_call_id="c1"),
        AIMessage("391."),
        HumanMessage("And half of it?"),
    ]

    trimmed = trim_messages(
        history, max_tokens=60, strategy="last", include_system=True, start_on="human", token_counter=made
    )

    assert trimmed[0] == history[0]
    assert trimmed[-1] == history[-1]
    assert made.get_num_tokens("hello") > 0


class Scores(BaseModel):
    """Scores."""

    scores: dict[str, int]


def test_structured_output_that_the_api_cannot_hold(emulator_settings: dict[str, str]) -> None:
    """An open object goes by a tool, and is refused by name where the API's own output is asked for."""
    made = ChatClaudeFoundry(model="claude-opus-5-5", **emulator_settings)

    assert "tools" in made.with_structured_output(Scores).first.kwargs
    with pytest.raises(ConfigurationError, match="function_calling"):
        made.with_structured_output(Scores, method="json_schema")


def test_structured_output_beside_thinking(emulator_settings: dict[str, str]) -> None:
    """Where thinking forbids a forced tool, the API's own output is used."""
    thinking = {"type": "enabled", "budget_tokens": 1024}
    made = ChatClaudeFoundry(model="claude-sonnet-4-6", thinking=thinking, max_tokens=4096, **emulator_settings)

    assert made.with_structured_output(Trip).invoke("A trip to Paris for 3 days.") == Trip(city="Paris", days=3)


@pytest.mark.parametrize("method", ["function_calling", "json_schema"])
def test_structured_output_of_an_openai_tool(method: Any, emulator_settings: dict[str, str]) -> None:
    """A tool in OpenAI's form is a schema."""
    tool = {
        "type": "function",
        "function": {"name": "Trip", "description": "A trip.", "parameters": Trip.model_json_schema()},
    }
    made = ChatClaudeFoundry(model="claude-haiku-4-5", **emulator_settings)

    found = made.with_structured_output(tool, method=method).invoke("A trip to Paris for 3 days.")

    assert found == {"city": "Paris", "days": 3}


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
