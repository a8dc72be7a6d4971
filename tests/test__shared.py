"""Clients that adapters share."""

from claude_foundry import _shared
from claude_foundry._config import Settings
from claude_foundry._shared import shared_async_client, shared_client

SETTINGS = Settings(resource="my-resource", api_key="key-of-a-test")


def test_equal_settings_share_a_client() -> None:
    """Equal settings give the same client while somebody holds it, others another."""
    client, looped = shared_client(SETTINGS), shared_async_client(SETTINGS)

    assert shared_client(SETTINGS) is client
    assert shared_async_client(SETTINGS) is looped
    assert shared_client(Settings(resource="other", api_key="key-of-a-test")) is not client


def test_forgotten() -> None:
    """What was shared is shared no further, and what is made then is."""
    client, looped = shared_client(SETTINGS), shared_async_client(SETTINGS)

    _shared.forget()

    fresh = shared_client(SETTINGS)
    assert fresh is not client
    assert shared_client(SETTINGS) is fresh
    assert shared_async_client(SETTINGS) is not looped
