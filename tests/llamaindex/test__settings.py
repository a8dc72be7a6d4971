"""What a ClaudeFoundry is made of."""

import asyncio
import copy
import inspect
import pickle
from typing import Any

import pytest
from llama_index.core.llms.llm import LLM
from llama_index.core.llms.mock import MockLLM
from pydantic import SecretStr

from claude_foundry.errors import ConfigurationError
from claude_foundry.llamaindex import ClaudeFoundry
from claude_foundry.server_tools import web_search
from tests.llamaindex.faces import llm_on, message, sent, whole
from tests.shells import Script

SERVER = {"type": "url", "name": "docs", "url": "https://example.com", "authorization_token": "sealed"}
SECRETS = {
    "api_key": "sealed-1",
    "default_headers": {"x-subscription": "sealed-2"},
    "resource": "my-resource",
    "model": "claude-sonnet-5",
}


@pytest.mark.parametrize(
    ("settings", "name"),
    [({"max_token": 5}, "max_tokens"), ({"mdoel": "m"}, "model"), ({"http_clent": None}, "http_client")],
)
def test_misspelt_argument(settings: dict[str, Any], name: str) -> None:
    """A misspelt argument is refused with the nearest right name."""
    with pytest.raises(ConfigurationError, match=name):
        ClaudeFoundry(**{"model": "m", **settings})


def test_arguments_of_llamaindex_are_taken() -> None:
    """All arguments that LlamaIndex gives to every LLM are taken."""
    values = MockLLM().__dict__
    ClaudeFoundry(model="m", **{name: values[name] for name in LLM.model_fields})


def test_signature_names_the_arguments() -> None:
    """The signature lists the arguments, for help and completion."""
    assert {"model", "resource", "api_key", "thinking"} <= set(inspect.signature(ClaudeFoundry).parameters)


@pytest.mark.parametrize(
    "settings",
    [
        {"model": "claude-opus-5-5", "temperature": 0.1},
        {"model": "own-name", "base_model": "claude-opus-5-5", "temperature": 0.0},
        {"model": "claude-opus-5-5", "additional_kwargs": {"top_k": 3}},
    ],
)
def test_sampling_is_refused_where_the_model_refuses_it(settings: dict[str, Any]) -> None:
    """A temperature for a model that takes none is an error at once."""
    with pytest.raises(ConfigurationError, match=r"temperature|top_k"):
        ClaudeFoundry(**settings)


def test_temperature_is_unset_by_default() -> None:
    """No temperature is sent unless it is set, zero included."""
    assert ClaudeFoundry(model="claude-haiku-4-5").temperature is None
    assert ClaudeFoundry(model="claude-haiku-4-5", temperature=0.0).temperature == 0.0


def test_more_tokens_than_the_model_writes() -> None:
    """An answer longer than a known model's cap is refused; of an unknown model nothing is claimed."""
    with pytest.raises(ConfigurationError, match="64000"):
        ClaudeFoundry(model="claude-haiku-4-5", max_tokens=100_000)
    ClaudeFoundry(model="own-name", max_tokens=100_000)


@pytest.mark.parametrize("name", ["api_key", "messages", "max_tokens", "thinking"])
def test_further_fields_are_not_the_named_ones(name: str) -> None:
    """What has an argument of its own is refused among the further fields."""
    with pytest.raises(ConfigurationError, match=name):
        ClaudeFoundry(model="m", additional_kwargs={name: "x"})


@pytest.mark.parametrize(
    ("settings", "window", "output", "name"),
    [
        ({"model": "claude-opus-5-5"}, 1_000_000, 16_384, "claude-opus-5-5"),
        ({"model": "team-claude-haiku-4-5-20251001"}, 200_000, 16_384, "claude-haiku-4-5"),
        ({"model": "own-name"}, 200_000, 16_384, "own-name"),
        ({"model": "own-name", "base_model": "claude-sonnet-5"}, 1_000_000, 16_384, "claude-sonnet-5"),
        ({"model": "own-name", "base_model": "claude-next"}, 200_000, 16_384, "claude-next"),
        ({"model": "m", "max_tokens": 512}, 200_000, 512, "m"),
        ({"model": "m", "context_window": 8_000}, 8_000, 4_000, "m"),
        ({"model": "m", "max_output": 1_000}, 200_000, 1_000, "m"),
        ({"model": "m", "max_tokens": 200_000}, 200_000, 100_000, "m"),
    ],
)
def test_metadata(settings: dict[str, Any], window: int, output: int, name: str) -> None:
    """The limits are the model's or the caller's, and the answer leaves room for a prompt."""
    metadata = ClaudeFoundry(**settings).metadata
    assert (metadata.context_window, metadata.num_output, metadata.model_name) == (window, output, name)
    assert metadata.is_chat_model
    assert metadata.is_function_calling_model


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"model": "claude-haiku-4-5", "thinking": True, "temperature": 0.0}, "temperature"),
        ({"model": "claude-opus-5-5", "thinking": False}, "thinking"),
        ({"model": "claude-haiku-4-5", "thinking": {"type": "between_tools"}}, "thinking"),
        ({"model": "m", "mcp_servers": [{"url": "https://example.com"}]}, "mcp_servers"),
        ({"model": "m", "additional_kwargs": {"extra_headers": {"x": "y"}}}, "default_headers"),
        ({"model": "m", "additional_kwargs": {"extra_body": {"mcp_servers": [SERVER]}}}, "mcp_servers"),
    ],
)
def test_contradictions(settings: dict[str, Any], name: str) -> None:
    """Settings that no request could carry are refused when the LLM is made."""
    with pytest.raises(ConfigurationError, match=name):
        ClaudeFoundry(**settings)


