"""The chat model's fields: construction, secrets, copies, pickles, and one client for many models."""

import copy
import logging
import pickle

import pytest
from langchain_core.exceptions import ModelInvalidRequestError
from langchain_core.load import dumpd, dumps, load
from langchain_core.tracers.run_collector import RunCollectorCallbackHandler
from pydantic import BaseModel

import claude_foundry
from claude_foundry import ConfigurationError
from claude_foundry._hooks import RequestInfo, ResponseInfo
from claude_foundry.langchain import ChatClaudeFoundry
from tests.answers import refused, streamed, whole
from tests.langchain.ways import (
    SECRET,
    Ask,
    ainvoked,
    answers,
    every_way,
    model,
    streams,
    whole_calls,
)
from tests.shells import Script

EPHEMERAL = {"type": "ephemeral"}


class Trip(BaseModel):
    """A trip."""

    city: str


def test_arguments() -> None:
    """LangChain's names for an argument are all understood."""
    made = ChatClaudeFoundry(
        model_name="d", max_tokens_to_sample=5, stop_sequences=["x"], request_timeout=3, resource="a", api_key="k"
    )

    assert (made.model, made.max_tokens, made.stop, made.timeout) == ("d", 5, ["x"], 3)


def test_versions() -> None:
    """What a tracer is told of a model names the version of this package beside that of langchain-core."""
    traced = RunCollectorCallbackHandler()

    model(Script(whole())).invoke("Hi", config={"callbacks": [traced]})

    versions = traced.traced_runs[0].metadata["lc_versions"]
    assert versions["claude-foundry"] == claude_foundry.__version__
    assert "langchain-core" in versions


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


def test_keys_in_an_address() -> None:
    """A key in the query of a pasted address is neither shown nor dumped nor sent."""
    made = ChatClaudeFoundry(model="d", base_url=f"https://a.example/anthropic?api-key={SECRET}", api_key="k")

    assert SECRET not in repr(made) + dumps(made) + str(made.asdict())
    assert made.endpoint == "https://a.example/anthropic"


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


def test_thousands_share_one_client() -> None:
    """However many models of equal settings there are, they have one client of each kind, and one transport."""
    made = [ChatClaudeFoundry(model=f"d{number}", resource="a", api_key="k") for number in range(3000)]

    assert len({id(one.client) for one in made}) == 1
    assert len({id(one.async_client) for one in made}) == 1
    assert len({id(one.client._sender.pool.client()) for one in made}) == 1


@every_way
def test_hooks(ask: Ask) -> None:
    """Hooks of a model are told of each attempt, those of its deep copies too; no dump or pickle holds them."""
    requests: list[RequestInfo] = []
    responses: list[ResponseInfo] = []
    made = model(Script(answers(ask), answers(ask)), on_request=requests.append, on_response=responses.append)

    ask(made, "Hi")
    ask(copy.deepcopy(made), "Hi")

    assert [told.model for told in requests] == ["claude-opus-5-5"] * 2
    assert [told.status_code for told in responses] == [200, 200]
    assert "append" not in repr(made) + dumps(made)
    assert pickle.loads(pickle.dumps(made)).on_request is None


def test_hooks_share_connections() -> None:
    """Models that differ in hooks only have clients of their own on the same connections."""
    settings = {"model": "d", "resource": "a", "api_key": "k"}
    plain, told = ChatClaudeFoundry(**settings), ChatClaudeFoundry(**settings, on_request=print)

    assert told.client is not plain.client
    assert told.client is told.client
    assert told.client._sender.pool is plain.client._sender.pool
    assert told.client._sender.learnt is plain.client._sender.learnt
    assert told.async_client._sender.pool is plain.async_client._sender.pool


def test_asynchronous_hooks() -> None:
    """A coroutine function serves as a hook of the asynchronous methods, and is refused by the others."""
    heard: list[RequestInfo] = []

    async def hook(told: RequestInfo) -> None:
        heard.append(told)

    made = model(Script(whole()), on_request=hook)

    ainvoked(made, "Hi")
    with pytest.raises(ModelInvalidRequestError, match="on_request is asynchronous") as caught:
        made.invoke("Hi")

    assert isinstance(caught.value, ConfigurationError)

    assert len(heard) == 1


@streams
def test_max_event_bytes(ask: Ask) -> None:
    """A stream with a larger event than the model takes is broken off."""
    with pytest.raises(claude_foundry.FoundryError, match=r"20 bytes \(max_event_bytes\)"):
        ask(model(Script(streamed()), max_event_bytes=20), "Hi")


@whole_calls
def test_max_retry_after(ask: Ask) -> None:
    """A service that asks to wait for longer than the model may is not waited for."""
    service = Script(refused(429, kind="rate_limit_error", headers={"retry-after": "7"}))

    with pytest.raises(claude_foundry.RateLimitError) as caught:
        ask(model(service, max_retries=2, max_retry_after=5), "Hi")

    assert caught.value.retry_after == 7
    assert len(service.requests) == 1


@whole_calls
def test_no_betas_but_the_callers(ask: Ask) -> None:
    """With the switch off a request names the betas that the model is given, and no others."""
    service = Script(answers(ask), answers(ask))
    servers = [{"type": "url", "name": "a", "url": "https://a.example"}]

    for automatic in (True, False):
        ask(model(service, betas=["one"], mcp_servers=servers, automatic_betas=automatic), "Hi")

    named = [request.headers["anthropic-beta"] for request in service.requests]
    assert named == ["one,mcp-client-2025-11-20", "one"]


def test_copies_with_changes() -> None:
    """A copy with another endpoint has a client of its own, though the first was used before."""
    made = ChatClaudeFoundry(model="d", resource="a", api_key="k")
    assert made.client.base_url.startswith("https://a.")

    changed = made.model_copy(update={"resource": "b"})

    assert changed.client.base_url.startswith("https://b.")
    assert made.client.base_url.startswith("https://a.")


@pytest.mark.parametrize("used", [False, True])
def test_everything_travels(used: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that was used, bound to tools or to structured output, is pickled, copied and dumped like a new one."""
    monkeypatch.setenv("ANTHROPIC_FOUNDRY_API_KEY", "other")
    made = ChatClaudeFoundry(model="d", resource="a", api_key=SECRET, reasoning_effort="low", cache_control=EPHEMERAL)
    if used:
        assert made.client.base_url
    bound = made.bind_tools([Trip], tool_choice="Trip")

    opened = pickle.loads(pickle.dumps(bound))

    assert opened.kwargs == bound.kwargs
    assert (opened.bound.reasoning_effort, opened.bound.cache_control) == ("low", EPHEMERAL)
    assert copy.deepcopy(bound).kwargs == bound.kwargs
    assert SECRET not in dumps(bound)
