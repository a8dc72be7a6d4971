"""What is measured of any LlamaIndex LLM that calls functions."""

import time
from collections.abc import Callable

from llama_index.core.base.llms.types import ChatMessage, TextBlock, ToolCallBlock
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.tools import FunctionTool

from benchmarks import answers


def write_report(text: str) -> str:
    """Stores a report."""
    return text


class LlamaIndexDriver:
    """Drives an LLM; a subclass says how it is made."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._tools = [FunctionTool.from_defaults(write_report)]
        self.construct()

    def construct(self) -> None:
        self._llm = self.made()

    def made(self) -> FunctionCallingLLM:
        """Makes the LLM."""
        raise NotImplementedError

    def call(self) -> int:
        return len(self._llm.complete("Hello").text)

    def text(self) -> int:
        return sum(len(response.delta or "") for response in self._llm.stream_complete("Hello"))

    def tool(self) -> int:
        *_, last = self._llm.stream_chat_with_tools(self._tools, user_msg="Hello")
        (call,) = self._llm.get_tool_calls_from_response(last)
        return len(call.tool_kwargs["text"])

    def first_text(self) -> float:
        responses = self._llm.stream_complete("Hello")
        while not next(responses).delta:
            pass
        moment = time.perf_counter()
        for _ in responses:
            pass
        return moment

    def history(self, count: int) -> Callable[[], int]:
        messages = [_message(message) for message in answers.history(count)]
        return lambda: len(self._llm.chat_with_tools(self._tools, chat_history=messages).message.content)

    async def stream(self) -> int:
        return sum([len(response.delta or "") async for response in await self._llm.astream_complete("Hello")])


def _message(message: dict) -> ChatMessage:
    match message:
        case {"role": "user", "content": str(text)}:
            return ChatMessage(role="user", content=text)
        case {"role": "user", "content": [{"tool_use_id": called, "content": text}]}:
            return ChatMessage(role="tool", content=text, additional_kwargs={"tool_call_id": called})
        case {"content": [{"text": text}, {"id": called, "name": name, "input": arguments}]}:
            call = ToolCallBlock(tool_call_id=called, tool_name=name, tool_kwargs=arguments)
            return ChatMessage(role="assistant", blocks=[TextBlock(text=text), call])
        case {"content": [{"text": text}]}:
            return ChatMessage(role="assistant", content=text)
    raise ValueError(message)
