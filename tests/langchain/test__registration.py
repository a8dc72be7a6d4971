"""The chat model under a name of LangChain's ``init_chat_model``."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from langchain.chat_models import base, init_chat_model

from claude_foundry import ConfigurationError
from claude_foundry.langchain import ChatClaudeFoundry, register

SETTINGS = {"resource": "a", "api_key": "k"}


@pytest.fixture(autouse=True)
def table() -> Iterator[None]:
    """Leaves LangChain's table of providers as it was."""
    before = dict(base._BUILTIN_PROVIDERS)
    yield
    base._BUILTIN_PROVIDERS.clear()
    base._BUILTIN_PROVIDERS.update(before)
    base._get_chat_model_creator.cache_clear()


@pytest.mark.parametrize(
    "given", [{"model": "claude_foundry:team-a"}, {"model": "team-a", "model_provider": "claude_foundry"}]
)
def test_registered(given: dict[str, str]) -> None:
    """Once registered, the chat model is made by its provider's name."""
    register()
    register()

    made = init_chat_model(**given, max_tokens=7, **SETTINGS)

    assert isinstance(made, ChatClaudeFoundry)
    assert (made.model, made.max_tokens) == ("team-a", 7)


def test_configurable() -> None:
    """A configurable model of LangChain's makes it at each call."""
    register("my_claude")

    made: Any = init_chat_model("my_claude:team-a", configurable_fields=("max_tokens",), **SETTINGS)

    assert made.with_config(configurable={"max_tokens": 9}).max_tokens == 9


def test_name_of_another_provider() -> None:
    """A provider of LangChain's own is not replaced."""
    with pytest.raises(ConfigurationError, match="openai"):
        register("openai")


@pytest.mark.parametrize("name", ["", "a:b", "My-Claude"])
def test_names_that_langchain_does_not_find(name: str) -> None:
    """A name that LangChain would not look up is refused."""
    with pytest.raises(ConfigurationError, match="name"):
        register(name)


def test_another_form_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where LangChain keeps its providers in another form, the error names the way without it."""
    monkeypatch.setattr(base, "_BUILTIN_PROVIDERS", {"openai": "langchain_openai"})
    with pytest.raises(ConfigurationError, match="ChatClaudeFoundry"):
        register()

    monkeypatch.delattr(base, "_BUILTIN_PROVIDERS")
    with pytest.raises(ConfigurationError, match="ChatClaudeFoundry"):
        register()
    monkeypatch.undo()


def test_without_langchain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without langchain the error says what to install."""
    monkeypatch.setitem(sys.modules, "langchain.chat_models.base", None)

    with pytest.raises(ConfigurationError, match=r"pip install .claude-foundry\[langchain-agents\]"):
        register()
