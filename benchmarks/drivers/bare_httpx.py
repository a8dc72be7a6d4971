"""httpx and json, nothing else: what one would write for one call."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from benchmarks import answers

_HEADERS = {"x-api-key": "benchmark", "anthropic-version": "2023-06-01"}


class Driver:
    """A loop over lines that begin with ``data:``."""

    START = "import httpx, json; httpx.Client(base_url='{url}')"

    def __init__(self, url: str) -> None:
        self._url = url
        self.construct()

    def construct(self) -> None:
        self._client = httpx.Client(base_url=self._url, headers=_HEADERS, timeout=60)
        limits = httpx.Limits(max_connections=None)
        self._async_client = httpx.AsyncClient(base_url=self._url, headers=_HEADERS, timeout=60, limits=limits)

    def call(self) -> int:
        return self._send([{"role": "user", "content": "Hello"}])

    def text(self) -> int:
        return sum(len(delta["text"]) for delta in self._deltas())

    def tool(self) -> int:
        return len(json.loads("".join(delta["partial_json"] for delta in self._deltas()))["text"])

    def first_text(self) -> float:
        deltas = self._deltas()
        next(deltas)
        moment = time.perf_counter()
        for _ in deltas:
            pass
        return moment

    def history(self, count: int) -> Callable[[], int]:
        messages = answers.history(count)
        return lambda: self._send(messages)

    async def stream(self) -> int:
        length = 0
        async with self._async_client.stream("POST", "/anthropic/v1/messages", json=_body(stream=True)) as response:
            async for line in response.aiter_lines():
                for delta in _delta(line):
                    length += len(delta["text"])
        return length

    def _send(self, messages: list[dict[str, Any]]) -> int:
        answer = self._client.post("/anthropic/v1/messages", json={**_body(), "messages": messages}).json()
        return len(answer["content"][0]["text"])

    def _deltas(self) -> Iterator[dict[str, Any]]:
        with self._client.stream("POST", "/anthropic/v1/messages", json=_body(stream=True)) as response:
            for line in response.iter_lines():
                yield from _delta(line)


def _body(*, stream: bool = False) -> dict[str, Any]:
    messages = [{"role": "user", "content": "Hello"}]
    return {"model": answers.MODEL, "max_tokens": 1024, "messages": messages, "stream": stream}


def _delta(line: str) -> Iterator[dict[str, Any]]:
    if line.startswith("data:"):
        event = json.loads(line[5:])
        if event["type"] == "content_block_delta":
            yield event["delta"]
