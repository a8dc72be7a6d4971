"""Web search and web fetch over the pages that the emulator was given; it has no other web.

Sources: https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool,
https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-fetch-tool
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from claude_foundry.emulator import _pages, _turn
from claude_foundry.emulator._clues import Clues
from claude_foundry.emulator._seal import sealed
from claude_foundry.emulator._served import Block, Tool, Turn
from claude_foundry.emulator._words import is_common, pieces, stems

SEARCH, FETCH = "web_search", "web_fetch"
_ASKS_SEARCH = "search web internet online latest news"
_ASKS_FETCH = "fetch read page open website link url"
_LONGEST_URL = 250
_MOST_WORDS = 32
_WORD = re.compile(r"[\w'-]*\w")


def next_search(turn: Turn) -> dict[str, Any] | None:
    """Gives the input of the next search that the question needs."""
    tool = turn.offered(f"{SEARCH}_")
    if tool is None or turn.is_over(SEARCH) or not _needs_search(turn, tool):
        return None
    made = [call["input"].get("query") for call in turn.calls(SEARCH)]
    return next(({"query": query} for query in _queries(turn.question) if query not in made), None)


def searched(call: Block, turn: Turn) -> Block:
    """Gives the result of a search."""
    tool, query = turn.offered(f"{SEARCH}_") or {}, call["input"].get("query")
    if not isinstance(query, str) or not query.strip():
        return _failed(SEARCH, call, "invalid_tool_input")
    if _is_used_up(tool, SEARCH, turn, call):
        return _failed(SEARCH, call, "max_uses_exceeded")
    if not turn.resources.pages:
        return _failed(SEARCH, call, "unavailable")
    content = [
        {
            "type": "web_search_result",
            "title": page.title,
            "url": page.url,
            "encrypted_content": sealed(page.text),
            "page_age": None,
        }
        for page in _pages.found(turn.resources.pages, query, tool=tool)
    ]
    return {"type": f"{SEARCH}_tool_result", "tool_use_id": call["id"], "content": content}


def next_fetch(turn: Turn) -> dict[str, Any] | None:
    """Gives the input of the next fetch that the question needs."""
    tool = turn.offered(f"{FETCH}_")
    if tool is None or turn.is_over(FETCH):
        return None
    made = [call["input"].get("url") for call in turn.calls(FETCH)]
    return next(({"url": url} for url in _wanted_urls(turn, tool) if url not in made), None)


def fetched(call: Block, turn: Turn) -> Block:
    """Gives the result of a fetch."""
    tool, url = turn.offered(f"{FETCH}_") or {}, call["input"].get("url")
    page = _pages.at(turn.resources.pages, url) if isinstance(url, str) else None
    if error := _fetch_error(tool, url, turn, call):
        return _failed(FETCH, call, error)
    if page is None:
        return _failed(FETCH, call, "url_not_accessible")
    text = page.text if (most := tool.get("max_content_tokens")) is None else "".join(pieces(page.text)[:most])
    document = {
        "type": "document",
        "source": {"type": "text", "media_type": "text/plain", "data": text},
        "title": page.title,
        "citations": {"enabled": True} if (tool.get("citations") or {}).get("enabled") else None,
    }
    retrieved = turn.resources.now().isoformat()
    content = {"type": f"{FETCH}_result", "url": page.url, "content": document, "retrieved_at": retrieved}
    return {"type": f"{FETCH}_tool_result", "tool_use_id": call["id"], "content": content}


def filtered_by_code(tool: Tool) -> bool:
    """Tells whether results of a tool go through code before the model reads them: the newer versions' default."""
    dated = re.fullmatch(r"web_(?:search|fetch)_(\d{8})", str(tool.get("type")))
    callers = tool.get("allowed_callers") or (["code"] if dated and dated[1] >= "20260209" else ["direct"])
    return "direct" not in callers


def _needs_search(turn: Turn, tool: Tool) -> bool:
    if turn.is_forced(tool) or turn.mentions(_ASKS_SEARCH):
        return True
    said = [block for block in turn.blocks if block["type"] == "server_tool_use" and block["name"] != SEARCH]
    return not (said or turn.needs_caller() or _has_documents(turn)) and bool(stems(turn.question))


