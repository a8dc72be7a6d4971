"""Where the service's web tools may look."""

from typing import Any

import pytest

from claude_foundry import _web_limits
from claude_foundry.errors import ConfigurationError


@pytest.mark.parametrize(
    ("allowed", "blocked", "fields"),
    [
        (None, None, {}),
        (["a.example"], None, {"allowed_domains": ["a.example"]}),
        (("a.example",), [], {"allowed_domains": ["a.example"]}),
        (None, ["b.example"], {"blocked_domains": ["b.example"]}),
    ],
)
def test_domains(allowed: Any, blocked: Any, fields: dict[str, Any]) -> None:
    """Only what is named stands in the tool."""
    assert _web_limits.domains(allowed, blocked) == fields


@pytest.mark.parametrize(
    ("allowed", "blocked", "said"),
    [
        (["a.example"], ["b.example"], "exclude each other"),
        ([], None, "allowed_domains is empty"),
        ("a.example", None, "allowed_domains is str"),
        (None, ["b.example", " "], r"blocked_domains\[1\] is blank"),
    ],
)
def test_refused_domains(allowed: Any, blocked: Any, said: str) -> None:
    """Domains that contradict each other, or would allow all, are refused."""
    with pytest.raises(ConfigurationError, match=said):
        _web_limits.domains(allowed, blocked)


def test_place() -> None:
    """A place gets the type that the API asks for; none stays none."""
    assert _web_limits.place({"city": "Bern", "country": "CH"}) == {
        "type": "approximate",
        "city": "Bern",
        "country": "CH",
    }
    assert _web_limits.place(None) is None


@pytest.mark.parametrize(
    ("given", "said"), [({"town": "Bern"}, "'town'"), ({"city": " "}, "is blank"), ("Bern", "is str")]
)
def test_refused_places(given: Any, said: str) -> None:
    """What is no place is refused."""
    with pytest.raises(ConfigurationError, match=said):
        _web_limits.place(given)
