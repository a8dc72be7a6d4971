"""What can be asked at all."""

import pytest

from claude_foundry._urls import is_usable


@pytest.mark.parametrize(
    ("url", "usable"),
    [
        ("https://gateway.example/anthropic", True),
        ("https://xn--bcher-kva.example/", True),
        ("http://[::1]:8484/", True),
        ("https://xn--zzzzzz.example/", False),
        ("https://[v1.a]/", False),
        ("https://gateway.example/\ud800", False),
        ("https:///a", False),
    ],
)
def test_usable(url: str, *, usable: bool) -> None:
    """A URL can be used where the HTTP library takes it whole, its host too."""
    assert is_usable(url) is usable