def test_servers_and_tools_of_every_request() -> None:
    """Tools of the service are sent with every request, and each MCP server has its toolset."""
    servers = [{"type": "url", "name": name, "url": f"https://{name}.example.com"} for name in ("docs", "code")]
    narrow = {"type": "mcp_toolset", "mcp_server_name": "docs", "default_config": {"enabled": False}}
    script = Script(whole(message()))

    llm_on(script, server_tools=[web_search(), narrow], mcp_servers=servers).complete("Hi")

    [body] = sent(script)
    assert [tool.get("mcp_server_name") for tool in body["tools"]] == [None, "docs", "code"]
    assert body["mcp_servers"] == servers
    assert script.requests[0].headers["anthropic-beta"] == "mcp-client-2025-11-20"


def test_options_are_sent() -> None:
    """Context editing, the automatic cache point and a container go with every request."""
    script = Script(whole(message()))
    edits = {"edits": [{"type": "clear_tool_uses_20250919"}]}

    llm_on(script, context_management=edits, cache_control={"type": "ephemeral"}, container="container_1").complete(
        "Hi"
    )

    [body] = sent(script)
    assert (body["context_management"], body["cache_control"]) == (edits, {"type": "ephemeral"})
    assert body["container"] == "container_1"


def test_token_of_a_server_is_nowhere_to_be_read() -> None:
    """A token for an MCP server is sent, and stands in no repr, dump or pickle; a copy has it."""
    llm = ClaudeFoundry(model="m", mcp_servers=[SERVER])
    written = [repr(llm), str(llm.to_dict()), str(llm.to_payload()), str(pickle.dumps(llm))]
    assert not [text for text in written if "sealed" in text]
    bare = {name: value for name, value in SERVER.items() if name != "authorization_token"}
    assert pickle.loads(pickle.dumps(llm)).mcp_servers == ClaudeFoundry.from_dict(llm.to_dict()).mcp_servers == [bare]
    assert copy.deepcopy(llm).mcp_servers == [SERVER]


def test_closing() -> None:
    """An LLM that was closed opens new connections when it is used again, and leaves HTTP clients of others open."""
    script = Script(*[whole(message({"type": "text", "text": "Hi"}))] * 2)
    with llm_on(script) as llm:
        llm.complete("Hello")
    assert llm.complete("Hello").text == "Hi"
    assert not llm.http_client.is_closed


def test_closing_in_an_event_loop() -> None:
    """Likewise with the asynchronous methods."""
    script = Script(*[whole(message({"type": "text", "text": "Hi"}))] * 2)

    async def ask() -> ClaudeFoundry:
        async with llm_on(script) as llm:
            await llm.acomplete("Hello")
        await llm.acomplete("Hello")
        return llm

    assert not asyncio.run(ask()).async_http_client.is_closed


def test_closing_what_was_never_opened() -> None:
    """An LLM that cannot even say where its endpoint is can be closed."""
    llm = ClaudeFoundry(model="m")
    llm.close()
    asyncio.run(llm.aclose())


def test_key_in_either_form() -> None:
    """A key is a string or a secret one, and is held as a secret."""
    plain = ClaudeFoundry(model="m", api_key="sealed-1")
    assert plain.api_key == ClaudeFoundry(model="m", api_key=SecretStr("sealed-1")).api_key == SecretStr("sealed-1")


def test_equal_settings_share_a_client() -> None:
    """LLMs of one endpoint and sign-in share one client, and so its connections."""
    one, same, other = (
        ClaudeFoundry(model=model, resource=resource, api_key="key")
        for model, resource in (("a", "r-1"), ("b", "r-1"), ("a", "r-2"))
    )
    assert one.client is same.client
    assert one.async_client is same.async_client
    assert one.client is not other.client


def test_settings_are_checked_when_the_client_is_made() -> None:
    """Making an LLM opens and resolves nothing; its first use names what is missing."""
    llm = ClaudeFoundry(model="m")
    assert llm.metadata.model_name == "m"
    with pytest.raises(ConfigurationError, match="resource"):
        _ = llm.client


def test_api_version() -> None:
    """The version of the API is the client's setting; one that is no date is refused by name."""
    service = Script(whole(message()))

    llm_on(service, api_version="2026-10-21").complete("Hi")

    assert service.requests[0].headers["anthropic-version"] == "2026-10-21"
    with pytest.raises(ConfigurationError, match="api_version="):
        llm_on(Script(), api_version="latest")


def test_no_betas_but_the_callers() -> None:
    """With the switch off a request names the betas that the LLM is given, and no others."""
    service = Script(whole(message()))
    servers = [{"type": "url", "name": "a", "url": "https://a.example"}]

    llm_on(service, betas=["one"], mcp_servers=servers, automatic_betas=False).complete("Hi")

    assert service.requests[0].headers["anthropic-beta"] == "one"


def test_keys_in_an_address() -> None:
    """A key in the query of a pasted address is neither shown nor dumped nor sent."""
    llm = ClaudeFoundry(model="m", base_url="https://a.example/anthropic?api-key=top-secret", api_key="k")

    assert "top-secret" not in repr(llm) + llm.to_json() + str(llm.to_dict())
    assert llm.client.base_url == "https://a.example/anthropic"
