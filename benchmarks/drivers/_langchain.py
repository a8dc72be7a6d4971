"""What is measured of any LangChain chat model."""

import time
from collections.abc import Callable

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from benchmarks import answers


class LangChainDriver:
    """Drives a chat model; a subclass says how it is made."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.construct()

    def construct(self) -> None:
        self._model = self.made()

    def made(self) -> BaseChatModel:
        """Makes the chat model."""
        raise NotImplementedError

    def call(self) -> int:
        return len(self._model.invoke("Hello").text)

    def text(self) -> int:
        return sum(len(chunk.text) for chunk in self._model.stream("Hello"))

    def tool(self) -> int:
        chunks = self._model.bind_tools([answers.TOOL]).stream("Hello")
        return sum(len(call["args"] or "") for chunk in chunks for call in chunk.tool_call_chunks) - len('{"text": ""}')

    def first_text(self) -> float:
        chunks = self._model.stream("Hello")
        while not next(chunks).text:
            pass
        moment = time.perf_counter()
        for _ in chunks:
            pass
        return moment

    def history(self, count: int) -> Callable[[], int]:
        messages = [_message(message) for message in answers.history(count)]
        model = self._model.bind_tools([answers.TOOL])
        return lambda: len(model.invoke(messages).text)

    async def stream(self) -> int:
        return sum([len(chunk.text) async for chunk in self._model.astream("Hello")])


def _message(message: dict) -> BaseMessage:
    match message:
        case {"role": "user", "content": str(text)}:
            return HumanMessage(text)
        case {"role": "user", "content": [{"tool_use_id": called, "content": text}]}:
            return ToolMessage(text, tool_call_id=called)
        case {"content": [{"text": text}, {"id": called, "name": name, "input": arguments}]}:
            return AIMessage(text, tool_calls=[{"id": called, "name": name, "args": arguments}])
        case {"content": [{"text": text}]}:
            return AIMessage(text)
    raise ValueError(message)
