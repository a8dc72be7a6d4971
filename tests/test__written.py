"""The bodies of requests: secrets that are sealed in pydantic's way."""

import json
from typing import Any

import pytest
from pydantic import SecretStr

from claude_foundry import ConfigurationError
from tests.answers import whole
from tests.shells import REQUEST, FakeTime, Script, Shell, both

SERVER = {"type": "url", "name": "a", "url": "https://a.example"}


@both
def test_tokens_of_servers(shell: type[Shell]) -> None:
    """The token of an MCP server is sent as it is, sealed or not, and the caller's server stays as it was."""
    service, sealed = Script(whole()), SERVER | {"authorization_token": SecretStr("secret-token")}

    shell(service, FakeTime()).create(**REQUEST, mcp_servers=[sealed, SERVER])

    sent = json.loads(service.requests[0].content)["mcp_servers"]
    assert sent == [SERVER | {"authorization_token": "secret-token"}, SERVER]
    assert "secret-token" not in repr(sealed)


@both
@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"metadata": {"user_id": SecretStr("secret-token")}}, "metadata.user_id"),
        ({"extra_body": {"tools": [{"name": SecretStr("secret-token")}]}}, "tools.0.name"),
    ],
)
def test_sealed_elsewhere(shell: type[Shell], fields: dict[str, Any], place: str) -> None:
    """A sealed secret elsewhere is refused by its place, and neither shown nor sent as asterisks."""
    service = Script()

    with pytest.raises(ConfigurationError, match=place) as caught:
        shell(service, FakeTime()).create(**REQUEST, **fields)

    assert "secret-token" not in str(caught.value)
    assert not service.requests


@both
def test_asterisks_of_the_callers(shell: type[Shell]) -> None:
    """A text that looks like a sealed secret is a text."""
    service, said = Script(whole()), [{"role": "user", "content": "**********"}]

    shell(service, FakeTime()).create(**REQUEST | {"messages": said})

    assert json.loads(service.requests[0].content)["messages"] == said