def _has_documents(turn: Turn) -> bool:
    user = (block for message in turn.conversation if message["role"] == "user" for block in message["content"])
    return any(block["type"] in ("document", "search_result") for block in user)


def _queries(question: str) -> list[str]:
    """What is quoted is searched for, one by one; else what the question is about."""
    quoted = Clues(question).left("quotation")
    if quoted:
        return list(dict.fromkeys(quoted))
    asking = set(stems(_ASKS_SEARCH))
    words = [word for word in _WORD.findall(question) if not is_common(word) and not asking.intersection(stems(word))]
    return [" ".join(words[:_MOST_WORDS]) or question.strip() or "news"]


def _wanted_urls(turn: Turn, tool: Tool) -> list[str]:
    """The addresses in the question; else, when a page is to be read, the one that the system prompt names."""
    urls = Clues(turn.question).left("uri")
    if not urls and (turn.is_forced(tool) or turn.mentions(_ASKS_FETCH)):
        urls = Clues(_turn.system_text(turn.request)).left("uri")[:1]
    return list(dict.fromkeys(urls))


def _fetch_error(tool: Tool, url: Any, turn: Turn, call: Block) -> str | None:
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        return "invalid_tool_input"
    if len(url) > _LONGEST_URL:
        return "url_too_long"
    if url not in _urls_in_context(tool, turn):
        return "url_not_in_prior_context"
    if not _pages.is_allowed(url, tool):
        return "url_not_allowed"
    if _is_used_up(tool, FETCH, turn, call):
        return "max_uses_exceeded"
    return None if turn.resources.pages else "unavailable"


def _urls_in_context(tool: Tool, turn: Turn) -> set[str]:
    """Gives the addresses that may be fetched: of the user, of results of tools, and of earlier searches."""
    sources = tool.get("url_sources") or {}
    names = {block["id"]: block["name"] for block in _turn.calls(turn.conversation)}
    urls: set[str] = set()
    messages = [*turn.conversation, {"role": "assistant", "content": turn.answer}]
    for block in (block for message in messages for block in message["content"]):
        match block:
            case {"type": "text", "text": text} if _contributes(sources.get("user_input"), ""):
                urls.update(Clues(text).left("uri"))
            case {"type": "tool_result", "tool_use_id": call}:
                if _contributes(sources.get("client_tool_results"), names.get(call, "")):
                    urls.update(Clues(_turn.said(block)).left("uri"))
            case {"type": "web_search_tool_result", "content": [*results]}:
                if _contributes(sources.get("server_tool_results"), SEARCH):
                    urls.update(result["url"] for result in results)
            case {"type": "web_fetch_tool_result", "content": {"content": {"source": {"data": str(text)}}}}:
                if _contributes(sources.get("server_tool_results"), FETCH):
                    urls.update(Clues(text).left("uri"))
    return urls


def _contributes(rule: Mapping[str, Any] | None, name: str) -> bool:
    match rule:
        case {"type": "none"}:
            return False
        case {"type": "only" | "except" as kind, "tools": [*tools]}:
            is_named = any(tool["name"] == name for tool in tools)
            return is_named if kind == "only" else not is_named
    return True


def _is_used_up(tool: Tool, name: str, turn: Turn, call: Block) -> bool:
    most: Any = tool.get("max_uses")
    earlier = [made for made in turn.calls(name) if made["id"] != call["id"]]
    return isinstance(most, int) and len(earlier) >= most


def _failed(name: str, call: Block, code: str) -> Block:
    content = {"type": f"{name}_tool_result_error", "error_code": code}
    return {"type": f"{name}_tool_result", "tool_use_id": call["id"], "content": content}


def requests(blocks: list[Block]) -> Iterator[tuple[str, int]]:
    """Counts the searches and fetches of an answer that gave something, as ``usage`` names them."""
    for name in (SEARCH, FETCH):
        found = (block for block in blocks if block["type"] == f"{name}_tool_result")
        yield f"{name}_requests", sum("error_code" not in block["content"] for block in found)
