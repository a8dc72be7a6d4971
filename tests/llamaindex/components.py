"""What the tests of LlamaIndex's components build with: a tool, passages, a memory, and a service that checks."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.schema import TextNode

from claude_foundry._stream import events
from claude_foundry.emulator import Emulator
from claude_foundry.llamaindex import ClaudeFoundry
from tests.llamaindex.contract_ground import PARIS
from tests.llamaindex.faces import llm_on, sent, streamed, whole
from tests.shells import Script

NODES = [
    TextNode(text="The Loire is the longest river of France, 1006 kilometres long."),
    TextNode(text="Mont Blanc is the highest mountain of the Alps."),
    TextNode(text="The Danube flows through ten countries."),
]


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def multiply(first: int, second: int) -> int:
    """Multiply two numbers."""
    return first * second


def memory(*messages: ChatMessage, tokens: int = 50_000) -> ChatMemoryBuffer:
    """A memory in plain lists; LlamaIndex's newer one leaves a database connection open."""
    return ChatMemoryBuffer.from_defaults(list(messages), token_limit=tokens)


def run(agent: Any, question: str, **options: Any) -> tuple[Any, list[Any]]:
    """The agent's output and the events it told on the way, from code without an event loop."""
    return asyncio.run(arun(agent, question, **options))


async def arun(agent: Any, question: str, **options: Any) -> tuple[Any, list[Any]]:
    """The same in an event loop."""
    handler = agent.run(question, **options)
    seen = [event async for event in handler.stream_events()]
    return await handler, seen


class Checked(Script):
    """A service that gives its answers in order, each to a request that the emulator accepts."""

    def __init__(self, *bodies: Mapping[str, Any]) -> None:
        super().__init__()
        self._bodies = list(bodies)
        self._service = Emulator(api_key="key").transport()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        checked = self._service.handle_request(request)
        if checked.status_code != 200:
            return checked
        body = self._bodies.pop(0)
        is_streamed = json.loads(request.content).get("stream")
        self.answers.append(streamed(list(events(body, split=list))[:-1]) if is_streamed else whole(body))
        return super().__call__(request)


def llm_of(*answers: Mapping[str, Any], **settings: Any) -> tuple[ClaudeFoundry, Checked]:
    """An LLM with those answers, and the service that gives them."""
    script = Checked(*answers)
    return llm_on(script, **settings), script


CALL = {"type": "tool_use", "id": "toolu_1", "name": "City", "input": {"name": "Paris", "population": 2102650}}
WORDS = {"type": "text", "text": PARIS.model_dump_json()}


def ways(script: Script) -> list[str]:
    """How each request asked for its object."""
    return [way(body) for body in sent(script)]


def way(body: dict[str, Any]) -> str:
    return "format" if (body.get("output_config") or {}).get("format") else str(body["tool_choice"]["type"])
