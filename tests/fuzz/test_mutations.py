"""Answers of which a thing or two were changed: the core and the adapters make an answer of them, or a typed error."""

import asyncio
import copy
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.exceptions import ModelError, OutputParserException
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.tools import FunctionTool

from claude_foundry import AsyncFoundryClient, FoundryClient, FoundryError, Message
from claude_foundry._stream import events
from claude_foundry.langchain import ChatClaudeFoundry
from claude_foundry.llamaindex import ClaudeFoundry
from tests.answers import IDS, SSE, message
from tests.shells import REQUEST

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*max_tokens:UserWarning"),
    pytest.mark.filterwarnings("ignore:.*is in beta:langchain_core._api.beta_decorator.LangChainBetaWarning"),
]
CITATION = {
    "type": "char_location",
    "cited_text": "A",
    "document_index": 0,
    "document_title": "T",
    "start_char_index": 0,
    "end_char_index": 1,
}
PAGE = {"type": "web_search_result_location", "cited_text": "A", "url": "u", "title": "T", "encrypted_index": "e"}
SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"type": "new", "url": "u"}]}
MCP = {"type": "mcp_tool_use", "id": "mcptoolu_1", "name": "t", "server_name": "s", "input": {}}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"x": 1}}
PROGRAM = {"type": "code_execution_20260120", "tool_id": "srvtoolu_1"}
THOUGHT = {"type": "thinking", "thinking": "Hm.", "signature": "s"}
TEXT: dict[str, Any] = {"type": "text", "text": "A B"}
DOCUMENTS: list[dict[str, Any]] = [
    message(),
    message(THOUGHT, TEXT | {"citations": [CITATION, PAGE]}, TEXT, container={"id": "c", "expires_at": "x"}),
    message(CALL, CALL | {"id": "toolu_2", "caller": PROGRAM}, stop_reason="tool_use"),
    message(TEXT, CALL, stop_reason="max_tokens"),
    message(SEARCH, FOUND, MCP, {"type": "compaction", "content": "x"}, {"type": "new", "level": 1}),
    message({"type": "invalid_tool_use", "id": "toolu_1", "name": "f", "partial_json": "{"}),
    message(stop_reason="refusal", stop_details={"type": "refusal", "category": "cyber"}),
]
NEW_DELTA = {"type": "content_block_delta", "index": 0, "delta": {"type": "new_delta", "level": 2}}
DEEP = [json.loads("[" * 150 + "]" * 150), "[" * 400 + "]" * 400]
VALUES: list[Any] = [
    *(
        None,
        True,
        7,
        -1,
        0.5,
        10**30,
        "",
        "s",
        [],
        [1],
        ["s"],
        [None],
        [[]],
        {},
        {"type": "x"},
        {"type": []},
        TEXT,
        CALL,
    ),
    *DEEP,
]
SCHEMA = {"title": "P", "description": "A point.", "type": "object", "properties": {"x": {"type": "integer"}}}
REMOVED = object()
Path = tuple[str | int, ...]
Service = Callable[[httpx.Request], httpx.Response]
Way = Callable[[Service], object]


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Gives the place of each part of a value."""
    if path:
        yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from paths(inner, (*path, key))


def changed(value: Any, path: Path, put: Any) -> Any:
    """Gives a value of which one part is another, or is missing."""
    whole = copy.deepcopy(value)
    holder = whole
    for key in path[:-1]:
        holder = holder[key]
    if put is REMOVED:
        del holder[path[-1]]
    else:
        holder[path[-1]] = put
    return whole


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, bytes]:
    """Gives the content type and the body of an answer of which a thing or two were changed."""
    document: Any = draw(st.sampled_from(DOCUMENTS))
    whole = draw(st.booleans())
    answer = document if whole else list(events(document, split=lambda text: text.split(" ")))
    if not whole and draw(st.booleans()):
        repeated = draw(st.sampled_from([NEW_DELTA, *answer]))
        answer.insert(draw(st.integers(0, len(answer))), repeated)
    for _ in range(draw(st.integers(1, 2))):
        answer = changed(answer, draw(st.sampled_from(list(paths(answer)))), draw(st.sampled_from([REMOVED, *VALUES])))
    if whole:
        return "application/json", json.dumps(answer).encode()
    return SSE["content-type"], b"".join(map(_event, answer))


def _event(event: Any) -> bytes:
    kind = event.get("type") if isinstance(event, dict) else None
    return f"event: {kind}\ndata: {json.dumps(event, separators=(',', ':'))}\n\n".encode()


def _looked_at(answer: Message) -> None:
    assert answer.to_param()["role"] == "assistant"
    assert repr(answer)
    assert answer.model_dump_json()


def create(service: Service) -> object:
    client = FoundryClient(resource="a", api_key="k", max_retries=0, http_client=_sync(service))
    return _looked_at(client.messages.create(**REQUEST))


def stream(service: Service) -> object:
    client = FoundryClient(resource="a", api_key="k", max_retries=0, http_client=_sync(service))
    with client.messages.stream(**REQUEST) as answer:
        for _ in answer:
            if (so_far := answer.snapshot()) is not None:
                _looked_at(so_far)
        return answer.get_final_message()


def stream_async(service: Service) -> object:
    async def read() -> Message:
        http = httpx.AsyncClient(transport=httpx.MockTransport(service))
        client = AsyncFoundryClient(resource="a", api_key="k", max_retries=0, http_client=http)
        async with client.messages.stream(**REQUEST) as answer:
            return await answer.get_final_message()

    return asyncio.run(read())


def _sync(service: Service) -> httpx.Client:
    return httpx.Client(transport=httpx.MockTransport(service))


def _chat(service: Service) -> ChatClaudeFoundry:
    http = httpx.AsyncClient(transport=httpx.MockTransport(service))
    given: dict[str, Any] = {"http_client": _sync(service), "http_async_client": http}
    return ChatClaudeFoundry(model="claude-opus-5-5", resource="a", api_key="k", max_retries=0, **given)


def invoke(service: Service) -> object:
    return _chat(service).invoke("x").content_blocks


def chunks(service: Service) -> object:
    first, *rest = _chat(service).stream("x")
    return sum(rest, first).content_blocks


def chunks_async(service: Service) -> object:
    async def read() -> list[Any]:
        return [chunk async for chunk in _chat(service).astream("x")]

    return asyncio.run(read())


def protocol(service: Service) -> object:
    return _chat(service).stream_events("x", version="v3").output


def output(service: Service) -> object:
    with suppress(OutputParserException):
        return _chat(service).with_structured_output(SCHEMA).invoke("x")


def _llm(service: Service) -> ClaudeFoundry:
    http = httpx.AsyncClient(transport=httpx.MockTransport(service))
    given: dict[str, Any] = {"http_client": _sync(service), "async_http_client": http}
    return ClaudeFoundry(model="claude-opus-5-5", resource="a", api_key="k", max_retries=0, **given)


ASKED = [ChatMessage(role="user", content="x")]
TOOL = FunctionTool.from_defaults(lambda x: x, name="f", description="Does it.")


def chat(service: Service) -> object:
    return _llm(service).chat(ASKED).message.content


def responses(service: Service) -> object:
    return [response.message.content for response in _llm(service).stream_chat(ASKED)]


def responses_async(service: Service) -> object:
    async def read() -> list[Any]:
        return [response async for response in await _llm(service).astream_chat(ASKED)]

    return asyncio.run(read())


def selections(service: Service) -> object:
    llm = _llm(service)
    answers = llm.stream_chat_with_tools([TOOL], user_msg="x")
    return [llm.get_tool_calls_from_response(answer, error_on_no_tool_call=False) for answer in answers]


CORE = [create, stream, stream_async]
LANGCHAIN = [invoke, chunks, chunks_async, protocol, output]
LLAMAINDEX = [chat, responses, responses_async, selections]


@pytest.mark.parametrize("way", [*CORE, *LANGCHAIN, *LLAMAINDEX])
def test_typed_errors_only(way: Way) -> None:
    """A changed answer is an answer, or an error of this package, which in LangChain is one of langchain-core too."""
    typed = ModelError if way in LANGCHAIN else FoundryError

    @settings(max_examples=60)
    @given(mutated())
    def holds(answer: tuple[str, bytes]) -> None:
        kind, body = answer
        with suppress(typed):
            way(lambda _: httpx.Response(200, headers={**IDS, "content-type": kind}, content=body))

    holds()
