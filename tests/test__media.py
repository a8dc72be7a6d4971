"""What kinds of file are."""

import pytest

from claude_foundry._media import is_text


@pytest.mark.parametrize(
    "kind",
    [
        *("text/plain", "text/csv", "Text/Markdown; charset=utf-8", "application/json; charset=utf-8"),
        *("application/csv", "application/toml", "application/yaml", "application/sql", "application/x-ndjson"),
        *("application/ld+json", "application/atom+xml", "application/openapi+yaml"),
    ],
)
def test_text(kind: str) -> None:
    """Files of a kind that people write are text, whatever parameters the media type has."""
    assert is_text(kind)


@pytest.mark.parametrize(
    "kind", ["application/pdf", "application/zip", "image/png", "application/octet-stream", "application/jsonish", ""]
)
def test_not_text(kind: str) -> None:
    """Other files are not."""
    assert not is_text(kind)
