"""Settings that are refused when an LLM is made."""

from typing import Any

import pytest

from claude_foundry.errors import ConfigurationError
from claude_foundry.llamaindex import ClaudeFoundry


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", ""),
        ("model", " "),
        ("model", None),
        ("base_model", " "),
        ("betas", [" "]),
        ("timeout", -1),
        ("timeout", 0),
        ("timeout", "soon"),
        ("timeout", {"connect": -1, "read": 1, "write": 1, "pool": 1, "total": 1}),
        ("max_retries", -1),
        ("max_tokens", 0),
        ("context_window", -1),
        ("api_version", "latest"),
        ("api_key", " "),
        ("azure_ad_token_provider", "token"),
        ("credential", "key"),
        ("base_url", "not an address"),
        ("resource", ""),
        ("default_headers", {"x-a": "b\0"}),
        ("default_headers", {"api-key": "b"}),
        ("structured_mode", "xml"),
    ],
)
def test_wrong_setting_is_refused_at_once(name: str, value: Any) -> None:
    """A setting that no call could be made with is refused by its name when the LLM is made."""
    with pytest.raises(ConfigurationError, match=name):
        ClaudeFoundry(**{"model": "m", name: value})


def test_settings_that_contradict_each_other() -> None:
    """Two endpoints, or two ways to sign in, are refused when the LLM is made."""
    with pytest.raises(ConfigurationError, match="resource and base_url"):
        ClaudeFoundry(model="m", resource="r", base_url="https://r.services.ai.azure.com/anthropic")
    with pytest.raises(ConfigurationError, match="api_key and azure_ad_token_provider"):
        ClaudeFoundry(model="m", api_key="key", azure_ad_token_provider=lambda: "token")


def test_missing_deployment() -> None:
    """An LLM without a deployment's name is refused by the argument's name."""
    with pytest.raises(ConfigurationError, match="model: Field required"):
        ClaudeFoundry(resource="my-resource")


def test_wrong_type_does_not_show_the_value() -> None:
    """An error about one argument shows no argument's value."""
    with pytest.raises(ConfigurationError, match=r"^cache_tools: .*; max_retries: ") as caught:
        ClaudeFoundry(model="m", api_key="sealed-1", cache_tools="sealed-2", max_retries="sealed-3")
    assert "sealed" not in str(caught.value)
    assert caught.value.__context__ is None
