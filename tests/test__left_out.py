"""What must be set again in an adapter that comes from a pickle."""

from typing import Any

import pytest

from claude_foundry import ConfigurationError
from claude_foundry._left_out import refuse_left_out

KEY = {"ANTHROPIC_FOUNDRY_API_KEY": "k"}


@pytest.mark.parametrize(
    ("names", "fields", "environ"),
    [
        (["api_key"], {"api_key": "k"}, {}),
        (["api_key"], {"api_key": None}, KEY),
        (["api_key"], {"credential": object()}, {}),
        (["credential"], {"azure_ad_token_provider": object()}, {}),
        (["default_headers"], {"default_headers": {}}, {}),
        (["http_async_client"], {}, {}),
        ([], {}, {}),
    ],
)
def test_set_again(names: list[str], fields: dict[str, Any], environ: dict[str, str]) -> None:
    """What was set again, or has something of its kind in its place, or is not used, is not asked for."""
    refuse_left_out(names, fields=fields, environ=environ, in_loop=False)


@pytest.mark.parametrize(
    ("names", "fields", "environ", "said"),
    [
        (["api_key"], {"api_key": None}, {}, "api_key: .*ANTHROPIC_FOUNDRY_API_KEY"),
        (["credential"], {}, KEY, "credential"),
        (["http_client", "default_headers"], {"api_key": "k"}, {}, "default_headers, http_client"),
    ],
)
def test_missing(names: list[str], fields: dict[str, Any], environ: dict[str, str], said: str) -> None:
    """What has nothing in its place is asked for by its name, as is the HTTP client of the methods used."""
    with pytest.raises(ConfigurationError, match=said):
        refuse_left_out(names, fields=fields, environ=environ, in_loop=False)
    with pytest.raises(ConfigurationError, match="async_http_client"):
        refuse_left_out(["async_http_client"], fields={}, environ={}, in_loop=True)
