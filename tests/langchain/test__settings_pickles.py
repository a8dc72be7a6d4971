"""What chat models that come from a pickle ask for before they send anything."""

import copy
import pickle
from typing import Any

import httpx
import pytest

from claude_foundry import ConfigurationError
from claude_foundry.langchain import ChatClaudeFoundry
from tests.test__auth import Credential

VARIABLE = "ANTHROPIC_FOUNDRY_API_KEY"
KEY = {"api_key": "k"}
CLIENT = httpx.Client()
SERVER = {"type": "url", "name": "a", "url": "https://a.example"}


def pickled(**given: Any) -> ChatClaudeFoundry:
    opened = pickle.loads(pickle.dumps(ChatClaudeFoundry(model="d", resource="a", **given)))
    assert isinstance(opened, ChatClaudeFoundry)
    return opened


@pytest.mark.parametrize(
    ("name", "value", "beside"),
    [
        ("credential", Credential(), {}),
        ("azure_ad_token_provider", lambda: "token", {}),
        ("default_headers", {"x-gateway": "b"}, KEY),
        ("mcp_servers", [SERVER], KEY),
        ("http_client", CLIENT, KEY),
    ],
)
def test_left_out(name: str, value: Any, beside: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """What a pickle leaves out is asked for by its name, though the environment has a key, until it is set again."""
    monkeypatch.setenv(VARIABLE, "other")
    opened = pickled(**{name: value}, **beside)

    for travelled in (opened, copy.deepcopy(opened), pickle.loads(pickle.dumps(opened))):
        with pytest.raises(ConfigurationError, match=name):
            travelled.invoke("Hi")

    assert opened.model_copy(update={name: value}).client.base_url == "https://a.services.ai.azure.com/anthropic"


def test_left_out_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that was given a key signs in with the environment's key, or another sign-in that it is given, or not."""
    monkeypatch.delenv(VARIABLE, raising=False)
    opened = pickled(**KEY)

    with pytest.raises(ConfigurationError, match=f"api_key.*{VARIABLE}"):
        opened.invoke("Hi")
    assert opened.model_copy(update={"credential": Credential()}).client
    monkeypatch.setenv(VARIABLE, "other")
    assert opened.client


def test_http_client_of_the_other_methods() -> None:
    """The asynchronous methods do without the synchronous ones' HTTP client."""
    opened = pickled(http_client=CLIENT, **KEY).model_copy(update=KEY)

    assert opened.async_client
    with pytest.raises(ConfigurationError, match="http_client"):
        opened.invoke("Hi")


def test_nothing_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model of settings alone, signed in by the environment, asks for nothing."""
    monkeypatch.setenv(VARIABLE, "other")

    assert pickled(max_tokens=5, on_request=print).client
