"""Settings that are refused when a chat model is made."""

import pytest

from claude_foundry import ConfigurationError
from claude_foundry.langchain import ChatClaudeFoundry
from tests.answers import whole
from tests.langchain.ways import SECRET, model, sent
from tests.shells import Script


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", ""),
        ("model", None),
        ("base_model", " "),
        ("temperature", "hot"),
        ("thinking", "hard"),
        ("max_tokens", -1),
        ("reasoning_effort", "extreme"),
        ("timeout", -1),
        ("max_retries", -1),
        ("on_request", "print"),
        ("on_thinking_mismatch", "ignore"),
        ("model_kwargs", {"temperature": 1}),
        ("model_kwargs", {"mcp_servers": [{"authorization_token": SECRET}]}),
        ("model_kwargs", {"extra_body": {"mcp_servers": [{"authorization_token": SECRET}]}}),
        ("model_kwargs", {"messages": []}),
        ("model_kwargs", {"extra_headers": {"x-gateway-key": SECRET}}),
    ],
)
def test_wrong_settings(name: str, value: object) -> None:
    """A setting that no call could be made with is refused by its name when the model is made, and not shown."""
    with pytest.raises(ConfigurationError, match=name) as caught:
        model(**{name: value})
    assert SECRET not in str(caught.value)


def test_missing_model() -> None:
    """A model without the name of a deployment is refused like any other wrong setting."""
    with pytest.raises(ConfigurationError, match="model"):
        ChatClaudeFoundry(resource="a", api_key="k")


def test_metadata_of_the_api() -> None:
    """What LangChain has another argument of the same name for goes out from ``model_kwargs``."""
    service = Script(whole())

    model(service, model_kwargs={"metadata": {"user_id": "u"}}).invoke("Hi")

    assert sent(service)[0]["metadata"] == {"user_id": "u"}
