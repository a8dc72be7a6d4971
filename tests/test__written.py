"""The bodies of requests: secrets that are sealed in pydantic's way."""

import json
from typing import Any

import pytest
from pydantic import SecretStr

from claude_foundry import ConfigurationError
from claude_foundry._written import json_of, opened, sealed, tokens
from tests.answers import whole
from tests.shells import REQUEST, FakeTime, Script, Shell, both

SERVER = {"type": "url", "name": "a", "url": "https://a.example"}


@both
def test_tokens_of_servers(shell: type[Shell]) -> None:
    """The token of an MCP server is sent as it is, sealed or not, and the caller's server stays as it was."""
    service, given = Script(whole()), SERVER | {"authorization_token": SecretStr("secret-token")}

    shell(service, FakeTime()).create(**REQUEST, mcp_servers=[given, SERVER])

    sent = json.loads(service.requests[0].content)["mcp_servers"]
    assert sent == [SERVER | {"authorization_token": "secret-token"}, SERVER]
    assert "secret-token" not in repr(given)


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


def test_bodies_that_hold_tokens() -> None:
    """What is written of a request with MCP servers shows nothing, nor does a part of it; any other is plain bytes."""
    written = json_of({"mcp_servers": [SERVER | {"authorization_token": "secret-token"}]})

    assert (repr(written), repr(written[2:])) == ("b'[sealed]'", "b'[sealed]'")
    assert b"secret-token" in written
    assert type(json_of({"messages": []})) is bytes


@pytest.mark.parametrize("token", ["secret-token", SecretStr("secret-token")])
def test_sealed_servers(token: str | SecretStr) -> None:
    """Servers are sealed, however their tokens were given, and opened again; neither shows one."""
    servers = [SERVER | {"authorization_token": token}, SERVER]

    closed = sealed(servers)

    assert closed == [SERVER | {"authorization_token": SecretStr("secret-token")}, SERVER]
    assert opened(closed) == [SERVER | {"authorization_token": "secret-token"}, SERVER]
    assert "secret-token" not in f"{closed} {opened(closed)}"


@pytest.mark.parametrize("fields", [{}, {"mcp_servers": None}, {"mcp_servers": 5}, {"mcp_servers": ["a"]}, None])
def test_no_tokens(fields: Any) -> None:
    """Where there are no servers, or none that can be read, there are no tokens."""
    assert tokens(fields) == ()
