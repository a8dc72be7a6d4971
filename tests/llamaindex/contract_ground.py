"""What every part of the contract of LlamaIndex's LLMs asks, and with what."""

import asyncio
import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, ChatResponse
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.llms.llm import LLM
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel

QUESTION = "Name three rivers."
CHATS = ("chat", "achat", "stream_chat", "astream_chat")
COMPLETIONS = ("complete", "acomplete", "stream_complete", "astream_complete")
TOOL_CHATS = ("chat_with_tools", "achat_with_tools", "stream_chat_with_tools", "astream_chat_with_tools")
PREDICTIONS = (
    "structured_predict",
    "astructured_predict",
    "stream_structured_predict",
    "astream_structured_predict",
)


class City(BaseModel):
    """A city."""

    name: str
    population: int


PARIS = City(name="Paris", population=2102650)
PROMPT = PromptTemplate("Extract the city: {text}")
TEXT = "Paris is a city with population 2102650."


def now() -> str:
    """Tell the time of now."""
    return "12:00"


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


NOW, ADD = FunctionTool.from_defaults(now), FunctionTool.from_defaults(add)


def asked(text: str = QUESTION) -> list[ChatMessage]:
    """A conversation of one question."""
    return [ChatMessage(role="user", content=text)]


def called(llm: LLM, way: str, *args: Any, **kwargs: Any) -> list[Any]:
    """What a method gives, as a list: of one, or of all that it streams."""
    result = getattr(llm, way)(*args, **kwargs)
    if inspect.isawaitable(result):
        return asyncio.run(_awaited(result))
    return list(result) if inspect.isgenerator(result) else [result]


async def _awaited(result: Any) -> list[Any]:
    given = await result
    return [item async for item in given] if inspect.isasyncgen(given) else [given]


def text_of(response: Any) -> str:
    """The text of a response of either kind."""
    return str((response.message.content if isinstance(response, ChatResponse) else response.text) or "")


def on(way: str) -> Any:
    """What a method of that name is asked with."""
    return QUESTION if way in COMPLETIONS else asked()


class Contract:
    """The one thing that every part needs."""

    @pytest.fixture
    def llm(self) -> LLM:
        """An LLM to ask."""
        raise NotImplementedError("Give the LLM that the contract is checked on.")

    @pytest.fixture
    def events(self) -> Iterator[list[str]]:
        """The names of the events told to LlamaIndex's dispatcher."""
        names: list[str] = []

        class Heard(BaseEventHandler):
            def handle(self, event: Any, **kwargs: Any) -> None:
                names.append(event.class_name())

        root, handler = get_dispatcher("root"), Heard()
        root.add_event_handler(handler)
        yield names
        root.event_handlers.remove(handler)
