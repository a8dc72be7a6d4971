"""The synchronous and the asynchronous methods of the LLM behind one face, so that each behaviour is asked of both."""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import httpx
import pytest
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, CompletionResponse
from llama_index.core.prompts import PromptTemplate

from claude_foundry import _sse
from claude_foundry._stream import events
from claude_foundry.llamaindex import ClaudeFoundry
from tests.shells import Script


class Sync:
    def chat(self, llm: ClaudeFoundry, messages: Sequence[ChatMessage], **call: Any) -> ChatResponse:
        return llm.chat(messages, **call)

    def stream_chat(self, llm: ClaudeFoundry, messages: Sequence[ChatMessage], **call: Any) -> list[ChatResponse]:
        return list(llm.stream_chat(messages, **call))

    def first_of_stream(self, llm: ClaudeFoundry, messages: Sequence[ChatMessage]) -> ChatResponse:
        stream = llm.stream_chat(messages)
        first = next(stream)
        stream.close()
        return first

    def complete(self, llm: ClaudeFoundry, prompt: str, **call: Any) -> CompletionResponse:
        return llm.complete(prompt, **call)

    def stream_complete(self, llm: ClaudeFoundry, prompt: str) -> list[CompletionResponse]:
        return list(llm.stream_complete(prompt))

    def chat_with_tools(self, llm: ClaudeFoundry, tools: Sequence[Any], **call: Any) -> ChatResponse:
        return llm.chat_with_tools(tools, **call)

    def stream_chat_with_tools(self, llm: ClaudeFoundry, tools: Sequence[Any], **call: Any) -> list[ChatResponse]:
        return list(llm.stream_chat_with_tools(tools, **call))

    def structured_predict(self, llm: ClaudeFoundry, cls: type[Any], prompt: PromptTemplate, **fill: Any) -> Any:
        return llm.structured_predict(cls, prompt, **fill)

    def stream_structured(self, llm: ClaudeFoundry, cls: type[Any], prompt: PromptTemplate, **fill: Any) -> list[Any]:
        return list(llm.stream_structured_predict(cls, prompt, **fill))


class Async:
    def chat(self, llm: ClaudeFoundry, messages: Sequence[ChatMessage], **call: Any) -> ChatResponse:
        return asyncio.run(llm.achat(messages, **call))

    def stream_chat(self, llm: ClaudeFoundry, messages: Sequence[ChatMessage], **call: Any) -> list[ChatResponse]:
        return asyncio.run(_gathered(llm.astream_chat(messages, **call)))

    def first_of_stream(self, llm: ClaudeFoundry, messages: Sequence[ChatMessage]) -> ChatResponse:
        async def first() -> ChatResponse:
            stream = await llm.astream_chat(messages)
            response = await anext(stream)
            await stream.aclose()
            return response

        return asyncio.run(first())

    def complete(self, llm: ClaudeFoundry, prompt: str, **call: Any) -> CompletionResponse:
        return asyncio.run(llm.acomplete(prompt, **call))

    def stream_complete(self, llm: ClaudeFoundry, prompt: str) -> list[CompletionResponse]:
        return asyncio.run(_gathered(llm.astream_complete(prompt)))

    def chat_with_tools(self, llm: ClaudeFoundry, tools: Sequence[Any], **call: Any) -> ChatResponse:
        return asyncio.run(llm.achat_with_tools(tools, **call))

    def stream_chat_with_tools(self, llm: ClaudeFoundry, tools: Sequence[Any], **call: Any) -> list[ChatResponse]:
        return asyncio.run(_gathered(llm.astream_chat_with_tools(tools, **call)))

    def structured_predict(self, llm: ClaudeFoundry, cls: type[Any], prompt: PromptTemplate, **fill: Any) -> Any:
        return asyncio.run(llm.astructured_predict(cls, prompt, **fill))

    def stream_structured(self, llm: ClaudeFoundry, cls: type[Any], prompt: PromptTemplate, **fill: Any) -> list[Any]:
        return asyncio.run(_gathered(llm.astream_structured_predict(cls, prompt, **fill)))


Face = Sync | Async
both = pytest.mark.parametrize("face", [Sync(), Async()], ids=["sync", "async"])


async def _gathered(stream: Any) -> list[Any]:
    return [item async for item in await stream]


def llm_on(handler: Callable[[httpx.Request], httpx.Response], **settings: Any) -> ClaudeFoundry:
    """An LLM whose requests a function answers, through the HTTP clients a user may pass."""
    return ClaudeFoundry(
        **{"model": "claude-haiku-4-5", "resource": "my-resource", "api_key": "key", "max_retries": 0, **settings},
        http_client=httpx.Client(transport=httpx.MockTransport(handler)),
        async_http_client=httpx.AsyncClient(transport=httpx.MockTransport(handler)),
    )


def message(*content: Mapping[str, Any], stop_reason: str = "end_turn", **fields: Any) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-haiku-4-5",
        "content": list(content),
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 5, "cache_read_input_tokens": 100},
        **fields,
    }


def whole(body: Mapping[str, Any]) -> httpx.Response:
    headers = {"content-type": "application/json", "request-id": "req_1", "apim-request-id": "apim_1"}
    return httpx.Response(200, headers=headers, content=json.dumps(body).encode())


def streamed(events: Iterable[Mapping[str, Any]], *, ended: bool = True) -> httpx.Response:
    headers = {"content-type": "text/event-stream", "request-id": "req_1", "apim-request-id": "apim_1"}
    last = [{"type": "message_stop"}] if ended else []
    return httpx.Response(200, headers=headers, content=b"".join(_sse.encode(event) for event in (*events, *last)))


def played(*content: Mapping[str, Any], **fields: Any) -> httpx.Response:
    """A whole message as a stream, its text word by word."""
    return streamed(list(events(message(*content, **fields), split=lambda text: text.split(" ")))[:-1])


def refused(message: str) -> httpx.Response:
    body = {"type": "error", "error": {"type": "invalid_request_error", "message": message}}
    return httpx.Response(400, headers={"content-type": "application/json"}, content=json.dumps(body).encode())


def started(**usage: Any) -> dict[str, Any]:
    return {
        "type": "message_start",
        "message": {**message(stop_reason="end_turn"), "usage": usage, "stop_reason": None},
    }


def opened(index: int, block: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": dict(block)}


def grown(index: int, **delta: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": delta}


def closed(index: int) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


def finished(stop_reason: str = "end_turn", **usage: Any) -> dict[str, Any]:
    return {"type": "message_delta", "delta": {"stop_reason": stop_reason, "stop_sequence": None}, "usage": usage}


def sent(script: Script) -> list[dict[str, Any]]:
    """The bodies a script was asked with."""
    return [json.loads(request.content) for request in script.requests]
