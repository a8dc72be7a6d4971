"""Paths below an endpoint."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry._address import below
from claude_foundry.errors import ConfigurationError

BASE = "https://my-resource.services.ai.azure.com/anthropic"


@pytest.mark.parametrize(
    ("path", "params", "url"),
    [
        ("v1/models", None, f"{BASE}/v1/models"),
        ("/v1/models", {}, f"{BASE}/v1/models"),
        ("v1/files/file_1/content", None, f"{BASE}/v1/files/file_1/content"),
        ("v1/a%20b", None, f"{BASE}/v1/a%20b"),
        ("@elsewhere.example", None, f"{BASE}/@elsewhere.example"),
        ("v1/files", {"limit": 3, "page": None}, f"{BASE}/v1/files?limit=3"),
        ("v1/files", {"ids": ["a", "b&c"]}, f"{BASE}/v1/files?ids=a&ids=b%26c"),
        ("v1/files", {"all": True, "some": [False, 1]}, f"{BASE}/v1/files?all=true&some=false&some=1"),
    ],
)
def test_below(path: str, params: dict[str, object] | None, url: str) -> None:
    """A path is put below the endpoint, with its query."""
    assert below(BASE, path, params=params) == url


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "https://elsewhere.example/v1/messages",
        "//elsewhere.example/v1",
        "../openai/v1",
        "v1/../../openai",
        "v1/%2e%2e/x",
        "v1/.%2E/x",
        "v1/./x",
        "v1/%252e%252e/x",
        "v1/a%2fb",
        "v1/a\\b",
        "v1//x",
        "v1/x?key=1",
        "v1/x#y",
        "v1/x y",
        "v1/x\n",
        "v1/%0a",
        None,
        b"v1",
    ],
)
def test_elsewhere(path: str) -> None:
    """A path that climbs, is absolute, or is none is refused, by name."""
    with pytest.raises(ConfigurationError, match="path="):
        below(BASE, path)


def test_too_long() -> None:
    """A path that makes a longer URL than can be sent is refused."""
    with pytest.raises(ConfigurationError, match="path"):
        below(BASE, "a" * 70_000)


@given(st.text(alphabet="a./\\%2eEfF:@?#;v1 \n", max_size=20))
def test_never_elsewhere(path: str) -> None:
    """Whatever the path, the URL stays below the endpoint, or there is none."""
    try:
        parts = urlsplit(below(BASE, path))
    except ConfigurationError:
        return
    assert (parts.scheme, parts.netloc) == ("https", "my-resource.services.ai.azure.com")
    assert parts.path.startswith("/anthropic/")
    assert ".." not in parts.path.split("/")
