"""The clients of claude_foundry."""

import time
from collections.abc import Callable
from typing import Any

from benchmarks import answers
from claude_foundry import AsyncFoundryClient, FoundryClient


class Driver:
    """FoundryClient and AsyncFoundryClient."""

    START = (
        "from claude_foundry import FoundryClient; "
        "FoundryClient(base_url='{url}', api_key='benchmark', allow_insecure_loopback=True)"
    )

    def __init__(self, url: str) -> None:
        self._url = url
        self.construct()

    def construct(self) -> None:
        self._client = FoundryClient(base_url=self._url, api_key="benchmark", allow_insecure_loopback=True)
        self._async_client = AsyncFoundryClient(base_url=self._url, api_key="benchmark", allow_insecure_loopback=True)

    def call(self) -> int:
        return len(self._client.messages.create(**_request()).text)

    def text(self) -> int:
        length = 0
        with self._client.messages.stream(**_request()) as stream:
            for event in stream:
                if event["type"] == "content_block_delta":
                    length += len(event["delta"]["text"])
        return length

    def tool(self) -> int:
        with self._client.messages.stream(**_request(), tools=[answers.TOOL]) as stream:
            return len(stream.get_final_message().tool_calls[0].input["text"])

    def first_text(self) -> float:
        with self._client.messages.stream(**_request()) as stream:
            texts = stream.text_stream
            next(texts)
            moment = time.perf_counter()
            for _ in texts:
                pass
        return moment

    def history(self, count: int) -> Callable[[], int]:
        request = {**_request(), "messages": answers.history(count), "tools": [answers.TOOL]}
        return lambda: len(self._client.messages.create(**request).text)

    async def stream(self) -> int:
        length = 0
        async with self._async_client.messages.stream(**_request()) as stream:
            async for event in stream:
                if event["type"] == "content_block_delta":
                    length += len(event["delta"]["text"])
        return length


def _request() -> dict[str, Any]:
    messages = [{"role": "user", "content": "Hello"}]
    return {"model": answers.MODEL, "max_tokens": 1024, "messages": messages}
