"""The pages that stand for the web: their titles and texts, found by words or by address.

Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/server-tools (domain filtering)
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from claude_foundry._fields import mapping, string
from claude_foundry.emulator._retrieval import ranked
from claude_foundry.errors import ConfigurationError

_MOST_FOUND = 5
_LONGEST_TITLE = 100
_UNREAD = ("script", "style", "template", "noscript")
_APART = ("p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "title", "pre")


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page: where it is, what it is called, what it says."""

    url: str
    title: str
    text: str


def pages(given: Mapping[str, str] | None) -> dict[str, Page]:
    """Gives the pages of texts and HTML, by address.

    Raises:
        ConfigurationError: an address is not one of the web.
    """
    by_address = mapping(given or {}, argument="pages", instead="give texts or HTML by address")
    wrong = [url for url in by_address if not _is_address(string(url, argument="an address in pages"))]
    if wrong:
        raise ConfigurationError(f"pages={wrong!r}: give each page an address such as 'https://example.com/guide'.")
    return {_plain(url): _page(url, string(text, argument=f"pages[{url!r}]")) for url, text in by_address.items()}


def _is_address(url: str) -> bool:
    return urlsplit(url).scheme in ("http", "https") and bool(urlsplit(url).hostname)


def at(known: Mapping[str, Page], url: str) -> Page | None:
    """Gives the page at an address; a fragment and a last slash make no difference."""
    return known.get(_plain(url))


def found(known: Mapping[str, Page], query: str, *, tool: Mapping[str, Any]) -> list[Page]:
    """Gives the pages that match a query best, the best first, as far as the tool's domains let through."""
    open_ones = [page for page in known.values() if is_allowed(page.url, tool)]
    places = ranked([f"{page.title}. {page.text}" for page in open_ones], query)
    return [open_ones[place] for place in places[:_MOST_FOUND]]


def is_allowed(url: str, tool: Mapping[str, Any]) -> bool:
    """Tells whether a tool's ``allowed_domains`` and ``blocked_domains`` let an address through."""
    allowed, blocked = tool.get("allowed_domains") or (), tool.get("blocked_domains") or ()
    return (not allowed or _matches(url, allowed)) and not _matches(url, blocked)


def _matches(url: str, domains: Iterable[str]) -> bool:
    parts = urlsplit(url)
    host, path = parts.hostname or "", parts.path or "/"
    for domain in domains:
        wanted, _, below = domain.partition("/")
        of_host = host == wanted.lower() or host.endswith(f".{wanted.lower()}")
        if of_host and fnmatchcase(path, f"/{below}*"):
            return True
    return False


def _plain(url: str) -> str:
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path.rstrip('/')}{query}"


def _page(url: str, text: str) -> Page:
    if not text.lstrip()[:200].lower().startswith(("<!doctype", "<html", "<head", "<body")):
        first = next(iter(text.strip().splitlines()), "")
        return Page(url=url, title=first.lstrip("# ")[:_LONGEST_TITLE] or url, text=text.strip())
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return Page(url=url, title=_joined(reader.title) or url, text=_lines(reader.parts))


class _Reader(HTMLParser):
    """Reads the text of a page that a person sees, and its title."""

    def __init__(self) -> None:
        super().__init__()
        self.title: list[str] = []
        self.parts: list[str] = []
        self._unread = 0
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self._unread += tag in _UNREAD
        self._in_title = tag == "title"
        self.parts += ["\n"] if tag in _APART else []

    def handle_endtag(self, tag: str) -> None:
        self._unread -= tag in _UNREAD and self._unread > 0
        self._in_title = False
        self.parts += ["\n"] if tag in _APART else []

    def handle_data(self, data: str) -> None:
        if not self._unread:
            (self.title if self._in_title else self.parts).append(data)


def _joined(parts: Iterable[str]) -> str:
    return " ".join("".join(parts).split())


def _lines(parts: Iterable[str]) -> str:
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(filter(None, lines))
