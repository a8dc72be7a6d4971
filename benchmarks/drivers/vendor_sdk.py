"""AnthropicFoundry of the official SDK."""

import time
from collections.abc import Callable
from typing import Any

from anthropic import AnthropicFoundry, AsyncAnthropicFoundry

from benchmarks import answers


class Driver:
    """AnthropicFoundry and AsyncAnthropicFoundry."""

    START = "from anthropic import AnthropicFoundry; AnthropicFoundry(base_url='{url}/anthropic', api_key='benchmark')"

    def __init__(self, url: str) -> None:
        self._url = f"{url}/anthropic"
        self.construct()

    def construct(self) -> None:
        self._client = AnthropicFoundry(base_url=self._url, api_key="benchmark")
        self._async_client = AsyncAnthropicFoundry(base_url=self._url, api_key="benchmark")

    def call(self) -> int:
        return len(self._client.messages.create(**_request()).content[0].text)

    def text(self) -> int:
        length = 0
        with self._client.messages.create(**_request(), stream=True) as stream:
            for event in stream:
                if event.type == "content_block_delta":
                    length += len(event.delta.text)
        return length

    def tool(self) -> int:
        with self._client.messages.stream(**_request(), tools=[answers.TOOL]) as stream:
            return len(stream.get_final_message().content[0].input["text"])

    def first_text(self) -> float:
        with self._client.messages.stream(**_request()) as stream:
            texts = iter(stream.text_stream)
            next(texts)
            moment = time.perf_counter()
            for _ in texts:
                pass
        return moment

    def history(self, count: int) -> Callable[[], int]:
        request = {**_request(), "messages": answers.history(count), "tools": [answers.TOOL]}
        return lambda: len(self._client.messages.create(**request).content[0].text)

    async def stream(self) -> int:
        length = 0
        async with await self._async_client.messages.create(**_request(), stream=True) as stream:
            async for event in stream:
                if event.type == "content_block_delta":
                    length += len(event.delta.text)
        return length


def _request() -> dict[str, Any]:
    messages = [{"role": "user", "content": "Hello"}]
    return {"model": answers.MODEL, "max_tokens": 1024, "messages": messages}
