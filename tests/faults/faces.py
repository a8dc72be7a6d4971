"""The faces a user calls: each asks a server once, whole or streamed, and tells what came of it."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from llama_index.core.base.llms.types import ChatMessage

from claude_foundry import AsyncFoundryClient, FoundryClient
from claude_foundry._auth import FoundryAuth
from claude_foundry._clock import Clock
from claude_foundry._stream import text_of
from claude_foundry.langchain import ChatClaudeFoundry
from claude_foundry.llamaindex import ClaudeFoundry
from claude_foundry.types import Message
from tests.shells import FakeTime

MODEL = "claude-opus-5-5"
MAX_TOKENS = 4
"""So few that no time limit of a case makes a client stream below the surface what it is asked for whole."""
HANGS = 15.0
"""Seconds after which an asynchronous call that ignores its own time limits is ended."""
PROMPT = "Tell me that all is well."


@dataclass
class Asked:
    """How a face is to ask, and what it tells."""

    url: str
    stream: bool
    settings: dict[str, Any] = field(default_factory=dict)
    prompt: str = PROMPT
    calls: int = 1
    between: float = 0.0
    """Seconds between two calls."""
    passing: float = 0.0
    """Seconds that pass between them on the clock of the day, on which tokens expire."""
    time: FakeTime = field(default_factory=FakeTime)
    texts: list[str] = field(default_factory=list)
    """What was delivered, by call."""
    finals: list[str] = field(default_factory=list)
    """What the final messages of streams hold, by call."""
    terminals: list[str | None] = field(default_factory=list)
    """What streams ended with, by call, where the face is the core."""
    retries: list[int] = field(default_factory=list)
    """Attempts that failed before each whole answer, where the face is the core."""
    error: Exception | None = None
    took: float = 0.0

    @property
    def options(self) -> dict[str, Any]:
        return {"base_url": self.url, "api_key": "key", "allow_insecure_loopback": True, **self.settings}

    @property
    def request(self) -> dict[str, Any]:
        return {"model": MODEL, "max_tokens": MAX_TOKENS, "messages": [{"role": "user", "content": self.prompt}]}

    def clock(self) -> Clock:
        """Gives a clock on which real time passes, and the sleeps beside it at once."""
        return replace(self.time.clock(), monotonic=lambda: time.monotonic() + self.time.passed)

    def deliver(self, text: str) -> None:
        self.texts[-1] += text

    def answered(self, message: Message) -> None:
        self.deliver(message.text)
        self.retries.append(message.retries_taken)


def asked(face: Callable[[Asked], None], asking: Asked) -> Asked:
    """Lets a face ask, and writes down what came of it and how long it took."""
    began = time.perf_counter()
    try:
        face(asking)
    except Exception as error:  # noqa: BLE001 - the case says which errors are right
        asking.error = error
    asking.took = time.perf_counter() - began
    return asking


def core(asking: Asked) -> None:
    _core(asking, None)


def core_on_httpx(asking: Asked) -> None:
    with httpx.Client() as http:
        _core(asking, http)


def _core(asking: Asked, http: httpx.Client | None) -> None:
    with FoundryClient(**asking.options, http_client=http, _clock=asking.clock()) as client:
        for number in range(asking.calls):
            _begin(asking, number)
            if not asking.stream:
                asking.answered(client.messages.create(**asking.request))
                continue
            with client.messages.stream(**asking.request) as stream:
                for event in stream:
                    asking.deliver(text_of(event) or "")
                asking.finals.append(stream.get_final_message().text)
                asking.terminals.append(stream.terminal)


def async_core(asking: Asked) -> None:
    _run(_async_core(asking, None))


def async_core_on_httpx(asking: Asked) -> None:
    async def ask() -> None:
        async with httpx.AsyncClient() as http:
            await _async_core(asking, http)

    _run(ask())


def async_core_on_uvloop(asking: Asked) -> None:
    """As in asyncio's own loop; no face of the rows, since not every system has this loop."""
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(_async_core(asking, None), HANGS))


