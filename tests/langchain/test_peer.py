"""Recorded traffic through this chat model and through ChatAnthropic: they agree, or the test says why not.

ChatAnthropic is asked in its public way: its own client reads the recorded bytes from a server on this machine.
"""

from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import AIMessage

from tests.langchain.ways import gathered, invoked, model
from tests.recorded import answer, events_of, recorded, rows, told

pytestmark = [
    recorded,
    # The peer's client says so of blocks that it has no model of.
    pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning"),
    pytest.mark.filterwarnings("ignore:Received unexpected tool content block:UserWarning"),
    # An older langchain-core than the peer is made for says so of the peer's profiles.
    pytest.mark.filterwarnings("ignore:Unrecognized keys in model profile:UserWarning"),
]


def exchanges(*, stream: bool) -> list[Any]:
    """Gives the places of the recorded answers of one kind, as parameters of a test."""
    chosen = [
        (place, row)
        for place, row in enumerate(rows())
        if (row["path"], row["status"], row["stream"]) == ("/v1/messages", 200, stream)
    ]
    return [pytest.param(place, id=f"{row['file'].rpartition('/')[2]}:{row['index']}") for place, row in chosen]


class Replay(BaseHTTPRequestHandler):
    """Answers with the recorded answer whose place begins the path."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        found = answer(rows()[int(self.path.split("/")[1])])
        self.send_response(200)
        self.send_header("content-type", found.headers["content-type"])
        self.send_header("content-length", str(len(found.content)))
        self.end_headers()
        self.wfile.write(found.content)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The address of a server of the recorded answers."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Replay) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def theirs(url: str, place: int, ask: Callable[[Any, Any], AIMessage]) -> AIMessage:
    peer = ChatAnthropic(model="claude-opus-5-5", api_key="key", base_url=f"{url}/{place}", max_retries=0)
    return ask(peer, "Hi")


def ours(place: int, ask: Callable[[Any, Any], AIMessage]) -> AIMessage:
    return ask(model(lambda _: answer(rows()[place]), continue_paused_turns=False), "Hi")


@cache
def meant(place: int) -> dict[str, Any]:
    return told(rows()[place])


def said(message: AIMessage) -> dict[str, Any]:
    calls = [(call["id"], call["name"], call["args"]) for call in message.tool_calls]
    known = message.response_metadata
    return {"text": message.text, "calls": calls, "stop": (known["stop_reason"], known.get("stop_sequence"))}


def counts(message: AIMessage) -> dict[str, Any]:
    usage: Any = message.usage_metadata
    flat = {**usage, **usage.get("input_token_details", {}), **usage.get("output_token_details", {})}
    return {name: value for name, value in flat.items() if isinstance(value, int) and value}


def is_cut(place: int) -> bool:
    """Tells whether the arguments of a call stop in the middle of their JSON."""
    return any("json" in block for block in meant(place)["content"])


def counts_at_the_end(place: int) -> bool:
    """Tells whether the end of a stream counts the prompt again; in older recordings its beginning alone does."""
    ends = [event for event in events_of(rows()[place]) if event["type"] == "message_delta"]
    return any("input_tokens" in (event.get("usage") or {}) for event in ends)


@pytest.mark.parametrize("place", exchanges(stream=False))
def test_whole(place: int, url: str) -> None:
    """Of a whole answer, text, calls, reason and counts are those that ChatAnthropic gives."""
    mine, peers = ours(place, invoked), theirs(url, place, invoked)

    assert said(mine) == said(peers)
    assert counts(mine) == counts(peers)


@pytest.mark.parametrize("place", [param for param in exchanges(stream=True) if not is_cut(param.values[0])])
def test_streamed(place: int, url: str) -> None:
    """Of a stream, text, calls and reason are those that ChatAnthropic gives."""
    mine, peers = ours(place, gathered), theirs(url, place, gathered)

    assert said(mine) == said(peers)


@pytest.mark.parametrize("place", [param for param in exchanges(stream=True) if counts_at_the_end(param.values[0])])
def test_counts(place: int, url: str) -> None:
    """Of a stream that counts the prompt at its end, the counts are those that ChatAnthropic gives."""
    assert counts(ours(place, gathered)) == counts(theirs(url, place, gathered))


@pytest.mark.parametrize("place", [param for param in exchanges(stream=True) if not counts_at_the_end(param.values[0])])
def test_counts_at_the_beginning(place: int, url: str) -> None:
    """Of a stream that counts the prompt at its beginning alone, ChatAnthropic loses that count; here it is kept."""
    mine, peers = counts(ours(place, gathered)), counts(theirs(url, place, gathered))
    begun = meant(place)["usage"]
    cached = (begun.get("cache_read_input_tokens") or 0) + (begun.get("cache_creation_input_tokens") or 0)

    assert "input_tokens" not in peers
    assert mine["input_tokens"] == begun["input_tokens"] + cached
    assert mine["output_tokens"] == peers["output_tokens"]


@pytest.mark.parametrize("place", [param for param in exchanges(stream=True) if is_cut(param.values[0])])
def test_cut_calls(place: int, url: str) -> None:
    """Of a call that a limit cut, ChatAnthropic makes one that can be run, with what had come; here it is invalid."""
    mine, peers = ours(place, gathered), theirs(url, place, gathered)

    assert peers.tool_calls
    assert mine.tool_calls == []
    assert [call["id"] for call in mine.invalid_tool_calls] == [call["id"] for call in peers.tool_calls]
    assert {**said(mine), "calls": []} == {**said(peers), "calls": []}
