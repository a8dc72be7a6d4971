"""The pages that stand for the web."""

import pytest

from claude_foundry import ConfigurationError
from claude_foundry.emulator._pages import at, found, is_allowed, pages

from .web import BERGEN, OSLO, PAGES


def test_html_is_read_as_a_person_sees_it() -> None:
    """Title and text of a page come without tags and scripts, one block a line."""
    page = at(pages(PAGES), BERGEN)
    assert page is not None
    assert page.title == "Bergen light"
    assert page.text.splitlines()[:2] == ["The lamp of Bergen turns once in ten seconds.", "The tower is white."]
    assert "var lamp" not in page.text


def test_text_is_titled_by_its_first_line() -> None:
    """A page of plain text is called what its first line says."""
    page = at(pages(PAGES), OSLO)
    assert page is not None
    assert page.title == "Oslo light"


@pytest.mark.parametrize("url", [f"{BERGEN}/", f"{BERGEN}#lamp", BERGEN.replace("lights", "LIGHTS")])
def test_one_page_has_several_addresses(url: str) -> None:
    """A last slash, a fragment and capitals in the host lead to the same page."""
    assert at(pages(PAGES), url) == at(pages(PAGES), BERGEN)


@pytest.mark.parametrize("url", ["lights.example", "file:///etc/hosts", "https://"])
def test_addresses_of_the_web_only(url: str) -> None:
    """An address that is none of the web is refused at once."""
    with pytest.raises(ConfigurationError, match="pages="):
        pages({url: "text"})


def test_the_best_match_comes_first() -> None:
    """Pages that match are found, the best first; others are not."""
    assert [page.url for page in found(pages(PAGES), "red lamp in Oslo", tool={})] == [OSLO, BERGEN]
    assert found(pages(PAGES), "elephants", tool={}) == []


@pytest.mark.parametrize(
    ("tool", "allowed"),
    [
        ({}, True),
        ({"allowed_domains": ["lights.example"]}, True),
        ({"allowed_domains": ["example"]}, True),
        ({"allowed_domains": ["other.example"]}, False),
        ({"allowed_domains": ["ights.example"]}, False),
        ({"allowed_domains": ["lights.example/oslo"]}, True),
        ({"allowed_domains": ["lights.example/bergen"]}, False),
        ({"blocked_domains": ["lights.example"]}, False),
        ({"blocked_domains": ["lights.example/b*"]}, True),
    ],
)
def test_domains(tool: dict[str, list[str]], allowed: bool) -> None:
    """A domain stands for its subdomains, and may name a path."""
    assert is_allowed(OSLO, tool) is allowed