async def _async_core(asking: Asked, http: httpx.AsyncClient | None) -> None:
    async with AsyncFoundryClient(**asking.options, http_client=http, _clock=asking.clock()) as client:
        for number in range(asking.calls):
            await _abegin(asking, number)
            if not asking.stream:
                asking.answered(await client.messages.create(**asking.request))
                continue
            async with client.messages.stream(**asking.request) as stream:
                async for event in stream:
                    asking.deliver(text_of(event) or "")
                asking.finals.append((await stream.get_final_message()).text)
                asking.terminals.append(stream.terminal)


def langchain(asking: Asked) -> None:
    model = ChatClaudeFoundry(model=MODEL, max_tokens=MAX_TOKENS, **asking.options)
    _time(model.client, asking)
    try:
        for number in range(asking.calls):
            _begin(asking, number)
            if not asking.stream:
                asking.deliver(model.invoke(asking.prompt).text)
                continue
            for chunk in model.stream(asking.prompt):
                asking.deliver(chunk.text)
    finally:
        model.client.close()


def async_langchain(asking: Asked) -> None:
    async def ask() -> None:
        model = ChatClaudeFoundry(model=MODEL, max_tokens=MAX_TOKENS, **asking.options)
        _time(model.async_client, asking)
        for number in range(asking.calls):
            await _abegin(asking, number)
            if not asking.stream:
                asking.deliver((await model.ainvoke(asking.prompt)).text)
                continue
            async for chunk in model.astream(asking.prompt):
                asking.deliver(chunk.text)

    _run(ask())


def llamaindex(asking: Asked) -> None:
    llm = ClaudeFoundry(model=MODEL, max_tokens=MAX_TOKENS, **asking.options)
    _time(llm.client, asking)
    messages = [ChatMessage(role="user", content=asking.prompt)]
    try:
        for number in range(asking.calls):
            _begin(asking, number)
            if not asking.stream:
                asking.deliver(llm.chat(messages).message.content or "")
                continue
            for response in llm.stream_chat(messages):
                asking.deliver(response.delta or "")
            asking.finals.append(response.message.content or "")
    finally:
        llm.client.close()


def async_llamaindex(asking: Asked) -> None:
    async def ask() -> None:
        llm = ClaudeFoundry(model=MODEL, max_tokens=MAX_TOKENS, **asking.options)
        _time(llm.async_client, asking)
        messages = [ChatMessage(role="user", content=asking.prompt)]
        for number in range(asking.calls):
            await _abegin(asking, number)
            if not asking.stream:
                asking.deliver((await llm.achat(messages)).message.content or "")
                continue
            async for response in await llm.astream_chat(messages):
                asking.deliver(response.delta or "")
            asking.finals.append(response.message.content or "")

    _run(ask())


def _run(call: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(call, HANGS))


def _time(client: FoundryClient | AsyncFoundryClient, asking: Asked) -> None:
    """Gives a client that is made already the clock of the case, and what signs for it too."""
    sender = client._sender
    sender.clock = asking.clock()
    sender._auth = FoundryAuth(sender.config, clock=sender.clock)


def _begin(asking: Asked, number: int) -> None:
    asking.texts.append("")
    if number:
        asking.time.now += asking.passing
        time.sleep(asking.between)


async def _abegin(asking: Asked, number: int) -> None:
    asking.texts.append("")
    if number:
        asking.time.now += asking.passing
        await asyncio.sleep(asking.between)


FACES: dict[str, Callable[[Asked], None]] = {
    "core": core,
    "core-httpx": core_on_httpx,
    "async-core": async_core,
    "async-core-httpx": async_core_on_httpx,
    "langchain": langchain,
    "async-langchain": async_langchain,
    "llamaindex": llamaindex,
    "async-llamaindex": async_llamaindex,
}

IN_A_LOOP = tuple(face for face in FACES if face.startswith("async"))
ON_HTTPX = ("core-httpx",)
"""Faces of the rows that name them: over httpx's transport the core behaves as over its own in most things."""
USUAL = tuple(face for face in FACES if face not in ON_HTTPX)
OWN = tuple(face for face in FACES if not face.endswith("httpx"))
"""Faces over this package's own transports."""


def named_by_langchain(name: str) -> bool:
    return name.endswith("langchain")
