"""The token of an MCP server, set on an adapter or given to a call, is not shown where the call fails or is traced."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.tracers.run_collector import RunCollectorCallbackHandler
from llama_index.core.base.llms.types import ChatMessage
from pydantic import SecretStr

from claude_foundry import ConfigurationError
from claude_foundry.langchain import ChatClaudeFoundry
from claude_foundry.llamaindex import ClaudeFoundry
from tests.answers import refused, whole
from tests.faults.faces import MODEL
from tests.faults.test_leaks import KEY, TOKEN, Listener, failing, leaks, of_error

PLAIN = {"type": "url", "name": "a", "url": "https://a.example"}
SERVER = {**PLAIN, "authorization_token": TOKEN}
SEALED = {**PLAIN, "authorization_token": SecretStr(TOKEN)}
SAID = [ChatMessage("Hello")]


def over_http(kind: Callable[..., Any], answer: httpx.Response, **settings: Any) -> Any:
    name = "http_async_client" if kind is ChatClaudeFoundry else "async_http_client"
    transport = httpx.MockTransport(lambda _: answer)
    clients = {"http_client": httpx.Client(transport=transport), name: httpx.AsyncClient(transport=transport)}
    return kind(model=MODEL, resource="a", api_key=KEY, max_retries=0, **clients, **settings)


def made(kind: Callable[..., Any]) -> Any:
    return over_http(kind, refused(429), mcp_servers=[SERVER])


def set_later(kind: Callable[..., Any]) -> Any:
    model = over_http(kind, refused(429))
    model.mcp_servers = [SERVER]
    return model


def copied(kind: Callable[..., Any]) -> Any:
    return over_http(kind, refused(429)).model_copy(update={"mcp_servers": [SERVER]})


def in_a_loop(ask: Callable[[Any], Awaitable[Any]]) -> Callable[[Any], Any]:
    async def asked(model: Any) -> None:
        answer = await ask(model)
        if isinstance(answer, AsyncIterator):
            _ = [part async for part in answer]

    return lambda model: asyncio.run(asked(model))


async def streamed(model: Any) -> AsyncIterator[Any]:
    return model.astream("Hello")


WAYS: dict[str, tuple[Callable[..., Any], Callable[[Any], Any]]] = {
    "invoke": (ChatClaudeFoundry, lambda model: model.invoke("Hello")),
    "stream": (ChatClaudeFoundry, lambda model: list(model.stream("Hello"))),
    "ainvoke": (ChatClaudeFoundry, in_a_loop(lambda model: model.ainvoke("Hello"))),
    "astream": (ChatClaudeFoundry, in_a_loop(streamed)),
    "chat": (ClaudeFoundry, lambda llm: llm.chat(SAID)),
    "stream_chat": (ClaudeFoundry, lambda llm: list(llm.stream_chat(SAID))),
    "achat": (ClaudeFoundry, in_a_loop(lambda llm: llm.achat(SAID))),
    "astream_chat": (ClaudeFoundry, in_a_loop(lambda llm: llm.astream_chat(SAID))),
}


@pytest.mark.parametrize("make", [made, set_later, copied])
@pytest.mark.parametrize("way", WAYS)
def test_failed_calls(way: str, make: Callable[[Callable[..., Any]], Any]) -> None:
    """A token that is set on an adapter, or set later, is in nothing that is shown of a failed call."""
    kind, ask = WAYS[way]
    model = make(kind)

    error = failing(lambda: ask(model))

    assert "429" in str(error)
    assert leaks(of_error(error)) == []


class Started(BaseCallbackHandler):
    """Counts the calls that LangChain tells of."""

    calls = 0

    def on_chat_model_start(self, *_: Any, **__: Any) -> None:
        self.calls += 1


@pytest.mark.parametrize("call", [{"mcp_servers": [SERVER]}, {"extra_body": {"mcp_servers": [SERVER]}}])
@pytest.mark.parametrize("way", ["invoke", "stream", "ainvoke", "astream"])
def test_open_tokens_of_a_call(way: str, call: dict[str, Any]) -> None:
    """A token among the arguments of a call to a chat model is refused before any callback is told of the call."""
    started, ask = Started(), WAYS[way][1]
    model = over_http(ChatClaudeFoundry, whole(), callbacks=[started])

    class Asked:
        invoke = staticmethod(lambda said: model.invoke(said, **call))
        stream = staticmethod(lambda said: model.stream(said, **call))
        ainvoke = staticmethod(lambda said: model.ainvoke(said, **call))
        astream = staticmethod(lambda said: model.astream(said, **call))

    with pytest.raises(ConfigurationError, match="mcp_servers"):
        ask(Asked)
    assert started.calls == 0


@pytest.mark.parametrize("take", ["bind", "_get_llm_string", "bind_tools"])
def test_bound_tokens(take: str) -> None:
    """A token that is bound to a chat model, which the bound model and keys of caches would show, is refused."""
    model = over_http(ChatClaudeFoundry, whole())
    tools = {"tools": []} if take == "bind_tools" else {}

    with pytest.raises(ConfigurationError, match="mcp_servers"):
        getattr(model, take)(**tools, mcp_servers=[SERVER])


def test_sealed_tokens_of_a_call() -> None:
    """A sealed token among the arguments of a call is sent, and shown by no callback, traced run or bound model."""
    listener, runs = Listener(), RunCollectorCallbackHandler()
    bound = over_http(ChatClaudeFoundry, whole()).bind(mcp_servers=[SEALED])

    bound.invoke("Hello", config={"callbacks": [listener, runs]})

    traced = "".join(run.model_dump_json(exclude={"child_runs"}) for run in runs.traced_runs)
    assert leaks({"callbacks": "".join(listener.told), "traced runs": traced, "representation": repr(bound)}) == []


def test_keys_of_caches() -> None:
    """Calls with other sealed tokens have other keys in a cache, which show none."""
    model = over_http(ChatClaudeFoundry, whole())
    calls = [
        {},
        {"mcp_servers": [SEALED]},
        {"mcp_servers": [{**SEALED, "authorization_token": SecretStr("other")}]},
        {"extra_body": {"mcp_servers": [SEALED]}},
    ]

    keys = [model._get_llm_string(**call) for call in calls]

    assert len(set(keys)) == 4
    assert leaks({"keys": "".join(keys)}) == []


def test_keys_that_are_set_later() -> None:
    """A key that is set later, of the resource, is sealed as at construction: no dump or representation shows it."""
    model, llm = over_http(ChatClaudeFoundry, whole()), over_http(ClaudeFoundry, whole())
    model.api_key = llm.api_key = TOKEN

    shown = {
        "langchain": f"{model!r} {model.model_dump()} {model.model_dump_json()} {model.asdict()}",
        "llamaindex": f"{llm!r} {llm.model_dump()} {llm.model_dump_json()} {llm.to_json()}",
    }

    assert leaks(shown) == []
