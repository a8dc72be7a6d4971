"""Prompt caching for agents."""

import asyncio
import json
import subprocess
import sys
from typing import Any

import httpx
import pytest
from langchain.agents import create_agent
from langchain.chat_models import init_chat_model
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import SystemMessage
from langchain_core.runnables import ConfigurableField
from langchain_core.tools import tool

import claude_foundry.langchain as package
from claude_foundry import ConfigurationError
from claude_foundry.langchain import ChatClaudeFoundry, FoundryPromptCachingMiddleware, register
from tests.answers import whole
from tests.langchain.ways import model, sent
from tests.shells import Script

HOUR, MINUTES = {"type": "ephemeral", "ttl": "1h"}, {"type": "ephemeral", "ttl": "5m"}


@tool
def first(a: int) -> int:
    """First."""
    return a


@tool
def last(a: int) -> int:
    """Last."""
    return a


def request_of(middleware: Any, *, way: str = "sync", **agent: Any) -> dict[str, Any]:
    service = Script(whole())
    made: Any = create_agent(model(service), middleware=[middleware], **agent)
    asked = {"messages": [("user", "Hi")]}
    if way == "sync":
        made.invoke(asked)
    else:
        asyncio.run(made.ainvoke(asked))
    return sent(service)[0]


@pytest.mark.parametrize("way", ["sync", "async"])
def test_cache_points(way: str) -> None:
    """The last tool, the end of the system prompt and the end of the conversation are cached."""
    request = request_of(
        FoundryPromptCachingMiddleware(ttl="1h"), way=way, tools=[first, last], system_prompt="Be brief."
    )

    assert [given.get("cache_control") for given in request["tools"]] == [None, HOUR]
    assert request["system"] == [{"type": "text", "text": "Be brief.", "cache_control": HOUR}]
    assert request["cache_control"] == HOUR
    assert first.extras is None
    assert last.extras is None


def test_points_of_the_user() -> None:
    """What a user marks keeps the time that the user gave it."""
    system = SystemMessage([{"type": "text", "text": "Be brief.", "cache_control": HOUR}])

    request = request_of(FoundryPromptCachingMiddleware(), tools=[], system_prompt=system)

    assert request["system"][0]["cache_control"] == HOUR
    assert request["cache_control"] == MINUTES


def test_deferred_tools() -> None:
    """A tool that is deferred is no part of the prompt, and is not marked."""
    deferred = tool(first.func, extras={"defer_loading": True})

    request = request_of(FoundryPromptCachingMiddleware(), tools=[last, deferred])

    assert {given["name"]: "cache_control" in given for given in request["tools"]} == {"last": True, "first": False}


@pytest.mark.parametrize(("least", "cached"), [(2, True), (3, False)])
def test_short_conversations(least: int, cached: bool) -> None:
    """A conversation of fewer messages than asked for is not cached; the system prompt counts as one."""
    request = request_of(
        FoundryPromptCachingMiddleware(min_messages_to_cache=least), tools=[first], system_prompt="Be brief."
    )

    assert ("cache_control" in json.dumps(request)) is cached


def other(behavior: Any) -> Any:
    middleware = FoundryPromptCachingMiddleware(unsupported_model_behavior=behavior)
    return create_agent(FakeListChatModel(responses=["Yes."]), tools=[], middleware=[middleware])


def test_models_of_others() -> None:
    """For another model it does nothing, warns or raises, as asked."""
    asked = {"messages": [("user", "Hi")]}

    assert other("ignore").invoke(asked)["messages"][-1].text == "Yes."
    with pytest.warns(UserWarning, match="FakeListChatModel"):
        other("warn").invoke(asked)
    with pytest.raises(ConfigurationError, match="FakeListChatModel"):
        other("raise").invoke(asked)


@pytest.mark.parametrize(
    "wrong", [{"type": "forever"}, {"ttl": "2h"}, {"unsupported_model_behavior": "shout"}], ids=lambda wrong: str(wrong)
)
def test_wrong_arguments(wrong: dict[str, Any]) -> None:
    """A wrong argument is refused by name when the middleware is made."""
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        FoundryPromptCachingMiddleware(**wrong)


def test_agents_accept_and_read_the_cache(emulator_settings: dict[str, str]) -> None:
    """The service accepts the cache points of a loop with tools, and reads from them."""
    prompt = "You are careful with numbers. " * 900
    agent: Any = create_agent(
        ChatClaudeFoundry(model="claude-haiku-4-5", **emulator_settings),
        tools=[first],
        system_prompt=prompt,
        middleware=[FoundryPromptCachingMiddleware()],
    )

    *_, answer = agent.invoke({"messages": [("user", "Call first with 17.")]})["messages"]

    assert answer.usage_metadata["input_token_details"]["cache_read"] > 0


def test_imported_when_asked_for() -> None:
    """The chat model is imported without LangChain's agents."""
    script = "import sys, claude_foundry.langchain as found; print('langchain.agents' in sys.modules, end=' ');"
    script += "found.FoundryPromptCachingMiddleware; print('langchain.agents' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=50)

    assert done.stdout.split() == ["False", "True"]


def test_no_other_names() -> None:
    """A name that is not there is an AttributeError, as of any module."""
    with pytest.raises(AttributeError, match="nothing"):
        _ = package.nothing


FIELDS = {"temperature": ConfigurableField(id="temperature")}


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda made: made.configurable_fields(**FIELDS),
        lambda made: made.configurable_alternatives(
            ConfigurableField(id="which"), other=FakeListChatModel(responses=[])
        ),
        lambda made: made.bind(temperature=None),
    ],
)
def test_models_inside_others(wrapped: Any) -> None:
    """A chat model that is bound or chosen by the configuration of a run is seen through."""
    middleware = FoundryPromptCachingMiddleware(unsupported_model_behavior="raise")

    assert middleware._is_supported(wrapped(model()))


def test_models_of_init_chat_model() -> None:
    """A model that LangChain makes for each run, with fields that the run sets, has its prompts cached."""
    register()
    service = Script(whole())
    clients = {"http_client": httpx.Client(transport=httpx.MockTransport(service))}
    settings = {"resource": "a", "api_key": "k", "max_retries": 0, **clients}
    made = init_chat_model("claude_foundry:claude-opus-5-5", configurable_fields=("max_tokens",), **settings)
    middleware = FoundryPromptCachingMiddleware(unsupported_model_behavior="raise")

    agent: Any = create_agent(made, middleware=[middleware])
    agent.invoke({"messages": [("user", "Hi")]}, config={"configurable": {"max_tokens": 7}})

    (request,) = sent(service)
    assert (request["cache_control"], request["max_tokens"]) == (MINUTES, 7)
