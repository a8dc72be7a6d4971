"""From a call to its bytes, and from the bytes of an answer to a message."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry import ConfigurationError, ResponseFormatError
from claude_foundry._config import FoundryConfig, Settings, resolve
from claude_foundry._wire import WireRequest, decode_count, decode_message, encode
from tests.answers import IDS, message
from tests.shells import REQUEST

CONFIG = resolve(
    Settings(resource="a", api_key="k", default_headers={"X-Team": "blue", "anthropic-beta": "one"}),
    environ={},
    entra_installed=False,
)
BARE = resolve(Settings(resource="a", api_key="k"), environ={}, entra_installed=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def encoded(*, stream: bool = False, **request: Any) -> WireRequest:
    return encode({**REQUEST, **request}, path="messages", config=CONFIG, stream=stream)


@given(st.dictionaries(st.text(min_size=1).map(lambda name: f"new_{name}"), JSON, max_size=3))
def test_fields_pass_as_given(fields: dict[str, Any]) -> None:
    """Fields of the API, known or new, are sent as given."""
    assert json.loads(encoded(**fields).content) == {**REQUEST, **fields}


def test_headers() -> None:
    """The API's version, JSON and the client's own headers go with every request; no credential does yet."""
    headers = encoded(extra_headers={"X-Call": "1"}).headers

    assert headers["anthropic-version"] == "2023-06-01"
    assert headers["content-type"] == headers["accept"] == "application/json"
    assert (headers["x-team"], headers["x-call"]) == ("blue", "1")
    assert headers["user-agent"].startswith("claude-foundry/")
    assert not {"authorization", "x-api-key", "api-key"} & set(headers)


def test_api_version() -> None:
    """The version is the client's; headers of the client or the call that name one win."""
    later = replace(CONFIG, api_version="2026-10-21")

    def version(config: FoundryConfig, **request: Any) -> str:
        return encode({**REQUEST, **request}, path="messages", config=config).headers["anthropic-version"]

    assert version(later) == "2026-10-21"
    assert version(replace(later, default_headers=(("anthropic-version", "2027-01-01"),))) == "2027-01-01"
    assert version(later, extra_headers={"Anthropic-Version": "2023-06-01"}) == "2023-06-01"


def test_stream_headers() -> None:
    """A stream is asked for as events, uncompressed, so that they come one by one."""
    request = encoded(stream=True)

    assert (request.headers["accept"], request.headers["accept-encoding"]) == ("text/event-stream", "identity")
    assert json.loads(request.content)["stream"] is True


def test_betas_are_one_header() -> None:
    """Betas of client and call become one header without repetition."""
    request = encoded(betas=["two", "one"], extra_headers={"anthropic-beta": "three, two"})

    assert request.headers["anthropic-beta"] == "one,three,two"
    assert "betas" not in json.loads(request.content)


