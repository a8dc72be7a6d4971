"""Web search and web fetch."""

from typing import Any

import pytest

from . import web, wire
from .web import BERGEN, FETCH, OSLO, SEARCH
from .wire import assistant, user

QUESTION = user("How fast does the lamp of Bergen turn?")


def searched(*messages: dict[str, Any], tool: dict[str, Any] = SEARCH, **fields: Any) -> dict[str, Any]:
    return wire.answer(*(messages or (QUESTION,)), **{"tools": [tool], "state": web.state(), **fields})


def fetched(text: str, tool: dict[str, Any] = FETCH, **fields: Any) -> Any:
    """Gives the content of the first fetch's result."""
    answer = wire.answer(user(text), **{"tools": [tool], "state": web.state(), **fields})
    return web.block(answer, "web_fetch_tool_result")["content"]


def test_search() -> None:
    """A search is told with its results, and the answer cites them."""
    answer = searched()
    call, result, text = answer["content"]
    assert (call["type"], call["name"], call["input"]) == (
        "server_tool_use",
        "web_search",
        {"query": "fast lamp Bergen turn"},
    )
    assert call["id"].startswith("srvtoolu_")
    assert (result["tool_use_id"], result["caller"]) == (call["id"], {"type": "direct"})
    assert [(found["url"], found["title"]) for found in result["content"]] == [
        (BERGEN, "Bergen light"),
        (OSLO, "Oslo light"),
    ]
    (citation,) = text["citations"]
    assert (citation["type"], citation["url"]) == ("web_search_result_location", BERGEN)
    assert citation["cited_text"] == text["text"] == "The lamp of Bergen turns once in ten seconds."
    assert answer["stop_reason"] == "end_turn"
    assert answer["usage"]["server_tool_use"] == {"web_search_requests": 1, "web_fetch_requests": 0}


def test_results_are_read_as_input() -> None:
    """What is found counts among the tokens that the model reads."""
    without = wire.answer(QUESTION, tools=[SEARCH], state=web.state(), tool_choice={"type": "none"})
    assert searched()["usage"]["input_tokens"] > without["usage"]["input_tokens"] + 20


def test_no_pages() -> None:
    """Without pages the tools say that they are unavailable, and are not counted."""
    answer = searched(state=web.state(pages=None))
    error = {"type": "web_search_tool_result_error", "error_code": "unavailable"}
    assert web.block(answer, "web_search_tool_result")["content"] == error
    assert answer["usage"]["server_tool_use"]["web_search_requests"] == 0
    assert "unavailable" in answer["content"][-1]["text"]
    assert fetched(f"Read {BERGEN}", state=web.state(pages=None))["error_code"] == "unavailable"


def test_several_searches() -> None:
    """What the question quotes is searched for, one by one, up to ``max_uses``."""
    question = user("Search for 'Bergen', then 'Oslo', then 'tower'.")
    answer = searched(question, tool={**SEARCH, "max_uses": 2})
    calls = [block["input"]["query"] for block in answer["content"] if block["type"] == "server_tool_use"]
    results = [block["content"] for block in answer["content"] if block["type"] == "web_search_tool_result"]
    assert calls == ["Bergen", "Oslo", "tower"]
    assert [isinstance(content, list) for content in results] == [True, True, False]
    assert results[2]["error_code"] == "max_uses_exceeded"
    texts = [block["text"].strip() for block in answer["content"] if block["type"] == "text"]
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize(
    ("domains", "urls"),
    [
        ({"allowed_domains": ["docs.lights.example"]}, [OSLO]),
        ({"blocked_domains": ["docs.lights.example"]}, [BERGEN]),
        ({"allowed_domains": ["other.example"]}, []),
    ],
)
def test_domains(domains: dict[str, list[str]], urls: list[str]) -> None:
    """Results come from the domains that the tool lets through."""
    result = web.block(searched(tool={**SEARCH, **domains}), "web_search_tool_result")
    assert [found["url"] for found in result["content"]] == urls


@pytest.mark.parametrize(
    ("question", "fields"),
    [
        ("How fast does the lamp turn?", {"tool_choice": {"type": "none"}}),
        ("How fast does the lamp turn?", {"tool_choice": {"type": "tool", "name": "get_weather"}}),
        ("Hello there!", {}),
        ("What is the weather in Oslo?", {}),
    ],
)
def test_searches_that_are_not_needed(question: str, fields: dict[str, Any]) -> None:
    """Nothing is searched for where the choice forbids it, nothing is asked, or a tool of the caller serves."""
    answer = searched(user(question), tools=[SEARCH, wire.WEATHER], **fields)
    assert "server_tool_use" not in web.kinds(answer)


def test_forced_search() -> None:
    """A search that the choice demands is made once, whatever is asked."""
    answer = searched(user("Hello there!"), tool_choice={"type": "tool", "name": "web_search"})
    assert web.kinds(answer).count("server_tool_use") == 1


def test_later_questions_read_what_was_found() -> None:
    """What an earlier turn found is in its sealed content, and answers a later question."""
    earlier = [QUESTION, assistant(searched()["content"])]
    fields = {"tools": [SEARCH], "tool_choice": {"type": "none"}}
    assert wire.text(*earlier, user("Is the tower white?"), **fields) == "The tower is white."
    assert wire.text(*earlier, user("Thanks!"), **fields).startswith("You asked")


def test_changed_results_are_refused() -> None:
    """A result whose sealed content was changed is not taken back."""
    content = searched()["content"]
    content[1]["content"][0]["encrypted_content"] += "AAAA"
    said = wire.complaint(QUESTION, assistant(content), user("And?"), tools=[SEARCH])
    assert said.endswith("Invalid `encrypted_content` in `search_result` block")


