"""What holds of the pure readers for any input at all; hypothesis draws it in the tests, a fuzzer in ``make fuzz``."""

import json
import pickle
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from hypothesis import given
from hypothesis import strategies as st

from claude_foundry import APIError, ConfigurationError, ResponseFormatError
from claude_foundry._address import endpoint_of_resource, endpoint_of_url
from claude_foundry._mending import mended
from claude_foundry._models import known
from claude_foundry._reader import EventReader
from claude_foundry._sse import EventDecoder
from claude_foundry._wire import decoded as decoded_message
from claude_foundry.errors import from_response
from tests.answers import SSE

PIECES = st.sampled_from(
    [
        b"data: ",
        b"event: ",
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b":",
        b"\xef\xbb\xbf",
        b"[DONE]",
        b'{"type": "ping"}',
        b"\xff",
        b"{",
    ]
)
STREAMS = st.lists(st.one_of(PIECES, st.binary(max_size=20)), max_size=30).map(b"".join)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = (
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
    "error",
    "x",
)
BLOCKS = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "thinking", "tool_use", "x"])},
    optional=dict.fromkeys(("text", "thinking", "signature", "id", "name", "input", "partial_json", "citations"), JSON),
)
MESSAGES = st.builds(
    lambda fields: {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", **fields},
    st.fixed_dictionaries(
        {"content": st.lists(BLOCKS, max_size=3) | JSON},
        optional=dict.fromkeys(("usage", "stop_reason", "stop_details", "container"), JSON),
    ),
)
EVENTS = st.builds(
    lambda kind, fields: {**fields, "type": kind},
    st.sampled_from(NAMES),
    st.fixed_dictionaries(
        {},
        optional={
            "index": st.integers(0, 2) | JSON,
            "delta": st.fixed_dictionaries(
                {"type": st.sampled_from(["text_delta", "input_json_delta", "citations_delta", "x"])},
                optional={"text": st.text(max_size=3) | JSON, "partial_json": JSON, "citation": JSON},
            )
            | JSON,
            "content_block": BLOCKS | JSON,
            "message": st.fixed_dictionaries(
                {}, optional={"content": st.lists(BLOCKS | JSON, max_size=2) | JSON, "usage": JSON, "id": JSON}
            )
            | JSON,
            "usage": JSON,
            "error": JSON,
        },
    ),
)
HEADERS = st.dictionaries(
    st.sampled_from(["content-type", "retry-after", "x-should-retry", "location", "request-id", "apim-request-id"]),
    st.text(max_size=30),
)
CALLS = st.sampled_from(["a", "b", "c"])
TEXTS = st.builds(lambda text: {"type": "text", "text": text}, st.text(min_size=1, max_size=4))
TOOL_CALLS = st.builds(lambda call: {"type": "tool_use", "id": call, "name": "f", "input": {}}, CALLS)
RESULTS = st.builds(lambda call: {"type": "tool_result", "tool_use_id": call, "content": "3"}, CALLS)
TURNS = st.lists(
    st.fixed_dictionaries({"role": st.just("user"), "content": st.lists(TEXTS | RESULTS, max_size=4)})
    | st.fixed_dictionaries({"role": st.just("assistant"), "content": st.lists(TEXTS | TOOL_CALLS, max_size=4)}),
    max_size=6,
)


def decoded(pieces: list[bytes]) -> list[Any] | None:
    """Gives the events, or None where the bytes hold what is none."""
    decoder, events = EventDecoder(max_event_bytes=4096), []
    try:
        for piece in pieces:
            events.extend(decoder.feed(piece))
        events.extend(decoder.flush())
    except ResponseFormatError:
        return None
    return events


@given(STREAMS, st.lists(st.integers(0, 400), max_size=8))
def decoder(body: bytes, marks: list[int]) -> None:
    """Any bytes are events or a ResponseFormatError, and however they are cut, the same."""
    cuts = sorted({mark for mark in marks if mark < len(body)})
    pieces = [body[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(body)], strict=True)]

    whole = decoded([body])

    assert decoded(pieces) == whole
    assert whole is None or all(isinstance(event, dict) and isinstance(event["type"], str) for event in whole)


@given(st.lists(EVENTS, max_size=10))
def reader(events: list[dict[str, Any]]) -> None:
    """Any events are a message or a typed error, and what stands so far can be looked at after each."""
    reading = EventReader(SSE)
    body = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)
    try:
        for _ in (*reading.feed(body), *reading.flush()):
            _looked_at(reading)
        reading.end()
    except (APIError, ResponseFormatError):
        return
    assert reading.account.complete


def _looked_at(reading: EventReader) -> None:
    so_far = reading.account.snapshot()
    if so_far is not None:
        # A message that lacks its fields is refused where it is read; more the type may not say.
        with suppress(ResponseFormatError):
            decoded_message(so_far, ids=reading.ids)


@given(MESSAGES | JSON)
def whole_reader(message: Any) -> None:
    """Any document in place of a stream is a message or a typed error."""
    reading = EventReader({"content-type": "application/json"})
    try:
        for _ in (*reading.feed(json.dumps(message).encode()), *reading.flush()):
            _looked_at(reading)
        reading.end()
    except (APIError, ResponseFormatError):
        return
    assert reading.account.complete


@given(st.integers(300, 599), HEADERS, st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def error_reader(status: int, headers: dict[str, str], body: bytes) -> None:
    """Any refusal is a typed error of a few lines, which pickles."""
    error = from_response(status, headers=headers, body=body)

    assert error.status_code == status
    assert len(str(error)) < 2000
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@given(st.text(max_size=60) | st.from_regex(r"(https?://)?[a-z0-9.@:/?#\\%\[\]-]{1,40}", fullmatch=True), st.booleans())
def endpoint(text: str, loopback: bool) -> None:
    """Any text is refused, or is an endpoint without user name, query or fragment, and in clear only where allowed."""
    with suppress(ConfigurationError):
        url = urlsplit(endpoint_of_url(text, named="base_url", insecure_loopback=loopback))
        host = str(url.hostname)
        assert url.scheme == "https" or (loopback and (host in ("localhost", "::1") or host.startswith("127.")))
        assert (url.username, url.query, url.fragment) == (None, "", "")
    with suppress(ConfigurationError):
        url = urlsplit(endpoint_of_resource(text, named="resource"))
        assert (url.scheme, url.path, url.query, url.fragment) == ("https", "/anthropic", "", "")
        assert url.netloc.removesuffix(".services.ai.azure.com") == text.strip().lower()


@given(TURNS, st.sampled_from(["claude-opus-5-5", "claude-haiku-4-5", "x"]))
def healing(turns: list[dict[str, Any]], model: str) -> None:
    """Any turns become turns that alternate, begin with the user, and pair calls and results; once is enough."""
    healed = mended(turns, model=known(model))

    assert all(turn["role"] == ("user", "assistant")[at % 2] for at, turn in enumerate(healed))
    assert mended(healed, model=known(model)) == healed
    for at, turn in enumerate(healed):
        called = [block["id"] for block in turn["content"] if block["type"] == "tool_use"]
        following = healed[at + 1]["content"] if at + 1 < len(healed) else []
        assert sorted(block["tool_use_id"] for block in following if block["type"] == "tool_result") == sorted(called)


PROPERTIES = {test.__name__: test for test in (decoder, reader, whole_reader, error_reader, endpoint, healing)}