def test_betas_of_what_is_used() -> None:
    """What a request uses names its betas; nothing is named for what is generally available."""
    edits = {"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}}
    strict = {"tools": [{"name": "f", "input_schema": {"type": "object"}, "strict": True}]}

    assert encoded(**edits).headers["anthropic-beta"] == "one,context-management-2025-06-27"
    assert encoded(extra_body=edits).headers["anthropic-beta"] == "one,context-management-2025-06-27"
    assert encoded(**strict).headers["anthropic-beta"] == "one"
    assert "anthropic-beta" not in encode({**REQUEST, **strict}, path="messages", config=BARE).headers
    counted = encode({**REQUEST, **edits}, path="messages/count_tokens", config=BARE)
    assert counted.headers["anthropic-beta"] == "context-management-2025-06-27"


def test_no_betas_but_the_callers() -> None:
    """With the switch off a request names the betas that it is given, and no others."""
    config = replace(BARE, automatic_betas=False)
    edits = {"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}}

    assert "anthropic-beta" not in encode({**REQUEST, **edits}, path="messages", config=config).headers
    named = encode({**REQUEST, **edits, "betas": ["one"]}, path="messages", config=config)
    assert named.headers["anthropic-beta"] == "one"


@pytest.mark.parametrize(
    "options",
    [{"betas": ["mcp-client-2026-09-15"]}, {"extra_headers": {"Anthropic-Beta": "mcp-client-2026-09-15"}}],
)
def test_own_betas_win(options: dict[str, Any]) -> None:
    """A beta that the caller names takes the place of the table's of the same family."""
    request = encoded(mcp_servers=[{"type": "url", "url": "https://a.example", "name": "a"}], **options)

    assert request.headers["anthropic-beta"] == "one,mcp-client-2026-09-15"


def test_tools_may_be_any_iterable() -> None:
    """Tools may come from a generator; they are looked at, and written, all the same."""
    request = encoded(tools=(tool for tool in [{"type": "computer_20251124", "name": "computer"}]))

    assert request.headers["anthropic-beta"] == "one,computer-use-2025-11-24"
    assert json.loads(request.content)["tools"] == [{"type": "computer_20251124", "name": "computer"}]


def test_extra_body() -> None:
    """Extra fields replace or add to those of the request."""
    assert json.loads(encoded(extra_body={"max_tokens": 1, "new": 2}).content) == {**REQUEST, "max_tokens": 1, "new": 2}


def test_messages_may_be_any_iterable() -> None:
    """Messages may come from a generator; they are read once."""
    request = encoded(messages=(item for item in REQUEST["messages"]))

    assert json.loads(request.content)["messages"] == REQUEST["messages"]


def test_blocks_of_an_answer_go_back_as_they_came() -> None:
    """The typed blocks of an answer may be sent back: they are written as they were received."""
    content = [{"type": "thinking", "thinking": "", "signature": "s"}, {"type": "new", "x": None}]
    answer = decode_message(json.dumps(message(*content)).encode(), headers=IDS)

    request = encoded(messages=[{"role": "assistant", "content": answer.content}])

    assert json.loads(request.content)["messages"][0]["content"] == content


@pytest.mark.parametrize(
    ("request_", "named"),
    [
        ({"model": ""}, "model"),
        ({"model": "a b"}, "model"),
        ({"model": "a" * 65}, "model"),
        ({"model": None}, "model"),
        ({"model": 5}, "model"),
        ({"max_tokens": None}, "max_tokens"),
        ({"messages": "Hello"}, "messages"),
        ({"messages": {"role": "user"}}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": 5}, "messages"),
        ({"messages": [{"role": "user"}]}, r"messages\[0\] has no content"),
        ({"messages": [{"role": "user", "content": "a"}, {}]}, r"messages\[1\] has no role and content"),
        ({"extra_headers": {"Transfer-Encoding": "chunked"}}, "the client sets itself"),
        ({"extra_headers": {"Host": "elsewhere.example"}}, "the client sets itself"),
        ({"extra_body": {"stream": True}}, "stream"),
        ({"betas": "one"}, "betas"),
        ({"betas": [1]}, "betas"),
        ({"extra_headers": {"x-api-key": "k"}}, "extra_headers"),
        ({"timeout": 0}, "timeout"),
        ({"metadata": {"user_id": object()}}, "metadata cannot be written as JSON"),
        ({"temperature": float("nan")}, "temperature cannot be written as JSON"),
        ({"tools": [len]}, "run_tools"),
        ({"tools": len}, "run_tools"),
        ({"max_tokens": "64"}, "max_tokens"),
        ({"max_tokens": True}, "max_tokens"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"messages": [None]}, r"messages\[0\]"),
        ({"extra_body": [1]}, "extra_body"),
        ({"extra_headers": ["a"]}, "extra_headers"),
    ],
)
def test_wrong_requests(request_: dict[str, Any], named: str) -> None:
    """A wrong argument is refused by its name."""
    with pytest.raises(ConfigurationError, match=named):
        encoded(**request_)


def test_words_that_look_like_numbers_json_lacks() -> None:
    """A text may say NaN."""
    assert json.loads(encoded(metadata={"user_id": "NaN Infinity"}).content)["metadata"] == {"user_id": "NaN Infinity"}


def test_missing_fields() -> None:
    """What the API needs and the request lacks is named."""
    with pytest.raises(ConfigurationError, match="max_tokens, messages missing"):
        encode({"model": "m"}, path="messages", config=CONFIG)


@pytest.mark.parametrize("body", [b"", b"text", b"[]", b"{}", json.dumps({**message(), "content": "x"}).encode()])
def test_not_a_message(body: bytes) -> None:
    """A success that is no message is told with both ids."""
    with pytest.raises(ResponseFormatError, match=r"req_1.*apim-1"):
        decode_message(body, headers=IDS)


def test_message_is_kept_whole() -> None:
    """A message with unknown blocks and fields is dumped as it came; its ids are beside it."""
    document = message({"type": "new", "deep": {"x": [1]}}, new_field=1, usage={"input_tokens": 1, "new": 2})

    answer = decode_message(json.dumps(document).encode(), headers=IDS)

    assert answer.model_dump() == document
    assert (answer.request_id, answer.apim_request_id) == ("req_1", "apim-1")


@pytest.mark.parametrize("told", ['"7"', "true", "1.0", "null", "[7]"])
def test_not_a_count(told: str) -> None:
    """A success that is no count is told."""
    with pytest.raises(ResponseFormatError, match=r"input_tokens.*req_1"):
        decode_count(f'{{"input_tokens": {told}}}'.encode(), headers=IDS)


@given(st.dictionaries(st.sampled_from(list(message())), JSON))
def test_any_answer_is_a_message_or_told(fields: dict[str, Any]) -> None:
    """Whatever a success holds, it is a message kept whole or an error of this package."""
    document = message() | fields
    try:
        answer = decode_message(json.dumps(document).encode(), headers=IDS)
    except ResponseFormatError:
        return
    assert json.loads(answer.model_dump_json()).keys() == document.keys()


@pytest.mark.parametrize(
    "fields",
    [
        {"container": "c", "stop_details": ["x"], "context_management": 1},
        {"content": [{"type": "text", "text": "A", "citations": [{"type": "new"}]}, {"type": "thinking"}]},
        {"content": [{"type": "tool_use", "id": "a", "name": "f", "input": {}, "caller": 1, "toolset_name": 2}]},
        {"usage": {"input_tokens": 1, "cache_creation": 2, "iterations": {}}},
    ],
)
def test_details_of_a_new_form(fields: dict[str, Any]) -> None:
    """A detail in a form not known here is kept as it came; the answer is not lost for it."""
    document = message() | fields

    assert decode_message(json.dumps(document).encode(), headers=IDS).model_dump() == document


def test_null_for_nothing() -> None:
    """Content and usage that are null are empty."""
    answer = decode_message(json.dumps(message() | {"content": None, "usage": None}).encode(), headers=IDS)

    assert (answer.content, answer.usage.input_tokens) == ([], None)


@pytest.mark.parametrize("beta", ["a\r\nx-evil: 1", "", "ä-2025", "a\x00", "a;b"])
def test_betas_are_names(beta: str) -> None:
    """A beta that is no name is refused: it would end in a header."""
    with pytest.raises(ConfigurationError, match="betas"):
        encode({**REQUEST, "betas": [beta]}, path="messages", config=CONFIG)