def test_fetch() -> None:
    """An address in the question is read; the page comes as a document, cited where the tool says so."""
    tool = {**FETCH, "citations": {"enabled": True}}
    answer = wire.answer(user(f"What colour is the tower at {BERGEN}?"), tools=[tool], state=web.state())
    result = web.block(answer, "web_fetch_tool_result")
    assert result["content"]["url"] == BERGEN
    assert result["content"]["content"]["title"] == "Bergen light"
    citation = next(block["citations"][0] for block in answer["content"] if "white" in block.get("text", ""))
    assert (citation["type"], citation["document_index"]) == ("char_location", 0)
    read = result["content"]["content"]["source"]["data"]
    assert read[citation["start_char_index"] : citation["end_char_index"]] == "The tower is white."
    assert answer["usage"]["server_tool_use"] == {"web_search_requests": 0, "web_fetch_requests": 1}


def test_fetch_is_cut() -> None:
    """No more of a page is given than the tool allows."""
    data = fetched(f"Read {BERGEN}", {**FETCH, "max_content_tokens": 3})["content"]["source"]["data"]
    assert data == "The lamp of"


@pytest.mark.parametrize(
    ("text", "tool", "fields", "code"),
    [
        ("Read https://lights.example/none", FETCH, {}, "url_not_accessible"),
        (f"Read https://lights.example/{'x' * 300}", FETCH, {}, "url_too_long"),
        (f"Read {BERGEN}", {**FETCH, "blocked_domains": ["lights.example"]}, {}, "url_not_allowed"),
        (f"Read {BERGEN}", {**FETCH, "allowed_domains": ["docs.lights.example"]}, {}, "url_not_allowed"),
        ("Read the page.", FETCH, {"system": f"The page is at {BERGEN}"}, "url_not_in_prior_context"),
        (
            f"Read {BERGEN}",
            {**FETCH, "url_sources": {"user_input": {"type": "none"}}},
            {},
            "url_not_in_prior_context",
        ),
    ],
)
def test_fetches_that_fail(text: str, tool: dict[str, Any], fields: dict[str, Any], code: str) -> None:
    """Each reason why a page is not read has its code."""
    assert fetched(text, tool, **fields) == {"type": "web_fetch_tool_result_error", "error_code": code}


def test_fetches_are_counted() -> None:
    """A fetch beyond ``max_uses`` fails, and none follows it."""
    answer = wire.answer(
        user(f"Read {BERGEN} and {OSLO} and https://c.example/"), tools=[{**FETCH, "max_uses": 1}], state=web.state()
    )
    results = [block["content"] for block in answer["content"] if block["type"] == "web_fetch_tool_result"]
    assert [content.get("error_code") for content in results] == [None, "max_uses_exceeded"]


RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": f"See {BERGEN}"}
OPEN = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_fetch", "input": {"url": BERGEN}}


@pytest.mark.parametrize(
    ("rule", "taken"),
    [
        (None, True),
        ({"type": "none"}, False),
        ({"type": "only", "tools": [{"type": "tool_reference", "name": "get_weather"}]}, True),
        ({"type": "except", "tools": [{"type": "tool_reference", "name": "get_weather"}]}, False),
    ],
)
def test_addresses_in_results_of_tools(rule: Any, taken: bool) -> None:
    """An address may come from a tool's result, as far as the tool's ``url_sources`` let it."""
    tool = FETCH if rule is None else {**FETCH, "url_sources": {"client_tool_results": rule}}
    history = [user("What is the weather in Bergen?"), assistant([wire.CALL, OPEN]), user([RESULT])]
    answer = wire.answer(*history, tools=[tool, wire.WEATHER], state=web.state())
    assert ("url" in answer["content"][0]["content"]) is taken


def test_searches_by_code() -> None:
    """The newer versions search from code: calls and results name it, and what it prints is sealed."""
    tool = {"type": "web_search_20260209", "name": "web_search"}
    answer = searched(tool=tool, model=web.HOSTED_ON_ANTHROPIC)
    code, call, result, printed, text = answer["content"]
    caller = {"type": "code_execution_20260120", "tool_id": code["id"]}
    assert (code["name"], code["caller"]) == ("code_execution", {"type": "direct"})
    assert call["caller"] == result["caller"] == caller
    assert result["tool_use_id"] == call["id"]
    assert (printed["tool_use_id"], printed["type"]) == (code["id"], "code_execution_tool_result")
    assert printed["content"]["type"] == "encrypted_code_execution_result"
    assert "ten seconds" in text["text"]
    assert answer["container"]["id"].startswith("container_")
    direct = searched(tool={**tool, "allowed_callers": ["direct"]}, model=web.HOSTED_ON_ANTHROPIC)
    assert web.kinds(direct) == ["server_tool_use", "web_search_tool_result", "text"]


def test_structured_output_is_filled_from_what_was_found() -> None:
    """A format takes its values from the pages."""
    schema = {
        "type": "object",
        "properties": {"colour": {"type": "string", "enum": ["red", "green"]}},
        "required": ["colour"],
        "additionalProperties": False,
    }
    question = user("What colour has the lamp of Oslo?")
    config = {"format": {"type": "json_schema", "schema": schema}}
    answer = searched(question, output_config=config, model=web.HOSTED_ON_ANTHROPIC)
    assert answer["content"][-1]["text"] == '{"colour": "red"}'
