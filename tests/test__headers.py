"""Headers that a caller gives."""

from typing import Any

import pytest

from claude_foundry import ConfigurationError
from claude_foundry._headers import checked_headers


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"Authorization": "x"}, "default_headers"),
        ({"X-API-Key": "x"}, "default_headers"),
        ({"x-team": 1}, "default_headers"),
        ({1: "x"}, "default_headers"),
        ({"x team": "x"}, "default_headers"),
        ({"x-user": "José"}, "default_headers"),
        ({"x-user": "a\nb"}, "default_headers"),
        ({"Content-Length": "5"}, "which the client sets itself"),
        ({"transfer-encoding": "chunked"}, "which the client sets itself"),
        ({"Connection": "close"}, "which the client sets itself"),
        ({"Host": "elsewhere.example"}, "which the client sets itself"),
    ],
)
def test_wrong_headers(headers: dict[Any, Any], said: str) -> None:
    """What signs in, frames a request or is no header is refused, and its argument named."""
    with pytest.raises(ConfigurationError, match=said):
        checked_headers(headers, argument="default_headers")


def test_header_values_are_trimmed_and_not_echoed() -> None:
    """White space around a header's value is dropped; a value that cannot be sent is not shown."""
    found = checked_headers({"ocp-apim-subscription-key": "SECRET\n"}, argument="default_headers")

    assert found == (("ocp-apim-subscription-key", "SECRET"),)
    with pytest.raises(ConfigurationError) as caught:
        checked_headers({"ocp-apim-subscription-key": "SEC\nRET"}, argument="default_headers")
    assert "RET" not in str(caught.value)
