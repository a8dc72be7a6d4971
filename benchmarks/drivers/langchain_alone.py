"""LangChain with a chat model that answers from memory: what is left is what langchain-core costs by itself."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from benchmarks import answers
from benchmarks.drivers._langchain import LangChainDriver


class FromMemory(BaseChatModel):
    """Answers with the deltas of a stream that it was given."""

    deltas: list[dict[str, Any]]

    @property
    def _llm_type(self) -> str:
        return "from-memory"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self.bind(tools=tools)

    def _generate(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **_: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(answers.WORD))])

    def _stream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **_: Any
    ) -> Iterator[ChatGenerationChunk]:
        for delta in self.deltas:
            yield ChatGenerationChunk(message=_chunk(delta))


class Driver(LangChainDriver):
    """langchain-core alone."""

    START = "from langchain_core.language_models import BaseChatModel"

    def made(self) -> FromMemory:
        body = {"model": answers.MODEL, "max_tokens": 1024, "stream": True, "messages": []}
        streamed = httpx.post(f"{self._url}/anthropic/v1/messages", json=body, timeout=60).text
        events = [json.loads(line[6:]) for line in streamed.splitlines() if line.startswith("data: ")]
        return FromMemory(deltas=[event["delta"] for event in events if event["type"] == "content_block_delta"])


def _chunk(delta: dict[str, Any]) -> AIMessageChunk:
    match delta:
        case {"text": text}:
            return AIMessageChunk([{"type": "text", "text": text, "index": 0}], id="msg_01")
    part = tool_call_chunk(args=delta["partial_json"], index=0)
    block = {"type": "input_json_delta", "partial_json": delta["partial_json"], "index": 0}
    return AIMessageChunk([block], id="msg_01", tool_call_chunks=[part])
