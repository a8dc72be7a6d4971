"""What the clients offer beside sending."""

import pytest

from claude_foundry import AsyncFoundryClient, ConfigurationError, FoundryClient, UnsupportedOnFoundryError

CLIENTS = pytest.mark.parametrize("kind", [FoundryClient, AsyncFoundryClient])


@CLIENTS
def test_what_foundry_does_not_have(kind: type) -> None:
    """What Foundry does not have is refused by name before any request, saying what to use instead."""
    client = kind("a", api_key="k")

    for use in (
        lambda: client.models.list(),
        lambda: client.messages.batches.create(requests=[]),
        lambda: client.admin.users,
        lambda: client.models(),
    ):
        with pytest.raises(UnsupportedOnFoundryError, match="Microsoft Foundry does not have"):
            use()


@CLIENTS
def test_with_options(kind: type) -> None:
    """Options give another client on the same connections; the first stays as it was."""
    client = kind("a", api_key="k", default_headers={"x-a": "1"})

    other = client.with_options(timeout=3, max_retries=0, default_headers={"x-b": "2"})

    assert other._sender.pool is client._sender.pool
    assert (other._sender.config.max_retries, client._sender.config.max_retries) == (0, 2)
    assert dict(other._sender.config.default_headers) == {"x-a": "1", "x-b": "2"}
    with pytest.raises(ConfigurationError, match="timeout"):
        client.with_options(timeout=0)


@CLIENTS
def test_streams_are_entered(kind: type) -> None:
    """A stream that is not entered says how to."""
    stream = kind("a", api_key="k").messages.stream(
        model="m", max_tokens=1, messages=[{"role": "user", "content": "Hi"}]
    )

    with pytest.raises(ConfigurationError, match=r"with client\.messages\.stream"):
        iter(stream) if kind is FoundryClient else aiter(stream)


def test_unknown_arguments() -> None:
    """An argument that does not exist is refused by Python itself."""
    with pytest.raises(TypeError, match="ressource"):
        FoundryClient(ressource="a")  # type: ignore[call-arg]
