"""Answers of every kind of block, made up by hypothesis."""

from typing import Any

from hypothesis import strategies as st

from tests.answers import message

WORDS = st.text(min_size=1, max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)
ARGUMENTS = st.dictionaries(WORDS, VALUES, max_size=3)
CITATIONS = st.builds(
    lambda cited, title, start: {
        "type": "char_location",
        "cited_text": cited,
        "document_index": 0,
        "document_title": title,
        "start_char_index": start,
        "end_char_index": start + len(cited),
    },
    WORDS,
    st.none() | WORDS,
    st.integers(0, 99),
)
TEXTS = st.builds(
    lambda text, cited: {"type": "text", "text": text, **({"citations": cited} if cited else {})},
    WORDS.filter(str.strip),
    st.lists(CITATIONS, max_size=2),
)
THINKING = st.builds(lambda text: {"type": "thinking", "thinking": text, "signature": "sig"}, st.text(max_size=12))
REDACTED = st.builds(lambda data: {"type": "redacted_thinking", "data": data}, WORDS)
COMPACTION = st.builds(
    lambda text, sealed: {"type": "compaction", "content": text, "encrypted_content": sealed},
    st.none() | WORDS,
    WORDS,
)
UNKNOWN = st.builds(lambda value: {"type": "block_of_tomorrow", "deep": value, "none": None}, VALUES)
SEARCH = {
    "type": "web_search_result",
    "url": "https://a.example",
    "title": "A",
    "encrypted_content": "e",
    "page_age": None,
}


def call(number: int, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"type": "tool_use", "id": f"toolu_{number}", "name": "f", "input": arguments}


def served(number: int, arguments: dict[str, Any], results: int) -> list[dict[str, Any]]:
    """A call that the service made, and its result."""
    identifier = f"srvtoolu_{number}"
    return [
        {"type": "server_tool_use", "id": identifier, "name": "web_search", "input": arguments},
        {"type": "web_search_tool_result", "tool_use_id": identifier, "content": [SEARCH] * results},
    ]


def connected(number: int, arguments: dict[str, Any], failed: bool) -> list[dict[str, Any]]:
    """A call of a connected server's tool, and its result."""
    identifier, content = f"mcptoolu_{number}", [{"type": "text", "text": "A."}]
    return [
        {"type": "mcp_tool_use", "id": identifier, "name": "t", "server_name": "s", "input": arguments},
        {"type": "mcp_tool_result", "tool_use_id": identifier, "is_error": failed, "content": content},
    ]


ALONE = TEXTS | THINKING | REDACTED | COMPACTION | UNKNOWN


@st.composite
def contents(draw: st.DrawFn) -> list[dict[str, Any]]:
    """The blocks of an answer that is whole."""
    blocks: list[dict[str, Any]] = []
    first = draw(st.integers(0, 10**9))
    for number in range(first, first + draw(st.integers(0, 5))):
        match draw(st.sampled_from(["alone", "call", "served", "connected"])):
            case "call":
                blocks.append(call(number, draw(ARGUMENTS)))
            case "served":
                blocks += served(number, draw(ARGUMENTS), draw(st.integers(0, 2)))
            case "connected":
                blocks += connected(number, draw(ARGUMENTS), draw(st.booleans()))
            case _:
                blocks.append(draw(ALONE))
    return blocks


ENDS = st.sampled_from(["end_turn", "tool_use", "max_tokens", "model_context_window_exceeded", "refusal"])


def answers() -> st.SearchStrategy[dict[str, Any]]:
    """Answers in the service's form, whatever ended them."""
    return st.builds(lambda content, end: {**message(stop_reason=end), "content": content}, contents(), ENDS)


def pieces(size: int) -> Any:
    """Gives what cuts a text into deltas of that size."""
    return lambda text: [text[start : start + size] for start in range(0, len(text), size)]
